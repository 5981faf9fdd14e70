"""Untrusted text as HTML that can do nothing: no markup, no hidden or reordering characters."""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Final

#: A longer text is shown in two parts, the second behind a disclosure: nothing is cut off.
LONG: Final = 4_000

# Everything that is invisible or moves other text, but line feed and tab: C0, C1, soft hyphen,
# Arabic letter mark, zero-width space, marks, separators, embeddings, isolates, BOM, annotation
# marks and tags. The joiners U+200C and U+200D are needed to write several scripts and emoji.
_HIDDEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)


def _shown(match: re.Match[str]) -> str:
    character = match.group()
    code = ord(character)
    name = unicodedata.name(character, "control character")
    return f'<span class="mb-hidden" title="U+{code:04X} {html.escape(name)}">[U+{code:04X}]</span>'


def inline(text: str) -> str:
    """Return text as HTML: markup escaped, hidden and reordering characters made visible."""
    plain = text.replace("\r\n", "\n")
    # Escaping comes first: what replaces hidden characters is markup of our own.
    return _HIDDEN.sub(_shown, html.escape(plain, quote=True))


def block(text: str, label: str) -> str:
    """Return a text as a scrollable region that a keyboard reaches, named `label`.

    The region keeps its direction and its paint to itself, so that no text reaches beyond it.
    """
    head, rest = text, ""
    if len(text) > LONG:
        cut = max(text.rfind("\n", LONG // 2, LONG), text.rfind(" ", LONG // 2, LONG))
        cut = cut if cut > 0 else LONG
        head, rest = text[:cut], text[cut:]
    shown = f'<div class="mb-text" dir="auto">{inline(head)}</div>'
    if rest:
        shown += (
            f"<details class='mb-rest'><summary>Show the other {len(rest):,} of {len(text):,} "
            f'characters</summary><div class="mb-text" dir="auto">{inline(rest)}</div></details>'
        )
    name = html.escape(label, quote=True)
    return f'<div class="mb-region" role="region" tabindex="0" aria-label="{name}">{shown}</div>'
