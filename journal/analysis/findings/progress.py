"""Whether the run was done at its end, or would have gone on.

What a change matters is judged against the loss itself: less than a hundredth of it matters to
nobody, and a fiftieth is where these rules draw the line.
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

_MATTERS = 0.02
"""Share of a loss from which a change of it matters."""
_QUARTERS = 1.5
"""Quarters of a run that its last two fifths are, in round figures."""
_OF_FALL = 0.1
"""Share of all that a loss fell within which it counts as standing still: beside a long way down,
a small change does not show."""
_CERTAIN = 2.0


def still_improving(run: Run) -> Finding | None:
    """Both losses are still falling at the last epoch: longer training was not tried.

    For each loss the least-squares line over the last two fifths of the epochs (at least four;
    three of four or five) falls by more than twice its standard error and by a fiftieth of the
    loss for each quarter of the epochs; at the pace of the later half of these, within half a
    standard error, a quarter as many epochs as there were would bring a fiftieth again; and one of
    the last two values is the lowest so far, within twice the noise. With both losses held to it,
    chance passes far less often than the one in forty of each. The fall of validation loss must
    also be more than its reviews show by chance once in twenty
    (:func:`journal.analysis.trend.error_of_change`). Where training fails, this is not said.

    A loss that falls too slowly for its noise is left alone; so a slow run with few reviews may go
    on falling unsaid. It cannot see ahead: the next epoch may be the turn.

    Measured (``make bench ARGS=findings``): 13 of 13 found, 0 of 261 wrong. True is there that
    both losses fell when the run was taken further.
    """
    pair = _both(run)
    if pair is None or divergence(run):
        return None
    if not all(_falling([point.value for point in points]) for points in pair):
        return None
    validation, training = pair
    if not _carried(run, validation, training):
        return None
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
            start=values.of(start),
            last=values.shown(last),
            train_start=values.of(before[-1]),
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
    last third of the epochs (at least three) the line through validation loss moves by no more than
    a fiftieth of its level or a tenth of what it fell in all, and with one standard error by no
    more than twice that; training loss by no more than a sixth of what it fell. Where validation
    loss rises clearly or jumps about, training fails, or both losses are still falling, this is
    not said.

    Measured (``make bench ARGS=findings``): 58 of 59 found, 0 of 180 wrong.
    """
    pair = _both(run)
    if pair is None or overfitting(run) or unstable_validation(run) or divergence(run):
        return None
    if still_improving(run):
        return None
    validation, training = pair
    losses = [point.value for point in validation]
    size = validation_size(run)
    level = trend.lowest_level(losses)
    learned = losses[0] - level
    least = trend.resolution(level, size[0] if size else trend.USUAL_VALIDATION)
    if not (learned > least and learned > trend.BEYOND_NOISE * trend.noise(losses)):
        return None
    end = max(3, math.ceil(len(losses) / 3))
    if not _standing(losses, end, max(_MATTERS * level, _OF_FALL * learned)):
        return None
    trained = [point.value for point in training[-end:]]
    fell = training[0].value - min(point.value for point in training)
    if abs(trend.fall_over(trained)) > max(_MATTERS * trained[-1], fell / 6):
        return None
    tail = validation[-end:]
    evidence = tuple(point.evidence for point in tail)
    low, high = min(tail, key=lambda p: p.value), max(tail, key=lambda p: p.value)
    between = "between {low} and {high}"
    return Finding(
        id="converged",
        kind="fact",
        section="learning-insights",
        statement=state(
            "Validation loss fell from {first} and stayed "
            + ("at {low}" if str(values.shown(low)) == str(values.shown(high)) else between)
            + " in the last {count}.",
            first=values.of(validation[0]),
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


def _falling(losses: Sequence[float]) -> bool:
    sigma = trend.noise(losses)
    end = _end(len(losses))
    least = _MATTERS * abs(losses[-1])
    fall = trend.fall_over(losses[-end:])
    half = max(min(3, end - 1), end // 2)
    pace = (trend.fall_over(losses[-half:]) + 0.5 * trend.error_of_fall(sigma, half)) / (half - 1)
    return (
        fall > _CERTAIN * trend.error_of_fall(sigma, end)
        and fall >= _QUARTERS * least
        and pace * max(2, math.ceil(len(losses) / 4)) >= least
        and min(losses[-2:]) <= min(losses) + _CERTAIN * sigma
        and losses[-1] < losses[-end]
    )


def _carried(run: Run, validation: Sequence[Point], training: Sequence[Point]) -> bool:
    """The fall of validation loss over the end is more than its reviews show by chance."""
    falls = [
        trend.fall_over([point.value for point in points[-_end(len(points)) :]])
        for points in (validation, training)
    ]
    size = validation_size(run)
    error = trend.error_of_change(sum(falls), size[0] if size else trend.USUAL_VALIDATION)
    return falls[0] > trend.ONE_IN_TWENTY * error


def _standing(losses: Sequence[float], end: int, most: float) -> bool:
    moved = abs(trend.fall_over(losses[-end:]))
    return moved <= most and moved + trend.error_of_fall(trend.noise(losses), end) <= 2 * most
