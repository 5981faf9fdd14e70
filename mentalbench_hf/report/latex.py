"""Tables as LaTeX, for papers (package booktabs)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from mentalbench_hf.report.markdown import number

if TYPE_CHECKING:
    from mentalbench_hf.report.parts import Table

_SPECIAL: Final = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "−": "$-$", "≤": r"$\leq$", "≥": r"$\geq$", "→": r"$\rightarrow$", "–": "--",
}  # fmt: skip


def escape(text: str) -> str:
    """Return a text in which nothing is a LaTeX command."""
    return re.sub("|".join(map(re.escape, _SPECIAL)), lambda m: _SPECIAL[m[0]], text)


def latex_table(shown: Table, caption: str) -> str:
    """Return a table environment with booktabs rules; numbers are aligned right."""
    columns = [
        "r" if all(isinstance(row[i], (int, float)) for row in shown.rows) else "l"
        for i in range(len(shown.header))
    ]
    lines = [
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{escape(caption)}}}",
        rf"\begin{{tabular}}{{{''.join(columns)}}}",
        r"\toprule",
        " & ".join(map(escape, shown.header)) + r" \\",
        r"\midrule",
        *(" & ".join(escape(number(v, shown.digits)) for v in row) + r" \\" for row in shown.rows),
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"
