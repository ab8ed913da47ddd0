"""What the trained model says of the reviews: figures for the record, a line a review beside it.

A model whose loss became NaN gives no probabilities. Its answer then counts as the notebook's
``argmax`` has it, the first label, so that the confusion matrix agrees with the accuracy; but it
has no confidence, and takes no part in calibration, mistakes and unseen reviews.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from typing import overload

import torch
from torch import Tensor

from journal.record import events as ev

BINS = 10
MISTAKES = 10
LONGEST_TEXT = 500
UNSEEN = 15
"""Reviews of the lab's test file that are predicted."""

_AT_ONCE = 4096

_EDGES = [edge / BINS for edge in range(BINS + 1)]


@dataclass(frozen=True)
class Answer:
    """What the model says of one review.

    Attributes:
        predicted: the label's index.
        probabilities: of each label, from the softmax; NaN where the logits are.
        confidence: the predicted label's probability; None where that is no number.
    """

    predicted: int
    probabilities: tuple[float, ...]
    confidence: float | None


def answers(logits: Tensor) -> Sequence[Answer]:
    """Read answers off logits of shape (reviews, labels)."""
    return _Answers(logits)


class _Answers(Sequence[Answer]):
    """Made when they are looked at: until then a review takes as many numbers as it has labels."""

    def __init__(self, logits: Tensor) -> None:
        self._predicted = logits.argmax(dim=1)
        self._probabilities = torch.softmax(logits.double(), dim=1)

    def __len__(self) -> int:
        return len(self._predicted)

    @overload
    def __getitem__(self, place: int) -> Answer: ...
    @overload
    def __getitem__(self, place: slice) -> list[Answer]: ...
    def __getitem__(self, place: int | slice) -> Answer | list[Answer]:
        if isinstance(place, slice):
            chosen = zip(
                self._predicted[place].tolist(), self._probabilities[place].tolist(), strict=True
            )
            return [_answer(best, row) for best, row in chosen]
        return _answer(int(self._predicted[place]), self._probabilities[place].tolist())

    def __iter__(self) -> Iterator[Answer]:
        for start in range(0, len(self), _AT_ONCE):
            yield from self[start : start + _AT_ONCE]


def _answer(best: int, row: list[float]) -> Answer:
    return Answer(best, tuple(row), row[best] if row[best] == row[best] else None)


def predictions_event(
    found: Sequence[Answer],
    labels: Sequence[int],
    texts: Sequence[str],
    names: Sequence[str],
    file: str | None = None,
) -> ev.Predictions:
    """Figures of the validation split, every review of it counted.

    Args:
        found: what the model says of each review.
        labels: the true label of each, an index into ``names``.
        texts: the reviews.
        names: what the labels are called.
        file: the side file that holds the answers themselves.
    """
    confusion = [[0] * len(names) for _ in names]
    for answer, label in zip(found, labels, strict=True):
        confusion[label][answer.predicted] += 1
    return ev.Predictions(
        labels=tuple(names),
        confusion=tuple(map(tuple, confusion)),
        scores=tuple(_score(confusion, label, name) for label, name in enumerate(names)),
        calibration=_calibration(found, labels),
        mistakes=_mistakes(found, labels, texts, names),
        file=file,
    )


def _score(confusion: list[list[int]], label: int, name: str) -> ev.LabelScore:
    right = confusion[label][label]
    predicted, support = sum(row[label] for row in confusion), sum(confusion[label])
    return ev.LabelScore(
        label=name,
        precision=right / predicted if predicted else None,
        recall=right / support if support else None,
        support=support,
    )


def _calibration(found: Sequence[Answer], labels: Sequence[int]) -> tuple[ev.CalibrationBin, ...]:
    """Confidence against accuracy in ten bins of equal width (M. P. Naeini et al., AAAI 2015)."""
    counts, rights, sures = [0] * BINS, [0] * BINS, [0.0] * BINS
    for answer, label in zip(found, labels, strict=True):
        if answer.confidence is not None:
            place = bisect_left(_EDGES, answer.confidence) - 1
            counts[place] += 1
            rights[place] += answer.predicted == label
            sures[place] += answer.confidence
    return tuple(
        ev.CalibrationBin(
            lower=lower,
            upper=upper,
            count=count,
            confidence=sure / count if count else None,
            accuracy=right / count if count else None,
        )
        for lower, upper, count, right, sure in zip(
            _EDGES, _EDGES[1:], counts, rights, sures, strict=False
        )
    )


def _mistakes(
    found: Sequence[Answer], labels: Sequence[int], texts: Sequence[str], names: Sequence[str]
) -> tuple[ev.Mistake, ...]:
    wrong = (
        (-answer.confidence, row, answer.predicted)
        for row, (answer, label) in enumerate(zip(found, labels, strict=True))
        if answer.confidence is not None and answer.predicted != label
    )
    return tuple(
        ev.Mistake(
            text=texts[row][:LONGEST_TEXT],
            label=names[labels[row]],
            predicted=names[predicted],
            confidence=-turned,
        )
        for turned, row, predicted in nsmallest(MISTAKES, wrong)
    )


def unseen_event(
    found: Sequence[Answer], texts: Sequence[str], names: Sequence[str], source: str
) -> ev.UnseenPredictions:
    """What the model says of reviews without labels; those without an answer are left out.

    Args:
        found: what the model says of each review.
        texts: the reviews.
        names: what the labels are called.
        source: the file they come from, by its name.
    """
    return ev.UnseenPredictions(
        source=source,
        reviews=tuple(
            ev.UnseenPrediction(
                text=text[:LONGEST_TEXT],
                predicted=names[answer.predicted],
                confidence=answer.confidence,
            )
            for answer, text in zip(found, texts, strict=True)
            if answer.confidence is not None
        ),
    )


def as_lines(
    found: Sequence[Answer], labels: Sequence[int], texts: Sequence[str], names: Sequence[str]
) -> Iterator[bytes]:
    """The answers as JSON, one line for each review in the order of the split.

    ``probabilities`` are in the order of the labels; one that is no number is the string ``"NaN"``.
    """
    for answer, label, text in zip(found, labels, texts, strict=True):
        line = json.dumps(
            {
                "text": text[:LONGEST_TEXT],
                "label": names[label],
                "predicted": names[answer.predicted],
                "confidence": answer.confidence,
                "probabilities": [ev.number_to_json(p) for p in answer.probabilities],
            },
            ensure_ascii=False,
        )
        yield f"{line}\n".encode()
