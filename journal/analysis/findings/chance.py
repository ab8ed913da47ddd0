"""Whether the model knows more than a constant answer does."""

from __future__ import annotations

from statistics import median

from journal.analysis import figures, trend
from journal.analysis.curves import Point, curve, recorded
from journal.analysis.finding import Finding
from journal.analysis.findings import values
from journal.analysis.findings.accuracy import interval_of
from journal.analysis.findings.curve_facts import FEWEST
from journal.analysis.intervals import wilson
from journal.analysis.sample import (
    Commonest,
    Sample,
    commonest_label,
    final_accuracy,
    guessing,
    validation_size,
)
from journal.analysis.statement import Statement, Value, state, text
from journal.record.run import Run

_FLAT = 0.02
"""Share of the loss of a guess within which the curve's lowest level and its end must lie. A model
whose every answer is the commonest label, at the labels' true shares, goes that far below ln 2 only
when one label has more than 0.58 of the reviews."""
_STRAY = 0.05
"""The same for every single epoch."""


def chance_level(run: Run) -> Finding | None:
    """The final validation accuracy does not beat always answering the commonest label.

    It holds when the commonest label's share of the validation split lies above the lower end of
    the accuracy's 95 % Wilson interval: a one-sided test at 2.5 %. The share needs no interval of
    its own, for the constant answer is scored on these same reviews. Where the size of the split
    is not known, it holds when the accuracy is no higher than the share. On a very small split a
    model that has learned something may be caught too, and then the sentence is still true: it
    cannot be told.

    Where the share is not known, an accuracy of 0.6 may be good or bad. Then the loss tells: it
    holds when validation loss, in at least four epochs, never leaves the loss of a guess by a
    twentieth, neither its lowest level nor its end by a fiftieth, and the final accuracy, where
    there is one, is not surely above that of a guess. A guess costs ln k for k labels, and ln 2
    where their number is not recorded. Where one label is much commoner than the others, a model
    that knows only the labels' shares costs less than that and is not seen.

    Measured (``make bench ARGS=findings``): 54 of 54 found, 0 of 223 wrong.
    """
    common = commonest_label(run, validation_only=True)
    if common is None:
        return _flat(run)
    points = recorded(run, "val_accuracy")
    if not points or points[-1].epoch != run.epochs[-1].epoch:
        return None
    sample = final_accuracy(run)
    if sample is not None:
        return _within(sample, common) if sample.interval[0] <= common.share else None
    last = points[-1]
    if validation_size(run) is not None or not last.value <= common.share:
        return None
    share = Value(figures.accuracy(common.share), common.evidence)
    return _finding(
        state(
            "The final validation accuracy of {accuracy} is no higher than that of {answer}, "
            "which is {share}.",
            accuracy=values.shown(last),
            answer=common.answer,
            share=share,
        ),
        _constant(common, share),
    )


def _within(sample: Sample, common: Commonest) -> Finding:
    share = Value(figures.accuracy(common.share), common.evidence)
    below = sample.interval[1] < common.share
    return _finding(
        state(
            "The final validation accuracy of {accuracy} (95% interval {interval}) "
            + ("lies below" if below else "cannot be told from")
            + " that of {answer}, which is {share}.",
            accuracy=values.shown(sample.accuracy),
            interval=interval_of(sample),
            answer=common.answer,
            share=share,
        ),
        _constant(common, share),
    )


def _constant(common: Commonest, share: Value) -> Statement:
    return state(
        "{Answer} reaches {share} on these reviews: which figure of this run could show whether "
        "the model has learned anything else?",
        Answer=common.answer[0].upper() + common.answer[1:],
        share=share,
    )


def _flat(run: Run) -> Finding | None:
    """The same from the loss alone."""
    points, guess = curve(run, "val_loss"), guessing(run)
    if len(points) < FEWEST or points[-1].epoch != run.epochs[-1].epoch:
        return None
    losses = [point.value for point in points]
    off = [abs(loss - guess.loss) / guess.loss for loss in losses]
    below = 1 - trend.lowest_level(losses) / guess.loss
    ended = abs(median(losses[-3:]) / guess.loss - 1)
    if max(off) > _STRAY or max(below, ended) > _FLAT:
        return None
    if _beats_a_guess(run, guess.labels):
        return None
    low, high = (pick(points, key=_loss) for pick in (min, max))
    evidence = tuple(point.evidence for point in points)
    base = Value(figures.loss(guess.loss), (guess.evidence,) if guess.evidence else evidence)
    among = (
        state("{k} labels", k=Value(figures.word(guess.labels), (guess.evidence,)))
        if guess.evidence
        else text("two labels")
    )
    return _finding(
        state(
            "Validation loss stayed between {low} and {high} in all {epochs}; a guess among "
            "{among} costs {base}.",
            low=values.shown(low),
            high=values.shown(high),
            epochs=Value(values.counted(len(points), "epoch"), evidence),
            among=among,
            base=base,
        ),
        state(
            "A guess among {among} costs {base} and this run ended at {last}: what would you look "
            "at first to find out why it learned so little?",
            among=among,
            base=base,
            last=values.shown(points[-1]),
        ),
    )


def _loss(point: Point) -> float:
    return point.value


def _beats_a_guess(run: Run, labels: int) -> bool:
    """The final accuracy lies above that of a guess, beyond sampling error."""
    points = curve(run, "val_accuracy")
    if not points:
        return False
    size = validation_size(run)
    n = size[0] if size else trend.USUAL_VALIDATION
    return wilson(points[-1].value * n, n)[0] > 1 / labels


def _finding(statement: Statement, question: Statement) -> Finding:
    return Finding(
        id="chance_level",
        kind="warning",
        section="critical-reflection",
        statement=statement,
        questions=(question,),
        weight=84,
        about="constant answer",
    )
