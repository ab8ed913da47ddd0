"""What was recorded of a curve."""

from __future__ import annotations

import math

import pytest

from journal.analysis.curves import curve, lowest, recorded


def test_a_curve_is_what_was_recorded_and_finite(make_run):
    run = make_run(val_loss=[0.6, None, math.nan, math.inf, 0.5])

    assert [(p.epoch, p.value) for p in curve(run, "val_loss")] == [(1, 0.6), (5, 0.5)]
    assert [p.epoch for p in recorded(run, "val_loss")] == [1, 3, 4, 5]
    assert curve(run, "train_loss") == ()


def test_a_point_links_to_its_line_of_the_record(make_run):
    run = make_run(val_loss=[0.6, 0.5])
    evidence = curve(run, "val_loss")[1].evidence

    assert (evidence.run_id, evidence.line, evidence.metric) == ("r1", 3, "val_loss")
    assert (evidence.value, evidence.epoch) == (0.5, 2)


def test_the_earliest_of_equals_is_the_lowest(make_run):
    run = make_run(val_loss=[0.6, 0.5, 0.5])

    assert lowest(curve(run, "val_loss")).epoch == 2
    with pytest.raises(ValueError, match="empty"):
        lowest(())
