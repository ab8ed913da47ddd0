"""What went wrong when, and how long it took until it worked."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from journal.analysis.timeline import MOST, timeline
from journal.record import events as ev
from journal.record.notes import Note
from journal.record.run import Run, numbered

SHORTAGE = {"phase": "training", "tried": "batch of 32 reviews", "error": "not enough memory"}


def run_of(
    name: str,
    start: float,
    *events: ev.AnyEvent,
    end: float | None = None,
    status: ev.Status = "completed",
    engine: str = "cached",
) -> Run:
    made: list[ev.AnyEvent] = [
        ev.RunStarted(time=start, run_id=name, engine=engine, program="test"),
        *events,
    ]
    if end is not None:
        made.append(ev.RunFinished(time=end, status=status, seconds=end - start, seal="0" * 64))
    return Run(Path(f"runs/{name}/record.jsonl"), numbered(made))


def note(time: float, kind: Literal["note", "challenge", "expectation"]) -> Note:
    return Note(id=f"n{int(time)}", time=time, kind=kind, text="in the student's words")


def told(*runs: Run, notes: tuple[Note, ...] = ()) -> list[str]:
    return [
        f"{moment.time:g} {moment.kind}: {moment.what}"
        + (f" ({moment.after})" if moment.after else "")
        for moment in timeline(runs, notes)
    ]


def test_a_run_that_went_well_has_no_story() -> None:
    assert told(run_of("one", 100, end=140), notes=(note(120, "note"),)) == []


def test_trouble_that_a_run_got_over_tells_what_it_cost() -> None:
    shortage = ev.OutOfMemory(time=110, changed="16 reviews", seconds_lost=4.2, **SHORTAGE)
    restart = ev.Restart(time=120, from_epoch=3, seconds_lost=9.0)
    assert told(run_of("one", 100, shortage, restart, end=140)) == [
        "100 begun: run one began",
        "110 trouble: memory ran out while training: batch of 32 reviews (4.20 s lost)",
        "120 trouble: run one went on after epoch 3 (9.00 s lost)",
        "140 worked: run one was completed",
    ]


def test_a_run_that_failed_is_followed_to_the_next_that_was_completed() -> None:
    failed = run_of("one", 100, ev.OutOfMemory(time=110, **SHORTAGE), end=112, status="failed")
    cut_off = run_of("two", 200, ev.PhaseStarted(time=210, phase="training"))
    worked = run_of("three", 300, end=352)
    assert told(worked, failed, cut_off) == [
        "100 begun: run one began",
        "110 trouble: memory ran out while training: batch of 32 reviews"
        " (4 min 2 s until a run was completed)",
        "112 trouble: run one failed (4 min 0 s until a run was completed)",
        "200 begun: run two began",
        "210 trouble: run two was cut off (2 min 22 s until a run was completed)",
        "300 begun: run three began",
        "352 worked: run three was completed",
    ]


def test_trouble_that_nothing_came_after_says_so() -> None:
    lines = told(run_of("one", 100, end=110), run_of("two", 200, end=210, status="failed"))
    assert lines[-1] == "210 trouble: run two failed (no run was completed after it)"


def test_a_challenge_is_trouble_and_a_note_stands_beside_it_under_its_number() -> None:
    notes = (note(90, "note"), note(120, "challenge"))
    assert told(run_of("one", 100, end=140), notes=notes) == [
        "90 note: note 1 taken down",
        "100 begun: run one began",
        "120 trouble: challenge 2 taken down",
        "140 worked: run one was completed",
    ]


def test_every_figure_leads_to_the_events_it_comes_from() -> None:
    failed = run_of("one", 100, end=112, status="failed")
    worked = run_of("two", 300, end=352)
    after = next(m.after for m in timeline((failed, worked), ()) if m.after)
    assert [(e.run_id, e.line) for e in after.evidence] == [("one", 2), ("two", 2)]


def test_figures_imported_from_elsewhere_are_left_out() -> None:
    imported = run_of("one", 100, end=100, engine="import")
    assert told(imported, notes=(note(120, "challenge"),)) == [
        "120 trouble: challenge 1 taken down"
    ]


def test_a_long_story_keeps_its_beginning_and_its_end() -> None:
    events = [
        ev.OutOfMemory(time=101 + n, changed="less", seconds_lost=1.0, **SHORTAGE)
        for n in range(100)
    ]
    moments = timeline((run_of("one", 100, *events, end=500),), ())
    assert len(moments) == MOST
    assert (moments[0].kind, moments[-1].kind) == ("begun", "worked")
