"""What a section of the report is made of; each part writes itself as HTML and as Markdown."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from mentalbench_hf.report.markdown import number, table

#: Cells up to this length stay on one line.
_SHORT: Final = 24


def marked_up(text: str) -> str:
    """Return a text as HTML: escaped, with what stands between backticks as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a page.

    Attributes:
        header: names of the columns.
        rows: cells; texts are shown as text.
        digits: decimals of numbers.
    """

    header: Sequence[str]
    rows: Sequence[Sequence[object]]
    digits: int = 3

    def markdown(self) -> str:
        """Return it as Markdown."""
        return table(self.header, self.rows, self.digits)

    def html(self) -> str:
        """Return it as HTML; every cell is escaped."""
        head = "".join(f'<th scope="col">{html.escape(h)}</th>' for h in self.header)
        body = "".join(f"<tr>{''.join(map(self._cell, row))}</tr>" for row in self.rows)
        return (
            f'<div class="wide" tabindex="0"><table><thead><tr>{head}</tr></thead>'
            f"<tbody>{body}</tbody></table></div>"
        )

    def _cell(self, value: object) -> str:
        right = isinstance(value, (int, float)) and not isinstance(value, bool)
        shown = number(value, self.digits)
        interval = isinstance(value, str) and re.match(r"^[−\d–]", value)
        short = ' class="s"' if len(shown) <= _SHORT else ""
        attribute = ' class="n"' if right or interval else short
        return f"<td{attribute}>{marked_up(shown)}</td>"


@dataclass(frozen=True, slots=True)
class Points:
    """A list of short points.

    Attributes:
        items: (a word or two that say what it is about, the sentences).
    """

    items: Sequence[tuple[str, str]]

    def markdown(self) -> str:
        """Return it as Markdown."""
        return "\n".join(f"- **{lead}** {text}" for lead, text in self.items)

    def html(self) -> str:
        """Return it as HTML; every text is escaped."""
        items = (
            f"<li><strong>{html.escape(lead)}</strong> {marked_up(text)}</li>"
            for lead, text in self.items
        )
        return f'<ul class="points">{"".join(items)}</ul>'


@dataclass(frozen=True, slots=True)
class Quotes:
    """Texts of people and models, closed until opened, under a warning that is always seen.

    Attributes:
        title: what they are.
        warning: what a reader should know before opening them.
        items: (heading, [(what the text is, the text)]).
    """

    title: str
    warning: str
    items: Sequence[tuple[str, Sequence[tuple[str, str]]]]

    def markdown(self) -> str:
        """Return where they stand: Markdown would not show them as mere text."""
        return f"{self.title}: {len(self.items):,} in report.html, for reading only."

    def html(self) -> str:
        """Return it as HTML; every text is escaped."""
        made = []
        for heading, texts in self.items:
            blocks = (
                f"<dt>{html.escape(what)}</dt><dd><blockquote>{html.escape(text)}</blockquote></dd>"
                for what, text in texts
            )
            made.append(f"<h3>{html.escape(heading)}</h3><dl>{''.join(blocks)}</dl>")
        return (
            f'<p class="warning">{html.escape(self.warning)}</p>'
            f'<details class="words"><summary>{html.escape(self.title)}</summary>'
            f"{''.join(made)}</details>"
        )


#: A paragraph, or the name of a figure in angle brackets; or something with a form of its own.
Part = str | Table | Points | Quotes


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the page.

    Attributes:
        title: its heading.
        parts: paragraphs, names of figures in angle brackets, tables, points and quotes.
        folded: a table that is closed until opened, with its title.
    """

    title: str
    parts: list[Part] = field(default_factory=list)
    folded: list[tuple[str, Table]] = field(default_factory=list)
