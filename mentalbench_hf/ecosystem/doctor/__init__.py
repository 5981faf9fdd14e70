"""What a file of ratings holds, and which questions it can answer, before anything is computed."""
