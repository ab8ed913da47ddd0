"""A minimum that was passed, and jumps back and forth."""

from __future__ import annotations

import math
import random

import pytest

FALLING = [0.69 * math.exp(-epoch / 8) for epoch in range(20)]
PASSED = [0.64, 0.55, 0.48, 0.43, 0.39, 0.364, 0.35, 0.344, 0.348, 0.353, 0.36, 0.366, 0.372]
PASSED += [0.378, 0.384, 0.39, 0.396, 0.402, 0.407, 0.412]
STEADY = [0.3 + 0.39 * math.exp(-epoch / 2) for epoch in range(20)]


def noisy(losses: list[float], sigma: float, seed: int) -> list[float]:
    rng = random.Random(seed)
    return [loss + rng.gauss(0, sigma) for loss in losses]


def test_a_passed_minimum_is_told_so_that_it_can_be_checked_by_eye(make_run, finding):
    over = finding(make_run(train_loss=FALLING, val_loss=PASSED, validation=200), "overfitting")

    assert str(over.statement) == (
        "Validation loss was lowest at epoch 8 (0.344) and 0.412 at epoch 20, while training loss "
        "went from 0.288 to 0.064."
    )
    assert str(over.questions[0]) == (
        "Validation loss was lowest at epoch 8 (0.344) and 0.412 at epoch 20. "
        "What did the model learn in those twelve epochs?"
    )
    assert over.kind == "warning"


@pytest.mark.parametrize("seed", range(5))
def test_a_passed_minimum_is_seen_through_noise(make_run, finding, seed):
    run = make_run(train_loss=FALLING, val_loss=noisy(PASSED, 0.01, seed), validation=200)

    assert finding(run, "overfitting")


def test_a_minimum_at_the_first_epoch_can_be_passed(make_run, finding):
    losses = [0.31, 0.34, 0.37, 0.41, 0.46, 0.5]

    assert finding(make_run(train_loss=FALLING[:6], val_loss=losses), "overfitting")


@pytest.mark.parametrize("sigma", [0, 0.002, 0.01, 0.02])
def test_a_steady_curve_is_seldom_warned_of(make_run, finding, sigma):
    ids = ("overfitting", "unstable_validation", "divergence")
    runs = [
        make_run(train_loss=FALLING, val_loss=noisy(STEADY, sigma, seed), validation=200)
        for seed in range(40)
    ]

    assert sum(finding(run, name) is not None for run in runs for name in ids) <= 2


def test_a_rise_too_small_for_the_reviews_is_left_alone(make_run, finding):
    run = [0.60, 0.50, 0.45, 0.42, 0.40, 0.403, 0.406, 0.409, 0.412, 0.415]
    small = make_run(train_loss=FALLING[:10], val_loss=run, validation=50)
    large = make_run(train_loss=FALLING[:10], val_loss=run, validation=20_000)

    assert finding(small, "overfitting") is None
    assert finding(large, "overfitting")


@pytest.mark.parametrize(
    "training",
    [None, [0.3] * 20, STEADY[::-1], [None] * 10 + FALLING[:10]],
    ids=["missing", "still", "rising", "unknown at the minimum"],
)
def test_without_falling_training_loss_nothing_is_said(make_run, finding, training):
    run = make_run(train_loss=training, val_loss=PASSED, validation=200)

    assert finding(run, "overfitting") is None


def test_a_plain_rise_of_few_epochs_is_not_taken_for_noise(make_run, finding):
    run = make_run(
        train_loss=[0.598, 0.389, 0.276, 0.197],
        val_loss=[0.531, 0.590, 0.706, 0.706],
        validation=200,
    )

    assert finding(run, "overfitting")


def test_a_rise_in_the_last_epoch_alone_may_be_chance(make_run, finding):
    losses = [*PASSED[:8], 0.6]

    assert finding(make_run(train_loss=FALLING[:9], val_loss=losses), "overfitting") is None


def test_a_fallback_to_the_lowest_at_the_end_is_no_rise(make_run, finding):
    losses = [*PASSED[:-1], 0.344]

    assert finding(make_run(train_loss=FALLING, val_loss=losses), "overfitting") is None


def test_gaps_and_losses_that_are_no_numbers_are_passed_over(make_run, finding):
    losses = [loss if epoch % 4 else None for epoch, loss in enumerate(PASSED, 1)]
    losses[10] = math.nan
    over = finding(make_run(train_loss=FALLING, val_loss=losses, validation=200), "overfitting")

    assert "lowest at epoch 9 (0.348) and 0.407 at epoch 19" in str(over.statement)


def test_jumps_back_and_forth_are_told_with_the_largest(make_run, finding):
    losses = [0.6, 0.5, 0.62, 0.45, 0.6, 0.44, 0.71, 0.43, 0.5, 0.42]
    jumps = finding(make_run(train_loss=FALLING[:10], val_loss=losses), "unstable_validation")

    assert str(jumps.statement) == (
        "Validation loss turned back six times in ten epochs, each time by more than 0.083; "
        "the largest step was from epoch 7 (0.710) to epoch 8 (0.430)."
    )


@pytest.mark.parametrize("seed", range(5))
def test_noise_of_a_quarter_of_the_level_is_unstable(make_run, finding, seed):
    run = make_run(train_loss=FALLING, val_loss=noisy([0.5] * 20, 0.125, seed))

    assert finding(run, "unstable_validation")


def test_a_loss_that_stays_up_or_down_for_some_epochs_turns_back_too(make_run, finding):
    losses = [0.65, 0.61, 0.31, 0.34, 0.62, 0.63, 0.36, 0.33]
    jumps = finding(make_run(val_loss=losses), "unstable_validation")

    assert {e.epoch for e in next(iter(jumps.statement.values)).evidence} == {3, 6}


def test_a_rise_no_larger_than_the_jumps_about_it_is_told_as_jumps(make_run, finding):
    losses = [0.50, 0.48, 0.30, 0.52, 0.28, 0.50, 0.30, 0.55, 0.49, 0.52]
    run = make_run(train_loss=FALLING[:10], val_loss=losses, validation=2000)

    assert finding(run, "overfitting") is None
    assert finding(run, "unstable_validation")


def test_one_jump_is_not_yet_instability(make_run, finding):
    losses = [*STEADY[:10], 0.9, *STEADY[11:]]

    assert finding(make_run(val_loss=losses), "unstable_validation") is None


def test_small_jumps_at_the_end_of_a_long_way_down_do_not_show(make_run, finding):
    losses = [0.7, 0.3, 0.1, *[0.02, 0.03] * 8]

    assert finding(make_run(val_loss=losses), "unstable_validation") is None


def test_a_clear_rise_is_not_called_instability(make_run, finding):
    losses = [value + (0.04 if epoch % 2 else -0.04) for epoch, value in enumerate(PASSED)]
    losses = [value + 0.02 * epoch for epoch, value in enumerate(losses)]
    run = make_run(train_loss=FALLING, val_loss=losses)

    assert finding(run, "overfitting")
    assert finding(run, "unstable_validation") is None
