"""The bundled SYNTHETIC SAMPLE: invented posts, replies and ratings in the released layout."""
