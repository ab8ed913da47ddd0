"""What the student expected against what came out."""

from __future__ import annotations

import math

import pytest

from journal.record import events as ev


def expected(text: str, value: float | None = None, relation: str | None = None):
    metric, found, number = text.partition(relation or "=")
    return ev.Expectation(
        text=text,
        metric=metric,
        relation=found,
        value=float(number) if value is None else value,
        stated=0,
    )


CURVES = {
    "train_loss": [0.6, 0.5, 0.4, 0.3],
    "train_accuracy": [0.7, 0.75, 0.8, 0.9],
    "val_loss": [0.6, 0.45, 0.5, 0.55],
    "val_accuracy": [0.7, 0.865, 0.85, 0.84],
}


@pytest.fixture
def verdict(make_run, finding):
    def judge(*events: ev.Expectation, **fields) -> str | None:
        run = make_run(*events, **{**CURVES, **fields})
        found = [n for n in ("met", "missed") if finding(run, f"prediction_{n}")]
        assert len(found) <= 1
        return found[0] if found else None

    return judge


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("val_accuracy=0.84", "met"),
        ("val_accuracy=0.8", "met"),
        ("val_accuracy=0.83", "missed"),
        ("val_accuracy=0.845", "missed"),
        ("val_loss=0.55", "met"),
        ("val_loss=0.4", "missed"),
        ("train_accuracy=0.90", "met"),
        ("train_loss=0.3", "met"),
        ("best_epoch=2", "met"),
        ("best_epoch=3", "missed"),
        ("best_val_loss=0.45", "met"),
        ("best_val_accuracy=0.87", "met"),
        ("best_val_accuracy=0.84", "missed"),
        ("seconds=1000", "met"),
        ("seconds=990", "missed"),
        ("seconds=900", "missed"),
        ("seconds=1000.6", "missed"),
    ],
)
def test_equal_means_that_the_outcome_would_be_written_so(verdict, text, result):
    assert verdict(expected(text)) == result


@pytest.mark.parametrize(
    ("written", "took", "result"),
    [
        ("60", 64.9, "met"),
        ("60", 65.1, "missed"),
        ("100", 104, "met"),
        ("100", 106, "missed"),
        ("20", 20.4, "met"),
        ("20", 21, "missed"),
        ("0", 0, "met"),
        ("61", 64, "missed"),
    ],
)
def test_zeros_at_the_end_of_seconds_were_meant_roughly(make_run, finding, written, took, result):
    end = ev.RunFinished(time=2000, status="completed", seconds=took, seal="0" * 64)
    run = make_run(expected(f"seconds={written}"), end, closed=False)

    assert finding(run, f"prediction_{result}")


@pytest.mark.parametrize(
    ("text", "value", "result"),
    [
        ("val_accuracy=84%", 0.84, "met"),
        ("val_accuracy=83%", 0.83, "missed"),
        ("val_accuracy=8.4e-1", 0.84, "met"),
        ("val_accuracy=about 0.84", 0.84, "met"),
        ("val_accuracy=about 0.8", 0.8, "met"),
        ("val_accuracy=about 0.83", 0.83, "missed"),
        ("val_loss=0e999", 0.0, "met"),
    ],
)
def test_the_last_digit_is_the_one_the_student_wrote(verdict, text, value, result):
    assert verdict(expected(text, value)) == result


@pytest.mark.parametrize(
    ("relation", "number", "result"),
    [
        ("<", 0.84, "missed"),
        ("<=", 0.84, "met"),
        (">", 0.84, "missed"),
        (">=", 0.84, "met"),
        ("<", 0.9, "met"),
        (">", 0.8, "met"),
    ],
)
def test_other_relations_are_taken_literally(verdict, relation, number, result):
    assert verdict(expected(f"val_accuracy{relation}{number}", number, relation)) == result


def test_accuracies_that_so_many_reviews_cannot_tell_apart_count_as_met(verdict):
    assert verdict(expected("val_accuracy=0.87"), validation=200) == "met"
    assert verdict(expected("val_accuracy=0.87"), validation=20_000) == "missed"
    assert verdict(expected("val_accuracy=0.87")) == "missed"


def test_peak_memory_is_compared_in_megabytes(verdict, make_run, finding):
    memory = ev.Memory(time=20, rss_bytes=1_234_000_000)
    event = expected("peak_memory_mb<1500", 1500, "<")
    run = make_run(memory, event)

    assert str(finding(run, "prediction_met").statement) == (
        "You expected peak memory to be below 1.50 GB; it was 1.23 GB."
    )


def test_the_finding_says_both_numbers_and_where(make_run, finding):
    run = make_run(expected("val_accuracy>0.85", 0.85, ">"), **CURVES)
    missed = finding(run, "prediction_missed")

    assert str(missed.statement) == (
        "You expected validation accuracy to be above 0.85; it was 0.840 at epoch 4."
    )
    assert str(missed.questions[0]).endswith("which of your assumptions does that put in doubt?")
    assert {e.metric for e in missed.evidence} == {"expectation.value", "val_accuracy"}
    assert missed.kind == "fact"


def test_several_expectations_make_one_finding_with_a_question_each(make_run, finding):
    run = make_run(expected("best_epoch=3"), expected("val_loss=0.4"), **CURVES)
    missed = finding(run, "prediction_missed")

    assert str(missed.statement) == (
        "You expected the best epoch to be 3; it was 2. "
        "You expected validation loss to be 0.4; it was 0.550 at epoch 4."
    )
    assert len(missed.questions) == 2


def test_of_two_with_the_same_metric_and_relation_the_later_stands(make_run, finding):
    run = make_run(expected("best_epoch=3"), expected("best_epoch=2"), **CURVES)

    assert finding(run, "prediction_missed") is None
    assert finding(run, "prediction_met")


@pytest.mark.parametrize(
    ("metric", "fields"),
    [
        ("val_loss", {"closed": False}),
        ("val_loss", {"val_loss": [0.6, 0.5, 0.4, None]}),
        ("val_loss", {"val_loss": None}),
        ("best_epoch", {"val_loss": [math.nan] * 4}),
        ("peak_memory_mb", {}),
        ("happiness", {}),
    ],
    ids=["cut short", "last unknown", "unknown", "no number", "not sampled", "no metric"],
)
def test_where_there_is_no_outcome_there_is_no_verdict(verdict, metric, fields):
    assert verdict(expected(f"{metric}=1"), **fields) is None


def test_an_outcome_that_is_no_number_misses_what_was_expected(make_run, finding):
    run = make_run(expected("val_loss=0.4"), val_loss=[0.6, 0.5, math.nan])

    assert "it was NaN at epoch 3" in str(finding(run, "prediction_missed").statement)
