"""Preference pairs as a dataset folder: Parquet by split, a card, and the counts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mentalbench_hf._version import __version__
from mentalbench_hf.ecosystem.preferences import REASONS
from mentalbench_hf.errors import DataError
from mentalbench_hf.files import whole_folder, write_json
from mentalbench_hf.report.markdown import SYNTHETIC_NOTICE, table
from mentalbench_hf.schema import AXES, MENTALALIGN_70K, SYNTHETIC

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pyarrow as pa

    from mentalbench_hf.ecosystem.preferences import Pair, Preferences

#: A folder that holds this file was made here and may be replaced.
MARKER: Final = "preferences.json"
_BATCH: Final = 1_000

_RISK: Final = """\
**Training on the benchmark makes the benchmark worthless for the model that was trained.** These
pairs are replies and expert ratings of MentalBench-100k and MentalAlign-70k. A model tuned on them,
or a judge or reward model, must not be measured on the same conversations afterwards: not with
MentalBench-100k, nor `mentalbench certify`, nor on the pairs it was trained on. Say in the card of
such a model that it was trained on them. Splits hold whole conversations, and conversations of the
same text are in one split; keep `test` out of training. It holds pairs to test a reward model on,
which is less than a benchmark: what remains to measure the model itself are the conversations of
MentalBench-100k that no expert rated, with a judge."""

_LIMITS: Final = """\
An expert score is one expert's, and both replies of a pair were scored by the same one: `expert` is
the style of their ratings, a letter and no name. How far another would differ on the same reply is
not known. Experts use the scale unlike each other, so a small margin may be noise, and the same
margin under another style need not mean as much: compare margins within a style. The experts rated
replies, they did not compare them: a preference is made here from two ratings. Nothing here says
that a reply is fit for a person in need; a chosen reply may be poor and only less poor than the
other."""


@dataclass(frozen=True, slots=True)
class Export:
    """What was written.

    Attributes:
        folder: where.
        pairs: split -> number of pairs.
        left_out: split -> reason -> number of pairs.
        conversations: split -> number of conversations, with or without pairs.
        n_possible: all pairs that conversations and systems make; the sum of the others.
        chosen: system -> number of pairs in which its reply is the chosen one.
        rejected: the same for rejected ones.
        experts: style of the expert -> number of pairs; "" where it is not known.
    """

    folder: Path
    pairs: dict[str, int]
    left_out: dict[str, dict[str, int]]
    conversations: dict[str, int]
    n_possible: int
    chosen: dict[str, int]
    rejected: dict[str, int]
    experts: dict[str, int]


def write_preferences(preferences: Preferences, out: Path, *, label: str) -> Export:
    """Write the pairs of every split into a folder that ``load_dataset`` and TRL read.

    The folder appears whole or not at all; one that this function made before is replaced.

    Args:
        preferences: the pairs.
        out: the folder.
        label: what the source was, for the record; never a path.

    Raises:
        DataError: `out` holds something else, or a split gets no pair.
    """
    out = out.resolve()
    chosen: Counter[str] = Counter()
    rejected: Counter[str] = Counter()
    experts: Counter[str] = Counter()
    counts: dict[str, int] = {}
    with whole_folder(out, MARKER, "export") as folder:
        (folder / "data").mkdir()
        for split in preferences.splits:
            wins = _write(preferences.pairs(split), folder / _file(split))
            counts[split] = wins.total()
            if not counts[split]:
                raise DataError(
                    f"no pair in the split {split!r}: lower margin=, take more systems=, or "
                    "give the split a larger share"
                )
            for (winner, loser, expert), n in wins.items():
                chosen[winner] += n
                rejected[loser] += n
                experts[expert] += n
        made = Export(
            out,
            counts,
            {split: _ordered(left_out) for split, left_out in preferences.left_out.items()},
            preferences.conversations,
            preferences.n_possible,
            {system: chosen[system] for system in preferences.systems},
            {system: rejected[system] for system in preferences.systems},
            dict(sorted(experts.items())),
        )
        (folder / "README.md").write_text(_card(made, preferences, label), encoding="utf-8")
        write_json(folder / MARKER, _record(made, preferences, label))
    return made


def _file(split: str) -> str:
    return f"data/{split}-00000-of-00001.parquet"


def _write(pairs: Iterable[Pair], path: Path) -> Counter[tuple[str, str, str]]:
    """Write pairs in batches; return how often which system won over which, by which expert."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    wins: Counter[tuple[str, str, str]] = Counter()
    schema = _schema()
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        batch: list[dict[str, Any]] = []
        for pair in pairs:
            wins[pair.chosen.system, pair.rejected.system, pair.expert] += 1
            batch.append(pair.row())
            if len(batch) == _BATCH:
                writer.write_table(pa.Table.from_pylist(batch, schema=schema))
                batch = []
        writer.write_table(pa.Table.from_pylist(batch, schema=schema))
    return wins


def _schema() -> pa.Schema:
    import pyarrow as pa

    text, real = pa.string(), pa.float64()
    messages = pa.list_(pa.struct([("role", text), ("content", text)]))
    return pa.schema(
        [
            ("prompt", messages), ("chosen", messages), ("rejected", messages), ("margin", real),
            ("score_chosen", real), ("score_rejected", real), ("system_chosen", text),
            ("system_rejected", text), ("conversation_id", pa.int32()), ("expert", text),
        ]
    )  # fmt: skip


def _ordered(left_out: Counter[str]) -> dict[str, int]:
    return {str(reason): left_out[reason] for reason in REASONS if left_out[reason]}


def _record(made: Export, preferences: Preferences, label: str) -> dict[str, Any]:
    return {
        "made_by": f"mentalbench-hf {__version__}",
        "source": label,
        "synthetic": preferences.synthetic,
        "ratings": f"{MENTALALIGN_70K.name} {MENTALALIGN_70K.version}, audited",
        "name": preferences.name,
        "margin": preferences.margin,
        "splits": preferences.splits,
        "seed": preferences.seed,
        "systems": list(preferences.systems),
        "n_possible": made.n_possible,
        "pairs": made.pairs,
        "left_out": made.left_out,
        "conversations": made.conversations,
        "chosen": made.chosen,
        "rejected": made.rejected,
        "experts": made.experts,
    }


def _card(made: Export, preferences: Preferences, label: str) -> str:
    """Return the README.md with the YAML that ``load_dataset`` reads."""
    import yaml

    synthetic, name = preferences.synthetic, preferences.name
    title = f"Preferences of human experts on {name}"
    tags = ["mental-health", "preference", "human-feedback", "trl"]
    header = {
        "pretty_name": f"{SYNTHETIC}: {title}" if synthetic else title,
        "license": "mit",
        "language": ["en"],
        "tags": [*tags, "synthetic"] if synthetic else tags,
        "configs": [
            {
                "config_name": "default",
                "data_files": [{"split": s, "path": _file(s)} for s in made.pairs],
            }
        ],
    }
    axis = f" ({name} is the mean of {', '.join(AXES[name])}.)" if name in AXES else ""
    by = f" (by {preferences.margin:g} or more)" if preferences.margin else ""
    reasons = sorted({r for counts in made.left_out.values() for r in counts}, key=_place)
    splits = list(made.pairs)
    parts = [
        f"# {SYNTHETIC}: {title}\n\n{SYNTHETIC_NOTICE}" if synthetic else f"# {title}",
        f"Two replies to one message of a person who asked for support, of which human experts "
        f"rated `chosen` higher than `rejected` on {name}{by}, "
        f"on a scale from 1 to 5.{axis} `margin` is the difference of the scores in rating points; "
        "TRL's reward trainer subtracts it from the difference of the rewards.",
        "## Before you train",
        _RISK,
        "## Counts",
        table(
            ["split", "conversations", "pairs"],
            [[s, made.conversations[s], made.pairs[s]] for s in splits],
        ),
        f"{len(preferences.splits)} splits by whole conversations, seed {preferences.seed}. Of "
        f"{made.n_possible:,} possible pairs {sum(made.pairs.values()):,} are here; left out are:",
        table(
            ["left out", *splits, "why"],
            [[r, *(made.left_out[s].get(r, 0) for s in splits), REASONS[r]] for r in reasons],
        ),
        "## Who is chosen",
        table(
            ["system", "chosen", "rejected"],
            [[s, made.chosen[s], made.rejected[s]] for s in preferences.systems],
        ),
        "A model that learns only to tell these writers apart would look good here.",
        "## Whose preferences",
        table(
            ["style of the expert", "pairs"],
            [[style or "not known", n] for style, n in made.experts.items()],
        ),
        "## What it cannot say",
        _LIMITS,
        "## How it was made",
        f"- package: mentalbench-hf {__version__}, `mentalbench preferences`\n"
        f"- source: {label}\n"
        f"- ratings: {MENTALALIGN_70K.title} {MENTALALIGN_70K.version}, audited: a rating that is "
        "missing or not of this reply makes no pair\n"
        f"- columns: prompt, chosen, rejected (lists of role and content), margin, score_chosen, "
        "score_rejected, system_chosen, system_rejected, conversation_id, expert",
    ]
    return f"---\n{yaml.safe_dump(header, sort_keys=False)}---\n\n" + "\n\n".join(parts) + "\n"


def _place(reason: str) -> int:
    return list(REASONS).index(reason)
