"""The certificate as files: a page, Markdown, JSON, and the reliability rows as CSV."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

from mentalbench_hf.inference.certificate import certificate_markdown
from mentalbench_hf.inference.certificate_page import certificate_page

if TYPE_CHECKING:
    from pathlib import Path

    from mentalbench_hf.inference.certify import Certificate


def write_certificate(made: Certificate, out: Path) -> list[Path]:
    """Write certificate.html, .md and .json, and reliability.csv; return their paths."""
    out.mkdir(parents=True, exist_ok=True)
    names = ("certificate.html", "certificate.md", "certificate.json", "reliability.csv")
    paths = [out / name for name in names]
    paths[0].write_text(certificate_page(made), encoding="utf-8")
    paths[1].write_text(certificate_markdown(made), encoding="utf-8")
    paths[2].write_text(
        json.dumps(made.record(), indent=2, ensure_ascii=False, default=str), encoding="utf-8"
    )
    with paths[3].open("w", encoding="utf-8", newline="") as file:
        records = [row.record() | {"synthetic": made.synthetic} for row in made.rows]
        writer = csv.DictWriter(file, list(records[0]))
        writer.writeheader()
        writer.writerows(records)
    return paths
