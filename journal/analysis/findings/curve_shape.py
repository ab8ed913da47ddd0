"""The shape of the validation curve: a minimum that was passed, and jumps back and forth.

Nothing is said of fewer than four epochs with a finite validation loss.
"""

from __future__ import annotations

from itertools import pairwise
from statistics import median

from journal.analysis import figures, trend
from journal.analysis.curves import Point, curve, lowest
from journal.analysis.finding import Finding
from journal.analysis.findings import values
from journal.analysis.findings.curve_facts import FEWEST
from journal.analysis.findings.failing import divergence
from journal.analysis.sample import validation_size
from journal.analysis.statement import Value, state
from journal.record.run import Run

_JUMP = 0.125
"""Size of a jump, as a share of the curve's level, that a reader of the chart would call one."""
_JUMP_OF_FALL = 0.1
"""The same as a share of what validation loss fell in all: beside a long way down, small jumps do
not show."""
_OFTEN = 0.2
"""Share of the epochs between the first and the last that must be turning points."""


def overfitting(run: Run) -> Finding | None:
    """Validation loss passes a minimum and rises clearly while training loss goes on falling.

    The rise is the curve's end level (median of the last three values) above its lowest level
    (median of the lowest value and its neighbors). It must be more than noise
    (:data:`journal.analysis.trend.BEYOND_NOISE`) and more than so many validation reviews can show
    by chance (:func:`journal.analysis.trend.resolution`), each of which chance alone passes in
    about one of twenty cases; the last value itself must lie above the lowest level; and training
    loss must end below where it was at the minimum by more than its own noise.

    It cannot see a rise in the last epoch alone, nor one smaller than the split can show: with 200
    reviews and a loss of 0.35 that is 0.02. Without training losses nothing is said.

    Measured on small runs and random beginnings of them, whose loss was also known on more than a
    thousand reviews held back (heads of many sizes and rates on a frozen encoder, 50 to 400
    validation reviews). On 151 runs made after the rule was settled it warns of 1.1 % of the 366
    curves where that loss ended less than 2 % above its lowest level, and of 88 % of the 104 where
    it ended a tenth above or more; on the 502 runs the rule was chosen with, of 1.0 % and 86 %.
    """
    points = curve(run, "val_loss")
    if len(points) < FEWEST:
        return None
    losses = [point.value for point in points]
    level = trend.lowest_level(losses)
    size = validation_size(run)
    least = trend.resolution(level, size[0] if size else trend.USUAL_VALIDATION)
    rise = trend.rise(losses)
    if not (rise > least and rise > trend.BEYOND_NOISE * trend.noise(losses)):
        return None
    best, last = lowest(points), points[-1]
    training = _training_since(run, best)
    if training is None or not last.value > level:
        return None
    after = Value(values.counted(last.epoch - best.epoch, "epoch"), (best.evidence, last.evidence))
    return Finding(
        id="overfitting",
        kind="warning",
        section="learning-insights",
        statement=state(
            "Validation loss was lowest at {best} and {last} at epoch {epoch}, while training loss "
            "went from {start} to {end}.",
            best=values.at(best),
            last=values.shown(last),
            epoch=values.epoch(last),
            start=values.shown(training[0]),
            end=values.shown(training[1]),
        ),
        questions=(
            state(
                "Validation loss was lowest at {best} and {last} at epoch {epoch}. What did the "
                "model learn in those {after}?",
                best=values.at(best),
                last=values.shown(last),
                epoch=values.epoch(last),
                after=after,
            ),
        ),
        weight=86,
        about="stopping",
    )


def _training_since(run: Run, best: Point) -> tuple[Point, Point] | None:
    """Training loss at ``best`` and at the end, if it went on falling between them."""
    points = curve(run, "train_loss")
    since = [point for point in points if point.epoch >= best.epoch]
    if len(points) < FEWEST or len(since) < 2 or since[0].epoch != best.epoch:
        return None
    end = median(point.value for point in since[1:][-3:])
    fell = since[0].value - end > trend.noise([point.value for point in points])
    return (since[0], since[-1]) if fell and since[-1].value < since[0].value else None


def unstable_validation(run: Run) -> Finding | None:
    """Validation loss jumps from epoch to epoch by far more than its trend, with no clear rise.

    A turning point is an epoch that validation loss reached by a jump one way and left by a jump
    the other way, each of more than an eighth of the curve's median level and more than a tenth of
    its fall so far. There must be at least two, and they must be a fifth of the epochs between the
    first and the last. A steady curve has none, however steep; white noise of 5 % of the level
    makes one epoch in sixty such a point, noise of 10 % about one in six. The sizes are
    conventions: what a reader of the chart would call a jump.
    """
    points = curve(run, "val_loss")
    if len(points) < FEWEST or overfitting(run) or divergence(run):
        return None
    losses = [point.value for point in points]
    fall = losses[0] - trend.lowest_level(losses)
    size = max(_JUMP * abs(median(losses)), _JUMP_OF_FALL * fall)
    turns = [
        middle
        for before, middle, after in zip(points, points[1:], points[2:], strict=False)
        if min(middle.value - before.value, middle.value - after.value) > size
        or min(before.value - middle.value, after.value - middle.value) > size
    ]
    if len(turns) < max(2.0, _OFTEN * (len(points) - 2)):
        return None
    start, end = max(pairwise(points), key=lambda step: abs(step[1].value - step[0].value))
    every = tuple(point.evidence for point in points)
    return Finding(
        id="unstable_validation",
        kind="warning",
        section="learning-insights",
        statement=state(
            "Validation loss turned back at {turns} of {all} epochs, each time after a jump of "
            "more than {size}; the largest was from {start} to {end}.",
            turns=Value(figures.count(len(turns)), tuple(point.evidence for point in turns)),
            all=Value(figures.count(len(points)), every),
            size=Value(figures.loss(size), every),
            start=values.at(start),
            end=values.at(end),
        ),
        questions=(
            state(
                "What in this run could move validation loss from {start} to {end} between epoch "
                "{before} and epoch {after}?",
                start=values.shown(start),
                end=values.shown(end),
                before=values.epoch(start),
                after=values.epoch(end),
            ),
        ),
        weight=70,
    )
