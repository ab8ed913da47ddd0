"""Where attention goes in a few short reviews, for the record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from journal.record import events as ev
from training.predictions import Answer
from training.tokens import PICTURED, pieces, tokenize
from training.waiting import quiet_libraries

_DIGITS = 4
_LONGEST = 32 * PICTURED
"""Characters from which on a review is not even tokenized to see whether a picture holds it."""


@dataclass(frozen=True)
class Answered:
    """A review and what the trained model says of it.

    Attributes:
        text: the review.
        label: what it is; None where that is not known.
        predicted: what the model says.
        confidence: of that, 0..1; None where it is no number.
    """

    text: str
    label: str | None
    predicted: str
    confidence: float | None


def answered(
    found: Iterable[Answer],
    labels: Iterable[int | None],
    texts: Iterable[str],
    names: Sequence[str],
) -> Iterator[Answered]:
    """Reviews, their labels as indices into ``names``, and what the model says of them."""
    for answer, label, text in zip(found, labels, texts, strict=True):
        own = None if label is None else names[label]
        yield Answered(text, own, names[answer.predicted], answer.confidence)


def attention_events(
    model: Any, tokenizer: Any, shown: str, reviews: Iterable[Answered]
) -> Iterator[ev.Attention]:
    """Look into the review that is shown piece by piece, and into the surest mistake.

    Only reviews that a picture holds are looked into, neither twice. No random number is drawn, and
    the model is left as it was. Nothing is given for a model whose own code does not tell its
    attention, or whose attention is no number.

    Args:
        model: the sequence classifier.
        tokenizer: its tokenizer.
        shown: the text that is shown piece by piece.
        reviews: those to choose from.
    """
    for example in _examples(tokenizer, shown, reviews):
        weights = _attention(model, tokenizer, example.text)
        if weights is None:
            return
        found = pieces(tokenizer, example.text)
        assert example.confidence is not None
        yield ev.Attention(
            text=found.text,
            label=example.label,
            predicted=example.predicted,
            confidence=example.confidence,
            pieces=found.pieces,
            words=found.words,
            starts=found.starts,
            ends=found.ends,
            heads=weights.shape[1],
            received=_rows(weights.mean((1, 2))),
            weights=_rows(weights[-1].mean(0)),
        )


def _examples(tokenizer: Any, shown: str, reviews: Iterable[Answered]) -> list[Answered]:
    first: Answered | None = None
    wrong: Answered | None = None
    surest = -1.0
    for own in reviews:
        if own.confidence is None or len(own.text) > _LONGEST:
            continue
        if first is None and own.text == shown and _fits(tokenizer, own.text):
            first = own
        missed = own.label is not None and own.label != own.predicted
        if missed and own.confidence > surest and _fits(tokenizer, own.text):
            wrong, surest = own, own.confidence
    if first is not None and wrong is not None and first.text == wrong.text:
        return [first]
    return [own for own in (first, wrong) if own is not None]


def _fits(tokenizer: Any, text: str) -> bool:
    tokens = tokenize(tokenizer, [text])
    return len(tokens.ids[0]) <= PICTURED and not tokens.truncated[0]


def _attention(model: Any, tokenizer: Any, text: str) -> Tensor | None:
    """Shares, (layers, heads, pieces, pieces), on the processor: rows look, columns are looked at.

    None where the model's own code does not tell them, or tells something else.
    """
    encoder = model.base_model
    device = next(encoder.parameters()).device
    ids = torch.tensor(tokenize(tokenizer, [text]).ids[0][None], device=device)
    training, manner = encoder.training, encoder.config._attn_implementation
    encoder.eval()
    try:
        with quiet_libraries(), torch.inference_mode():
            # What is fast does not say where attention went.
            encoder.set_attn_implementation("eager")
            output = encoder(ids, attention_mask=torch.ones_like(ids), output_attentions=True)
    finally:
        encoder.train(training)
        with quiet_libraries():
            encoder.set_attn_implementation(manner)
    told = getattr(output, "attentions", None) or ()
    square, kind = (ids.shape[1], ids.shape[1]), {getattr(own, "shape", None) for own in told}
    if len(kind) != 1 or (shape := kind.pop()) is None or tuple(shape[2:]) != square:
        return None
    weights = torch.cat(list(told)).cpu().double()
    return weights if weights.isfinite().all() else None


def _rows(shares: Tensor) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(round(own, _DIGITS) for own in row) for row in shares.tolist())
