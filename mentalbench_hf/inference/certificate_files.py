"""The certificate as files: a page, Markdown, JSON, and the reliability rows as CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mentalbench_hf.files import added_files, csv_text, write_json
from mentalbench_hf.inference.certificate import certificate_markdown
from mentalbench_hf.inference.certificate_page import certificate_page

if TYPE_CHECKING:
    from pathlib import Path

    from mentalbench_hf.inference.certify import Certificate


#: A page to read, the same as text, and everything as data.
NAMES: Final = ("certificate.html", "certificate.md", "certificate.json", "reliability.csv")


def write_certificate(made: Certificate, out: Path) -> list[Path]:
    """Write certificate.html, .md and .json, and reliability.csv; return their paths."""
    with added_files(out) as folder:
        page, text, record, rows = (folder / name for name in NAMES)
        page.write_text(certificate_page(made), encoding="utf-8")
        text.write_text(certificate_markdown(made), encoding="utf-8")
        write_json(record, made.record())
        rows.write_text(
            csv_text([row.record() | {"synthetic": made.synthetic} for row in made.rows]),
            encoding="utf-8",
        )
    return [out / name for name in NAMES]
