"""How many words a text has, as a reader would count them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from markdown_it.token import Token

from journal.render import words
from journal.report.model import Words

# Scripts without spaces: each character counts as a word, as word processors do.
_ALONE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_ALONE}]|[^\W_{_ALONE}]+(?:['’.,:/-]?[^\W_{_ALONE}]+)*")


def count(said: Words) -> int:
    """Words that are shown: no markup, no addresses of links, no blocks of code."""
    tokens = words.read(said)
    if tokens is None:
        return len(_WORD.findall(said.markdown))
    return sum(
        len(_WORD.findall(_shown(token.children or []))) for token in tokens if token.children
    )


def _shown(tokens: Sequence[Token]) -> str:
    return "".join(
        " " if token.type in {"softbreak", "hardbreak"} else token.content for token in tokens
    )
