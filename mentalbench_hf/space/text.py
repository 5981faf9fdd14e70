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


def inline(text: str, find: str = "") -> str:
    """Return text as HTML: markup escaped, hidden and reordering characters made visible.

    Where `find` occurs, in upper or lower case, it is marked.
    """
    plain, parts, end = text.replace("\r\n", "\n"), [], 0
    if not find:
        return _plain(plain)
    for start, stop in _places(plain, find):
        parts += [_plain(plain[end:start]), f"<mark>{_plain(plain[start:stop])}</mark>"]
        end = stop
    return "".join([*parts, _plain(plain[end:])])


def _plain(text: str) -> str:
    # Escaping comes first: what replaces hidden characters is markup of our own.
    return _HIDDEN.sub(_shown, html.escape(text, quote=True))


def _places(text: str, find: str) -> list[tuple[int, int]]:
    """Return where `find` starts and ends in a text, none for an empty one."""
    if not find:
        return []
    return [m.span() for m in re.finditer(re.escape(find), text, re.IGNORECASE)]


def block(text: str, label: str, find: str = "") -> str:
    """Return a whole text as a region that a keyboard reaches, named `label`; `find` is marked.

    A text of more than LONG characters stands in two parts, the second behind a control that
    says how much of it there is; it is open where `find` occurs in it. The region keeps its
    direction and its paint to itself, so that no text reaches beyond it.
    """
    head, rest = text, ""
    if len(text) > LONG:
        cut = max(text.rfind("\n", LONG // 2, LONG), text.rfind(" ", LONG // 2, LONG))
        cut = cut if cut > 0 else LONG
        # No match falls between the parts.
        cut = next((b for a, b in _places(text, find) if a < cut < b), cut)
        head, rest = text[:cut], text[cut:]
    shown = f'<div class="mb-text" dir="auto">{inline(head, find)}</div>'
    if rest:
        state = " open" if _places(rest, find) else ""
        shown += (
            f"<details class='mb-rest'{state}><summary>Show the other {len(rest):,} of "
            f'{len(text):,} characters</summary><div class="mb-text" dir="auto">'
            f"{inline(rest, find)}</div></details>"
        )
    name = html.escape(label, quote=True)
    return f'<div class="mb-region" role="region" tabindex="0" aria-label="{name}">{shown}</div>'
