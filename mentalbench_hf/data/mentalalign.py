"""MentalAlign-70k from the five sheets: values, statuses and the judges' words."""

from __future__ import annotations

import gc
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.choices import VARIANTS, check_choice
from mentalbench_hf.data.interim_totals import InterimTotals, read_interim_totals
from mentalbench_hf.data.ruler.rater_blocks import RaterBlocks, rater_blocks
from mentalbench_hf.data.ruler.styles import letters
from mentalbench_hf.data.sheets import Sheet, read_sheet
from mentalbench_hf.data.targets import RatedTargets
from mentalbench_hf.errors import DataError
from mentalbench_hf.parsing import ParsedJudgment, parse_judgment
from mentalbench_hf.schema import (
    ATTRIBUTES,
    AXES,
    EXPERT_ANCHORS,
    SCALE_MAX,
    SCALE_MIN,
    SYNTHETIC,
    USABLE,
    Roster,
    Status,
)

if TYPE_CHECKING:
    from mentalbench_hf.sources import Source

STATUSES: Final[tuple[Status, ...]] = tuple(Status)
CODE_OF: Final[dict[Status, int]] = {status: i for i, status in enumerate(STATUSES)}
USABLE_CODES: Final = np.array([CODE_OF[s] for s in STATUSES if s in USABLE], dtype=np.uint8)

#: How a judge quotes the placeholder it was shown in place of a response.
_PLACEHOLDER: Final = re.compile(r"""["'“”‘’`]nan\\?["'“”‘’`]""", re.IGNORECASE)
#: So many judges must say so before a response counts as missing.
_MIN_WITNESSES: Final = 2


@dataclass(frozen=True, eq=False)
class MentalAlign:
    """All ratings, with axes raters × conversations × systems × attributes of the schema.

    Attributes:
        roster: who wrote and who rated.
        conversation_ids: shape (n,), ascending.
        contexts: the post that the judges were shown.
        normal_contexts: by rater, each row's text in its sheet, normalised for comparison.
        values: float32, shape (5, n, 10, 7): what upstream published, 0 and 6 included; NaN where
            nothing readable was published.
        read: uint8 codes of STATUSES, same shape: how each score was read from its own cell.
        statuses: uint8 codes, same shape: `read`, overruled where the response was missing or the
            row is misaligned.
        judgments: by judge, row and system: the parsed reply.
        raw: by rater, row and system: the cell text as released.
        missing_responses: bool, shape (n, 10): the judges were shown a placeholder.
        misaligned: bool, shape (5, n): the rater's sheet holds another conversation in this row.
        synthetic: whether this is the bundled sample.
        provenance: one record per file read.
        interim_totals: expert of an interim table -> totals; empty where the table is not at hand.
        stated_experts: codes and letters as `experts`, where the ratings came with them; -1 where
            they do not say. None: they are found from the ratings.
    """

    roster: Roster
    conversation_ids: NDArray[np.int32]
    contexts: list[str]
    normal_contexts: dict[str, list[str]]
    values: NDArray[np.float32]
    read: NDArray[np.uint8]
    statuses: NDArray[np.uint8]
    judgments: dict[str, list[list[ParsedJudgment]]]
    raw: dict[str, list[list[str]]]
    missing_responses: NDArray[np.bool_]
    misaligned: NDArray[np.bool_]
    synthetic: bool
    provenance: list[dict[str, str | int | None]]
    interim_totals: InterimTotals = field(default_factory=dict)
    stated_experts: tuple[NDArray[np.int64], tuple[str, ...]] | None = None

    @cached_property
    def blocks(self) -> RaterBlocks:
        """The runs of conversations in which the human ratings keep one style, found anew."""
        return self.blocks_of(self.roster.reference)

    def blocks_of(self, rater: str) -> RaterBlocks:
        """Find the blocks of any rater in the audited ratings; the other judges are covariates."""
        values = self.ratings()
        r = self.roster.raters.index(rater)
        beside = [self.roster.raters.index(j) for j in self.roster.judge_ids if j != rater]
        return rater_blocks(values[r], values[beside])

    @cached_property
    def experts(self) -> tuple[NDArray[np.int64], tuple[str, ...]]:
        """Whose style each conversation's human ratings have: codes, shape (n,), and letters.

        A letter is a style, not a person. Where no block can be told from another all is A.
        """
        if self.stated_experts is not None:
            return self.stated_experts
        ids = self.conversation_ids.tolist()
        known = not self.synthetic and set(EXPERT_ANCHORS.values()) <= set(ids)
        anchors = {x: ids.index(i) for x, i in EXPERT_ANCHORS.items()} if known else None
        return letters(self.blocks.style, anchors)

    def ratings(self, variant: str = "audited") -> NDArray[np.float64]:
        """Return the values of a variant, float64, NaN where null.

        ``audited`` keeps ratings whose status is ok or parse_repaired; ``released`` keeps every
        published value.

        Raises:
            DataError: unknown variant.
        """
        check_choice(variant, VARIANTS, "data", DataError)
        values = self.values.astype(np.float64)
        if variant == "audited":
            values[~np.isin(self.statuses, USABLE_CODES)] = np.nan
        return values

    def targets(self, variant: str = "audited") -> RatedTargets:
        """Return the ratings of a variant as targets × raters × attributes."""
        return self.targets_of(self.ratings(variant), variant)

    def published_targets(self) -> RatedTargets:
        """Return the released ratings as the published analysis read them.

        Valid JSON only, and a rater's scores of a response only where all seven are there; 0 and
        6 stay in. Kept for reproduction.
        """
        ratings = self.ratings("released")
        ratings[self.read == CODE_OF[Status.PARSE_REPAIRED]] = np.nan
        ratings[np.isnan(ratings).any(axis=-1)] = np.nan
        return replace(self.targets_of(ratings, "released"), published=True)

    def targets_of(self, ratings: NDArray[np.float64], data: str) -> RatedTargets:
        """Return any ratings of these responses, shape (5, n, 10, 7), as RatedTargets."""
        n, n_systems = len(self.conversation_ids), len(self.roster.systems)
        return RatedTargets(
            ratings=ratings.transpose(1, 2, 0, 3).reshape(
                n * n_systems, len(self.roster.raters), -1
            ),
            raters=self.roster.raters,
            attributes=ATTRIBUTES,
            axes=AXES,
            clusters=np.repeat(np.arange(n), n_systems),
            cluster_names=self.conversation_ids.astype(object),
            systems=np.tile(np.arange(n_systems), n),
            system_names=self.roster.system_ids,
            reference=self.roster.reference,
            scale=(SCALE_MIN, SCALE_MAX),
            left_out={j.id: j.counterpart for j in self.roster.judges},
            data=f"{data} ({SYNTHETIC})" if self.synthetic else data,
            synthetic=self.synthetic,
            experts=np.repeat(self.experts[0], n_systems),
            expert_names=self.experts[1],
        )


def normalise(text: str) -> str:
    """Return the form in which two conversation texts are compared.

    Unicode NFKC, case folded, runs of white space as one blank, none at the ends. Nothing else:
    punctuation and quotes count.
    """
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def read_mentalalign(source: Source) -> MentalAlign:
    """Read the five sheets of a source.

    Raises:
        SourceError: a sheet is absent or is not the released file.
        DataError: the sheets do not hold the same conversation ids, or a sheet lacks a column.
    """
    roster = source.roster
    paths = source.sheets()
    sheets = {rater: read_sheet(paths[name], roster) for rater, name in roster.sheet_of.items()}
    order = _common_order(sheets, roster)
    raw = {r: [sheets[r].cells[i] for i in order[r]] for r in roster.raters}
    parsed = _parsed(raw)
    values, read = _arrays(parsed)
    contexts = {r: [sheets[r].contexts[i] for i in order[r]] for r in roster.raters}
    normal = {rater: [normalise(text) for text in texts] for rater, texts in contexts.items()}
    agreed, misaligned = _alignment(contexts, normal)
    missing = _missing_responses({j: raw[j] for j in roster.judge_ids})
    interim = source.interim_totals()
    return MentalAlign(
        roster=roster,
        conversation_ids=np.array(
            sorted(sheets[roster.reference].conversation_ids), dtype=np.int32
        ),
        contexts=agreed,
        normal_contexts=normal,
        values=values,
        read=read,
        statuses=_overruled(values, read, missing, misaligned),
        judgments={j: parsed[j] for j in roster.judge_ids},
        raw=raw,
        missing_responses=missing,
        misaligned=misaligned,
        synthetic=source.synthetic,
        provenance=[f for f in source.provenance() if f["holds"] == "ratings"],
        interim_totals=read_interim_totals(interim, roster) if interim else {},
    )


def _parsed(raw: dict[str, list[list[str]]]) -> dict[str, list[list[ParsedJudgment]]]:
    """Parse every cell; equal cells, which are many in the human sheet, are read once."""
    read: dict[str, ParsedJudgment] = {}

    def parse(cell: str) -> ParsedJudgment:
        found = read.get(cell)
        if found is None:
            found = read[cell] = parse_judgment(cell)
        return found

    # Half a million small objects, none of them garbage: looking for it takes a fifth of the time.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return {
            rater: [[parse(cell) for cell in row] for row in rows] for rater, rows in raw.items()
        }
    finally:
        if collecting:
            gc.enable()


def _common_order(sheets: dict[str, Sheet], roster: Roster) -> dict[str, list[int]]:
    """Return for each rater the row numbers by ascending conversation id."""
    ids = {rater: set(sheet.conversation_ids) for rater, sheet in sheets.items()}
    for rater, found in ids.items():
        if found != ids[roster.reference]:
            odd = sorted(found ^ ids[roster.reference])
            raise DataError(
                f"{roster.sheet_of[rater]} and {roster.reference_sheet} do not hold the same "
                f"conversations: {len(odd)} ids are in one only, the first is {odd[0]}"
            )
    return {
        rater: sorted(range(len(s.conversation_ids)), key=s.conversation_ids.__getitem__)
        for rater, s in sheets.items()
    }


def _arrays(
    parsed: dict[str, list[list[ParsedJudgment]]],
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Return published values and read statuses, raters × conversations × systems × attributes."""
    texts = [j for rows in parsed.values() for row in rows for j in row]
    first = next(iter(parsed.values()))
    shape = (len(parsed), len(first), len(first[0]), len(ATTRIBUTES))
    none = float("nan")
    values = np.array(
        [none if v is None else v for j in texts for v in j.raw_values.values()], dtype=np.float32
    )
    read = np.full((len(texts), len(ATTRIBUTES)), CODE_OF[Status.OK], dtype=np.uint8)
    for i, judgment in enumerate(texts):
        # A complete strict judgment is ok throughout.
        if judgment.reason is not None:
            read[i] = [CODE_OF[s] for s in judgment.statuses.values()]
    return values.reshape(shape), read.reshape(shape)


def _alignment(
    contexts: dict[str, list[str]], normal: dict[str, list[str]]
) -> tuple[list[str], NDArray[np.bool_]]:
    """Return the text of each row and which raters' rows hold another one.

    The judges outnumber the human sheet; the text that most sheets hold is the row's text. That
    is a choice of name, not a finding: whether texts or ratings slipped is not in the data.
    """
    raters = list(contexts)
    n = len(contexts[raters[0]])
    agreed: list[str] = []
    misaligned = np.zeros((len(raters), n), dtype=bool)
    for row in range(n):
        texts = [normal[rater][row] for rater in raters]
        majority = Counter(reversed(texts)).most_common(1)[0][0]
        for r, text in enumerate(texts):
            misaligned[r, row] = text != majority
        # The last sheet that holds it: the judges', since the reference rater comes first.
        agreed.append(
            next(contexts[r][row] for r in reversed(raters) if normal[r][row] == majority)
        )
    return agreed, misaligned


def _missing_responses(raw: dict[str, list[list[str]]]) -> NDArray[np.bool_]:
    """Return where at least two judges quote the placeholder that stood for a response."""
    witnesses = sum(
        np.array([[_quotes_placeholder(cell) for cell in row] for row in cells], dtype=int)
        for cells in raw.values()
    )
    return np.asarray(witnesses >= _MIN_WITNESSES)


def _quotes_placeholder(cell: str) -> bool:
    # Looking for the bare letters first is many times faster than the pattern.
    return "nan" in cell.lower() and _PLACEHOLDER.search(cell) is not None


def _overruled(
    values: NDArray[np.float32],
    read: NDArray[np.uint8],
    missing: NDArray[np.bool_],
    misaligned: NDArray[np.bool_],
) -> NDArray[np.uint8]:
    """Return statuses: a missing response overrules a misaligned row, which overrules `read`."""
    statuses = read.copy()
    statuses[misaligned] = CODE_OF[Status.MISALIGNED]
    # Zero on all seven attributes is how the raters marked a response that was not there.
    marked = (values == 0).all(axis=-1)
    statuses[marked | missing] = CODE_OF[Status.RESPONSE_MISSING]
    return statuses
