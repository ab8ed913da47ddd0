"""The student's words written back as Markdown, every line of them a quotation.

They are read as they are for HTML, and what was read is written anew, so that no raw HTML, image
or heading of theirs reaches the document. What was written is read again; where that does not give
the same words, they stand as they were typed, in a code block.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode as Node

from journal.render import marks
from journal.render.words import MATH, parse, read, reader
from journal.report.model import Words

_LANGUAGE = re.compile(r"[\w+#.-]*")
_RULES = {"left": ":--", "right": "--:", "center": ":-:"}


def to_markdown(words: Words, name: str) -> str:
    """The words as quoted Markdown, without a line end after the last line.

    Args:
        words: as the student typed them.
        name: begins the labels of their footnotes, which are the whole document's.
    """
    tokens = read(words)
    if tokens is not None:
        tokens = _plainer(tokens)
        written = _Writer(name).blocks(Node(tokens).children)
        # Raw HTML is let through here, so that any that was written shows as a difference. A name
        # such as &#x2028; may have become a line end that some program heeds.
        again = parse(written, html=True)
        if _shown(again) == _shown(tokens) and marks.lines(written) == written:
            return marks.quoted(written)
    return marks.quoted(marks.fenced(marks.lines(words.markdown).strip("\n"), "text"))


def _shown(tokens: Sequence[Token]) -> str:
    made: str = reader().renderer.render(tokens, reader().options, {})
    return made


def _plainer(tokens: Sequence[Token]) -> list[Token]:
    """The same words without titles of links, and with headings as paragraphs in bold.

    Headings would stand among the document's own, and their names among its anchors.
    """
    kept: list[Token] = []
    for token in tokens:
        if kept and kept[-1].type == "heading_open" and token.type == "inline":
            inside = [c for c in token.children or [] if not c.type.startswith("strong")]
            opening = Token("strong_open", "strong", 1, markup="**")
            token.children = [opening, *inside, Token("strong_close", "strong", -1, markup="**")]
            if not token.content:
                kept.pop()
                continue
        if token.type == "heading_close" and not (kept and kept[-1].type == "inline"):
            continue
        for child in token.children or []:
            child.attrs.pop("title", None)
        kept.append(token)
    for token in kept:
        if token.type == "fence":
            # Only a language: to some programs, more would be an instruction.
            language = _LANGUAGE.match(token.info.strip())
            token.info = language[0] if language else ""
        if token.type in {"heading_open", "heading_close"}:
            token.type, token.tag = token.type.replace("heading", "paragraph"), "p"
    return kept


class _Writer:
    """Writes blocks and what is in them; ``name`` begins the labels of footnotes."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.in_table = False

    def blocks(self, nodes: Sequence[Node], *, tight: bool = False) -> str:
        """Blocks, with an empty line between them unless they are in a tight list."""
        written: list[str] = []
        before: tuple[str, str] | None = None
        for node in nodes:
            marker = ""
            if node.type in {"bullet_list", "ordered_list"}:
                # Two lists in a row stay two when their markers differ.
                first, second = ("-", "*") if node.type == "bullet_list" else (".", ")")
                marker = second if before == (node.type, first) else first
            written.append(self.block(node, marker))
            before = (node.type, marker)
        return ("\n" if tight else "\n\n").join(written)

    def block(self, node: Node, marker: str) -> str:
        """One block; ``marker`` is a list's."""
        match node.type:
            case "paragraph":
                return marks.no_block(self.pieces(node.children))
            case "blockquote":
                return marks.quoted(self.blocks(node.children))
            case "bullet_list" | "ordered_list":
                return self.items(node, marker)
            case "fence" | "code_block":
                return marks.fenced(node.content, node.info)
            case "math_block":
                return marks.fenced(node.content.strip("\n"), "math")
            case "hr":
                return "___"
            case "footnote_anchor":
                return ""
            case "table":
                return self.table(node)
            case "footnote_block":
                return "\n\n".join(
                    _indented(
                        f"[^{self.name}-{note.meta['id'] + 1}]: ",
                        "    ",
                        self.blocks(note.children),
                    )
                    for note in node.children
                )
            case _:
                raise AssertionError(f"nothing writes {node.type}")

    def items(self, node: Node, marker: str) -> str:
        """A list, its items apart where its paragraphs are."""
        tight = all(
            child.hidden
            for item in node.children
            for child in item.children
            if child.type == "paragraph"
        )
        number = int(node.attrs.get("start", 1)) if node.type == "ordered_list" else 0
        written = []
        for position, item in enumerate(node.children):
            label = f"{number + position}{marker} " if node.type == "ordered_list" else f"{marker} "
            inside = self.blocks(item.children, tight=tight)
            written.append(_indented(label, " " * len(label), inside))
        return ("\n" if tight else "\n\n").join(written)

    def table(self, node: Node) -> str:
        """A pipe table."""
        head = node.children[0].children[0].children
        rules = [
            _RULES.get(str(cell.attrs.get("style", "")).removeprefix("text-align:"), "---")
            for cell in head
        ]
        body = node.children[1].children if len(node.children) > 1 else []
        rows = [head, *(row.children for row in body)]
        self.in_table = True
        written = [f"| {' | '.join(self.pieces(cell.children) for cell in row)} |" for row in rows]
        self.in_table = False
        return "\n".join([written[0], f"| {' | '.join(rules)} |", *written[1:]])

    def pieces(self, nodes: Sequence[Node]) -> str:
        """What stands within a line."""
        written = ""
        for node in nodes:
            piece = self.piece(node)
            if written.endswith("!") and piece.startswith("["):
                # An exclamation mark before a link would make it an image.
                written = written[:-1] + "\\!"
            written += piece
        return written

    def piece(self, node: Node) -> str:
        """One piece of text, marked up."""
        inside = self.pieces(node.children)
        match node.type:
            case "inline":
                return inside
            case "text":
                return marks.inert(node.content)
            case "softbreak":
                return "\n"
            case "hardbreak":
                return "\\\n"
            case "code_inline":
                typed = marks.code(node.content)
                return typed.replace("|", "\\|") if self.in_table else typed
            case kind if kind in MATH:
                # The form of GitHub and GitLab that is code to whoever knows no formulas, so that
                # nothing in it is read as Markdown.
                sign = "$" if kind == "math_inline" else "$$"
                return f"{sign}{marks.code(node.content)}{sign}"
            case "em":
                return f"*{inside}*"
            case "strong":
                return f"**{inside}**"
            case "s":
                return f"~~{inside}~~"
            case "link":
                return f"[{inside}](<{node.attrs['href']}>)"
            case "footnote_ref":
                return f"[^{self.name}-{node.meta['id'] + 1}]"
            case "footnote_anchor":
                return ""
            case _:
                raise AssertionError(f"nothing writes {node.type}")


def _indented(label: str, by: str, block: str) -> str:
    first, *rest = block.split("\n")
    return "\n".join([label + first, *(by + line if line else "" for line in rest)]).rstrip()
