"""Serve the sample as if two styles of expert had rated it, half of the conversations each."""

from __future__ import annotations

import argparse
from pathlib import Path

from styled import two_styles  # a sibling: this file is run as a program

from mentalbench_hf.space.app import build_app, launch_options
from mentalbench_hf.space.find_data import open_store
from mentalbench_hf.space.options import SpaceOptions


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    port = parser.parse_args().port
    app = build_app(two_styles(open_store("sample")), SpaceOptions(ratings_dir=Path("styled")))
    app.launch(server_name="127.0.0.1", server_port=port, **launch_options())


if __name__ == "__main__":
    main()
