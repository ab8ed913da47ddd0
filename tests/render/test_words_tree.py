"""The student's words as data, and what the formats that are set from data make of them."""

from __future__ import annotations

import dataclasses
import json

import pytest
from documents import part, spoken
from hypothesis import given, settings
from hypothesis import strategies as st
from pieces import typed

from journal.analysis.statement import text
from journal.render import renderer
from journal.render.words_tree import Node, clean, plain_text, right_to_left, to_tree
from journal.report.model import Head, Question, Report, Section, Words


def tree(markdown: str) -> list[Node]:
    return to_tree(Words(markdown), 1, "w1")


def report(answers: list[str]) -> Report:
    questions = tuple(
        Question(f"q{n}", text("Why?"), Words(answer), state="answered")
        for n, answer in enumerate(answers)
    )
    section = Section("growth", "Growth", Words(answers[0]), questions=questions)
    return Report(Head("Words"), "en", (), (section,), Words(""), (), (), "a test")


@settings(max_examples=12)
@given(st.lists(st.one_of(typed, st.text(max_size=30)), min_size=10, max_size=30))
def test_whatever_is_typed_can_be_set_on_paper(answers: list[str]) -> None:
    assert renderer("pdf").render(report(answers)).startswith(b"%PDF-")


@settings(max_examples=6)
@given(st.lists(st.one_of(typed, st.text(max_size=30)), min_size=10, max_size=30))
def test_whatever_is_typed_can_be_opened_in_a_word_processor(answers: list[str]) -> None:
    assert "Why?" in spoken(part(renderer("docx").render(report(answers))))


@given(typed)
def test_the_tree_is_plain_data(markdown: str) -> None:
    made = tree(markdown)
    assert json.loads(json.dumps(made)) == made


def test_a_note_has_its_words_once_and_none_gets_lost() -> None:
    (para, mark, lost) = tree("a[^1] b[^1]\n\n[^1]: see [^2]\n[^2]: the other\n")
    notes = [node for node in para["c"] if not isinstance(node, str)]
    assert [note["id"] for note in notes] == ["w1-0", "w1-0"]
    assert [plain_text(block["c"]) for block in notes[0]["c"]] == ["see [2]"]
    assert notes[1]["c"] == []
    assert (mark["c"], lost["c"]) == (["[2]"], ["the other"])


@pytest.mark.parametrize(
    ("words", "turned"),
    [("שלום abc", True), ("abc שלום", False), ("1. التعلم", True), ("", False), ("中文", False)],
)
def test_the_first_letter_with_a_direction_decides(words: str, turned: bool) -> None:
    assert right_to_left([words]) is turned


def test_a_heading_that_shows_nothing_is_none_and_no_level_is_skipped() -> None:
    made = tree("# \u200d\n\n#\n\n## a\n\n#### b\n")
    assert [(n["level"], n["c"]) for n in made if n["k"] == "heading"] == [(2, ["a"]), (3, ["b"])]


def test_what_no_document_can_hold_is_shown_as_missing() -> None:
    assert clean("a\x00b\ud800c\uffffd\ufeff") == "a\ufffdb\ufffdc\ufffdd\u2060"


def test_prices_are_no_formula_and_both_ways_of_writing_one_are_the_same() -> None:
    assert tree("It cost $5 and $6.")[0]["c"] == ["It cost $5 and $6."]
    assert tree("$x^2$") == tree("$`x^2`$")
    assert tree("$$\nx\n$$") == tree("```math\nx\n```")


def test_a_line_through_a_link_is_one_line(empty: Report) -> None:
    words = Words("~~[a](https://example.org) **~~b~~**~~ [~~c~~](https://example.org)")
    assert renderer("pdf").render(dataclasses.replace(empty, stray=words))
