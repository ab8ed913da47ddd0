"""The pieces of Pandoc's tree, and the table of contents, which is the one raw piece in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from journal.render.words_tree import Node


def attributes(name: str = "", **keys: str) -> list[Any]:
    """An identifier and pairs of name and value, ``_`` for ``-``."""
    return [name, [], [[key.replace("_", "-"), value] for key, value in keys.items()]]


def text(words: str) -> Node:
    """A string, in which nothing is markup."""
    return {"t": "Str", "c": words}


def styled(style: str, *blocks: Node) -> Node:
    """Blocks in a paragraph style."""
    return {"t": "Div", "c": [attributes(custom_style=style), list(blocks)]}


def para(style: str, inside: Sequence[Node]) -> Node:
    """A paragraph in a style."""
    return styled(style, {"t": "Para", "c": list(inside)})


def span(style: str, inside: Sequence[Node], name: str = "") -> Node:
    """A stretch in a character style, perhaps with a name that links lead to."""
    return {"t": "Span", "c": [attributes(name, custom_style=style), list(inside)]}


def link(inside: Sequence[Node], target: str) -> Node:
    """A link."""
    return {"t": "Link", "c": [attributes(), list(inside), [target, ""]]}


def contents(parts: Sequence[Node]) -> str:
    """The table of contents: a field that Word fills anew, holding links until it does."""
    begin = '<w:r><w:fldChar w:fldCharType="begin"{}/></w:r>'
    separate = '<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
    end = '<w:r><w:fldChar w:fldCharType="end"/></w:r>'

    def instruct(words: str) -> str:
        return f'<w:r><w:instrText xml:space="preserve">{escape(words)}</w:instrText></w:r>'

    lines = []
    for number, part in enumerate(parts):
        last = number == len(parts) - 1
        page = begin.format("") + instruct(f"PAGEREF {part['id']} \\h") + separate + end
        lines.append(
            '<w:p><w:pPr><w:pStyle w:val="TOC1"/></w:pPr>'
            + (
                begin.format(' w:dirty="true"') + instruct('TOC \\o "1-1" \\h \\z \\u') + separate
                if number == 0
                else ""
            )
            + f"<w:hyperlink w:anchor={quoteattr(part['id'])}>"
            + f'<w:r><w:t xml:space="preserve">{escape(part["title"])}</w:t></w:r>'
            + f"<w:r><w:tab/></w:r>{page}</w:hyperlink>"
            + (end if last else "")
            + "</w:p>"
        )
    return "".join(lines)
