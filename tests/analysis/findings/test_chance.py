"""Whether a constant answer does as well, by what the record has to go by."""

from __future__ import annotations

import math

import pytest

FLAT = [0.6935, 0.6928, 0.6931, 0.6926, 0.693]


def test_without_labels_a_flat_loss_near_ln_2_says_chance(make_run, finding):
    said = finding(make_run(val_loss=FLAT, engine="import"), "chance_level")

    assert str(said.statement) == (
        "Validation loss stayed between 0.693 and 0.694 in all five epochs; a guess among two "
        "labels costs 0.693."
    )
    assert said.evidence


@pytest.mark.parametrize(
    "losses",
    [
        [0.69, 0.66, 0.62, 0.6, 0.59],
        [0.35] * 5,
        [1.1] * 5,
        FLAT[:3],
        [*FLAT, None],
        [0.69, 0.69, 0.69, 0.65],
    ],
    ids=["learning", "flat but low", "three labels", "too few", "last unknown", "below at the end"],
)
def test_any_other_loss_says_nothing_of_chance(make_run, finding, losses):
    run = make_run(val_loss=losses, train_loss=[0.69] * len(losses), engine="import")

    assert finding(run, "chance_level") is None


def test_the_number_of_labels_tells_what_a_guess_costs(make_run, finding):
    losses = [math.log(5) + off for off in (0.01, 0.0, 0.005, -0.004)]
    plain = make_run(val_loss=losses)
    told = make_run(val_loss=losses, data={"label_count": 5})

    assert finding(plain, "chance_level") is None
    assert "a guess among five labels costs 1.609" in str(finding(told, "chance_level").statement)


def test_an_accuracy_above_that_of_a_guess_outweighs_a_flat_loss(make_run, finding):
    right = make_run(val_loss=FLAT, val_accuracy=[0.5, 0.6, 0.7, 0.7, 0.7])
    wrong = make_run(val_loss=FLAT, val_accuracy=[0.5, 0.48, 0.51, 0.5, 0.52])

    assert finding(right, "chance_level") is None
    assert finding(wrong, "chance_level")


def test_the_share_that_was_told_is_tested_like_one_that_was_counted(make_run, finding):
    run = make_run(val_accuracy=[0.62], validation=200, data={"majority_share": 0.586})

    assert str(finding(run, "chance_level").statement) == (
        "The final validation accuracy of 0.620 (95% interval 0.551 to 0.684) cannot be told from "
        "that of always answering the commonest label, which is 0.586."
    )


@pytest.mark.parametrize(("accuracy", "holds"), [(0.58, True), (0.6, False), (math.nan, False)])
def test_without_the_size_of_the_split_only_an_accuracy_no_higher_than_the_share_says_so(
    make_run, finding, accuracy, holds
):
    run = make_run(val_accuracy=[accuracy], data={"majority_share": 0.586})

    assert (finding(run, "chance_level") is not None) is holds


def test_a_common_label_that_was_told_is_called_unbalanced(make_run, finding):
    run = make_run(val_accuracy=[0.9], data={"majority_share": 0.82})

    assert str(finding(run, "class_imbalance").statement) == (
        "82% of the validation reviews have the commonest label, so that always answering the "
        "commonest label would already reach an accuracy of about 0.820."
    )


def test_an_accuracy_surely_below_the_share_is_not_said_to_be_like_it(make_run, finding):
    run = make_run(val_accuracy=[0.42], validation=200, data={"majority_share": 0.58})

    assert "lies below that of always answering" in str(finding(run, "chance_level").statement)
