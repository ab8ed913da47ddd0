"""What every format promises, on every kind of report."""

from __future__ import annotations

import dataclasses
import re
from functools import cache
from html import unescape
from xml.etree import ElementTree

import pytest
from documents import PAPER, shown

from journal import render
from journal.analysis.statement import Statement
from journal.errors import JournalError, MissingExtraError
from journal.record.run import Run
from journal.render import RENDERERS, available, renderer
from journal.report import index
from journal.report.index import build_index
from journal.report.model import Report, Words

TEXT = [name for name in RENDERERS if name not in PAPER]


@pytest.fixture(params=sorted(RENDERERS))
def format_name(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


REPORTS: dict[int, Report] = {}


@cache
def _made(format_name: str, identity: int) -> bytes:
    return renderer(format_name).render(REPORTS[identity])


def made(format_name: str, report: Report) -> bytes:
    """The document, rendered once: reports of fixtures live as long as the tests."""
    REPORTS[id(report)] = report
    return _made(format_name, id(report))


def test_the_same_report_gives_the_same_bytes(format_name: str, any_report: Report) -> None:
    again = renderer(format_name)
    assert again.render(any_report) == made(format_name, any_report)
    assert again.assets(any_report) == renderer(format_name).assets(any_report)


@pytest.mark.parametrize("format_name", TEXT)
def test_the_document_is_utf_8_and_ends_with_one_line_end(
    format_name: str, any_report: Report
) -> None:
    page = made(format_name, any_report).decode("utf-8")
    assert page.endswith("\n")
    assert not page.endswith("\n\n")


def test_a_renderer_says_what_it_makes(format_name: str) -> None:
    found = renderer(format_name)
    assert found.name == format_name
    assert found.suffix == f".{format_name}"


def test_every_number_of_the_report_is_shown(format_name: str, any_report: Report) -> None:
    page = unescape(shown(format_name, made(format_name, any_report)))
    page = page.replace("\N{NO-BREAK SPACE}", " ")
    for statement in statements(any_report, charts=format_name not in PAPER):
        for value in statement.values:
            assert value.text in page


def test_an_event_with_many_figures_lists_some_and_says_how_many_more(
    format_name: str, rich: Report, finished: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "MOST", 5)
    shorter = build_index([finished], (rich.glances, rich.sections, rich.appendices))
    (all_of_it,) = (entry for entry in rich.index if entry.event == "attention")
    (entry,) = (entry for entry in shorter if entry.event == "attention")
    more = len(all_of_it.figures) - 5
    assert entry.figures == all_of_it.figures[:5]
    assert entry.more == f"and {more} more on this line"
    page = shown(
        format_name, renderer(format_name).render(dataclasses.replace(rich, index=shorter))
    )
    assert page.count(entry.more) == sum(found.more == entry.more for found in shorter)
    assert " more on this line" not in shown(format_name, made(format_name, rich))


def test_every_word_of_an_answer_is_shown(format_name: str, rich: Report) -> None:
    page = shown(format_name, made(format_name, rich)).lower()
    for words in (
        "thirteenth",
        "waste of money",
        "irony",
        "cheap",
        "seventeen of the",
        "four times",
    ):
        assert words in page


def test_what_is_not_answered_is_said_and_what_was_skipped_too(
    format_name: str, rich: Report
) -> None:
    page = shown(format_name, made(format_name, rich))
    assert page.count("Not answered yet.") == 2
    assert page.count("The student chose not to answer.") == 1
    assert page.count("no longer part of this journal") == 1


def test_assets_are_named_inside_the_document_and_stay_in_their_folder(
    format_name: str, any_report: Report
) -> None:
    for path, data in renderer(format_name).assets(any_report).items():
        assert f"({path})" in made(format_name, any_report).decode()
        assert ".." not in path.split("/")
        assert not path.startswith("/")
        ElementTree.fromstring(data)


def test_a_half_of_a_character_costs_no_document(format_name: str, empty: Report) -> None:
    head = dataclasses.replace(empty.head, title="broken \ud800 title")
    broken = dataclasses.replace(empty, head=head, stray=Words("\udfff and more"))
    assert "and more" in shown(format_name, renderer(format_name).render(broken))


def test_hostile_text_is_shown_as_the_text_that_it_is(format_name: str, hostile: Report) -> None:
    page = shown(format_name, made(format_name, hostile))
    page = page.replace("&lt;", "<").replace("&gt;", ">").replace("\\", "")
    for words in ("<script>alert(1)</script>", "{{ 7*7 }}", "alert(9)", "#panic(1)", "@e1"):
        assert words in page
    assert sum(map(len, re.findall("a{20,}", page))) == 100_000


def test_letters_of_any_script_stay_the_letters_that_they_are(
    format_name: str, worldly: Report
) -> None:
    page = shown(format_name, made(format_name, worldly))
    for words in ("学习率", "学んだこと", "배운 것", "Ελληνικά", "Кириллица", "हिन्दी"):
        assert words in page
    # A PDF keeps these as drawn, so a reader may find them turned round.
    for words in ("תיקון", "التعلم"):
        assert words in page or words[::-1] in page
    for letter in "😀🤖":
        assert letter in page


def test_a_formula_is_set_and_one_that_cannot_be_is_shown_as_typed(
    format_name: str, worldly: Report
) -> None:
    page = shown(format_name, made(format_name, worldly))
    assert r"\def\a{\a\a}" in page
    if format_name != "md":
        assert "softmax" in page
        assert r"\frac" not in page


def test_thirty_thousand_words_are_a_document(format_name: str, endless: Report) -> None:
    page = shown(format_name, made(format_name, endless))
    assert page.count("lesson") >= 3_000
    assert "the last word" in page


def test_what_is_installed_decides_what_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    assert available() == ["html", "md", "pdf", "docx"]
    monkeypatch.setattr("journal.render.docx.program", lambda: None)
    assert available() == ["html", "md", "pdf"]
    with pytest.raises(MissingExtraError) as refused:
        renderer("docx")
    assert str(refused.value) == (
        "the format 'docx' needs the 'docx' extra, which is not installed; "
        'run: pip install "reflective-journal[docx]".'
    )
    assert refused.value.exit_code == 2


def test_an_unknown_format_is_refused_with_those_that_are_known() -> None:
    known = ", ".join(render.RENDERERS)
    with pytest.raises(JournalError, match=rf"no format named 'odt'; choose from these: {known}\."):
        renderer("odt")


def statements(part: object, *, charts: bool) -> list[Statement]:
    """Every statement anywhere inside a piece of a report, the data of charts if asked for."""
    if isinstance(part, Statement):
        return [part]
    if isinstance(part, tuple | list):
        return [found for piece in part for found in statements(piece, charts=charts)]
    if dataclasses.is_dataclass(part):
        return [
            found
            for field in dataclasses.fields(part)
            if charts or field.name != "data"
            for found in statements(getattr(part, field.name), charts=charts)
        ]
    return []
