"""What a finished run came to, for each metric that a student can state an expectation of."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from journal.analysis import figures
from journal.analysis.curves import Metric, Point, curve, lowest, recorded
from journal.analysis.intervals import wilson
from journal.analysis.sample import validation_size
from journal.analysis.statement import Evidence, Value, evidence_of
from journal.record import events as ev
from journal.record.run import Run


@dataclass(frozen=True)
class Outcome:
    """How one metric came out.

    Attributes:
        name: what it is called in a sentence.
        value: in the unit that expectations use; NaN and infinity as they were recorded.
        shown: the same as a reader sees it.
        write: turns a figure in that unit into text.
        rounds: trailing zeros of an expected whole number are not meant to the last digit.
        epoch: where it was recorded, for figures of one epoch.
        interval: the 95 % Wilson interval, for accuracies on a sample of known size.
    """

    name: str
    value: float
    shown: Value
    write: Callable[[float], str]
    rounds: bool = False
    epoch: Value | None = None
    interval: tuple[float, float] | None = None


def outcome(run: Run, metric: str) -> Outcome | None:
    """How ``metric`` came out, or None where the record does not tell or the run was cut short.

    A run that stopped before its time never came to an outcome, so nothing can be held against it.
    The figures of a curve are those of its last epoch; where that epoch lacks one, there is none.
    """
    if run.status != "completed":
        return None
    find = _OUTCOMES.get(metric)
    return find(run) if find else None


def _last(metric: Metric, name: str) -> Callable[[Run], Outcome | None]:
    def find(run: Run) -> Outcome | None:
        points = recorded(run, metric)
        if not points or points[-1].epoch != run.epochs[-1].epoch:
            return None
        return _of_point(run, metric, name, points[-1])

    return find


def _best(metric: Metric, name: str) -> Callable[[Run], Outcome | None]:
    def find(run: Run) -> Outcome | None:
        points = curve(run, metric)
        if not points:
            return None
        if metric == "val_loss":
            best = lowest(points)
        else:
            best = max(points, key=lambda point: (point.value, -point.epoch))
        return _of_point(run, metric, name, best)

    return find


def _of_point(run: Run, metric: Metric, name: str, point: Point) -> Outcome:
    write = figures.accuracy if metric.endswith("accuracy") else figures.loss
    evidence = (point.evidence,)
    return Outcome(
        name,
        point.value,
        Value(write(point.value), evidence),
        write,
        epoch=Value(str(point.epoch), evidence),
        interval=_interval(run, metric, point.value),
    )


def _interval(run: Run, metric: Metric, value: float) -> tuple[float, float] | None:
    if not metric.endswith("accuracy") or not math.isfinite(value):
        return None
    if metric == "val_accuracy":
        size = validation_size(run)
        n = size[0] if size else 0
    else:
        n = (run.data.train or 0) if run.data else 0
    return wilson(value * n, n) if n else None


def _best_epoch(run: Run) -> Outcome | None:
    points = curve(run, "val_loss")
    if not points:
        return None
    best = lowest(points)
    shown = Value(str(best.epoch), (best.evidence,))
    return Outcome("the best epoch", best.epoch, shown, lambda value: f"{value:g}")


def _seconds(run: Run) -> Outcome | None:
    closing = run.closing
    if closing is None or closing.seconds is None:
        return None
    shown = Value(figures.seconds(closing.seconds), (evidence_of(run, closing, "seconds"),))
    return Outcome("the time of the run", closing.seconds, shown, figures.seconds, rounds=True)


def _peak_memory(run: Run) -> Outcome | None:
    samples: list[tuple[int, Evidence]] = [
        (event.rss_bytes, evidence_of(run, event, "rss_bytes")) for event in run.all(ev.Memory)
    ]
    samples += [
        (event.peak_rss_bytes, evidence_of(run, event, "peak_rss_bytes"))
        for event in run.all(ev.PhaseFinished)
        if event.peak_rss_bytes
    ]
    if not samples:
        return None
    peak, evidence = max(samples, key=lambda sample: sample[0])
    return Outcome(
        "peak memory",
        peak / 1e6,
        Value(figures.size(peak), (evidence,)),
        lambda megabytes: figures.size(megabytes * 1e6),
        rounds=True,
    )


_OUTCOMES: dict[str, Callable[[Run], Outcome | None]] = {
    "val_accuracy": _last("val_accuracy", "validation accuracy"),
    "val_loss": _last("val_loss", "validation loss"),
    "train_accuracy": _last("train_accuracy", "training accuracy"),
    "train_loss": _last("train_loss", "training loss"),
    "best_epoch": _best_epoch,
    "best_val_loss": _best("val_loss", "the lowest validation loss"),
    "best_val_accuracy": _best("val_accuracy", "the highest validation accuracy"),
    "seconds": _seconds,
    "peak_memory_mb": _peak_memory,
}
