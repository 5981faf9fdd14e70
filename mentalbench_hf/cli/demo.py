"""What `mentalbench demo` does: the whole slice on the bundled sample."""

from __future__ import annotations

import json
import time
from pathlib import Path

from mentalbench_hf.data.audit import audit
from mentalbench_hf.data.mentalalign import read_mentalalign
from mentalbench_hf.hub.build import build
from mentalbench_hf.hub.install import install
from mentalbench_hf.reliability.protocol import PROTOCOLS, reliability, settings_of
from mentalbench_hf.report.audit import audit_markdown
from mentalbench_hf.report.markdown import SYNTHETIC
from mentalbench_hf.report.reliability import ReliabilityTable
from mentalbench_hf.report.terminal import console, print_audit, print_reliability
from mentalbench_hf.schema import DATASETS
from mentalbench_hf.sources import open_source


def run_demo(out: Path) -> None:
    """Build, install, audit and report the sample into a folder.

    Raises:
        DataError: a folder of another kind stands where a build goes.
    """
    started = time.monotonic()
    screen = console()
    source = open_source("sample")
    for name in DATASETS:
        made = build(name, source, out / name)
        screen.print(f"built {name}: {sum(made.rows.values()):,} rows in {len(made.rows)} tables")
    for item in install(source):
        screen.print(f"installed {item.call}")
    data = read_mentalalign(source)
    found = audit(data)
    print_audit(found)
    report = out / "report"
    report.mkdir(parents=True, exist_ok=True)
    (report / "audit.md").write_text(audit_markdown(found), encoding="utf-8")
    content = json.dumps(found.records(), indent=2, ensure_ascii=False)
    (report / "audit.json").write_text(content + "\n", encoding="utf-8")
    for protocol in PROTOCOLS[:2]:
        settings = settings_of(protocol)
        table = ReliabilityTable(reliability(data.targets(), settings), settings, True)
        print_reliability(table)
        table.write(report)
    screen.print(
        f"{SYNTHETIC}: written to {out} in {time.monotonic() - started:.0f} s. Next: the real "
        "ratings, `mentalbench reliability` (downloads and verifies five sheets, 4 MB)."
    )
