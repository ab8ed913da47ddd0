"""What the final accuracy and the confidence are worth."""

from __future__ import annotations

import pytest

from journal.record import events as ev

LABELS = (
    ev.LabelCount(label="positive", train=1054, validation=117),
    ev.LabelCount(label="negative", train=746, validation=83),
)


def test_a_wide_interval_is_told(make_run, finding):
    small = finding(make_run(val_accuracy=[0.7, 0.865], validation=200), "small_validation_set")

    assert str(small.statement) == (
        "On 200 validation reviews, an accuracy of 0.865 is uncertain: "
        "its 95% interval runs from 0.811 to 0.906."
    )
    assert {e.metric for e in small.evidence} == {"val_accuracy", "data.validation"}


@pytest.mark.parametrize(
    ("accuracy", "validation"),
    [([0.865], 20_000), ([0.865], None), ([0.865], 0), ([None], 200), ([0.8, None], 200), ([], 9)],
    ids=["large", "size unknown", "empty", "no accuracy", "gap at the end", "no epochs"],
)
def test_otherwise_nothing_is_said_of_the_size(make_run, finding, accuracy, validation):
    run = make_run(val_accuracy=accuracy, validation=validation)

    assert finding(run, "small_validation_set") is None


@pytest.mark.parametrize(("accuracy", "raised"), [(0.585, True), (0.64, True), (0.70, False)])
def test_an_accuracy_like_the_commonest_label_is_told(make_run, finding, accuracy, raised):
    run = make_run(val_accuracy=[accuracy], validation=200, data={"labels": LABELS})

    assert (finding(run, "chance_level") is not None) is raised


def test_chance_is_told_with_the_label_and_its_share(make_run, finding):
    run = make_run(val_accuracy=[0.6], validation=200, data={"labels": LABELS})

    assert str(finding(run, "chance_level").statement) == (
        "The final validation accuracy of 0.600 (95% interval 0.531 to 0.665) cannot be told from "
        "that of always answering 'positive', which is 0.585."
    )


def test_without_label_counts_nothing_is_called_chance(make_run, finding):
    assert finding(make_run(val_accuracy=[0.5], validation=200), "chance_level") is None


def calibrated(*bins: tuple[int, float, float | None]) -> ev.Predictions:
    return ev.Predictions(
        time=20,
        labels=("n", "p"),
        confusion=((1, 0), (0, 1)),
        calibration=tuple(
            ev.CalibrationBin(lower=0, upper=1, count=count, confidence=sure, accuracy=right)
            for count, sure, right in bins
        ),
    )


def test_too_much_confidence_is_told(make_run, finding):
    run = make_run(calibrated((100, 0.95, 0.80), (100, 0.75, 0.70)))

    assert str(finding(run, "overconfident").statement) == (
        "On the validation reviews the model's mean confidence was 0.850, its accuracy 0.750."
    )


@pytest.mark.parametrize(
    "bins",
    [
        [(100, 0.95, 0.94), (100, 0.75, 0.74)],
        [(10, 0.9, 0.8)],
        [(100, 0.7, 0.9)],
        [(100, 0.95, None)],
        [(0, 0.95, 0.5)],
        [],
    ],
    ids=["calibrated", "too few", "too modest", "unknown", "empty bin", "no bins"],
)
def test_confidence_within_sampling_error_is_left_alone(make_run, finding, bins):
    assert finding(make_run(calibrated(*bins)), "overconfident") is None


def test_confidence_on_other_splits_is_not_judged(make_run, finding):
    test = calibrated((1000, 0.95, 0.5)).model_copy(update={"split": "test"})

    assert finding(make_run(test), "overconfident") is None


def test_reviews_that_a_dropped_last_batch_leaves_out_are_not_counted(make_run, finding):
    run = make_run(val_accuracy=[17 / 24], validation=30, config={"validation_batch_size": 8})

    assert "On 24 validation reviews" in str(finding(run, "small_validation_set").statement)
