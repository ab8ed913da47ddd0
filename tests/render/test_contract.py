"""What every format promises, on every kind of report."""

from __future__ import annotations

import dataclasses
from xml.etree import ElementTree

import pytest

from journal.analysis.statement import Statement
from journal.errors import JournalError, UsageError
from journal.render import PLANNED, RENDERERS, renderer
from journal.report.model import Report, Words


@pytest.fixture(params=sorted(RENDERERS))
def format_name(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def test_the_same_report_gives_the_same_bytes(format_name: str, any_report: Report) -> None:
    first, second = renderer(format_name), renderer(format_name)
    assert first.render(any_report) == second.render(any_report) == first.render(any_report)
    assert first.assets(any_report) == second.assets(any_report)


def test_the_document_is_utf_8_and_ends_with_one_line_end(
    format_name: str, any_report: Report
) -> None:
    page = renderer(format_name).render(any_report).decode("utf-8")
    assert page.endswith("\n")
    assert not page.endswith("\n\n")


def test_a_renderer_says_what_it_makes(format_name: str) -> None:
    made = renderer(format_name)
    assert made.name == format_name
    assert made.suffix == f".{format_name}"


def test_every_number_of_the_report_is_shown(format_name: str, any_report: Report) -> None:
    page = renderer(format_name).render(any_report).decode().replace("\N{NO-BREAK SPACE}", " ")
    for statement in statements(any_report):
        for value in statement.values:
            assert value.text in page


def test_every_word_of_an_answer_is_shown(format_name: str, rich: Report) -> None:
    page = renderer(format_name).render(rich).decode()
    for words in (
        "thirteenth",
        "waste of money",
        "irony",
        "cheap",
        "seventeen of the",
        "four times",
    ):
        assert words in page.lower()


def test_what_is_not_answered_is_said_and_what_was_skipped_too(
    format_name: str, rich: Report
) -> None:
    page = renderer(format_name).render(rich).decode()
    assert page.count("Not answered yet.") == 2
    assert page.count("The student chose not to answer.") == 1
    assert page.count("no longer part of this journal") == 1


def test_assets_are_named_inside_the_document_and_stay_in_their_folder(
    format_name: str, any_report: Report
) -> None:
    made = renderer(format_name)
    page = made.render(any_report).decode()
    for path, data in made.assets(any_report).items():
        assert f"({path})" in page
        assert ".." not in path.split("/")
        assert not path.startswith("/")
        ElementTree.fromstring(data)


def test_a_half_of_a_character_costs_no_document(format_name: str, rich: Report) -> None:
    head = dataclasses.replace(rich.head, title="broken \ud800 title")
    broken = dataclasses.replace(rich, head=head, stray=Words("\udfff and more"))
    page = renderer(format_name).render(broken).decode()
    assert "and more" in page


@pytest.mark.parametrize("name", sorted(PLANNED))
def test_a_format_that_comes_later_is_refused_in_one_sentence(name: str) -> None:
    with pytest.raises(UsageError) as refused:
        renderer(name)
    assert str(refused.value) == (
        f"the format '{name}' cannot be made yet; choose from these: html, md."
    )


def test_an_unknown_format_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(JournalError, match=r"no format named 'odt'; choose from these: html, md\."):
        renderer("odt")


def statements(part: object) -> list[Statement]:
    """Every statement anywhere inside a piece of a report."""
    if isinstance(part, Statement):
        return [part]
    if isinstance(part, tuple | list):
        return [found for piece in part for found in statements(piece)]
    if dataclasses.is_dataclass(part):
        return [
            found
            for field in dataclasses.fields(part)
            for found in statements(getattr(part, field.name))
        ]
    return []
