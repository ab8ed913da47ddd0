"""A report as Pandoc's own tree, which it turns into DOCX.

Pandoc reads no Markdown and no HTML here: it gets its tree as JSON, in which text is a string, so
that no words of anybody's can become markup, a file to include or code. The one raw piece is the
table of contents, written here with its titles escaped. Styles are named as in
``templates/docx/word/styles.xml``: what the student wrote stands in those of body text, what the
tool says in those that begin with *Tool*.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from journal.render.pandoc_tree import attributes, contents, link, para, span, styled, text
from journal.render.words_tree import Node

_API = [1, 23, 1]
_RAW = {"em": "Emph", "strong": "Strong", "strike": "Strikeout"}
_SIDES = {
    "start": "AlignDefault",
    "left": "AlignLeft",
    "right": "AlignRight",
    "center": "AlignCenter",
}
_WIDTH = "6.25in"


def to_pandoc(document: Mapping[str, Any], pictures: Mapping[str, str], language: str) -> Node:
    """The tree of a document.

    Args:
        document: as :func:`journal.render.blocks.document` gives it.
        pictures: the address of each figure's picture, by the figure's id.
        language: a code such as ``en``.
    """
    return _Writer(pictures).whole(document, language)


class _Writer:
    """Writes blocks; counts the notes, whose numbers later references repeat."""

    def __init__(self, pictures: Mapping[str, str]) -> None:
        self.pictures = pictures
        self.notes: dict[str, int] = {}

    def whole(self, document: Mapping[str, Any], language: str) -> Node:
        head, say = document["head"], document["say"]
        parts = document["parts"]
        blocks: list[Node] = []
        if head["instructor"]:
            blocks.append(
                para("Title Detail", [text(f"{say['instructor']}: {head['instructor']}")])
            )
        if head["date"]:
            blocks.append(para("Title Detail", [text(head["date"])]))
        if parts:
            blocks.append(para("Contents Heading", [text(say["contents"])]))
            blocks.append({"t": "RawBlock", "c": ["openxml", contents(parts)]})
        student, tool = document["key"]
        blocks.append(para("Tool Text", []))
        blocks.append(para("Student Words", [text(student)]))
        blocks.append(para("Tool Note", [text(tool)]))
        for part in parts:
            blocks.append(self.heading(1, [text(part["title"])], part["id"]))
            for node in part["blocks"]:
                blocks += self.part(node)
        blocks.append(para("Tool Note", [text(document["made"])]))

        def inlines(words: str) -> Node:
            return {"t": "MetaInlines", "c": [text(words)]}

        about = " · ".join(filter(None, (head["course"], head["module"])))
        meta = {"title": inlines(head["title"]), "lang": {"t": "MetaString", "c": language}}
        if about:
            meta["subtitle"] = inlines(about)
        if head["author"]:
            meta["author"] = {"t": "MetaList", "c": [inlines(head["author"])]}
        return {"pandoc-api-version": _API, "meta": meta, "blocks": blocks}

    def heading(self, level: int, inside: Sequence[Node], name: str = "") -> Node:
        return {"t": "Header", "c": [level, attributes(name), list(inside)]}

    def said(self, nodes: Sequence[str | Node], *, quiet: bool = False) -> list[Node]:
        """A statement: text, and numbers as links to the index, ``quiet`` without a line below."""
        made = []
        for node in nodes:
            if isinstance(node, str):
                made.append(text(node))
                continue
            shown = text(node["s"])
            linked = link([span("Plain Link", [shown]) if quiet else shown], f"#{node['to']}")
            made.append(
                {"t": "Span", "c": [attributes(node["id"]), [linked]]} if node["id"] else linked
            )
        return made

    def labeled(self, label: str, nodes: Sequence[str | Node]) -> list[Node]:
        lead = [span("Lead", [text(label)]), text(" ")] if label else []
        return [*lead, *self.said(nodes)]

    def part(self, node: Node) -> list[Node]:
        """One block of the report."""
        match node["k"]:
            case "run":
                return [self.heading(2, [text(node["s"])])]
            case "remark":
                return [para("Tool Remark", self.labeled(node["label"], node["c"]))]
            case "items":
                rows = [
                    [[span("Quiet", [text(name)])], self.said(value)]
                    for name, value in node["items"]
                ]
                return [self.grid("Facts", ["start", "start"], [0.22, 0.78], [], rows)]
            case "facts":
                facts = [self.labeled(fact["label"], fact["c"]) for fact in node["facts"]]
                label = para("Tool Label", [text(node["label"])])
                return [label, *(para("Tool Fact", fact) for fact in facts)]
            case "words":
                return self.words_of(node)
            case "question":
                label = para("Tool Label", [text(node["label"])])
                return [label, self.heading(2, self.said(node["c"]), node["id"])]
            case "aside":
                return [para("Tool Note", [text(node["s"])])]
            case "open":
                return [para("Tool Open", [text(node["s"])])]
            case "says":
                return [para("Tool Text", self.said(node["c"]))]
            case "figure":
                return self.figure(node)
            case "table":
                return [self.table(node)]
            case "index":
                return [styled("Evidence", *map(self.entry, node["entries"]))]
            case _:
                raise AssertionError(f"nothing writes {node['k']}")

    def figure(self, node: Node) -> list[Node]:
        size = attributes(width=_WIDTH)
        address = self.pictures[node["id"]]
        image = {"t": "Image", "c": [size, [text(node["alt"])], [address, ""]]}
        caption = para("Image Caption", self.labeled(node["label"], node["caption"]))
        return [para("Figure", [image]), caption]

    def table(self, node: Node) -> Node:
        columns = node["columns"]
        head = [
            [text(c["s"]), *([span("Quiet", [text(f" {c['unit']}")])] if c["unit"] else [])]
            for c in columns
        ]
        rows = [[self.said(cell, quiet=True) for cell in row] for row in node["rows"]]
        caption = self.labeled(node["label"], node["caption"])
        sides = ["right" if c["numeric"] else "left" for c in columns]
        shares = [column["share"] for column in columns]
        return self.grid("Table", sides, shares, head, rows, caption=caption)

    def grid(
        self,
        style: str,
        sides: Sequence[str],
        shares: Sequence[float],
        head: Sequence[list[Node]],
        rows: Sequence[Sequence[list[Node]]],
        *,
        caption: Sequence[Node] = (),
        cells: Callable[[list[Node]], Node] = lambda inside: para("Table Text", inside),
    ) -> Node:
        """A table; without ``head`` it has no row of headings."""

        def row(texts: Sequence[list[Node]]) -> list[Any]:
            default = {"t": "AlignDefault"}
            return [attributes(), [[attributes(), default, 1, 1, [cells(t)]] for t in texts]]

        columns = [
            [
                {"t": _SIDES[side]},
                {"t": "ColWidth", "c": share} if share else {"t": "ColWidthDefault"},
            ]
            for side, share in zip(sides, shares, strict=True)
        ]
        told = [{"t": "Para", "c": list(caption)}] if caption else []
        return {
            "t": "Table",
            "c": [
                attributes(custom_style=style),
                [None, told],
                columns,
                [attributes(), [row(head)] if head else []],
                [[attributes(), 0, [], [row(texts) for texts in rows]]],
                [attributes(), []],
            ],
        }

    def entry(self, node: Node) -> Node:
        name = [text(node["id"])]
        lead = link(name, f"#{node['back']}") if node["back"] else name[0]
        inside = [
            span("Lead", [lead], node["id"]),
            text(f"  {node['s']} "),
            span("Quiet", [text(node["when"])]),
        ]
        for metric, shown in node["figures"]:
            inside += [text("  "), span("Quiet", [text(f"{metric} ")]), text(shown)]
        if node["more"]:
            inside += [text("  "), span("Quiet", [text(node["more"])])]
        return {"t": "Para", "c": inside}

    def words_of(self, node: Node) -> list[Node]:
        made = [
            para("Student Label", [text(node["label"])]),
            styled("Student Words", *self.words(node["c"])),
        ]
        if "when" in node:
            made.append(para("Tool Note", self.said(node["when"])))
        return made

    def words(self, nodes: Sequence[Node], *, tight: bool = False) -> list[Node]:
        """The student's blocks."""
        return [self.block(node, tight=tight) for node in nodes]

    def block(self, node: Node, *, tight: bool) -> Node:
        made = self.plain_block(node, tight=tight)
        if node.get("rtl"):
            return {"t": "Div", "c": [attributes(dir="rtl"), [made]]}
        return made

    def plain_block(self, node: Node, *, tight: bool) -> Node:
        match node["k"]:
            case "para":
                return {"t": "Plain" if tight else "Para", "c": self.pieces(node["c"])}
            case "heading":
                # A heading of theirs looks like their words, not like one of the journal's.
                return para(f"Student Heading {node['level']}", self.pieces(node["c"]))
            case "quote":
                return {"t": "BlockQuote", "c": self.words(node["c"])}
            case "list":
                items = [self.words(item, tight=node["tight"]) for item in node["items"]]
                if not node["ordered"]:
                    return {"t": "BulletList", "c": items}
                style = [node["start"], {"t": "Decimal"}, {"t": "Period"}]
                return {"t": "OrderedList", "c": [style, items]}
            case "pre" | "typed":
                return {"t": "CodeBlock", "c": [attributes(), node["s"]]}
            case "math":
                return {"t": "Para", "c": self.pieces([node])}
            case "code":
                return {"t": "Para", "c": self.pieces([node])}
            case "rule":
                return {"t": "HorizontalRule"}
            case "table":
                head = [self.pieces(cell) for cell in node["head"]]
                rows = [[self.pieces(cell) for cell in row] for row in node["rows"]]
                return self.grid(
                    "Table",
                    node["align"],
                    [0.0] * len(head),
                    head,
                    rows,
                    cells=lambda inside: {"t": "Plain", "c": inside},
                )
            case _:
                raise AssertionError(f"nothing writes {node['k']}")

    def pieces(self, nodes: Sequence[str | Node]) -> list[Node]:
        return [text(node) if isinstance(node, str) else self.piece(node) for node in nodes]

    def piece(self, node: Node) -> Node:
        """What the student put within a line."""
        match node["k"]:
            case "em" | "strong" | "strike" as kind:
                return {"t": _RAW[kind], "c": self.pieces(node["c"])}
            case "code":
                return {"t": "Code", "c": [attributes(), node["s"]]}
            case "link":
                return link(self.pieces(node["c"]), node["to"])
            case "math":
                kind = "DisplayMath" if node["block"] else "InlineMath"
                return {"t": "Math", "c": [{"t": kind}, node["s"]]}
            case "break":
                return {"t": "LineBreak"}
            case "note" if node["c"]:
                self.notes[node["id"]] = len(self.notes) + 1
                return {"t": "Note", "c": self.words(node["c"])}
            case "note":
                return {"t": "Superscript", "c": [text(str(self.notes[node["id"]]))]}
            case _:
                raise AssertionError(f"nothing writes {node['k']}")
