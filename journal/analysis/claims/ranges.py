"""Ranges whose two ends are true but are told the wrong way round."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from journal.analysis.claims.facts import CURVES, Facts
from journal.analysis.claims.judging import Judgment, direction
from journal.analysis.claims.reading import Reading


def whole_ranges(
    readings: Sequence[Reading], judged: Sequence[Judgment], runs: Sequence[Facts]
) -> list[Judgment]:
    """The judgments with ``direction_error`` where "rose from … to …" is a fall on record.

    Both ends must fit, so that the words can be held against the figures that they themselves give.
    """
    made = list(judged)
    for place in range(1, len(made)):
        own, before = readings[place], None
        if own.pair == "to":
            before = next(
                (at for at in range(place - 1, -1, -1) if readings[at].pair == "from"), None
            )
        if before is None:
            continue
        first, second = made[before], made[place]
        if not (first.good and second.good and first.metric == second.metric):
            continue
        if first.metric not in CURVES or first.run != second.run:
            continue
        way = direction(own.way, second.metric)
        moved = (second.recorded or 0.0) - (first.recorded or 0.0)
        if way and moved * way < 0:
            made[place] = replace(second, verdict="direction_error")
    return made
