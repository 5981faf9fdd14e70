"""Serve a page whose every context, response and explanation is hostile."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
from hostile import HOSTILE  # a sibling: this file is run as a program

from mentalbench_hf.space.app import build_app, launch_options
from mentalbench_hf.space.find_data import open_store
from mentalbench_hf.space.options import SpaceOptions


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    port = parser.parse_args().port
    store = open_store("sample")
    texts = list(HOSTILE.values())
    n = len(store)

    def column(shift: int) -> pa.ChunkedArray:
        return pa.chunked_array(
            [pa.array([texts[(i + shift) % len(texts)] for i in range(n)], pa.large_string())]
        )

    hostile = replace(
        store,
        contexts=column(0),
        responses={s: column(k) for k, s in enumerate(store.responses)},
        explanations={
            j: [[texts[(c + s) % len(texts)] for s in range(10)] for c in range(n)]
            for j in store.roster.judge_ids
        },
    )
    app = build_app(hostile, SpaceOptions(ratings_dir=Path("hostile-ratings")))
    app.launch(server_name="127.0.0.1", server_port=port, **launch_options())


if __name__ == "__main__":
    main()
