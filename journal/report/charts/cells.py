"""The table behind a chart: figures of the record in cells, each with its evidence."""

from __future__ import annotations

from collections.abc import Callable

from journal.analysis.statement import Statement, Value, evidence_of, text
from journal.record import events as ev
from journal.record.run import Run

MISSING = text("–")
"""A cell for what was not recorded."""


def value(run: Run, event: ev.Event, metric: str, shown: str) -> Value:
    """One field of one event as a reader sees it."""
    epoch = event.epoch if isinstance(event, ev.Epoch) else None
    return Value(shown, (evidence_of(run, event, metric, epoch),))


def cell(run: Run, event: ev.Event, metric: str, write: Callable[[float], str]) -> Statement:
    """A cell with one field of one event, or :data:`MISSING`."""
    recorded = getattr(event, metric)
    if recorded is None:
        return MISSING
    return Statement((value(run, event, metric, write(recorded)),))


def thinned(number: int, most: int) -> set[int]:
    """Evenly spaced positions out of ``number``, the first and the last among them."""
    if number <= most:
        return set(range(number))
    return {round(n * (number - 1) / (most - 1)) for n in range(most)}
