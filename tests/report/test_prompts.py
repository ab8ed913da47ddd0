"""Which questions a run may ask, and which of them it asks."""

from __future__ import annotations

import pytest

from journal import packs
from journal.analysis.finding import Finding
from journal.analysis.statement import text
from journal.report.prompts import FEWEST_RAISED, MOST, raised


def found(name: str, *questions: str, about: str = "") -> Finding:
    return Finding(
        name, "fact", "growth", text("So it is."), tuple(map(text, questions)), about=about
    )


MANY = [("r1", found(f"id{number}", f"What of {number}?")) for number in range(20)]


def test_the_labs_journal_asks_at_most_twelve_questions_standing_and_raised() -> None:
    standing = sum(len(section.prompts) for section in packs.load("lab").sections)
    assert standing >= 8
    assert standing + len(raised(MANY, standing)) == MOST == 12


@pytest.mark.parametrize("standing", [12, 30])
def test_some_are_left_to_the_run_however_many_stand_in_the_pack(standing: int) -> None:
    assert len(raised(MANY, standing)) == FEWEST_RAISED


def test_the_heaviest_findings_ask() -> None:
    assert [prompt.id for prompt in raised(MANY, 10)] == [f"id{n}/r1/1" for n in range(4)]


def test_of_findings_about_the_same_the_heavier_asks_in_this_run_or_another() -> None:
    findings = [
        ("r1", found("overfitting", "What was learned?", about="stopping")),
        ("r1", found("best_epoch", "When to stop?", about="stopping")),
        ("r2", found("overfitting", "What was learned there?", about="stopping")),
        ("r2", found("restart", "How did you notice?")),
    ]
    assert [prompt.id for prompt in raised(findings, 0)] == ["overfitting/r1/1", "restart/r2/1"]


def test_every_finding_asks_once_before_one_asks_twice() -> None:
    findings = [("r", found("a", "First?", "Second?")), ("r", found("b", "Other?"))]
    assert [str(prompt.question) for prompt in raised(findings, 0)] == [
        "First?",
        "Other?",
        "Second?",
    ]


def test_the_same_words_are_not_asked_twice() -> None:
    findings = [("r", found("a", "Why?")), ("r", found("b", "Why?"))]
    assert [prompt.id for prompt in raised(findings, 0)] == ["a/r/1"]
