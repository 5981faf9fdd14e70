"""The words behind a rated reply, joined over two data sets with ids of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from mentalbench_hf.data.mentalalign import read_mentalalign
from mentalbench_hf.data.mentalbench import read_mentalbench
from mentalbench_hf.data.reply_words import ReplyWords
from mentalbench_hf.errors import DataError
from mentalbench_hf.sample.make import text
from mentalbench_hf.sources import open_source


def test_context_reply_and_explanation_are_those_of_the_sample() -> None:
    source = open_source("sample")
    words = ReplyWords(read_mentalalign(source), read_mentalbench(source))
    conversation = text()[13]
    response = conversation["responses"][9]
    assert words.context(14) == conversation["context"]
    assert words.reply(14, response["system"]) == response["response"]
    assert words.explanation("sample-judge-1", 14, response["system"]) == response["note"]
    # Lost on the way, and not there to be read.
    assert words.reply(5, "sample-model-7") is None
    assert ReplyWords(words.ratings).reply(14, response["system"]) is None
    with pytest.raises(DataError, match="conversation 99"):
        words.context(99)
    with pytest.raises(DataError, match="'nobody'"):
        words.reply(14, "nobody")


def test_conversations_that_would_need_a_download_are_not_here(tmp_path: Path) -> None:
    assert open_source("sample").conversations_here()
    assert not open_source("upstream", cache=tmp_path).conversations_here()
    assert not open_source(tmp_path).conversations_here()
