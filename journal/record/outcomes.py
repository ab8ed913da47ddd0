"""The events that say what came of a run: what the trained model says of reviews.

Units and numbers are those of :mod:`journal.record.events`, which is where to import them from.
"""

from __future__ import annotations

from typing import Literal

from journal.record.event import Event, Part
from journal.record.numbers import Count, Fraction, Number, Seconds


class Mistake(Part):
    """A review the model is confidently wrong about."""

    text: str
    """At most 500 characters."""
    label: str
    predicted: str
    confidence: Fraction


class CalibrationBin(Part):
    """Predictions whose confidence lies in (lower, upper]."""

    lower: Fraction
    upper: Fraction
    count: Count
    confidence: Fraction | None = None
    accuracy: Fraction | None = None


class LabelScore(Part):
    """Precision and recall of one label; null when nothing was predicted or nothing was there."""

    label: str
    precision: Fraction | None
    recall: Fraction | None
    support: Count


class Predictions(Event):
    """What the trained model says of a split with known labels."""

    event: Literal["predictions"] = "predictions"
    split: Literal["validation", "test"] = "validation"
    labels: tuple[str, ...]
    confusion: tuple[tuple[Count, ...], ...]
    """Rows are true labels, columns predicted ones, in the order of ``labels``."""
    scores: tuple[LabelScore, ...] = ()
    calibration: tuple[CalibrationBin, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    """The most confident first, at most ten."""
    file: str | None = None
    """Side file beside the record, one JSON object a review."""


class UnseenPrediction(Part):
    """One review without a known label, or with one that was not used."""

    text: str
    predicted: str
    confidence: Fraction
    label: str | None = None


class UnseenPredictions(Event):
    """The lab's fifteen test reviews and what the model says of them."""

    event: Literal["unseen_predictions"] = "unseen_predictions"
    source: str
    reviews: tuple[UnseenPrediction, ...]


class Pieces(Event):
    """How one review is cut into token pieces."""

    event: Literal["pieces"] = "pieces"
    text: str
    pieces: tuple[str, ...]
    """As they stand in the vocabulary."""
    ids: tuple[Count, ...]
    words: tuple[Count | None, ...] = ()
    """Which word of the text, from 0, each piece is of; null for special pieces."""
    starts: tuple[Count, ...] = ()
    """At which character of the text each piece begins."""
    ends: tuple[Count, ...] = ()
    """Behind which it ends; a special piece begins and ends at 0."""


class Attention(Event):
    """Where the trained model's attention goes in one short review.

    Shares are means over the heads of a layer, rounded to four decimals; all of a piece's attention
    is 1.
    """

    event: Literal["attention"] = "attention"
    text: str
    label: str | None = None
    """Null for a review without a known label."""
    predicted: str
    confidence: Fraction
    pieces: tuple[str, ...]
    """As they stand in the vocabulary, special ones too; at most 24."""
    words: tuple[Count | None, ...] = ()
    starts: tuple[Count, ...] = ()
    ends: tuple[Count, ...] = ()
    """These three as in ``pieces``."""
    heads: Count
    received: tuple[tuple[Fraction, ...], ...]
    """For each layer that a text passes, what each piece receives: the mean over the pieces that
    look."""
    weights: tuple[tuple[Fraction, ...], ...]
    """In the last layer: a row for each piece that looks, a column for each that is looked at."""


class Baseline(Event):
    """A simple classifier on the run's own split, for the model to be held against."""

    event: Literal["baseline"] = "baseline"
    name: Literal["majority", "tfidf", "lstm"]
    """Always the commonest label, TF-IDF with logistic regression, or a small BiLSTM."""
    val_accuracy: Fraction
    """Over every validation review, also those that an epoch leaves out as its last batch."""
    val_loss: Number | None = None
    parameters: Count | None = None
    seconds: Seconds
    """Training and validation together."""
    reviews: Count
    """Validation reviews it was asked about."""
    only_model_right: Count | None = None
    """Of these, how many the run's model has right and the baseline wrong; null where the run made
    no predictions. With ``only_baseline_right`` all that a paired test needs."""
    only_baseline_right: Count | None = None
