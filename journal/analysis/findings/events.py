"""What happened to a run: memory that ran out, restarts, errors, and losses that are no numbers.

These are records of events, not inferences: each finding holds exactly when its event stands in the
record. Several events of a kind make one finding, which tells how many there were and the last or
first of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from journal.analysis import figures
from journal.analysis.curves import NAMES, Metric, Point, recorded
from journal.analysis.finding import Finding
from journal.analysis.findings import values
from journal.analysis.statement import Evidence, Statement, Value, evidence_of, state, text
from journal.record import events as ev
from journal.record.run import Run

_LONGEST = 200


def out_of_memory(run: Run) -> Finding | None:
    """Memory did not allow what was tried; what was changed and what it cost, as recorded."""
    found = run.all(ev.OutOfMemory)
    if not found:
        return None
    first, last = found[0], found[-1]
    told = [
        state(
            "Memory ran out{times}{place} with {tried}",
            times=_times(run, found, "tried"),
            place=_place(run, first, first.phase, first.epoch),
            tried=_words(run, first, "tried"),
        )
    ]
    if last.changed is not None:
        then = "tried next" if len(found) == 1 else "tried in the end"
        told.append(state(then + ": {it}", it=_words(run, last, "changed")))
    told += _lost(run, found)
    return Finding(
        id="out_of_memory",
        kind="warning",
        section="challenges",
        statement=_joined(told),
        questions=(
            state(
                "Memory was not enough for {tried}: what takes up that memory, and what does it "
                "cost the model to make do with less?",
                tried=_words(run, first, "tried"),
            ),
        ),
        weight=75,
    )


def restart(run: Run) -> Finding | None:
    """The run went on after it had stopped; the work that was done again is the recorded one."""
    found = run.all(ev.Restart)
    if not found:
        return None
    last = found[-1]
    evidence = (evidence_of(run, last, "from_epoch"),)
    if last.from_epoch:
        place = state("epoch {epoch}", epoch=Value(str(last.from_epoch), evidence))
    else:
        place = state("{none} finished epoch", none=Value(figures.word(0), evidence))
    told = [
        state(
            "The run was taken up again{times} after {place}",
            times=_times(run, found, "from_epoch"),
            place=place,
        )
    ]
    if last.reason:
        told.append(state("reason: {it}", it=_words(run, last, "reason")))
    told += _lost(run, found)
    return Finding(
        id="restart",
        kind="warning",
        section="challenges",
        statement=_joined(told),
        questions=(
            state(
                "The run stopped and went on after {place}: how did you notice, and what makes "
                "you sure that nothing was lost or counted twice?",
                place=place,
            ),
        ),
        weight=60,
    )


def exception(run: Run) -> Finding | None:
    """An error ended the run; its type and message are the recorded ones, shortened."""
    found = run.all(ev.ExceptionRaised)
    if not found:
        return None
    last = found[-1]
    return Finding(
        id="exception",
        kind="warning",
        section="challenges",
        statement=state(
            "An error stopped the run{times}{place}: {kind}{message}.",
            times=_times(run, found, "type"),
            place=_place(run, last, last.phase, last.epoch),
            kind=_words(run, last, "type"),
            message=state(" ({it})", it=_words(run, last, "message"))
            if last.message.strip()
            else text(""),
        ),
        questions=(
            state(
                "What does {kind} mean in your own words, and what in this run brought it about?",
                kind=_words(run, last, "type"),
            ),
        ),
        weight=95,
    )


def non_finite_loss(run: Run) -> Finding | None:
    """A training or validation loss is NaN or infinite.

    Only what stands in the record counts: a trainer that writes 0.0 in place of a NaN (as
    transformers' Trainer does by default) hides it from us.
    """
    curves: list[Metric] = ["train_loss", "val_loss"]
    bad = [
        (metric, tuple(p for p in recorded(run, metric) if not math.isfinite(p.value)))
        for metric in curves
    ]
    found = [(NAMES[metric], points) for metric, points in bad if points]
    if not found:
        return None
    spans = {tuple((p.epoch, str(values.shown(p))) for p in points) for _, points in found}
    if len(found) == 2 and len(spans) == 1:
        # One clause for both, each figure with the evidence of the two.
        told = [_no_number(run, "training and validation loss", found[0][1], found[1][1])]
    else:
        told = [_no_number(run, name, points) for name, points in found]
    first = min((points[0] for _, points in bad if points), key=lambda point: point.epoch)
    return Finding(
        id="non_finite_loss",
        kind="warning",
        section="challenges",
        statement=_joined(told),
        questions=(
            state(
                "What can turn a loss into {shown} by epoch {epoch}, and which one change would "
                "you try first?",
                shown=values.shown(first),
                epoch=values.epoch(first),
            ),
        ),
        weight=94,
        about="failing",
    )


def _no_number(
    run: Run, name: str, points: Sequence[Point], others: Sequence[Point] = ()
) -> Statement:
    """Where a loss was no finite number, or two losses, ``others`` being those of the second."""
    first, last = points[0], points[-1]

    def place(number: int) -> Value:
        told = [series[number] for series in (points, others) if series]
        return Value(str(told[0].epoch), tuple(point.evidence for point in told))

    were = "were" if others else "was"
    if len(points) == 1:
        return state(
            "{name} {were} {shown} at epoch {epoch}",
            name=name,
            were=were,
            shown=Value(str(values.shown(first)), tuple(p.evidence for p in (first, *others[:1]))),
            epoch=place(0),
        )
    whole = len(points) == sum(1 for e in run.epochs if first.epoch <= e.epoch <= last.epoch)
    if whole:
        return state(
            "{name} {were} not {kind} from epoch {first} to epoch {last}",
            name=name,
            were=were,
            kind="finite numbers" if others else "a finite number",
            first=place(0),
            last=place(-1),
        )
    evidence = tuple(point.evidence for point in (*points, *others))
    return state(
        "{name} {were} not {kind} in {count} between epoch {first} and epoch {last}",
        name=name,
        were=were,
        kind="finite numbers" if others else "a finite number",
        count=Value(values.counted(len(points), "epoch"), evidence),
        first=place(0),
        last=place(-1),
    )


def _joined(parts: Sequence[Statement]) -> Statement:
    """Clauses as one sentence."""
    pieces: list[str | Value] = []
    for number, part in enumerate(parts):
        pieces += ["; ", *part.parts] if number else part.parts
    if isinstance(pieces[0], str):
        pieces[0] = pieces[0][:1].upper() + pieces[0][1:]
    return Statement((*pieces, "."))


def _times(run: Run, events: Sequence[ev.Event], metric: str) -> Statement:
    if len(events) == 1:
        return text("")
    evidence = _each(run, events, metric)
    return state(" {times}", times=Value(values.counted(len(events), "time"), evidence))


def _each(run: Run, events: Iterable[ev.Event], metric: str) -> tuple[Evidence, ...]:
    return tuple(evidence_of(run, event, metric) for event in events)


def _place(run: Run, event: ev.Event, phase: str | None, epoch: int | None) -> Statement:
    place = text(f" during {_short(phase)}" if phase and phase.strip() else "")
    if not epoch:
        return place
    number = Value(str(epoch), (evidence_of(run, event, "epoch"),))
    return state("{place} (epoch {epoch})", place=place, epoch=number)


def _lost(run: Run, events: Sequence[ev.OutOfMemory] | Sequence[ev.Restart]) -> list[Statement]:
    known = [event for event in events if event.seconds_lost is not None]
    total = sum(event.seconds_lost or 0.0 for event in known)
    if not known:
        return []
    lost = Value(figures.seconds(total), _each(run, known, "seconds_lost"))
    return [state("time lost: {lost}", lost=lost)]


def _words(run: Run, event: ev.Event, metric: str) -> Value:
    """Words of the record, on one line and not too many of them."""
    return Value(_short(str(getattr(event, metric))) or "?", (evidence_of(run, event, metric),))


def _short(words: str) -> str:
    line = " ".join(words[: 4 * _LONGEST].split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1].rstrip() + "…"
