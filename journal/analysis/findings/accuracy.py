"""What the final accuracy and the model's confidence are worth on this validation split."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist

from journal.analysis import figures
from journal.analysis.finding import Finding
from journal.analysis.findings import values
from journal.analysis.sample import Sample, final_accuracy
from journal.analysis.statement import Evidence, Statement, Value, state
from journal.record import events as ev
from journal.record.run import Run

WIDEST = 0.05
"""Width of the interval, in accuracy, beyond which the validation set is called small."""
_ONE_IN_A_HUNDRED = NormalDist().inv_cdf(0.99)


def small_validation_set(run: Run) -> Finding | None:
    """The 95 % Wilson interval of the final accuracy is wider than 5 points.

    The interval is for one accuracy taken by itself. Two models on the same reviews can be told
    apart better than this, since they share the hard ones.
    """
    sample = final_accuracy(run)
    if sample is None or sample.interval[1] - sample.interval[0] <= WIDEST:
        return None
    size = Value(figures.count(sample.n), sample.where)
    return Finding(
        id="small_validation_set",
        kind="fact",
        section="critical-reflection",
        statement=state(
            "On {n} validation reviews, an accuracy of {accuracy} is uncertain: "
            "its 95% interval runs from {interval}.",
            n=size,
            accuracy=values.shown(sample.accuracy),
            interval=interval_of(sample),
        ),
        questions=(
            state(
                "Had {n} other reviews been held back, the accuracy might well have come out "
                "anywhere from {interval}: which of your conclusions would survive that?",
                n=size,
                interval=interval_of(sample),
            ),
        ),
        weight=35,
    )


def overconfident(run: Run) -> Finding | None:
    """Mean confidence on the validation split exceeds accuracy beyond sampling error.

    Were the model calibrated, each review would be answered rightly with a chance equal to its
    confidence, so that the number right would have the mean of the confidences' sum and the
    variance of the sum of c(1 - c). The excess must be one that happens to a calibrated model less
    often than once in a hundred. Source: D. J. Spiegelhalter (1986), "Probabilistic prediction in
    patient management and clinical trials", doi:10.1002/sim.4780050506. The bins give c by its
    mean within each bin, which makes the variance a little too large and the test a little
    cautious. The mean over all reviews hides a model that is too sure of some and not of others.

    Measured (``make bench ARGS=findings``): 50 of 50 found, 0 of 239 wrong. True is there an
    excess of four standard errors on more than a thousand reviews held back.
    """
    predictions = run.predictions
    bins = predictions.calibration if predictions else ()
    held = [b for b in bins if b.count and b.confidence is not None and b.accuracy is not None]
    total = sum(b.count for b in held)
    if predictions is None or not total or total != sum(b.count for b in bins):
        return None
    sure = sum(b.count * (b.confidence or 0.0) for b in held)
    right = sum(b.count * (b.accuracy or 0.0) for b in held)
    spread = sqrt(sum(b.count * (b.confidence or 0.0) * (1 - (b.confidence or 0.0)) for b in held))
    # Half a review more, because answers are counted in whole ones.
    if not sure - right > _ONE_IN_A_HUNDRED * spread + 0.5:
        return None
    confidence = Value(figures.accuracy(sure / total), _bins(run, predictions, "confidence"))
    accuracy = Value(figures.accuracy(right / total), _bins(run, predictions, "accuracy"))
    return Finding(
        id="overconfident",
        kind="warning",
        section="critical-reflection",
        statement=state(
            "On the validation reviews the model's mean confidence was {confidence}, its accuracy "
            "{accuracy}.",
            confidence=confidence,
            accuracy=accuracy,
        ),
        questions=(
            state(
                "This model is {confidence} sure on average and right on {accuracy} of the "
                "reviews: what should a person who relies on its confidence be told?",
                confidence=confidence,
                accuracy=accuracy,
            ),
        ),
        weight=65,
    )


def _bins(run: Run, predictions: ev.Predictions, metric: str) -> tuple[Evidence, ...]:
    line = run.line_of(predictions)
    return tuple(
        Evidence(run.id, line, f"predictions.calibration.{number}.{field}", getattr(held, field))
        for number, held in enumerate(predictions.calibration)
        for field in ("count", metric)
        if held.count
    )


def interval_of(sample: Sample) -> Statement:
    """``0.840 to 0.920``, the 95 % interval of an accuracy."""
    evidence = (sample.accuracy.evidence, *sample.where)
    lower, upper = (Value(figures.accuracy(end), evidence) for end in sample.interval)
    return state("{lower} to {upper}", lower=lower, upper=upper)
