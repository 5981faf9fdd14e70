"""Files: those that travel with the package, and how results are named and written."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mentalbench_hf.errors import DataError, MentalBenchError

if TYPE_CHECKING:
    import pandas as pd

_UNSAFE: Final = re.compile(r"[^\w.+-]|^[.-]|\.$", re.ASCII)
#: Names that Windows keeps for devices, whatever ending follows.
_DEVICE: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
#: With a hash and an ending it stays below the 255 bytes of common file systems.
_LONGEST: Final = 100
#: What a spreadsheet takes for the start of a formula; a guard before it is guarded again.
_FORMULA: Final = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE | re.ASCII)
GUARD: Final = "'"


def bundled(*parts: str) -> Path:
    """Return a bundled file or folder: from the wheel, or from the checkout it is installed from.

    Raises:
        MentalBenchError: neither holds it.
    """
    package = Path(__file__).resolve().parent
    for root in (package / "bundled", package.parent):
        path = root.joinpath(*parts)
        if path.exists():
            return path
    raise MentalBenchError(
        f"{'/'.join(parts)} is not in this installation of mentalbench-hf; reinstall it"
    )


def safe_name(name: str, taken: Collection[str] = ()) -> str:
    """Return a name as the stem of a file's name, on any system.

    A name of ASCII letters, digits and ``_ . + -`` stays as it is. In any other, what may not
    stand in a file's name becomes ``_``, and a hash of the name is added, so that different names
    stay different.

    Args:
        name: any text.
        taken: stems that are used already; one that differs from the name's by case alone, which
            some file systems do not tell apart, gets the hash too.

    >>> safe_name("gpt-4o")
    'gpt-4o'
    >>> safe_name("a/b"), safe_name("a:b")
    ('a_b-c14cddc033f6', 'a_b-6783a31eabf6')
    """
    plain = _UNSAFE.sub("_", name)[:_LONGEST]
    clash = plain.casefold() in {t.casefold() for t in taken}
    if plain == name and name and not clash and not _DEVICE.fullmatch(name):
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{plain.strip('.') or '_'}-{digest}"


def write_json(path: Path, content: Mapping[str, Any] | Sequence[Any]) -> None:
    """Write a JSON file for reading as well as for processing."""
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def guard_formula(value: object) -> object:
    """Return a CSV cell that no spreadsheet takes for a formula; numbers stay as they are.

    A text that begins like a formula gets an apostrophe before it, which spreadsheets take for
    "this is text". :func:`unguarded` gives the text back.

    >>> guard_formula("=1+1"), guard_formula("-0.5"), guard_formula("Safety")
    ("'=1+1", '-0.5', 'Safety')
    """
    if isinstance(value, str) and _FORMULA.match(value) and not _NUMBER.fullmatch(value):
        return GUARD + value
    return value


def unguarded(text: str) -> str:
    """Return a text as it was before :func:`guard_formula`.

    Only an apostrophe that stands before the start of a formula is a guard; any other, as in
    ``'tis``, belongs to the text.
    """
    return text[1:] if text.startswith(GUARD) and _FORMULA.match(text) else text


def csv_text(records: Sequence[Mapping[str, Any]], columns: Sequence[str] | None = None) -> str:
    """Return records as CSV for people: formulas are guarded, None is an empty cell.

    Args:
        records: one mapping per row.
        columns: keys in order, by default those of the first record.
    """
    keys = list(columns if columns is not None else records[0] if records else ())
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([guard_formula(key) for key in keys])
    writer.writerows([guard_formula(row.get(key)) for key in keys] for row in records)
    return buffer.getvalue()


def guarded_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame to write as CSV for people: texts are guarded, numbers as they are."""
    texts = frame.select_dtypes(exclude="number")
    guarded = {str(column): texts[column].map(guard_formula) for column in texts}
    return frame.assign(**guarded).rename(columns=guard_formula)


def check_folder(out: Path) -> None:
    """Raise DataError if a file stands where a folder, or one above it, is to be."""
    for path in (out, *out.parents):
        if path.exists():
            if not path.is_dir():
                raise DataError(
                    f"{path} is a file, and results go into a folder; give another out=, such as "
                    f"{path.with_name(f'{path.stem}-results')}"
                )
            return


@contextmanager
def whole_folder(out: Path, marker: str, kind: str = "build") -> Iterator[Path]:
    """Give an empty folder to write into, which takes its place at `out` when all went well.

    Args:
        out: where the folder is to be.
        marker: the file by which a folder that was made so, and may be replaced, is known.
        kind: what such a folder is called.

    Raises:
        DataError: `out` holds something else, or is a file.
    """
    out = out.resolve()
    check_folder(out)
    if out.exists() and any(out.iterdir()) and not (out / marker).is_file():
        raise DataError(f"{out} is there and is not an earlier {kind}; give another out=")
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as made:
        yield Path(made)
        if out.exists():
            shutil.rmtree(out)
        Path(made).chmod(0o755)
        Path(made).rename(out)
        # The finished folder is not the temporary one any more.
        Path(made).mkdir()


@contextmanager
def added_files(out: Path) -> Iterator[Path]:
    """Give an empty folder to write files into, which are moved to `out` when all went well.

    For results that may stand beside others: files of the same name are replaced, others stay.

    Raises:
        DataError: `out` or a folder above it is a file.
    """
    check_folder(out)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out, prefix=".new-") as made:
        yield Path(made)
        for path in sorted(Path(made).iterdir()):
            path.replace(out / path.name)
