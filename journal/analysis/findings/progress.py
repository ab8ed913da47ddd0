"""Whether the run was done at its end, or would have gone on.

The pace of a loss is judged against its own: had it fallen as far as it did on a straight line, its
pace would be its *average pace*, from the first value to the lowest over all epochs. The *end* is
the last two fifths of the epochs, at least four of them (three where there are only four or five).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from journal.analysis import trend
from journal.analysis.curves import Metric, Point, curve
from journal.analysis.finding import Finding
from journal.analysis.findings import values
from journal.analysis.findings.curve_facts import FEWEST
from journal.analysis.findings.curve_shape import overfitting, unstable_validation
from journal.analysis.findings.failing import divergence
from journal.analysis.sample import validation_size
from journal.analysis.statement import Value, state
from journal.record.run import Run

_STILL = 0.3
"""Share of its average pace at which a loss counts as still falling."""
_NO_MORE = 0.2
"""Share of its average pace at which a loss counts as standing still."""
_CERTAIN = 2.0


def still_improving(run: Run) -> Finding | None:
    """Both losses are still falling at the last epoch: longer training was not tried.

    For each loss the least-squares line over the end falls by more than twice its standard error
    and at three tenths of the average pace or more; its later half is not slower than that by more
    than half a standard error; and one of the last two values is the lowest so far, within twice
    the noise. With both losses held to it, chance passes far less often than the one in forty of
    each.

    A loss that falls too slowly for its noise, or that had its fall long ago, is left alone; so a
    slow run with few reviews may go on falling unsaid.
    """
    pair = _both(run)
    if pair is None or not all(_falling([point.value for point in points]) for points in pair):
        return None
    validation, training = pair
    start, last = validation[-_end(len(validation))], validation[-1]
    before = [point for point in training if point.epoch <= start.epoch] or list(training[:1])
    return Finding(
        id="still_improving",
        kind="warning",
        section="learning-insights",
        statement=state(
            "Both losses were still falling at the last epoch, {epoch}: validation loss from "
            "{start} to {last}, training loss from {train_start} to {train_last}.",
            epoch=values.epoch(last),
            start=values.at(start),
            last=values.shown(last),
            train_start=values.at(before[-1]),
            train_last=values.shown(training[-1]),
        ),
        questions=(
            state(
                "Where do you think validation loss, {last} at epoch {epoch}, would go with as "
                "many epochs again, and by what sign would you stop?",
                last=values.shown(last),
                epoch=values.epoch(last),
            ),
        ),
        weight=55,
        about="stopping",
    )


def converged(run: Run) -> Finding | None:
    """The last epochs changed nothing that matters, after real learning.

    Real learning: validation loss began above its lowest level by more than noise and by more than
    its reviews can show (:func:`journal.analysis.trend.resolution`). Nothing that matters: over the
    end the line through validation loss moves at less than a fifth of the average pace, and within
    one standard error at less than two fifths; training loss at less than twice that. Where
    validation loss rises clearly or jumps about, or training fails, this is not said.
    """
    pair = _both(run)
    if pair is None or overfitting(run) or unstable_validation(run) or divergence(run):
        return None
    validation, training = pair
    losses = [point.value for point in validation]
    size = validation_size(run)
    level = trend.lowest_level(losses)
    learned = losses[0] - level
    least = trend.resolution(level, size[0] if size else trend.USUAL_VALIDATION)
    if not (learned > least and learned > trend.BEYOND_NOISE * trend.noise(losses)):
        return None
    if not (_standing(losses, 1.0) and _standing([point.value for point in training], 2.0)):
        return None
    tail = validation[-_end(len(validation)) :]
    evidence = tuple(point.evidence for point in tail)
    low, high = min(tail, key=lambda p: p.value), max(tail, key=lambda p: p.value)
    return Finding(
        id="converged",
        kind="fact",
        section="learning-insights",
        statement=state(
            "Validation loss fell from {first} and stayed between {low} and {high} in the last "
            "{count}.",
            first=values.at(validation[0]),
            low=values.shown(low),
            high=values.shown(high),
            count=Value(values.counted(len(tail), "epoch"), evidence),
        ),
        questions=(
            state(
                "Nothing much changed after epoch {start}: what would have to be different for "
                "this model to get below {low}?",
                start=values.epoch(tail[0]),
                low=values.shown(low),
            ),
        ),
        weight=45,
    )


def _both(run: Run) -> tuple[tuple[Point, ...], tuple[Point, ...]] | None:
    """Validation and training loss, if both are known up to the last epoch."""
    names: tuple[Metric, Metric] = ("val_loss", "train_loss")
    validation, training = (curve(run, name) for name in names)
    for points in (validation, training):
        if len(points) < FEWEST or points[-1].epoch != run.epochs[-1].epoch:
            return None
    return validation, training


def _end(n: int) -> int:
    """How many of ``n`` epochs are the end."""
    return max(4 if n > 5 else 3, math.ceil(0.4 * n))


def _average_pace(losses: Sequence[float]) -> float:
    return (losses[0] - min(losses)) / (len(losses) - 1)


def _falling(losses: Sequence[float]) -> bool:
    sigma = trend.noise(losses)
    end = _end(len(losses))
    least = _STILL * _average_pace(losses)
    fall = trend.fall_over(losses[-end:])
    half = max(min(3, end - 1), end // 2)
    lately = trend.fall_over(losses[-half:]) + 0.5 * trend.error_of_fall(sigma, half)
    return (
        fall > _CERTAIN * trend.error_of_fall(sigma, end)
        and fall >= least * (end - 1)
        and lately >= least * (half - 1)
        and min(losses[-2:]) <= min(losses) + _CERTAIN * sigma
        and losses[-1] < losses[-end]
    )


def _standing(losses: Sequence[float], times: float) -> bool:
    end = _end(len(losses))
    most = times * _NO_MORE * _average_pace(losses) * (end - 1)
    moved = abs(trend.fall_over(losses[-end:]))
    return moved <= most and moved + trend.error_of_fall(trend.noise(losses), end) <= 2 * most
