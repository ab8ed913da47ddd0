"""What happened to a run, as it was recorded."""

from __future__ import annotations

import math

import pytest

from journal.record import events as ev


def memory_ran_out(**changes) -> ev.OutOfMemory:
    fields = {
        "phase": "training",
        "epoch": 2,
        "tried": "a batch of 32 reviews",
        "error": "out of memory",
        "changed": "a batch of 16 reviews",
        "seconds_lost": 12.34,
    }
    return ev.OutOfMemory(time=20, **{**fields, **changes})


def test_memory_that_ran_out_is_told_with_what_changed_and_what_it_cost(make_run, finding):
    oom = finding(make_run(memory_ran_out()), "out_of_memory")

    assert str(oom.statement) == (
        "Memory ran out during training (epoch 2) with a batch of 32 reviews; "
        "tried next: a batch of 16 reviews; time lost: 12.3 s."
    )
    assert {e.metric for e in oom.evidence} == {
        "out_of_memory.epoch",
        "out_of_memory.tried",
        "out_of_memory.changed",
        "out_of_memory.seconds_lost",
    }
    assert "a batch of 32 reviews" in str(oom.questions[0])


def test_several_attempts_make_one_finding_that_adds_up_what_was_lost(make_run, finding):
    run = make_run(
        memory_ran_out(),
        memory_ran_out(tried="a batch of 16 reviews", changed="a batch of 8 reviews"),
    )

    assert str(finding(run, "out_of_memory").statement) == (
        "Memory ran out two times during training (epoch 2) with a batch of 32 "
        "reviews; tried in the end: a batch of 8 reviews; time lost: 24.7 s."
    )


def test_what_was_not_recorded_of_it_is_not_told(make_run, finding):
    run = make_run(memory_ran_out(epoch=None, changed=None, seconds_lost=None))

    assert str(finding(run, "out_of_memory").statement) == (
        "Memory ran out during training with a batch of 32 reviews."
    )


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (ev.Restart(from_epoch=3), "The run was taken up again after epoch 3."),
        (
            ev.Restart(from_epoch=3, reason="the kernel died", seconds_lost=42),
            "The run was taken up again after epoch 3; reason: the kernel died; time lost: 42.0 s.",
        ),
        (
            ev.Restart(from_epoch=0),
            "The run was taken up again after no finished epoch.",
        ),
    ],
)
def test_a_restart_is_told(make_run, finding, event, said):
    assert str(finding(make_run(event), "restart").statement) == said


def test_an_error_is_told_with_its_place(make_run, finding):
    event = ev.ExceptionRaised(type="ValueError", message="bad\nlabel", phase="training", epoch=3)

    assert str(finding(make_run(event), "exception").statement) == (
        "An error stopped the run during training (epoch 3): ValueError (bad label)."
    )


def test_an_error_without_words_or_place_is_told(make_run, finding):
    event = ev.ExceptionRaised(type="KeyError", message="")

    assert str(finding(make_run(event), "exception").statement) == (
        "An error stopped the run: KeyError."
    )


def test_a_long_message_is_shortened(make_run, finding):
    event = ev.ExceptionRaised(type="ValueError", message="x " * 100_000)
    statement = str(finding(make_run(event), "exception").statement)

    assert len(statement) < 400
    assert "…" in statement


@pytest.mark.parametrize(
    ("training", "validation", "said"),
    [
        ([0.6, math.nan], None, "Training loss was NaN at epoch 2."),
        (
            [0.6, math.inf, math.nan, math.nan],
            None,
            "Training loss was not a finite number from epoch 2 to epoch 4.",
        ),
        (
            [0.6, math.nan, math.nan],
            [0.6, math.nan, math.nan],
            "Training and validation loss were not finite numbers from epoch 2 to epoch 3.",
        ),
        (
            [0.6, math.nan],
            [0.6, math.inf],
            "Training loss was NaN at epoch 2; validation loss was infinity at epoch 2.",
        ),
        (
            [math.nan, 0.6, math.nan],
            [0.5, 0.5, -math.inf],
            "Training loss was not a finite number in two epochs between epoch 1 and epoch 3; "
            "validation loss was -infinity at epoch 3.",
        ),
    ],
)
def test_losses_that_are_no_numbers_are_told(make_run, finding, training, validation, said):
    found = finding(make_run(train_loss=training, val_loss=validation), "non_finite_loss")

    assert str(found.statement) == said


def test_the_question_names_the_first_loss_that_was_no_number(make_run, finding):
    run = make_run(train_loss=[0.6, 0.7, math.nan], val_loss=[0.6, math.inf, math.nan])

    assert "into infinity by epoch 2" in str(finding(run, "non_finite_loss").questions[0])


def test_a_loss_that_was_not_recorded_is_no_event(make_run, finding):
    run = make_run(train_loss=[0.6, None], val_loss=[None, 0.6])

    assert finding(run, "non_finite_loss") is None
