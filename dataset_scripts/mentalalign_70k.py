"""Builder of MentalAlign-70k: the loading script, thin around mentalbench_hf.

It runs on the maker's machine; what is published is Parquet.
"""

from mentalbench_hf.hub.builders import MentalAlignBuilder


class MentalAlign70k(MentalAlignBuilder):
    """`datasets` builder: `MentalAlign70k(config_name="ratings", source="upstream")`."""
