"""A simple baseline that the model does not beat on the same reviews."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from journal.analysis.findings.baselines import held_against
from journal.record import events as ev

ID = "not_better_than_baseline"


def baseline(name: str, right: int, model: int | None, alone: int | None, n: int = 200) -> Any:
    """A baseline with ``right`` of ``n`` answers right, ``alone`` where the model is wrong."""
    return ev.Baseline(
        time=900,
        name=name,  # type: ignore[arg-type]
        val_accuracy=right / n,
        seconds=0.73,
        reviews=n,
        only_model_right=model,
        only_baseline_right=alone,
    )


def test_a_baseline_that_cannot_be_told_from_the_model_is_named_with_its_counts(
    make_run, finding
) -> None:
    model = ev.Model(time=1, name="distilbert", parameters=66_955_010)
    run = make_run(model, baseline("majority", 125, 50, 11), baseline("tfidf", 164, 18, 21))
    found = finding(run, ID)

    assert str(found.statement) == (
        "On the same 200 validation reviews, TF-IDF with logistic regression (accuracy 0.820) and "
        "the model cannot be told apart: the model alone is right on 18, the baseline alone on 21 "
        "(exact McNemar test, p = 0.75)."
    )
    assert binomtest(18, 39).pvalue == pytest.approx(0.75, abs=0.005)
    assert [str(question) for question in found.questions] == [
        "TF-IDF with logistic regression reached 0.820 after 0.73 s on the same split: what does a "
        "model of 66,955,010 parameters know that it does not, and which reviews would show it?"
    ]
    assert {(e.metric, e.value) for e in found.evidence} == {
        ("baseline.reviews", 200),
        ("baseline.val_accuracy", 0.82),
        ("baseline.only_model_right", 18),
        ("baseline.only_baseline_right", 21),
    }
    assert {e.line for e in found.evidence} == {run.line_of(run.baselines[1])}
    assert (found.kind, found.section) == ("warning", "critical-reflection")


def test_a_baseline_that_is_better_is_said_to_be(make_run, finding) -> None:
    found = finding(make_run(baseline("lstm", 164, 10, 31)), ID)

    assert "a small BiLSTM (accuracy 0.820) is right more often than the model" in str(
        found.statement
    )
    assert str(found.questions[0]).startswith("A small BiLSTM reached 0.820")
    assert "what does the fine-tuned model know" in str(found.questions[0])


def test_a_model_that_beats_every_baseline_is_not_warned_about(make_run, finding) -> None:
    run = make_run(baseline("majority", 125, 60, 8), baseline("tfidf", 150, 27, 7))

    assert binomtest(7, 34).pvalue < 0.05
    assert [held.is_beaten for held in held_against(run)] == [True, True]
    assert finding(run, ID) is None


def test_one_beaten_baseline_does_not_hide_another_that_is_not(make_run, finding) -> None:
    run = make_run(baseline("tfidf", 160, 12, 9), baseline("majority", 125, 60, 8))

    assert "TF-IDF" in str(finding(run, ID).statement)


@pytest.mark.parametrize(
    "event",
    [
        baseline("tfidf", 164, None, None),
        baseline("tfidf", 164, 18, None),
        baseline("tfidf", 10, 18, 21),
        baseline("tfidf", 190, 18, 21),
        baseline("tfidf", 5, 2, 1, n=8).model_copy(update={"reviews": 0}),
        baseline("tfidf", 164, 18, 21).model_copy(update={"val_accuracy": math.nan}),
    ],
    ids=["no predictions", "half a pair", "too few right", "too many", "no reviews", "NaN"],
)
def test_counts_that_are_missing_or_cannot_be_leave_it_unsaid(make_run, finding, event) -> None:
    assert held_against(make_run(event)) == ()
    assert finding(make_run(event), ID) is None


def test_a_baseline_that_was_run_again_counts_once_with_its_later_figures(
    make_run, finding
) -> None:
    run = make_run(baseline("tfidf", 150, 10, 9), baseline("tfidf", 150, 60, 9))

    assert len(run.baselines) == 1
    assert finding(run, ID) is None


@given(st.lists(st.integers(0, 120), min_size=4, max_size=4).filter(any))
def test_the_finding_follows_the_paired_test_alone(make_run, finding, table) -> None:
    both, model, alone, _ = table
    found = finding(make_run(baseline("tfidf", both + alone, model, alone, sum(table))), ID)
    p = binomtest(model, model + alone).pvalue if model + alone else 1.0

    assert (found is None) == (p < 0.05 and model > alone)
    if found is not None:
        assert ("is right more often" in str(found.statement)) == (p < 0.05)
