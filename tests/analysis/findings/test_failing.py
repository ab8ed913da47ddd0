"""Training that ends above its own minimum, or above what a guess costs."""

from __future__ import annotations

import pytest

TWO = {"labels": [{"label": "a", "train": 5, "validation": 5}] * 2}


def test_a_loss_that_was_never_as_good_as_a_guess_is_told_against_it(make_run, finding):
    failing = finding(make_run(train_loss=[2.2, 1.96, 1.14, 1.12], data=TWO), "divergence")

    assert str(failing.statement) == (
        "Training loss ended at 1.120 at epoch 4, after 1.960 at epoch 2 and 1.140 at epoch 3; "
        "a guess among two labels costs 0.693."
    )
    assert failing.section == "challenges"


@pytest.mark.parametrize(
    ("losses", "data"),
    [
        ([2.2, 1.96, 1.14, 1.12], {}),
        ([2.2, 1.96, 1.14, 1.12], {"label_count": 10}),
        ([2.2, 1.2, 0.9, 0.7], TWO),
        ([0.75, 0.74, 0.73, 0.72], TWO),
    ],
    ids=["labels unknown", "of ten labels", "recovered", "about as good as a guess"],
)
def test_a_high_loss_alone_is_no_failure(make_run, finding, losses, data):
    assert finding(make_run(train_loss=losses, data=data), "divergence") is None


def test_a_climb_is_told_with_the_minimum(make_run, finding):
    losses = [0.69, 0.6, 0.55, 0.7, 1.2, 2.0, 3.1]
    failing = finding(make_run(train_loss=losses), "divergence")

    assert str(failing.statement) == (
        "Training loss was lowest at epoch 3 (0.550) and 3.100 at epoch 7."
    )
