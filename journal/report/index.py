"""The evidence index: every recorded event that a sentence, cell, or chart of a report rests on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from itertools import islice

from journal.analysis.statement import Evidence, Statement
from journal.record import events as ev
from journal.record.run import Run
from journal.report.model import IndexEntry

MOST = 24
"""Figures of one event that are listed. A line of attention holds hundreds that nobody reads here;
the record has them."""


def clock(time: float) -> str:
    """A time as the report shows it: ``2026-11-23 19:15:02 UTC``."""
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def evidence_in(part: object) -> Iterator[Evidence]:
    """Every evidence of every statement anywhere inside a piece of a report, in reading order."""
    if isinstance(part, Statement):
        yield from part.evidence
    elif isinstance(part, tuple | list):
        for piece in part:
            yield from evidence_in(piece)
    elif is_dataclass(part):
        for field in fields(part):
            yield from evidence_in(getattr(part, field.name))


def build_index(runs: Sequence[Run], parts: Sequence[object]) -> tuple[IndexEntry, ...]:
    """One entry for each event used, run by run in the order given, by line.

    The anchor of an event of the first run is ``e`` and its line; further runs add their number.
    """
    used: dict[str, dict[int, dict[str, str]]] = {run.id: {} for run in runs}
    for part in parts:
        for evidence in evidence_in(part):
            shown = used[evidence.run_id].setdefault(evidence.line, {})
            shown[evidence.metric] = _unrounded(evidence.value)
    entries = []
    for number, run in enumerate(runs, 1):
        prefix = "e" if number == 1 else f"r{number}e"
        by_line = {line.number: line.event for line in run.lines}
        for line, figures in sorted(used[run.id].items()):
            event = by_line[line]
            entries.append(
                IndexEntry(
                    anchor=f"{prefix}{line}",
                    run_id=run.id,
                    line=line,
                    event=_name(event),
                    time=event.time,
                    # The entry names the event already.
                    figures=tuple(
                        (metric.removeprefix(f"{event.event}."), shown)
                        for metric, shown in islice(figures.items(), MOST)
                    ),
                    more=_more(len(figures) - MOST),
                )
            )
    return tuple(entries)


def _name(event: ev.AnyEvent) -> str:
    if isinstance(event, ev.Epoch):
        return f"epoch {event.epoch}"
    if isinstance(event, ev.PhaseStarted | ev.PhaseFinished):
        return f"{event.event.replace('_', ' ')}: {event.phase}"
    return event.event.replace("_", " ")


def _more(number: int) -> str:
    return f"and {number:,} more on this line" if number > 0 else ""


def _unrounded(value: float | int | str | None) -> str:
    if isinstance(value, float):
        value = ev.number_to_json(value)
    return value if isinstance(value, str) else json.dumps(value)
