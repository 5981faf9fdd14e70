"""How many small faults, put into the code at random, the tests of each room notice.

python benchmarks/mutation.py [--places 20] [--seed 20260] [--room data ...]

A mutant is one change that cosmic-ray makes: another operator, another number, a condition turned
round. Places in the code are drawn, and one of the changes possible there, since otherwise
arithmetic, with eleven changes a sign, would be most of the sample. Annotations, which nothing
evaluates, are left out. Tests run one after another, in a copy of the checkout; a mutant is killed
when a test fails or hangs.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cosmic_ray.commands import init
from cosmic_ray.mutating import mutate_and_test
from cosmic_ray.testing import run_tests
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import MutationSpec, TestOutcome

CHECKOUT = Path(__file__).resolve().parent.parent
# Seconds; the unchanged tests of no room take a quarter of it.
HANGS = 120.0


@dataclass(frozen=True)
class Room:
    folder: str
    tests: str
    left_out: str = "nothing"


RELIABILITY = """agreement ordinal alternative_annotator random_effects components facets
multiplicity ceiling planner panel_agreement panel_components panel_raters expert_severity bootstrap
baselines icc human_units unsafe leaderboard rater_term references protocol evaluate"""

# Fast tests first: the first to fail ends a mutant.
ROOMS = {
    "parsing": Room(
        "mentalbench_hf/parsing",
        "tests/parsing/test_parse_plain.py tests/parsing/test_parse_honest.py"
        " tests/parsing/test_parse_hostile.py tests/parsing/test_parse_cases.py"
        " tests/inference/test_inference_prompts.py tests/inference/test_bound_answers.py",
    ),
    "reliability.core": Room(
        "mentalbench_hf/reliability/core",
        " ".join(f"tests/reliability/test_{name}.py" for name in RELIABILITY.split()),
    ),
    # Left out: it starts and interrupts processes for ten seconds.
    "inference.run": Room(
        "mentalbench_hf/inference/run",
        "tests/inference/test_progress.py tests/inference/test_inference_server.py"
        " tests/inference/test_one_judge_call.py tests/inference/test_crash.py",
        "test_ctrl_c",
    ),
    "data": Room("mentalbench_hf/data", "tests/data"),
}


def copy_checkout(to: Path) -> None:
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=CHECKOUT,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in filter(None, listing.stdout.split("\0")):
        if (CHECKOUT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(CHECKOUT / name, to / name)


def annotated_spans(module: Path) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Where the annotations of a module begin and end, as (line, column)."""
    annotations: list[ast.expr | None] = []
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.arg | ast.AnnAssign):
            annotations.append(node.annotation)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            annotations.append(node.returns)
    return [
        ((a.lineno, a.col_offset), (a.end_lineno or a.lineno, a.end_col_offset or 0))
        for a in annotations
        if a is not None
    ]


def draw(folder: str, n_places: int, seed: int) -> list[MutationSpec]:
    """One mutation at each of `n_places` places of the modules in `folder`, alike for a seed."""
    modules = sorted(Path(folder).rglob("*.py"))
    spans = {module: annotated_spans(module) for module in modules}
    places: dict[tuple[Path, tuple[int, int]], list[MutationSpec]] = {}
    with use_db(":memory:", WorkDB.Mode.create) as work:
        init(modules, work, {})
        for item in work.work_items:
            (mutation,) = item.mutations
            start = tuple(mutation.start_pos)
            if not any(a <= start < b for a, b in spans[mutation.module_path]):
                places.setdefault((mutation.module_path, start), []).append(mutation)
    rng = random.Random(seed)
    chosen = rng.sample(sorted(places), min(n_places, len(places)))
    print(f"{folder}: {sum(map(len, places.values()))} mutants at {len(places)} places")
    return [
        rng.choice(sorted(places[place], key=lambda m: (m.operator_name, m.occurrence)))
        for place in chosen
    ]


def measure(name: str, room: Room, n_places: int, seed: int) -> str:
    options = ["-q", "-x", "-p", "no:cacheprovider", "-k", f"not {room.left_out}"]
    options += ["-m", "not (slow or model or browser or upstream)"]
    command = shlex.join([sys.executable, "-m", "pytest", *room.tests.split(), *options])
    outcome, output = run_tests(command, HANGS)
    if outcome is not TestOutcome.SURVIVED:
        raise SystemExit(f"The tests of {name} fail without any mutant:\n{output[-2000:]}")
    drawn = draw(room.folder, n_places, seed)
    killed = 0
    for mutation in drawn:
        result = mutate_and_test([mutation], command, HANGS)
        # Anything else (no such place, a tool that fell over) is no verdict on the tests.
        if result.test_outcome not in (TestOutcome.KILLED, TestOutcome.SURVIVED):
            raise SystemExit(f"cosmic-ray could not make {mutation}:\n{result.output}")
        if result.test_outcome is TestOutcome.KILLED:
            killed += 1
        else:
            print(f"survived: {mutation.operator_name}\n{result.diff}\n", flush=True)
    return f"{name}: {killed} of {len(drawn)} killed"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--places", type=int, default=20, help="mutants per room")
    parser.add_argument("--seed", type=int, default=20260)
    parser.add_argument("--room", nargs="+", choices=ROOMS, default=list(ROOMS))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        copy_checkout(Path(folder))
        os.chdir(folder)
        os.environ |= {"PYTHONPATH": folder, "OMP_NUM_THREADS": "1"}
        scores = []
        for name in args.room:
            scores.append(measure(name, ROOMS[name], args.places, args.seed))
            print(scores[-1], flush=True)
        print("\n".join(["", *scores]))


if __name__ == "__main__":
    main()
