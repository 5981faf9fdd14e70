"""Write the sample's files from text.json: ``python -m mentalbench_hf.sample.make [FOLDER]``.

The expert's ratings stand in text.json. The four judges' ratings are drawn from them: each judge
shares part of its error with the others, has its own severity and compresses the scale in its own
way. A few deliberate defects of the kinds in the released sheets give the audit something to find.
Needs openpyxl (extra ``test``).
"""

from __future__ import annotations

import csv
import hashlib
import json
import sys
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import numpy as np

from mentalbench_hf.schema import ATTRIBUTES, SAMPLE, SCALE_MAX, SCALE_MIN, SYNTHETIC

FOLDER: Final = Path(__file__).parent
_SEED: Final = 20_261
#: Judge -> (shift, slope on the expert's rating, sd of its own error), in rating points.
_JUDGES: Final = {
    "sample-judge-1": (0.15, 0.85, 0.45),
    "sample-judge-2": (0.60, 0.60, 0.40),
    "sample-judge-3": (0.40, 0.45, 0.80),
    "sample-judge-4": (-0.10, 0.75, 0.60),
}
_SHARED_SD: Final = 0.35
#: (conversation, system) whose response is missing: the judges see a placeholder.
_LOST: Final = ((5, "sample-model-7"), (16, "sample-model-8"))
#: The expert's sheet holds these conversations' texts one row late.
_SLIPPED: Final = (19, 20, 21)


def text() -> list[dict[str, Any]]:
    """Return the conversations of text.json."""
    loaded = json.loads((FOLDER / "text.json").read_text(encoding="utf-8"))
    conversations: list[dict[str, Any]] = loaded["conversations"]
    return conversations


def expert_cells() -> list[list[str]]:
    """Return the expert's cells, with an empty one, a null, a 6 and a marker of zeros."""
    cells = [[dict(r["ratings"]) for r in c["responses"]] for c in text()]
    cells[2][4]["Empathy"] = None
    cells[9][1]["Relevance"] = 6
    cells[15][8] = dict.fromkeys(ATTRIBUTES, 0)
    written = [[json.dumps(ratings) for ratings in row] for row in cells]
    written[12][6] = ""
    return written


def judge_cells() -> dict[str, list[list[str]]]:
    """Return each judge's cells."""
    rng = np.random.default_rng(_SEED)
    conversations = text()
    expert = np.array(
        [[[r["ratings"][a] for a in ATTRIBUTES] for r in c["responses"]] for c in conversations],
        dtype=float,
    )
    shared = rng.normal(0, _SHARED_SD, size=expert.shape)
    cells = {}
    for j, (judge, (shift, slope, sd)) in enumerate(_JUDGES.items()):
        noise = shared + rng.normal(0, sd, size=expert.shape)
        rated = np.clip(np.round(4 + slope * (expert - 4) + shift + noise), SCALE_MIN, SCALE_MAX)
        rows = []
        for c, conversation in enumerate(conversations):
            row = []
            for s, response in enumerate(conversation["responses"]):
                lost = (conversation["conversation_id"], response["system"]) in _LOST
                note = (
                    'The response is only "nan": nothing was there.' if lost else response["note"]
                )
                ratings = np.ones(7) if lost else rated[c, s]
                row.append(_reply(ratings, note, fenced=(c + s + j) % 3 == 0))
            rows.append(row)
        cells[judge] = rows
    _break(cells)
    return cells


def _reply(ratings: np.ndarray[Any, Any], note: str, *, fenced: bool) -> str:
    body: dict[str, Any] = {a: int(v) for a, v in zip(ATTRIBUTES, ratings, strict=True)}
    body["Overall"] = round(float(ratings.mean()), 1)
    body["Explanation"] = note
    written = json.dumps(body, indent=2, ensure_ascii=False)
    return f"```json\n{written}\n```" if fenced else written


def _break(cells: dict[str, list[list[str]]]) -> None:
    """Put in the judges' defects: inner quotes, a lost brace, words before, a refusal, a gap."""
    first, second, third, fourth = cells.values()
    first[3][6] = first[3][6].replace('\\"', '"')
    first[8][2] = "Here is my rating of the reply.\n\n" + first[8][2].strip("`json\n")
    second[10][9] = (
        "I'm sorry, but I cannot evaluate this response: it asks me to set the rubric aside."
    )
    third[14][0] = third[14][0].strip("`json\n").rstrip("}").rstrip()
    fourth[20][5] = ""


def expert_contexts() -> list[str]:
    """Return the expert sheet's texts: one run stands one row late."""
    contexts = [c["context"] for c in text()]
    shifted = list(contexts)
    for conversation_id in _SLIPPED:
        shifted[conversation_id - 1] = contexts[conversation_id - 2]
    return shifted


def make(folder: Path = FOLDER) -> None:
    """Write the five sheets, the conversations' CSV and SHA256SUMS into a folder."""
    contexts = [c["context"] for c in text()]
    folder.mkdir(parents=True, exist_ok=True)
    _write_sheet(folder / SAMPLE.reference_sheet, "human", expert_contexts(), expert_cells())
    judged = judge_cells()
    for judge in SAMPLE.judges:
        _write_sheet(folder / judge.sheet, "judge", contexts, judged[judge.id])
    with (folder / "MentalBench-100k.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(SAMPLE.columns)
        for conversation in text():
            lost = {s for c, s in _LOST if c == conversation["conversation_id"]}
            replies = [
                "" if r["system"] in lost else r["response"] for r in conversation["responses"]
            ]
            writer.writerow([conversation["context"], *replies])
    names = sorted([*SAMPLE.sheet_of.values(), "MentalBench-100k.csv"])
    sums = [f"{hashlib.sha256((folder / n).read_bytes()).hexdigest()}  {n}\n" for n in names]
    (folder / "SHA256SUMS").write_text("".join(sums), encoding="utf-8")


def _write_sheet(path: Path, prefix: str, contexts: list[str], cells: list[list[str]]) -> None:
    import openpyxl

    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.title = SYNTHETIC
    sheet.append(["ConvID", "context", *(f"{prefix}_response_{s.suffix}" for s in SAMPLE.systems)])
    for number, (context, row) in enumerate(zip(contexts, cells, strict=True), start=1):
        sheet.append([number, context, *(cell or None for cell in row)])
    buffer = BytesIO()
    workbook.save(buffer)
    _write_dateless(buffer, path)


def _write_dateless(workbook: BytesIO, path: Path) -> None:
    """Copy a workbook without its times of writing, so that equal content is equal bytes."""
    with zipfile.ZipFile(workbook) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist()):
            content = old.read(name)
            if name == "docProps/core.xml":
                content = (
                    b'<?xml version="1.0"?><cp:coreProperties xmlns:cp="http://schemas.'
                    b'openxmlformats.org/package/2006/metadata/core-properties"/>'
                )
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            new.writestr(entry, content, zipfile.ZIP_DEFLATED)


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
