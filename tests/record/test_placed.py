"""A note is joined to the run, the phase and the epoch that it fell in, by its time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from journal.record import Folder, Note, Run, Writer, append_note, read_run
from journal.record import events as ev
from journal.record.placed import notes_beside, place

TIMES = (
    ev.PhaseStarted(phase="encoding", time=110.0),
    ev.PhaseFinished(phase="encoding", seconds=10.0, time=120.0),
    ev.PhaseStarted(phase="training", time=130.0),
    ev.Epoch(epoch=1, time=140.0),
    ev.Epoch(epoch=2, time=150.0),
    ev.PhaseFinished(phase="training", seconds=20.0, time=151.0),
)


def record(tmp_path: Path, engine: str = "cached", last: int = len(TIMES)) -> Run:
    """A run from 100 to 160 seconds, or cut off after ``last`` events."""
    writer = Writer.create(tmp_path / "runs", engine=engine, seed=1, config={}, run_id="x")
    for event in TIMES[:last]:
        writer.write(event)
    writer.close("completed")
    lines = [json.loads(line) for line in writer.path.read_text().splitlines()]
    lines[0]["time"], lines[-1]["time"] = 100.0, 160.0
    kept = lines if last == len(TIMES) else lines[:-1]
    writer.path.write_text("".join(json.dumps(line) + "\n" for line in kept))
    return read_run(writer.path)


def note(time: float) -> Note:
    return Note(id="n", time=time, kind="note", text="x")


@pytest.mark.parametrize(
    ("time", "where"),
    [
        (99.0, ("before", None, None)),
        (105.0, ("during", None, None)),
        (115.0, ("during", "encoding", None)),
        (125.0, ("during", None, None)),
        (135.0, ("during", "training", 1)),
        (145.0, ("during", "training", 2)),
        (155.0, ("during", None, None)),
        (161.0, ("after", None, None)),
    ],
)
def test_a_note_falls_where_its_time_lies(
    tmp_path: Path, time: float, where: tuple[str, str | None, int | None]
) -> None:
    placed = place(record(tmp_path), note(time))
    assert (placed.when, placed.phase, placed.epoch) == where


def test_a_note_after_a_run_was_killed_came_after_it(tmp_path: Path) -> None:
    run = record(tmp_path, last=4)
    assert run.closing is None
    assert place(run, note(139.0)).epoch == 1
    assert place(run, note(500.0)).when == "after"


def test_a_note_while_an_epoch_goes_on_falls_into_it(tmp_path: Path) -> None:
    with (
        Writer.create(tmp_path, engine="cached", seed=1, config={}) as writer,
        writer.phase("training"),
    ):
        writer.write(ev.Epoch(epoch=1))
        later = append_note(tmp_path / "notes.jsonl", "note", "still going")
        placed = place(read_run(writer.path), later)
        assert (placed.when, placed.phase, placed.epoch) == ("during", "training", 2)


def test_nothing_is_said_of_when_imported_figures_came_about(tmp_path: Path) -> None:
    run = record(tmp_path, engine="import")
    assert {place(run, note(time)).when for time in (50.0, 135.0, 500.0)} == {"apart"}


def test_the_notes_beside_a_run_are_those_of_its_own_folder(tmp_path: Path) -> None:
    run = record(tmp_path)
    assert notes_beside(run) == ()
    taken = append_note(Folder(tmp_path).notes_path, "note", "x")
    assert notes_beside(run) == (taken,)


def test_a_record_that_lies_elsewhere_has_no_notes_beside_it(tmp_path: Path) -> None:
    run = record(tmp_path)
    append_note(Folder(tmp_path).notes_path, "note", "x")
    (tmp_path / "inbox").mkdir()
    moved = tmp_path / "inbox" / "x"
    run.path.parent.rename(moved)
    assert notes_beside(read_run(moved)) == ()
