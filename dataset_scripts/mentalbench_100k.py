"""Builder of MentalBench-100k: the loading script, thin around mentalbench_hf.

It runs on the maker's machine; what is published is Parquet.
"""

from mentalbench_hf.hub.builders import MentalBenchBuilder


class MentalBench100k(MentalBenchBuilder):
    """`datasets` builder: `MentalBench100k(config_name="default", source="upstream")`."""
