"""Pieces of sentences that several detectors use: numbers with their evidence."""

from __future__ import annotations

from collections.abc import Sequence

from journal.analysis import figures
from journal.analysis.curves import Point
from journal.analysis.statement import Statement, Value, state


def counted(number: int, noun: str) -> str:
    """A number with its noun: ``one epoch``, ``twelve epochs``."""
    return f"{figures.word(number)} {noun}" + ("" if number == 1 else "s")


def epoch(point: Point) -> Value:
    """The number of the point's epoch."""
    return Value(str(point.epoch), (point.evidence,))


def shown(point: Point) -> Value:
    """The point's figure, a loss or an accuracy, as a reader sees it."""
    write = figures.accuracy if point.metric.endswith("accuracy") else figures.loss
    return Value(write(point.value), (point.evidence,))


def at(point: Point) -> Statement:
    """``epoch 8 (0.344)``."""
    return state("epoch {epoch} ({value})", epoch=epoch(point), value=shown(point))


def of(point: Point) -> Statement:
    """``0.344 at epoch 8``."""
    return state("{value} at epoch {epoch}", epoch=epoch(point), value=shown(point))


def listed(items: Sequence[Statement]) -> Statement:
    """Statements in a row: ``a, b, and c``."""
    parts: list[str | Value] = []
    for position, item in enumerate(items):
        if position:
            last = position == len(items) - 1
            parts.append((" and " if len(items) == 2 else ", and ") if last else ", ")
        parts.extend(item.parts)
    return Statement(tuple(parts))
