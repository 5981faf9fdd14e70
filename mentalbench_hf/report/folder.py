"""Write a report folder: one self-contained page, Markdown, tables and figures."""

from __future__ import annotations

import base64
import html
import io
import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mentalbench_hf._version import __version__
from mentalbench_hf.files import guarded_frame, safe_name, whole_folder, write_json
from mentalbench_hf.report.drawing import draw
from mentalbench_hf.report.findings import Results
from mentalbench_hf.report.frames import frames
from mentalbench_hf.report.markdown import SYNTHETIC_NOTICE
from mentalbench_hf.report.page import sections
from mentalbench_hf.report.parts import Part, Section, Table, marked_up
from mentalbench_hf.schema import SYNTHETIC

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: A folder that holds this file was made here and may be replaced by a new report.
MARKER = "report.json"
_DPI = 150
#: Figures are drawn for paper; a screen is read from further away.
_ENLARGED = 1.25


@dataclass(frozen=True, slots=True)
class _Picture:
    name: str
    text: str
    svg: bytes
    width: float


def write_report(results: Results, folder: Path, *, source: str, latex: bool = False) -> Path:
    """Write report.html, report.md, tables/ and figures/ into a folder.

    The folder appears whole or not at all; an earlier report there is replaced.

    Args:
        results: what to report.
        folder: where; anything but an empty folder or an earlier report is refused.
        source: where the ratings come from, in a few words without a path.
        latex: also write the tables as LaTeX (booktabs).

    Returns:
        The path of report.html.

    Raises:
        DataError: `folder` holds something else.
    """
    with whole_folder(folder, MARKER, "report") as made:
        _write(results, made, source, latex=latex)
    return folder.resolve() / "report.html"


def _write(results: Results, folder: Path, source: str, *, latex: bool) -> None:
    tables = frames(results)
    (folder / "tables").mkdir()
    for name, frame in tables.items():
        path = folder / "tables" / name
        guarded_frame(frame).to_csv(path.with_suffix(".csv"), index=False)
        _write_records(path.with_suffix(".json"), _plain(frame.to_dict("records")))
    pictures: dict[str, _Picture] = {}
    (folder / "figures").mkdir()
    for name, text, figure in draw(results, tables):
        stem = safe_name(name, [p.name for p in pictures.values()])
        pictures[name] = _save(stem, text, figure, folder / "figures")
    parts = sections(results)
    if latex:
        _write_latex(parts, folder / "tables")
    about = _about(results, source)
    (folder / "report.md").write_text(_markdown(parts, pictures, about, results), encoding="utf-8")
    (folder / "report.html").write_text(_html(parts, pictures, about, results), encoding="utf-8")
    facts = {
        "made_by": f"mentalbench-hf {__version__}",
        "source": source,
        "data": results.targets.data,
        "synthetic": results.targets.synthetic,
        "tables": sorted(tables),
        "figures": sorted(p.name for p in pictures.values()),
    }
    write_json(folder / MARKER, facts)


def _write_records(path: Path, records: list[dict[str, Any]]) -> None:
    """Write one record per line: an indented list takes six times as long to write."""
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in records)
    path.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def _plain(records: list[dict[Any, Any]]) -> list[dict[Any, Any]]:
    """Return records with None where a number is NaN: JSON has no NaN."""
    return [{k: None if v != v else v for k, v in row.items()} for row in records]


def _save(name: str, text: str, figure: Figure, folder: Path) -> _Picture:
    import matplotlib as mpl

    # Equal figures are equal bytes.
    with (
        mpl.rc_context({"svg.fonttype": "path", "svg.hashsalt": name}),
        warnings.catch_warnings(),
    ):
        # A name in a script that the font lacks is drawn as boxes, and stands in the tables.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        buffer = io.BytesIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None})
        # Laid out once: both files show the same.
        figure.set_layout_engine("none")
        figure.savefig(folder / f"{name}.png", dpi=_DPI)
    (folder / f"{name}.svg").write_bytes(buffer.getvalue())
    return _Picture(name, text, buffer.getvalue(), float(figure.get_size_inches()[0]))


def _about(results: Results, source: str) -> str:
    settings = next(iter(results.settings.values()))
    targets = results.targets
    return (
        f"{len(targets.clusters):,} replies of {len(targets.cluster_names):,} conversations, "
        f"{len(targets.judges)} judges against {targets.reference}; ratings: {targets.data}; "
        f"source: {source}. {settings.n_resamples:,} bootstrap replicates of whole conversations, "
        f"seed {settings.seed}. Made by mentalbench-hf {__version__}. "
        "Nothing here is clinical advice."
    )


_TITLE = "What may these judges be trusted with?"


def _markdown(
    parts: list[Section], pictures: Mapping[str, _Picture], about: str, results: Results
) -> str:
    lines = [f"# {SYNTHETIC}: {_TITLE}" if results.targets.synthetic else f"# {_TITLE}", ""]
    if results.targets.synthetic:
        lines += [SYNTHETIC_NOTICE, ""]
    lines += [about, ""]
    for section in parts:
        lines += [f"## {section.title}", ""]
        for part in section.parts:
            if not isinstance(part, str):
                lines += [part.markdown(), ""]
            elif picture := _picture(part, pictures):
                lines += [f"![{picture.text}](figures/{picture.name}.png)", ""]
            else:
                lines += [part, ""]
        for title, folded in section.folded:
            lines += [f"### {title}", "", folded.markdown(), ""]
    return "\n".join(lines)


def _html(
    parts: list[Section], pictures: Mapping[str, _Picture], about: str, results: Results
) -> str:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True
    )
    body = []
    for number, section in enumerate(parts, start=1):
        blocks = [_block(part, pictures) for part in section.parts]
        for title, folded in section.folded:
            summary = f"<summary>{html.escape(title)}</summary>"
            blocks.append(f"<details>{summary}{folded.html()}</details>")
        body.append((f"s{number}", section.title, "\n".join(blocks)))
    return environment.get_template("report.html.jinja").render(
        title=_TITLE, synthetic=results.targets.synthetic, label=SYNTHETIC, about=about, body=body
    )


def _picture(part: str, pictures: Mapping[str, _Picture]) -> _Picture | None:
    """Return the picture that a part stands for; a text may begin with a bracket as well."""
    return pictures.get(part[1:-1]) if part[:1] + part[-1:] == "<>" else None


def _block(part: Part, pictures: Mapping[str, _Picture]) -> str:
    if not isinstance(part, str):
        return part.html()
    picture = _picture(part, pictures)
    if picture is None:
        return f"<p>{marked_up(part)}</p>"
    data = base64.b64encode(picture.svg).decode()
    return (
        f'<figure tabindex="0" style="--width: {picture.width * _ENLARGED:.2f}in">'
        f'<img alt="{html.escape(picture.text)}" src="data:image/svg+xml;base64,{data}"></figure>'
    )


def _write_latex(parts: list[Section], folder: Path) -> None:
    from mentalbench_hf.report.latex import latex_table

    for number, section in enumerate(parts, start=1):
        tables = [p for p in section.parts if isinstance(p, Table)]
        tables += [folded for _, folded in section.folded]
        for k, shown in enumerate(tables, start=1):
            path = folder / f"section{number}_{k}.tex"
            path.write_text(latex_table(shown, section.title), encoding="utf-8")
