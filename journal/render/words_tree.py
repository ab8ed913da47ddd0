"""The student's words as a tree of plain data, for the formats that are set from data.

Every node is a dictionary whose ``k`` says what it is; text is a string and nothing in it is
markup. Blocks: ``para``, ``heading``, ``quote``, ``list``, ``pre``, ``rule``, ``table``, ``math``,
``typed``. Within a line: strings, ``em``, ``strong``, ``strike``, ``code``, ``link``, ``math``,
``note`` and ``break``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from journal.render import formula, marks
from journal.render.words import MATH, as_typed, read, shift_headings
from journal.report.model import Words

Node = dict[str, Any]

_KINDS = {"em": "em", "strong": "strong", "s": "strike"}
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_ALIGNED = re.compile(r"text-align:(left|right|center)")


def clean(words: str) -> str:
    """The words without what no document can hold: controls, halves of characters."""
    # PDF/UA forbids the old form of a joiner.
    joined = words.replace("\N{ZERO WIDTH NO-BREAK SPACE}", "\N{WORD JOINER}")
    return _NO_TEXT.sub("\N{REPLACEMENT CHARACTER}", joined)


def blank(words: str) -> bool:
    """Whether nothing of the words is seen."""
    return all(unicodedata.category(c) in {"Zs", "Zl", "Zp", "Cc", "Cf"} for c in words)


def to_tree(words: Words, below: int, name: str) -> list[Node]:
    """The words as blocks.

    Args:
        words: as the student typed them.
        below: the level of the heading they stand under; theirs begin one below it.
        name: begins the ids of their notes, which are the whole document's.
    """
    tokens = read(words)
    if tokens is None:
        return [{"k": "typed", "s": clean(marks.lines(words.markdown).strip("\n"))}]
    for at, token in enumerate(tokens):
        # A heading that shows nothing is none, and counts for no level.
        if token.type == "heading_open" and blank(_content(tokens[at + 1])):
            token.type, tokens[at + 2].type = "paragraph_open", "paragraph_close"
    shift_headings(tokens, below)
    return _Reader(tokens, name).blocks


def plain_text(nodes: Iterable[str | Node]) -> str:
    """What is read of inline nodes: their text, a formula as LaTeX."""
    return "".join(_spoken(nodes))


def right_to_left(nodes: Iterable[str | Node]) -> bool:
    """Whether the first letter that has a direction runs from the right."""
    for character in plain_text(nodes):
        direction = unicodedata.bidirectional(character)
        if direction in {"L", "R", "AL"}:
            return direction != "L"
    return False


def _content(inline: Token) -> str:
    return "".join(child.content for child in inline.children or [])


def _spoken(nodes: Iterable[str | Node]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, str):
            yield node
        elif "s" in node:
            yield node["s"]
        elif node["k"] not in {"note", "break"}:
            yield from _spoken(node["c"])


class _Reader:
    """Reads tokens into nodes; a note's words stand where it is first referred to."""

    def __init__(self, tokens: Sequence[Token], name: str) -> None:
        self._name = name
        top = SyntaxTreeNode(tokens).children
        self._notes: dict[int, SyntaxTreeNode] = {
            note.meta["id"]: note
            for block in top
            if block.type == "footnote_block"
            for note in block.children
        }
        self._placed: set[int] = set()
        self._inside_note = False
        self.blocks = self._blocks(top)
        # A note that only another note refers to.
        for number in sorted(self._notes.keys() - self._placed):
            mark: Node = {"k": "para", "c": [f"[{number + 1}]"], "rtl": False}
            self.blocks += [mark, *self._blocks(self._notes[number].children)]

    def _blocks(self, nodes: Sequence[SyntaxTreeNode]) -> list[Node]:
        return [made for node in nodes if (made := self._block(node)) is not None]

    def _block(self, node: SyntaxTreeNode) -> Node | None:
        match node.type:
            case "paragraph":
                pieces = self._pieces(node.children)
                return {"k": "para", "c": pieces, "rtl": right_to_left(pieces)}
            case "heading":
                pieces = self._pieces(node.children)
                level = int(node.tag[1])
                return {"k": "heading", "level": level, "c": pieces, "rtl": right_to_left(pieces)}
            case "blockquote":
                return {"k": "quote", "c": self._blocks(node.children)}
            case "bullet_list" | "ordered_list":
                return self._list(node)
            case "fence" | "code_block":
                return {"k": "pre", "s": clean(node.content.rstrip("\n"))}
            case "math_block":
                return self._formula(node, block=True)
            case "hr":
                return {"k": "rule"}
            case "table":
                return self._table(node)
            case "footnote_block" | "footnote_anchor":
                return None
            case _:
                raise AssertionError(f"nothing reads {node.type}")

    def _list(self, node: SyntaxTreeNode) -> Node:
        tight = all(
            child.hidden
            for item in node.children
            for child in item.children
            if child.type == "paragraph"
        )
        items = [self._blocks(item.children) for item in node.children]
        first = next((b for item in items for b in item if b["k"] == "para"), None)
        return {
            "k": "list",
            "ordered": node.type == "ordered_list",
            # A number of ten digits is beyond what some programs count with.
            "start": min(int(node.attrs.get("start", 1)), 999_999_999),
            "tight": tight,
            "rtl": bool(first and first["rtl"]),
            "items": items,
        }

    def _table(self, node: SyntaxTreeNode) -> Node:
        rows = [row for part in node.children for row in part.children]
        align = []
        for cell in rows[0].children:
            found = _ALIGNED.match(str(cell.attrs.get("style", "")))
            align.append(found[1] if found else "start")
        cells = [[self._pieces(cell.children) for cell in row.children] for row in rows]
        return {"k": "table", "align": align, "head": cells[0], "rows": cells[1:]}

    def _formula(self, node: SyntaxTreeNode, *, block: bool) -> Node:
        latex = clean(node.content.strip())
        tree = formula.to_tree(latex)
        if tree is None:
            typed = Token(node.type, "", 0, content=latex)
            return {"k": "code", "s": as_typed(typed)}
        return {"k": "math", "s": latex, "block": block, "tree": tree}

    def _pieces(self, nodes: Sequence[SyntaxTreeNode]) -> list[str | Node]:
        made: list[str | Node] = []
        for node in nodes:
            for piece in self._piece(node):
                if isinstance(piece, str) and made and isinstance(made[-1], str):
                    made[-1] += piece
                else:
                    made.append(piece)
        return made

    def _piece(self, node: SyntaxTreeNode) -> list[str | Node]:
        match node.type:
            case "inline":
                return self._pieces(node.children)
            case "text":
                return [clean(node.content)] if node.content else []
            case "softbreak":
                return [" "]
            case "hardbreak":
                return [{"k": "break"}]
            case "code_inline":
                return [{"k": "code", "s": clean(node.content)}]
            case kind if kind in _KINDS:
                return [{"k": _KINDS[kind], "c": self._pieces(node.children)}]
            case "link":
                inside = self._pieces(node.children)
                return [{"k": "link", "to": clean(str(node.attrs["href"])), "c": inside}]
            case kind if kind in MATH:
                return [self._formula(node, block=kind != "math_inline")]
            case "footnote_ref":
                return self._note(node.meta["id"])
            case "footnote_anchor":
                return []
            case _:
                raise AssertionError(f"nothing reads {node.type}")

    def _note(self, number: int) -> list[str | Node]:
        """A note with its words, again without them; within a note only its number."""
        if self._inside_note:
            return [f"[{number + 1}]"]
        if number in self._placed:
            return [{"k": "note", "id": f"{self._name}-{number}", "c": []}]
        self._placed.add(number)
        self._inside_note = True
        inside = self._blocks(self._notes[number].children)
        self._inside_note = False
        return [{"k": "note", "id": f"{self._name}-{number}", "c": inside}]
