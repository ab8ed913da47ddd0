"""Formulas: LaTeX as a student types it, read once into a small tree that every format can set.

latex2mathml reads them. Its elements are taken over by an allow-list, so that what reaches a
document is letters, operators and their arrangement: no link, no style, no script and no length
that a page cannot hold. What cannot be read is shown as it was typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from html import escape, unescape
from typing import Any
from xml.etree.ElementTree import Element

LONGEST = 1_000
"""Characters of a formula that is set; a longer one is shown as it was typed."""

_DEEPEST = 30
_MOST_PIECES = 1_500
# A macro that calls itself, or two of another, has no bound; nothing in a journal needs one.
_MACRO = re.compile(
    r"\\(?:[gex]?def|let|newcommand|renewcommand|providecommand|DeclareMathOperator)"
)
# What has no name in latex2mathml comes out as an identifier with its backslash.
_UNREAD = re.compile(r"\\[A-Za-z]")
# What students write and the library has under another name only.
_ALIASES = (
    (re.compile(r"\\(begin|end)\{aligned\}"), r"\\\1{split}"),
    (re.compile(r"\\arg(?![A-Za-z])"), r"\\operatorname{arg}"),
)
_WIDTH = re.compile(r"(-?\d*\.?\d+)em")
_WIDEST = 2.0
_LEAVES = frozenset({"mi", "mn", "mo", "mtext", "mspace"})
_NODES = frozenset(
    {
        *("mrow", "mfrac", "msqrt", "mroot", "msup", "msub", "msubsup"),
        *("mover", "munder", "munderover", "mtable", "mtr", "mtd"),
    }
)
_CHILDREN = {
    **dict.fromkeys(("mfrac", "mroot", "msup", "msub", "mover", "munder"), 2),
    **dict.fromkeys(("msubsup", "munderover"), 3),
}
_ATTRIBUTES = {
    "mi": {"mathvariant": {"normal"}},
    "mo": {
        "stretchy": {"true", "false"},
        "fence": {"true"},
        "form": {"prefix", "postfix"},
        "movablelimits": {"true"},
    },
    "mover": {"accent": {"true"}},
    "mfrac": {"linethickness": {"0"}},
    "mtd": {"columnalign": {"left", "right", "center"}},
}
TAGS = frozenset({"math", *_LEAVES, *_NODES})
"""The elements that :func:`to_mathml` writes."""

ATTRIBUTES: dict[str, set[str]] = {
    **{tag: set(names) for tag, names in _ATTRIBUTES.items()},
    "math": {"display"},
    "mspace": {"width"},
}
"""The attributes that they may have."""


@dataclass(frozen=True)
class Piece:
    """An element of MathML Core: a leaf has text, the others have pieces."""

    tag: str
    text: str = ""
    pieces: tuple[Piece, ...] = ()
    attributes: dict[str, str] = field(default_factory=dict, hash=False)


@lru_cache(maxsize=2048)
def read(latex: str) -> Piece | None:
    """The formula as a tree, None where it cannot be read or is larger than anybody writes."""
    if len(latex) > LONGEST or _MACRO.search(latex):
        return None
    from latex2mathml.converter import convert_to_element

    for theirs, ours in _ALIASES:
        latex = theirs.sub(ours, latex)
    try:
        root = _piece(next(iter(convert_to_element(latex))), 0)
    # The library raises what it meets: its own errors, IndexError, RecursionError and others.
    except Exception:
        return None
    if root is None:
        return None
    pieces = list(_all(root))
    # An ampersand that separates nothing is left over from a part that was not read.
    if any(_UNREAD.match(piece.text) or piece.text == "&" for piece in pieces):
        return None
    if len(pieces) > _MOST_PIECES:
        return None
    return root


def to_mathml(latex: str, *, block: bool) -> str | None:
    """The formula as MathML Core, None where :func:`read` gives none."""
    root = read(latex)
    display = ' display="block"' if block else ""
    return None if root is None else f"<math{display}>{_markup(root)}</math>"


def to_tree(latex: str) -> dict[str, Any] | None:
    """The formula as data for JSON: ``k`` is the element, ``s`` its text, ``c`` its pieces."""
    root = read(latex)
    return None if root is None else _tree(root)


def _piece(element: Element, depth: int) -> Piece | None:
    """An element of the library as one of ours; None for one that holds nothing we know."""
    if depth > _DEEPEST:
        raise ValueError("nested deeper than anybody writes")
    tag = element.tag
    if tag == "mspace":
        width = _WIDTH.fullmatch(element.get("width", ""))
        em = min(max(float(width[1]), -_WIDEST), _WIDEST) if width else 0.0
        return Piece("mspace", attributes={"width": f"{em:g}em"})
    kept = {
        name: element.get(name, "")
        for name, values in _ATTRIBUTES.get(tag, {}).items()
        if element.get(name) in values
    }
    if tag in _LEAVES:
        return Piece(tag, unescape(element.text or ""), attributes=kept)
    inside = tuple(p for child in element if (p := _piece(child, depth + 1)) is not None)
    if len(inside) > 1 and all(p.attributes.get("mathvariant") for p in inside):
        # Upright letters in a row are a name: read aloud and searched for as one word.
        return Piece("mi", "".join(p.text for p in inside))
    if tag not in _NODES:
        # A color, a link, a phantom: what is inside it counts.
        return Piece("mrow", pieces=inside) if inside else None
    if len(inside) != _CHILDREN.get(tag, len(inside)):
        raise ValueError(f"{tag} lacks a part")
    return Piece(tag, pieces=inside, attributes=kept)


def _all(piece: Piece) -> Iterator[Piece]:
    yield piece
    for inner in piece.pieces:
        yield from _all(inner)


def _markup(piece: Piece) -> str:
    attributes = "".join(f' {name}="{value}"' for name, value in piece.attributes.items())
    inside = escape(piece.text, quote=False) + "".join(map(_markup, piece.pieces))
    return f"<{piece.tag}{attributes}>{inside}</{piece.tag}>"


def _tree(piece: Piece) -> dict[str, Any]:
    made: dict[str, Any] = {"k": piece.tag, **piece.attributes}
    if piece.tag in _LEAVES:
        made["s"] = piece.text
    else:
        made["c"] = [_tree(inner) for inner in _fenced(piece.pieces)]
    return made


def _fenced(pieces: tuple[Piece, ...]) -> list[Piece]:
    """The same pieces, a matrix and the delimiters around it as one whose ends grow with it.

    MathML's dictionary of operators says so of every delimiter; a tree has no dictionary.
    """
    made: list[Piece] = []
    for piece in pieces:
        made.append(piece)
        if len(made) < 3 or made[-3].tag != "mo" or piece.tag != "mo":
            continue
        left, middle, right = made[-3:]
        if middle.tag == "mtable" or "linethickness" in middle.attributes:
            ends = [Piece("mo", end.text, (), {"fence": "true"}) for end in (left, right)]
            made[-3:] = [Piece("mrow", pieces=(ends[0], Piece("mrow", pieces=(middle,)), ends[1]))]
    return made
