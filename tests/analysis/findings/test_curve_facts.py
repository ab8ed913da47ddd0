"""Where validation loss was lowest, and whether there are enough epochs to speak of a curve."""

from __future__ import annotations

import math

import pytest

LOSSES = [0.6, 0.5, 0.4, 0.45, 0.5]
SHAPES = {"overfitting", "unstable_validation", "still_improving", "converged", "best_epoch"}


def test_the_best_epoch_is_told_with_what_came_after_it(make_run, finding):
    best = finding(make_run(val_loss=LOSSES, seconds=3.2), "best_epoch")

    assert str(best.statement) == (
        "Validation loss was lowest at epoch 3 (0.400); the two epochs after it took 6.40 s."
    )
    assert [(e.line, e.metric) for e in best.evidence] == [
        (4, "val_loss"),
        (5, "seconds"),
        (6, "seconds"),
    ]


def test_without_seconds_the_cost_is_left_open(make_run, finding):
    best = finding(make_run(val_loss=LOSSES), "best_epoch")

    assert str(best.statement) == (
        "Validation loss was lowest at epoch 3 (0.400); two epochs came after it."
    )


def test_a_best_epoch_that_is_the_last_asks_when_to_stop(make_run, finding):
    best = finding(make_run(val_loss=[0.6, 0.5, 0.4, 0.3]), "best_epoch")

    assert str(best.statement) == "Validation loss was lowest at epoch 4 (0.300)."
    assert str(best.questions[0]).startswith("Epoch 4 was both the last and the best")


def test_epochs_whose_loss_is_missing_or_no_number_cannot_be_best(make_run, finding):
    best = finding(make_run(val_loss=[math.nan, 0.5, None, 0.4, math.inf]), "best_epoch")

    assert str(best.statement).startswith("Validation loss was lowest at epoch 4 (0.400)")


@pytest.mark.parametrize(
    ("losses", "said"),
    [
        ([0.6], "for one epoch only (0.600 at epoch 1): too few"),
        ([0.6, 0.5, 0.4], "for three epochs only (0.600 at epoch 1, 0.500 at epoch 2, and 0.400"),
        ([0.635, *[None] * 18, 0.331], "two epochs only (0.635 at epoch 1 and 0.331 at epoch 20)"),
        ([None, None], "A validation loss was recorded for no epochs."),
        ([], "A validation loss was recorded for no epochs."),
    ],
)
def test_with_too_few_epochs_nothing_is_said_of_the_curve(make_run, finding, losses, said):
    run = make_run(val_loss=losses)
    few = finding(run, "too_few_epochs")

    assert said in str(few.statement)
    assert few.evidence
    assert not any(finding(run, shape) for shape in SHAPES)


def test_four_epochs_are_enough(make_run, finding):
    assert finding(make_run(val_loss=[0.6, 0.5, 0.4, 0.45]), "too_few_epochs") is None


def test_a_run_whose_losses_are_no_numbers_failed_and_was_not_short(make_run, finding):
    run = make_run(val_loss=[0.6, math.nan, math.nan, math.nan])

    assert finding(run, "too_few_epochs") is None
    assert finding(run, "non_finite_loss")
    assert str(finding(run, "best_epoch").statement).startswith("Validation loss was lowest at epo")
