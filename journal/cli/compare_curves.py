"""Learning curves of several runs in a terminal: bars on one scale, and figures at some epochs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from rich.table import Table
from rich.text import Text

from journal.analysis import figures
from journal.analysis.comparison import Outcome
from journal.analysis.curves import NAMES, Metric, recorded

_BARS = "▁▂▃▄▅▆▇█"
_WIDEST = 20
"""Bars in one curve."""
_COLUMNS = 6
"""Epochs whose figures are written out."""

Curve = dict[int, float]
"""Epoch to figure."""


def learning(
    outcomes: Sequence[Outcome], names: Sequence[str], bars: bool
) -> Iterator[tuple[str, Table]]:
    """A title and a table for each metric that any run recorded; with bars if they can be shown."""
    for metric, called in NAMES.items():
        curves = [
            {point.epoch: point.value for point in recorded(outcome.run, metric)}
            for outcome in outcomes
        ]
        if any(curves):
            yield called.capitalize(), _table(metric, curves, names, bars)


def _table(metric: Metric, curves: Sequence[Curve], names: Sequence[str], bars: bool) -> Table:
    epochs = sorted({epoch for curve in curves for epoch in curve})
    shown = spread(epochs, _COLUMNS)
    write = figures.accuracy if metric.endswith("accuracy") else figures.loss
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("", no_wrap=True)
    if bars:
        table.add_column("", no_wrap=True)
    for position, epoch in enumerate(shown):
        title = f"epoch {epoch}" if not position else str(epoch)
        table.add_column(title, justify="right", no_wrap=True)
    finite = [value for curve in curves for value in curve.values() if math.isfinite(value)]
    for name, curve in zip(names, curves, strict=True):
        drawn = [Text(_drawn(curve, epochs, finite))] if bars else []
        table.add_row(name, *drawn, *(write(curve[e]) if e in curve else "" for e in shown))
    return table


def spread(epochs: Sequence[int], most: int) -> list[int]:
    """At most so many of them, evenly spaced, the first and the last among them."""
    if len(epochs) <= most:
        return list(epochs)
    step = (len(epochs) - 1) / (most - 1)
    return [epochs[round(place * step)] for place in range(most)]


def _drawn(curve: Curve, epochs: Sequence[int], finite: Sequence[float]) -> str:
    """A bar for each of some epochs on the scale of all curves: ``!`` for what is not finite."""
    low, high = min(finite, default=0.0), max(finite, default=0.0)
    signs = []
    for epoch in spread(epochs, _WIDEST):
        value = curve.get(epoch)
        if value is None:
            signs.append(" ")
        elif not math.isfinite(value):
            signs.append("!")
        else:
            # Halved, so that the span of two huge figures does not overflow.
            span = high / 2 - low / 2
            share = (value / 2 - low / 2) / span if span else 0.0
            signs.append(_BARS[round(share * (len(_BARS) - 1))])
    return "".join(signs)
