"""Text as Markdown reads it back: nothing in it marks anything up."""

from __future__ import annotations

import re

_BREAKS = re.compile("\r\n?|[\v\f\x1c-\x1e\x85\u2028\u2029]")
_UNSEEN = re.compile("[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f]")
_ANYWHERE = re.compile(r"[\\`*\[\]|~$]|(?<![^\W_])_|_(?![^\W_])|<|&(?=#?\w{1,40};)")
_AT_THE_START = re.compile(r"(?m)^(?:([#>+=-]|:(?=-))|(\d{1,9})([.)])(?=\s|$))")


def lines(typed: str) -> str:
    """The text with ``\\n`` for whatever a program may take for the end of a line."""
    return _UNSEEN.sub("\N{REPLACEMENT CHARACTER}", _BREAKS.sub("\n", typed))


def inert(words: str) -> str:
    """Words that stay what they are within a line, raw HTML as text."""
    return _ANYWHERE.sub(lambda m: {"<": "&lt;", "&": "&amp;"}.get(m[0], "\\" + m[0]), words)


def no_block(written: str) -> str:
    """Written lines none of which begins a heading, a list, a quotation or another block."""
    return _AT_THE_START.sub(lambda m: f"\\{m[1]}" if m[1] else f"{m[2]}\\{m[3]}", written)


def one_line(words: str) -> str:
    """Plain text on one line, inert."""
    return no_block(inert(" ".join(lines(words).split())))


def fenced(typed: str, info: str = "") -> str:
    """The text as it is, as a code block."""
    runs = [len(run) for run in re.findall(r"`{3,}", typed)]
    fence = "`" * (max(runs, default=2) + 1)
    return f"{fence}{info}\n{typed.rstrip(chr(10))}\n{fence}"


def code(typed: str) -> str:
    """The text as it is, as code within a line."""
    runs = {len(run) for run in re.findall(r"`+", typed)}
    fence = "`" * next(n for n in range(1, len(runs) + 2) if n not in runs)
    pad = " " if typed[:1] == "`" or typed[-1:] == "`" or (typed[:1] == " " == typed[-1:]) else ""
    return f"{fence}{pad}{typed}{pad}{fence}"


def quoted(block: str) -> str:
    """Every line of a block marked as a quotation."""
    return "\n".join(f"> {line}".rstrip() for line in block.split("\n"))
