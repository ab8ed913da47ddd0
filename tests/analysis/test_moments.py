"""Where a note falls in a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from journal.analysis.moments import when
from journal.record import events as ev
from journal.record.run import Run, numbered


def run_of(*events: ev.AnyEvent, engine: str = "cached") -> Run:
    header = ev.RunStarted(time=100, run_id="r1", engine=engine, program="test")
    return Run(Path("record.jsonl"), numbered([header, *events]))


LIFE = (
    ev.PhaseStarted(time=101, phase="loading model"),
    ev.PhaseFinished(time=110, phase="loading model", seconds=9),
    ev.PhaseStarted(time=112, phase="training"),
    ev.Epoch(time=120, epoch=1, val_loss=0.6),
    ev.Epoch(time=130, epoch=2, val_loss=0.5),
    ev.PhaseFinished(time=131, phase="training", seconds=19),
    ev.RunFinished(time=140, status="completed", seconds=40, seal="0" * 64),
)


@pytest.mark.parametrize(
    ("time", "words"),
    [
        (99, "before the run"),
        (105, "while loading model"),
        (111, "during the run, between two phases"),
        (115, "during epoch 1 (training)"),
        (125, "during epoch 2 (training)"),
        (141, "after the run"),
    ],
)
def test_a_time_is_told_by_phase_and_epoch(time, words):
    assert str(when(run_of(*LIFE), time)) == words


def test_the_epoch_is_a_link_to_its_event():
    (evidence,) = when(run_of(*LIFE), 125).evidence

    assert (evidence.line, evidence.metric, evidence.epoch) == (6, "epoch", 2)


def test_an_epoch_that_was_never_finished_rests_on_what_came_before_it():
    cut = run_of(*LIFE[:4], ev.Memory(time=129, rss_bytes=1))
    first = run_of(*LIFE[:3], ev.Memory(time=119, rss_bytes=1))

    assert str(when(cut, 125)) == "during epoch 2 (training)"
    assert [e.line for e in when(cut, 125).evidence] == [5]
    assert str(when(first, 118)) == "during epoch 1 (training)"
    assert [e.metric for e in when(first, 118).evidence] == ["phase_started.phase"]


def test_after_a_run_that_was_cut_off_only_the_record_can_be_meant():
    assert str(when(run_of(*LIFE[:4]), 500)) == "after the last recorded event of the run"


def test_a_phase_of_another_name_is_named():
    run = run_of(ev.PhaseStarted(time=101, phase="warmup"), ev.Memory(time=110, rss_bytes=1))

    assert str(when(run, 105)) == "during warmup"


def test_the_times_of_an_import_place_nothing():
    assert str(when(run_of(*LIFE, engine="import"), 125)).startswith("not placed")
