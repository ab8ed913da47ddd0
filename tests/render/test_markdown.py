"""Markdown as a reader of plain text and a code host see it."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from journal.render import marks, renderer
from journal.report.model import Report

HOST = MarkdownIt("commonmark", {"html": True, "maxNesting": 1000}).enable(
    ["table", "strikethrough"]
)


DOCUMENTS: dict[int, str] = {}
"""Documents by the identity of their reports, which live as long as the tests."""


def document(report: Report) -> str:
    if id(report) not in DOCUMENTS:
        DOCUMENTS[id(report)] = renderer("md").render(report).decode()
    return DOCUMENTS[id(report)]


def inline(page: str) -> list[Token]:
    return [child for token in HOST.parse(page) for child in token.children or []]


def own_lines(page: str) -> list[str]:
    """The lines that the tool wrote."""
    return [line for line in page.split("\n") if not line.startswith(">")]


def test_what_the_student_wrote_is_quoted_and_nothing_else_is(rich: Report) -> None:
    page = document(rich)
    quoted = "\n".join(line for line in page.split("\n") if line.startswith(">"))
    for words in ("waste of money", "four times", "Sample note", "above the first heading"):
        assert words in quoted
        assert words not in "\n".join(own_lines(page))
    for words in ("From the record", "Not answered yet", "Which layers", "Figure 1", "0.366"):
        assert words not in quoted


def test_every_link_of_the_tools_leads_to_an_entry_of_the_evidence(any_report: Report) -> None:
    page = "\n".join(own_lines(document(any_report)))
    anchors = re.findall(r'<a id="([^"]*)"></a>', page)
    assert anchors == [entry.anchor for entry in any_report.index]
    targets = re.findall(r"\]\(#([^ )]*)", page)
    several = " ".join(re.findall(r'"From ([^"]*)"', page))
    assert {*targets, *several.replace(",", "").split()} == set(anchors)


def test_the_only_raw_html_is_the_tools(any_report: Report) -> None:
    page = document(any_report)
    found = [t.content.strip() for t in HOST.parse(page) if t.type == "html_block"]
    found += [t.content for t in inline(page) if t.type == "html_inline"]
    allowed = (
        r'<a id="[a-z0-9]+">|</a>|</details>|'
        r"<details>\n<summary>The figure as a table</summary>"
    )
    assert all(re.fullmatch(allowed, html) for html in found), found


def test_the_only_images_are_the_charts(any_report: Report) -> None:
    made = renderer("md")
    sources = [t.attrs["src"] for t in inline(document(any_report)) if t.type == "image"]
    assert sources == list(made.assets(any_report))
    assert all(str(source).startswith("journal-charts/") for source in sources)


def test_every_chart_says_what_it_shows(rich: Report) -> None:
    images = [t for t in inline(document(rich)) if t.type == "image"]
    assert len(images) == 9
    assert all(len(image.content) > 60 for image in images)


def test_headings_are_the_tools_alone(hostile: Report) -> None:
    page = document(hostile)
    for token in HOST.parse(page):
        if token.type == "heading_open":
            assert token.level == 0
    shown = [t.content for t in HOST.parse(page) if t.type == "inline"]
    assert "**A first heading {#contents}**" in shown


def test_a_cell_cannot_leave_its_cell(hostile: Report) -> None:
    page = document(hostile)
    (row,) = [line for line in own_lines(page) if line.startswith("| &lt;") and "quote" in line]
    assert len(re.findall(r"(?<!\\)\|", row)) == 2


def test_columns_of_numbers_are_even_in_plain_text(rich: Report) -> None:
    rows = [line for line in document(rich).split("\n") if line.startswith("|")]
    by_table = re.split(r"\n(?!\|)", document(rich))
    assert rows
    for block in by_table:
        table = [line for line in block.split("\n") if line.startswith("| ")]
        assert len({len(line) for line in table}) <= 1


def test_the_charts_are_whole_on_their_own(rich: Report) -> None:
    for data in renderer("md").assets(rich).values():
        svg = data.decode()
        assert svg.startswith('<svg xmlns="http://www.w3.org/2000/svg"')
        assert "var(" not in svg


def test_no_more_than_two_line_ends_stand_in_a_row(any_report: Report) -> None:
    assert "\n\n\n" not in document(any_report)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_words_made_inert_read_back_as_they_were(words: str) -> None:
    written = marks.one_line(words)
    tokens = HOST.parse(f"{written}\n")
    shown = "".join(t.content for t in inline(written))
    assert [t.type for t in tokens] in (["paragraph_open", "inline", "paragraph_close"], [])
    assert {t.type for t in inline(written)} <= {"text"}
    assert shown == " ".join(marks.lines(words).split())
