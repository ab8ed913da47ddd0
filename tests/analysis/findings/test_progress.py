"""Whether a run was done at its end, or training failed."""

from __future__ import annotations

import math
import random

import pytest


def decay(n: int, scale: float, floor: float = 0.3, start: float = 0.69) -> list[float]:
    return [floor + (start - floor) * math.exp(-epoch / scale) for epoch in range(n)]


def noisy(losses: list[float], sigma: float, seed: int) -> list[float]:
    rng = random.Random(seed)
    return [loss + rng.gauss(0, sigma) for loss in losses]


@pytest.mark.parametrize("n", [4, 6, 10, 20, 50])
def test_losses_that_fall_to_the_end_are_told(make_run, finding, n):
    run = make_run(train_loss=decay(n, n / 1.2, 0.1), val_loss=decay(n, n / 1.2))

    assert finding(run, "still_improving")
    assert finding(run, "converged") is None


def test_the_fall_is_told_with_its_start_and_end(make_run, finding):
    run = make_run(
        train_loss=[0.70, 0.65, 0.60, 0.55, 0.50, 0.45],
        val_loss=[0.72, 0.68, 0.64, 0.60, 0.56, 0.52],
    )

    assert str(finding(run, "still_improving").statement) == (
        "Both losses were still falling at the last epoch, 6: validation loss from 0.640 at "
        "epoch 3 to 0.520, training loss from 0.600 at epoch 3 to 0.450."
    )


@pytest.mark.parametrize("seed", range(5))
def test_a_fall_is_seen_through_noise(make_run, finding, seed):
    run = make_run(
        train_loss=noisy(decay(20, 18, 0.1), 0.004, seed),
        val_loss=noisy(decay(20, 18), 0.008, seed + 100),
    )

    assert finding(run, "still_improving")


@pytest.mark.parametrize(
    ("training", "validation"),
    [
        (decay(20, 18), decay(20, 3)),
        (decay(20, 3), decay(20, 18)),
        (None, decay(20, 18)),
        ([*decay(19, 18), None], decay(20, 18)),
        (decay(20, 18), [*decay(19, 18), None]),
        (decay(20, 18), [*decay(17, 18), 0.6, 0.6, 0.6]),
    ],
    ids=["validation stands", "training stands", "no training", "gap", "gap at the end", "up"],
)
def test_unless_both_fall_at_the_last_epoch_nothing_is_said(
    make_run, finding, training, validation
):
    run = make_run(train_loss=training, val_loss=validation)

    assert finding(run, "still_improving") is None


@pytest.mark.parametrize("seed", range(5))
def test_a_curve_that_has_settled_is_told(make_run, finding, seed):
    run = make_run(
        train_loss=noisy(decay(20, 2), 0.002, seed), val_loss=noisy(decay(20, 2), 0.004, seed + 50)
    )

    assert finding(run, "converged")
    assert finding(run, "still_improving") is None


def test_settling_is_told_with_its_bounds(make_run, finding):
    losses = [0.69, 0.40, 0.31, 0.30, 0.302, 0.301, 0.30, 0.301]
    run = make_run(train_loss=losses, val_loss=losses)

    assert str(finding(run, "converged").statement) == (
        "Validation loss fell from 0.690 at epoch 1 and stayed between 0.300 and 0.301 in the last "
        "three epochs."
    )


def test_a_curve_that_settles_on_one_figure_is_not_told_as_a_range(make_run, finding):
    losses = [0.69, 0.40, 0.31, 0.30, 0.3001, 0.3002, 0.3001]
    run = make_run(train_loss=losses, val_loss=losses)

    assert "and stayed at 0.300 in the last" in str(finding(run, "converged").statement)


@pytest.mark.parametrize(
    ("training", "validation"),
    [
        ([0.69] * 10, [0.69, 0.691, 0.69, 0.69, 0.691, 0.69, 0.69, 0.691, 0.69, 0.69]),
        (decay(10, 9, 0.0), decay(10, 1)),
        (decay(10, 1), [*decay(7, 1), 0.40, 0.48, 0.55]),
    ],
    ids=["nothing learned", "training goes on", "passed its minimum"],
)
def test_what_has_not_settled_is_not_said_to_have(make_run, finding, training, validation):
    assert finding(make_run(train_loss=training, val_loss=validation), "converged") is None


@pytest.mark.parametrize(
    "training",
    [
        [0.69, 0.60, 0.52, 0.70, 1.10, 1.94],
        [0.69, 0.9, 3.0, 20.0, 500.0],
        [0.5, 0.6, 0.7, 0.8],
    ],
    ids=["after a minimum", "by factors", "from the start"],
)
def test_training_that_fails_is_told(make_run, finding, training):
    assert finding(make_run(train_loss=training), "divergence")


def test_divergence_is_told_with_the_lowest_and_the_last(make_run, finding):
    run = make_run(train_loss=[0.69, 0.60, 0.52, 0.70, 1.10, 1.94])

    assert str(finding(run, "divergence").statement) == (
        "Training loss was lowest at epoch 3 (0.520) and 1.940 at epoch 6."
    )


@pytest.mark.parametrize(
    "training",
    [
        decay(20, 5),
        noisy([0.4] * 20, 0.02, 1),
        [0.69, 0.5, 0.4, 0.35, 0.36, 0.365],
        [0.69, 0.1, 0.001, 0.002, 0.004, 0.006],
        [0.69, 0.5, 0.4, 2.0, 0.35, 0.3],
        [0.3, 0.9, 1.5],
        [-1.0, -2.0, 3.0, 4.0],
    ],
    ids=["falling", "flat", "a little", "near zero", "one spike", "too few", "negative"],
)
def test_training_that_does_not_fail_is_left_alone(make_run, finding, training):
    assert finding(make_run(train_loss=training), "divergence") is None
