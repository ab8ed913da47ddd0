"""How many words a reader reads: of the rendered text, not of its markup.

A word is what stands between two spaces and holds a letter or a digit, so that ``0.635``,
``well-known`` and ``don't`` are one each, and a dash is none. Chinese characters and hiragana stand
without spaces; each counts as a word, and so does a run of katakana, as Unicode's default word
boundaries have it (UAX #29). Thai, Lao, Khmer and Burmese have no spaces either, and no boundary
without a dictionary: a phrase of theirs counts as one word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

LONGEST = 1_000_000
"""Characters of Markdown that are read as such; a longer text is counted as it was typed."""

_SINGLE = "\u3005-\u3007\u3041-\u309f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_KATAKANA = "\u30a0-\u30ff\u31f0-\u31ff\uff66-\uff9f"
_WORD = re.compile(rf"[{_SINGLE}]|[{_KATAKANA}]+|[^\s{_SINGLE}{_KATAKANA}]+")
_MOST_BRACKETS = 5_000
# Reading brackets that open no link takes time in the square of their number.


def count(text: str) -> int:
    """The words of plain text."""
    return sum(1 for word in _WORD.findall(text) if any(map(str.isalnum, word)))


def count_markdown(typed: str) -> int:
    """The words that a reader sees of Markdown: no markers, no addresses, no footnote numbers."""
    if len(typed) > LONGEST or typed.count("[") > _MOST_BRACKETS:
        return count(typed)
    return sum(count("".join(_seen(block))) for block in _blocks(_reader().parse(typed, {})))


@cache
def _reader() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False, "maxNesting": 40})
    return made.enable(["table", "strikethrough"]).use(footnote_plugin, inline=False)


def _blocks(tokens: Iterable[Token]) -> Iterator[list[Token]]:
    """What stands in one paragraph or cell: words do not run on from one to the next."""
    for token in tokens:
        if token.type == "inline":
            yield token.children or []
        elif token.content:
            yield [token]


def _seen(tokens: Iterable[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type in {"softbreak", "hardbreak"}:
            yield " "
        elif token.type == "image":
            yield from _seen(token.children or [])
        else:
            yield token.content
