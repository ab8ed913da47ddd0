"""Where a time falls in a run, in words."""

from __future__ import annotations

from journal.analysis.statement import Evidence, Statement, Value, evidence_of, state, text
from journal.record import events as ev
from journal.record.run import Run


def when(run: Run, time: float) -> Statement:
    """Where ``time`` (seconds since the Unix epoch) falls in ``run``, to follow a note.

    ``during epoch 3 (training)``, ``while loading model``, ``before the run`` … The times of an
    imported record are those of the import, so nothing is placed by them.
    """
    if run.header.engine == "import":
        return text("not placed: imported figures do not tell when the run took place")
    if time < run.started:
        return text("before the run")
    if time > run.ended:
        return text("after the run" if run.closing else "after the last recorded event of the run")
    phase, epoch = run.moment(time)
    if epoch is not None:
        number = Value(str(epoch), (_epoch_evidence(run, epoch),))
        return state("during epoch {epoch} (training)", epoch=number)
    if phase is None:
        return text("during the run, between two phases")
    return text(f"while {phase}" if phase.split(" ")[0].endswith("ing") else f"during {phase}")


def _epoch_evidence(run: Run, number: int) -> Evidence:
    """The epoch itself, or for one that was never finished what the record has instead."""
    for event in run.epochs:
        if event.epoch == number:
            return evidence_of(run, event, "epoch", number)
    before = [event for event in run.epochs if event.epoch < number]
    if before:
        return evidence_of(run, before[-1], "epoch", before[-1].epoch)
    start = [event for event in run.all(ev.PhaseStarted) if event.phase == "training"]
    return evidence_of(run, start[-1], "phase")
