"""What is certified of a judge: rows of the data shown, or of certificates of the operator's."""

from __future__ import annotations

import json
from pathlib import Path

from mentalbench_hf.errors import DataError
from mentalbench_hf.reliability import Reliability
from mentalbench_hf.schema.models import ModelEntry, load_models
from mentalbench_hf.space.reliability_shown import Results


def read_certificates(folder: Path | None) -> dict[str, list[Reliability]]:
    """Return judge -> response-level rows of every ``certificate.json`` in a folder.

    Certificates are what ``mentalbench certify --out`` writes, in the folder or one below.
    Those of the synthetic sample are left out: they say nothing about a judge.

    Raises:
        DataError: the folder is not there, or a file is not a certificate.
    """
    if folder is None:
        return {}
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder (--certified-dir or MENTALBENCH_CERTIFIED_DIR)")
    found: dict[str, list[Reliability]] = {}
    for path in sorted([*folder.glob("certificate.json"), *folder.glob("*/certificate.json")]):
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
            rows = [Reliability.of_record(r) for r in record["reliability"]]
            judge = str(record["judge"])
            synthetic = bool(record["synthetic"])
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(f"{path} is not a certificate ({type(error).__name__})") from error
        if not synthetic:
            own = [r for r in rows if r.judge == judge and r.level == "response"]
            found[judge.removesuffix(" (this run)")] = own
    return found


def certified_rows(
    entry: ModelEntry, results: Results, certificates: dict[str, list[Reliability]]
) -> dict[str, Reliability]:
    """Return attribute -> response-level row of a judge, empty when there is none.

    The rows of the released judges hold for a judge that is reached as published; one that only
    bears the name, on a server of the operator's, needs a certificate of its own.
    """
    if entry.id in certificates:
        return {r.attribute: r for r in certificates[entry.id]}
    released = not results.store.synthetic and entry.id in results.judges
    if released and load_models().get(entry.id) == entry:
        rows = results.rows("response")
        return {r.attribute: r for r in rows if r.judge == entry.id}
    return {}
