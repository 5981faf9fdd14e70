"""The README's pictures and links are there, and small."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
README = (CHECKOUT / "README.md").read_text(encoding="utf-8")


def test_every_link_to_a_file_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README)
    inside = [link for link in links if not link.startswith("http")]
    assert len(inside) > 5
    assert not [link for link in inside if not (CHECKOUT / link).exists()]


def test_the_python_section_runs_on_the_sample(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    section = README.split("\n## From Python\n")[1]
    code = section.split("```python\n")[1].split("```")[0]
    assert len(code.strip().splitlines()) <= 10
    exec(compile(code, "README.md", "exec"), {})
    shown = capsys.readouterr().out
    assert "sample-judge-2" in shown
    assert "SYNTHETIC SAMPLE" in shown
    assert "PlannedStudy(" in shown
    assert {path.suffix for path in Path("results").iterdir()} == {".json", ".csv", ".md", ".png"}


def test_one_screenshot_and_it_says_what_it_shows() -> None:
    pictures = dict(re.findall(r"!\[([^\]]+)\]\(([^)]+)\)", README))
    shown = {alt: CHECKOUT / path for alt, path in pictures.items()}
    assert all(path.stat().st_size < 200_000 for path in shown.values())
    (screenshot,) = (path for alt, path in shown.items() if "SYNTHETIC SAMPLE" in alt)
    content = screenshot.read_bytes()
    assert content.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", content[16:24])
    # As benchmarks/screenshot.py takes it: down to the first cards, which may be higher one day.
    assert width == 1200
    assert 1000 < height < 1800
