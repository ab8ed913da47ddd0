"""What went wrong when, and how long until it worked: runs and notes in one order of time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from journal.analysis import figures
from journal.analysis.statement import Evidence, Statement, Value, evidence_of, state, text
from journal.record import events as ev
from journal.record.notes import Note
from journal.record.run import Run

MOST = 24
"""Moments that a reader takes in; of a longer story the first and the last are told."""

Kind = Literal["trouble", "worked", "begun", "note"]


@dataclass(frozen=True)
class Moment:
    """One point of the story.

    Attributes:
        time: seconds since the Unix epoch.
        kind: ``trouble``: something failed; ``worked``: a run was completed; ``begun``: one began;
            ``note``: the student took something down.
        what: what happened, in the tool's words.
        after: what came of it: seconds lost, or the time until a run was completed; None where
            nothing did.
    """

    time: float
    kind: Kind
    what: Statement
    after: Statement | None = None


def timeline(runs: Sequence[Run], notes: Sequence[Note]) -> tuple[Moment, ...]:
    """The story of some runs and of what was noted meanwhile, oldest first.

    Trouble is an attempt that memory did not allow, a restart, an error, a run that was not
    completed, and a note that the student called a challenge. Without any there is no story, and
    nothing is given. After trouble that a run did not get over by itself stands the time until the
    next run was completed. Times are those of the machine's clock, which may have been set.

    Args:
        runs: in any order; imported figures, whose times are those of the import, are left out.
        notes: notes and challenges, in the order in which they are numbered.
    """
    lived = [run for run in runs if run.header.engine != "import"]
    completed = sorted(
        (run.ended, evidence_of(run, run.closing, "time"))
        for run in lived
        if run.closing is not None and run.status == "completed"
    )
    moments = [moment for run in lived for moment in _of_run(run, completed)]
    moments += [
        Moment(
            note.time,
            "trouble" if note.kind == "challenge" else "note",
            text(f"{note.kind} {number} taken down"),
        )
        for number, note in enumerate(notes, 1)
        if note.kind in {"note", "challenge"}
    ]
    if not any(moment.kind == "trouble" for moment in moments):
        return ()
    moments.sort(key=lambda moment: moment.time)
    if len(moments) > MOST:
        moments = moments[: MOST // 2] + moments[-(MOST // 2) :]
    return tuple(moments)


_Completed = Sequence[tuple[float, Evidence]]


def _of_run(run: Run, completed: _Completed) -> Iterator[Moment]:
    name = text(f"run {run.id}")
    yield Moment(run.started, "begun", state("{run} began", run=name))
    for line in run.lines:
        event = line.event
        if isinstance(event, ev.OutOfMemory):
            what = state("memory ran out while {phase}: {tried}", phase=event.phase,
                         tried=event.tried)  # fmt: skip
            after = (
                _lost(run, event) if event.changed else _until(event.time, run, event, completed)
            )
            yield Moment(event.time, "trouble", what, after)
        elif isinstance(event, ev.Restart):
            epoch = Value(str(event.from_epoch), (evidence_of(run, event, "from_epoch"),))
            what = state("{run} went on after epoch {epoch}", run=name, epoch=epoch)
            yield Moment(event.time, "trouble", what, _lost(run, event))
        elif isinstance(event, ev.ExceptionRaised):
            what = text(f"{event.type}" + (f" while {event.phase}" if event.phase else ""))
            yield Moment(event.time, "trouble", what, _until(event.time, run, event, completed))
    last = run.lines[-1].event
    if run.status == "completed":
        yield Moment(run.ended, "worked", state("{run} was completed", run=name))
    else:
        what = state("{run} {how}", run=name,
                     how="failed" if run.status == "failed" else "was cut off")  # fmt: skip
        yield Moment(run.ended, "trouble", what, _until(run.ended, run, last, completed))


def _lost(run: Run, event: ev.OutOfMemory | ev.Restart) -> Statement | None:
    if event.seconds_lost is None:
        return None
    lost = Value(figures.seconds(event.seconds_lost), (evidence_of(run, event, "seconds_lost"),))
    return state("{lost} lost", lost=lost)


def _until(time: float, run: Run, event: ev.AnyEvent, completed: _Completed) -> Statement | None:
    for ended, evidence in completed:
        if ended > time:
            took = Value(figures.seconds(ended - time), (evidence_of(run, event, "time"), evidence))
            return state("{took} until a run was completed", took=took)
    return text("no run was completed after it") if completed or run.status != "completed" else None
