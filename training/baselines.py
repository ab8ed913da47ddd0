"""Simple classifiers on the run's own split, for the model to be held against.

``majority`` always answers the commonest label of the training split. ``tfidf`` weighs words and
pairs of words and draws a straight line between the labels: TF-IDF with logistic regression.
``lstm`` is the small network of :mod:`training.lstm`. All learn from the training split alone; what
could be chosen about them was chosen on the training split of ``amazon-snippets``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import cast

import numpy as np
import numpy.typing as npt

from journal.record import DataError
from journal.record import events as ev
from training.config import BaselineName
from training.data import Split
from training.words import WORD, words

_STRENGTH = 10.0
"""Inverse of the penalty on weights. In ten-fold cross-validation on 1,800 training snippets 1 gave
an accuracy of 0.760, 3 0.789, 10 0.800 and 30 0.807."""
_MOST_TERMS = 100_000
_MOST_STEPS = 1000

Answers = tuple[npt.NDArray[np.float64], int]
"""Log-probabilities (validation reviews, labels), and the number of parameters learned."""


def run_baselines(
    names: Sequence[BaselineName],
    split: Split,
    label_names: Sequence[str],
    predicted: Sequence[int] | None,
    seed: int,
) -> list[ev.Baseline]:
    """Train baselines and ask them about every validation review.

    Nothing random of the caller is touched. On 1,800 snippets all three take some seconds; time and
    memory grow with the number of reviews.

    Args:
        names: which, in this order.
        split: the run's own split.
        label_names: what the labels are called; their number is what counts here.
        predicted: the label that the run's model gives each validation review, in their order; None
            where it gave none.
        seed: of the BiLSTM.

    Raises:
        DataError: the training split holds nothing that a classifier could learn from.
        ValueError: ``predicted`` is not about these reviews.
    """
    if predicted is not None and len(predicted) != len(split.val_texts):
        raise ValueError(f"{len(predicted)} predictions for {len(split.val_texts)} reviews")
    return [_run(name, split, len(label_names), predicted, seed) for name in names]


def _run(
    name: BaselineName, split: Split, labels: int, predicted: Sequence[int] | None, seed: int
) -> ev.Baseline:
    began = perf_counter()
    log_probabilities, parameters = _FITS[name](split, labels, seed)
    truth = np.array(split.val_labels)
    right = log_probabilities.argmax(axis=1) == truth
    seconds = perf_counter() - began
    model_right = None if predicted is None else np.array(predicted) == truth
    return ev.Baseline(
        name=name,
        val_accuracy=float(right.mean()),
        val_loss=float(-log_probabilities[np.arange(len(truth)), truth].mean()),
        parameters=parameters,
        seconds=seconds,
        reviews=len(truth),
        only_model_right=None if model_right is None else int((model_right & ~right).sum()),
        only_baseline_right=None if model_right is None else int((right & ~model_right).sum()),
    )


def _majority(split: Split, labels: int, _seed: int) -> Answers:
    """The first of the commonest labels; its loss is that of stating each label's share.

    That is the least loss that can be had without reading a word.
    """
    counts = np.bincount(split.train_labels, minlength=labels)
    return np.tile(_log(counts / counts.sum()), (len(split.val_labels), 1)), 0


def _tfidf(split: Split, labels: int, _seed: int) -> Answers:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    _check_learnable(split)
    terms = TfidfVectorizer(
        ngram_range=(1, 2), sublinear_tf=True, token_pattern=WORD, max_features=_MOST_TERMS
    )
    model = LogisticRegression(C=_STRENGTH, max_iter=_MOST_STEPS)
    # The steps are too small to share: a second thread made them thirty times slower.
    with threadpool_limits(1):
        model.fit(terms.fit_transform(split.train_texts), split.train_labels)
        given = model.predict_proba(terms.transform(split.val_texts))
    probabilities = np.zeros((len(split.val_texts), labels))
    probabilities[:, model.classes_] = given
    return _log(probabilities), model.coef_.size + model.intercept_.size


def _lstm(split: Split, labels: int, seed: int) -> Answers:
    from training.lstm import lstm_log_probabilities

    answers, parameters = lstm_log_probabilities(split, labels, seed)
    return cast("npt.NDArray[np.float64]", answers.numpy()), parameters


_FITS: dict[BaselineName, Callable[[Split, int, int], Answers]] = {
    "majority": _majority,
    "tfidf": _tfidf,
    "lstm": _lstm,
}


def _check_learnable(split: Split) -> None:
    if len(set(split.train_labels)) < 2:
        raise DataError(
            "the training split has reviews of one label only, so that the tfidf baseline has"
            " nothing to tell apart",
            "use more reviews, or leave tfidf out of --baseline",
        )
    if not any(map(words, split.train_texts)):
        raise DataError(
            "there is not one word in the training split, so that the tfidf baseline has nothing"
            " to learn from",
            "check the column of texts, or leave tfidf out of --baseline",
        )


def _log(probabilities: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The logarithm, -inf for what was held impossible."""
    with np.errstate(divide="ignore"):
        return np.log(probabilities)
