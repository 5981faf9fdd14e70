"""No text becomes markup, and nothing in it stays hidden."""

from __future__ import annotations

import html
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mentalbench_hf.space.text import LONG, block, inline

from .hostile import HOSTILE

#: All the markup that `block` makes itself.
OWN = {"div", "span", "details", "summary", "mark"}


class Reader(HTMLParser):
    """Collect tags, attributes and text as a browser would."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.comments = 0
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_comment(self, data: str) -> None:
        self.comments += 1

    def handle_data(self, data: str) -> None:
        self.text += data


def read(markup: str) -> Reader:
    reader = Reader()
    reader.feed(markup)
    reader.close()
    return reader


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_only_text(name: str) -> None:
    found = read(block(HOSTILE[name], f'a label "with" <{name}>'))
    assert set(found.tags) <= OWN
    assert not [a for a in found.attributes if a.startswith("on") or a in ("href", "src", "style")]
    assert found.comments == 0


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("find", ["<", "script", "&", '"', "\u202e", "word", "A"])
def test_hostile_text_is_only_text_where_it_is_marked(name: str, find: str) -> None:
    found = read(block(HOSTILE[name], "x", find))
    assert set(found.tags) <= OWN
    assert not [a for a in found.attributes if a.startswith("on") or a in ("href", "src", "style")]
    assert found.text == read(block(HOSTILE[name], "x")).text


@given(st.text(max_size=80), st.text(min_size=1, max_size=3))
def test_marks_change_no_character(text: str, find: str) -> None:
    assert read(inline(text, find)).text == read(inline(text)).text


def test_a_match_is_marked_whole_wherever_it_stands() -> None:
    assert inline("a <b> A", "a") == "<mark>a</mark> &lt;b&gt; <mark>A</mark>"
    assert inline("a.c abc", "a.c") == "<mark>a.c</mark> abc"
    text = "x" * (LONG - 2) + "needle" + " y" * 2_000 + " needle"
    markup = block(text, "x", "NEEDLE")
    assert markup.count("<mark>needle</mark>") == 2
    assert "<details class='mb-rest' open>" in markup
    assert "<details class='mb-rest'>" in block(text, "x")


@given(st.text(max_size=300))
def test_any_text_comes_back_but_for_what_is_made_visible(text: str) -> None:
    found = read(inline(text))
    assert set(found.tags) <= {"span"}
    plain = text.replace("\r\n", "\n")
    if "mb-hidden" not in inline(text):
        assert html.unescape(inline(text)) == plain
    for letter in (c for c in plain if c.isalnum()):
        assert letter in found.text


@pytest.mark.parametrize(
    ("given_text", "shown"),
    [
        ("\x1b[31m", "[U+001B][31m"),
        ("a\u202eb", "a[U+202E]b"),
        ("a\x00b", "a[U+0000]b"),
        ("a\u200bb", "a[U+200B]b"),
        ("a\U000e0041b", "a[U+E0041]b"),
        ("a\x9bb", "a[U+009B]b"),
        ("a\rb", "a[U+000D]b"),
        ("line\r\nline\tend", "line\nline\tend"),
        ("نیم\u200cفاصله 👩\u200d⚕️", "نیم\u200cفاصله 👩\u200d⚕️"),
    ],
)
def test_hidden_and_reordering_characters_are_shown(given_text: str, shown: str) -> None:
    assert read(inline(given_text)).text == shown


def test_a_long_text_is_whole_in_two_parts() -> None:
    text = HOSTILE["long"]
    found = read(block(text, "x"))
    summary = f"Show the other {len(text) - LONG:,} of {len(text):,} characters"
    assert "details" in found.tags
    # The first part has no blank to be cut at, so it is exactly LONG.
    assert found.text.replace(summary, "") == text


def test_a_cut_falls_between_words() -> None:
    words = "word " * 2_000
    markup = block(words, "x")
    head = read(markup.split("<details", 1)[0]).text
    assert head.endswith("word")
    assert len(head) <= LONG
