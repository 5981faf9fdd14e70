"""Time and memory of building both datasets, beside pandas with openpyxl.

    python benchmarks/build.py --source ../shared/upstream

MentalAlign-70k: `mentalbench_hf.hub.build.build` against a plain pandas implementation (read_excel
with openpyxl, json.loads with a fallback, melt, pivot, to_parquet) that writes the same tables,
checks the same keys and counts the same faults; the two ratings tables are compared value by value.
MentalBench-100k: a generated CSV of 10,000 conversations × 10 responses of realistic length. Every
part runs in a process of its own that reports its own peak memory.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[1]
LEAST_RATIO = 3
MOST_GB = 1.0
RATINGS = "data/ratings/test-00000-of-00001.parquet"


class Stopwatch:
    """Time since it was made, and this process's peak memory."""

    def __init__(self) -> None:
        self.started, self.busy = time.perf_counter(), time.process_time()

    def read(self) -> dict[str, Any]:
        """Return seconds on the clock and of the processors, and peak GB (10⁹ bytes)."""
        seconds, cpu = time.perf_counter() - self.started, time.process_time() - self.busy
        unit = 1 if sys.platform == "darwin" else 1024
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9
        return {"seconds": seconds, "cpu": cpu, "peak_gb": peak}


def ours(name: str, source: str, out: str) -> dict[str, Any]:
    """Build a whole dataset folder: tables in both variants, card, statistics, audit."""
    from mentalbench_hf.hub.build import build
    from mentalbench_hf.sources import open_source

    watch = Stopwatch()
    made = build(name, open_source(source), Path(out))
    return watch.read() | {"rows": sum(made.rows.values()), "mib": made.n_bytes / 2**20}


def ours_ratings(source: str, out: str) -> dict[str, Any]:
    """Read the sheets and write the one long ratings table."""
    import pyarrow.parquet as pq

    from mentalbench_hf.data.mentalalign import read_mentalalign
    from mentalbench_hf.data.mentalalign_tables import mentalalign_table
    from mentalbench_hf.sources import open_source

    watch = Stopwatch()
    table = mentalalign_table(read_mentalalign(open_source(source)), "ratings")
    pq.write_table(table, out, compression="zstd")
    return watch.read() | {"rows": len(table)}


def with_pandas(source: str, out: str, *, every_table: bool) -> dict[str, Any]:
    """Do the same with pandas and openpyxl: the ratings table, or every table in both variants."""
    import hashlib
    import re
    import unicodedata

    import json_repair
    import numpy as np
    import pandas as pd

    from mentalbench_hf.schema import ATTRIBUTES, AXIS_OF
    from mentalbench_hf.sources import open_source

    roster = open_source(source).roster
    folder = CHECKOUT / "mentalbench_hf" / "sample" if source == "sample" else Path(source)
    watch = Stopwatch()

    frames = []
    for rater, sheet in roster.sheet_of.items():
        wide = pd.read_excel(folder / sheet, engine="openpyxl").rename(columns=str.strip)
        cells = [c for c in wide.columns if "_response_" in c]
        long = wide.melt(
            id_vars=["ConvID", "context"], value_vars=cells, var_name="system", value_name="raw"
        )
        frames.append(long.assign(rater=rater))
    data = pd.concat(frames, ignore_index=True).rename(columns={"ConvID": "conversation_id"})
    data["system"] = (
        data["system"].str.split("_response_").str[1].map({s.suffix: s.id for s in roster.systems})
    )

    def parse(cell: Any) -> dict[str, Any]:
        if not isinstance(cell, str) or not cell.strip():
            return {"parse_status": "missing"}
        text = re.sub(r"^\s*```(?:json)?|```\s*$", "", cell)
        try:
            return {**json.loads(text), "parse_status": "ok"}
        except ValueError:
            found = json_repair.loads(text[max(0, text.find("{")) :])
            if isinstance(found, list):
                found = next((x for x in found if isinstance(x, dict)), None)
            if isinstance(found, dict) and all(a in found for a in ATTRIBUTES):
                return {**found, "parse_status": "parse_repaired"}
            return {"parse_status": "refused"}

    parsed = pd.DataFrame(data["raw"].map(parse).tolist())
    for attribute in ATTRIBUTES:
        data[attribute] = pd.to_numeric(parsed[attribute], errors="coerce")
    for column in ("parse_status", "Explanation", "Overall"):
        data[column] = parsed.get(column)

    key = ["conversation_id", "system"]
    quoted = data["raw"].str.contains(
        r"""["'“”‘’`]nan\\?["'“”‘’`]""", case=False, regex=True, na=False
    )
    witnesses = quoted[data["rater"] != roster.reference].groupby([data[k] for k in key]).sum()
    data = data.merge((witnesses >= 2).rename("lost").reset_index(), on=key)
    data["normal"] = data["context"].map(
        lambda text: " ".join(unicodedata.normalize("NFKC", str(text)).casefold().split())
    )
    texts = data.groupby(["conversation_id", "normal"])["rater"].nunique().reset_index()
    majority = texts.sort_values("rater").drop_duplicates("conversation_id", keep="last")
    data["agreed"] = data["conversation_id"].map(majority.set_index("conversation_id")["normal"])
    data["zeros"] = (data[list(ATTRIBUTES)] == 0).all(axis=1)

    ratings = data.melt(
        id_vars=[*key, "rater", "parse_status", "lost", "normal", "agreed", "zeros"],
        value_vars=list(ATTRIBUTES),
        var_name="attribute",
        value_name="rating",
    )
    ratings["axis"] = ratings["attribute"].map(AXIS_OF)
    on_scale = ratings["rating"].between(1, 5)
    ratings["status"] = np.select(
        [
            ratings["lost"] | ratings["zeros"],
            ratings["normal"] != ratings["agreed"],
            ratings["parse_status"] == "refused",
            ratings["rating"].isna(),
            ~on_scale,
        ],
        ["response_missing", "misaligned", "refused", "missing", "out_of_range"],
        default=ratings["parse_status"],
    )
    for column, order in (
        ("system", roster.system_ids),
        ("rater", roster.raters),
        ("attribute", ATTRIBUTES),
    ):
        ratings[column] = pd.Categorical(ratings[column], categories=order, ordered=True)
    ratings = ratings.sort_values([*key, "rater", "attribute"])
    ratings["published"] = ratings["rating"].astype("Int8")
    ratings["audited"] = ratings["published"].where(
        ratings["status"].isin(["ok", "parse_repaired"])
    )
    columns = [*key, "rater", "attribute", "axis", "rating", "status"]

    def save(table: Any, name: str, variant: str, unique: list[str]) -> None:
        if table.duplicated(unique).any():
            raise ValueError(f"{name}: the key {unique} is not unique")
        table.to_parquet(f"{out}.{name}.{variant}.parquet", compression="zstd", index=False)

    for variant in ("audited", "published") if every_table else ("audited",):
        table = ratings.assign(rating=ratings[variant])[columns]
        text = dict.fromkeys(("system", "rater", "attribute"), "str")
        save(table.astype(text), "ratings", variant, [*key, "rater", "attribute"])
        if not every_table:
            continue
        side = table.pivot(index=key, columns=["rater", "attribute"], values=["rating", "status"])
        side.columns = [
            f"{r}_{a}" + ("_status" if kind == "status" else "") for kind, r, a in side.columns
        ]
        first = data.loc[data["rater"] == roster.raters[-1], [*key, "context", "lost"]]
        side = side.reset_index().astype({"system": "str"}).merge(first, on=key)
        save(side, "responses", variant, key)
        words = data.loc[
            data["rater"] != roster.reference,
            [*key, "rater", "raw", "parse_status", "lost", "Explanation", "Overall"],
        ].sort_values([*key, "rater"])
        shown = words["Overall"].where((variant == "published") | ~words["lost"])
        words = words.assign(Overall=pd.to_numeric(shown, errors="coerce"))
        save(words, "judgments", variant, [*key, "rater"])
    if every_table:
        # What a card says: hashes, how many ratings have which status, means by rater and system.
        audited = ratings.assign(rating=ratings["audited"].astype("float"))
        by = ["rater", "system", "attribute"]
        numbers = {
            "files": {
                sheet: hashlib.sha256((folder / sheet).read_bytes()).hexdigest()
                for sheet in roster.sheet_of.values()
            },
            "statuses": ratings.groupby(["rater", "status"], observed=True).size(),
            "faults": ratings.groupby(["rater", "system", "status"], observed=True).size(),
            "means": audited.groupby(by, observed=True)["rating"].mean(),
            "repeated": data.groupby("rater")["normal"].nunique(),
        }
        card = {k: v if k == "files" else v.reset_index().to_dict() for k, v in numbers.items()}
        Path(f"{out}.json").write_text(json.dumps(card), encoding="utf-8")
    return watch.read() | {"rows": len(ratings)}


def differences(one: str, other: str) -> dict[str, Any]:
    """Return in how many rows two ratings tables differ."""
    import pyarrow.parquet as pq

    first, second = pq.read_table(one), pq.read_table(other)
    differing = {
        name: sum(
            a != b for a, b in zip(first[name].to_pylist(), second[name].to_pylist(), strict=True)
        )
        for name in first.column_names
    }
    return {"rows": len(first), "differing": {k: n for k, n in differing.items() if n}}


def generate(path: Path, n: int) -> int:
    """Write a CSV in the released layout and return its size in bytes.

    Contexts of about 80 words, responses of 150 to 250 with quotes, commas and line breaks, one in
    two hundred missing.
    """
    from mentalbench_hf.schema import RELEASED

    rng = random.Random(0)
    syllables = ["ta", "re", "mi", "son", "del", "ka", "lo", "ver", "in", "pu", "ne", "or"]
    # About six bytes a word with its space, as in English prose.
    lengths = rng.choices([1, 2, 3, 4], [30, 35, 25, 10], k=20_000)
    words = ["".join(rng.choices(syllables, k=n)) for n in lengths]

    def prose(n_words: int) -> str:
        drawn = rng.choices(words, k=n_words)
        for i in range(9, n_words, 12):
            drawn[i] += rng.choice([",", ".", "?", ".\n\n", ".\r\n", " —"])
        drawn[n_words // 2] = f'"{drawn[n_words // 2]}"'
        return " ".join(drawn)

    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(RELEASED.columns)
        for _ in range(n):
            replies = [
                "" if rng.random() < 0.005 else prose(rng.randint(150, 250))
                for _ in RELEASED.systems
            ]
            writer.writerow([prose(rng.randint(60, 100)), *replies])
    return path.stat().st_size


def in_child(part: str, *arguments: str) -> dict[str, Any]:
    """Run one part in a fresh interpreter and return what it measured."""
    path = os.pathsep.join(filter(None, [str(CHECKOUT), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [sys.executable, __file__, "--part", part, "--", *arguments],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        check=True,
    )
    measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return measured


def run_part(part: str, arguments: list[str]) -> dict[str, Any]:
    """Run one part in this process, after a first go on the sample: imports are not the matter."""
    if part == "generate":
        return {"bytes": generate(Path(arguments[0]), int(arguments[1]))}
    if part == "differences":
        return differences(*arguments)
    with tempfile.TemporaryDirectory() as folder:
        first = f"{folder}/first"
        if part == "ours":
            ours(arguments[0], "sample", first)
            return ours(*arguments)
        if part == "ours-ratings":
            ours_ratings("sample", first)
            return ours_ratings(*arguments)
        with_pandas("sample", first, every_table=part == "pandas")
        return with_pandas(*arguments, every_table=part == "pandas")


def mentalalign(source: str, folder: Path, n_runs: int) -> bool:
    """Build MentalAlign-70k both ways and print both; return whether the claims hold."""
    out, plain = str(folder / "ours"), str(folder / "plain")
    single = str(folder / "ratings.parquet")
    parts = {
        "ours": ("mentalalign-70k", source, out),
        "pandas": (source, plain),
        "ours-ratings": (source, single),
        "pandas-ratings": (source, plain),
    }
    runs: dict[str, list[dict[str, Any]]] = {part: [] for part in parts}
    # Taken in turns, so that a slow minute of the machine hits all alike.
    for _ in range(n_runs):
        for part, arguments in parts.items():
            runs[part].append(in_child(part, *arguments))
    best = {part: min(done, key=lambda r: r["seconds"]) for part, done in runs.items()}
    whole, ratio = best["ours"], best["pandas"]["seconds"] / best["ours"]["seconds"]
    print(
        f"MentalAlign-70k from five sheets, best of {n_runs} runs, after a first go on the sample"
    )
    print(f"{'':<34}{'mentalbench_hf':>16}{'pandas + openpyxl':>20}{'ratio':>8}")
    for title, a, b in (
        ("all tables, both variants *", "ours", "pandas"),
        ("the audited ratings table alone", "ours-ratings", "pandas-ratings"),
    ):
        x, y = best[a], best[b]
        print(
            f"{title:<34}{x['seconds']:>14.2f} s{y['seconds']:>18.2f} s"
            f"{y['seconds'] / x['seconds']:>7.1f}x"
        )
        print(
            f"{'  processor time':<34}{x['cpu']:>14.2f} s{y['cpu']:>18.2f} s"
            f"{y['cpu'] / x['cpu']:>7.1f}x\n"
            f"{'  peak memory':<34}{x['peak_gb']:>13.2f} GB{y['peak_gb']:>17.2f} GB"
        )
    compared = in_child("differences", f"{out}/{RATINGS}", f"{plain}.ratings.audited.parquet")
    same = not compared["differing"]
    verdict = "equal in every column" if same else f"DIFFER in rows of {compared['differing']}"
    print(
        "* both check keys and hashes and compute counts and means; ours also writes them as a "
        f"card and an audit with row ids ({whole['mib']:.0f} MiB in all).\n"
        f"The two ratings tables, {compared['rows']:,} rows: {verdict}"
    )
    memory = max(run["peak_gb"] for run in runs["ours"])
    ok = ratio >= LEAST_RATIO and memory < MOST_GB and same
    print(
        f"Claims: all tables at least {LEAST_RATIO} times faster, below {MOST_GB:g} GB: "
        f"{'hold' if ok else 'DO NOT HOLD'}\n"
    )
    return ok


def mentalbench(folder: Path, n: int) -> bool:
    """Build MentalBench-100k from a generated CSV; return whether the claim holds."""
    files = folder / "conversations"
    files.mkdir()
    size = in_child("generate", str(files / "MentalBench-100k.csv"), str(n))["bytes"]
    done = in_child("ours", "mentalbench-100k", str(files), str(folder / "mentalbench-100k"))
    ok = bool(done["peak_gb"] < MOST_GB)
    print(
        f"MentalBench-100k from a generated CSV, {n:,} × 10 ({size / 2**20:.0f} MiB)\n"
        f"{'all tables, both variants':<34}{done['seconds']:>14.2f} s\n"
        f"{'  peak memory':<34}{done['peak_gb']:>13.2f} GB\n"
        f"{done['rows']:,} rows, {done['mib']:.0f} MiB written\n"
        f"Claim: below {MOST_GB:g} GB: {'holds' if ok else 'DOES NOT HOLD'}"
    )
    return ok


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    upstream = CHECKOUT.parent / "shared" / "upstream"
    default = str(upstream) if upstream.is_dir() else "sample"
    parser.add_argument(
        "--source", default=default, help="folder of the five released sheets, or sample"
    )
    parser.add_argument("--runs", type=int, default=3, help="runs of each part, the best is shown")
    parser.add_argument("--part", help=argparse.SUPPRESS)
    parser.add_argument("rest", nargs="*", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.part:
        print(json.dumps(run_part(arguments.part, arguments.rest)))
        return 0
    name = "SYNTHETIC SAMPLE" if arguments.source == "sample" else "released sheets"
    print(f"Building datasets, {name}, {os.cpu_count()} processors\n")
    source = arguments.source if name.startswith("SYN") else str(Path(arguments.source).resolve())
    with tempfile.TemporaryDirectory() as folder:
        fast = mentalalign(source, Path(folder), arguments.runs)
        small = mentalbench(Path(folder), 10_000)
    return 0 if fast and small else 1


if __name__ == "__main__":
    sys.exit(main())
