"""Reviews as token ids: cut to what the model takes, counted, and shown piece by piece."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Any

from journal.record import events as ev


@dataclass(frozen=True)
class Tokens:
    """Tokenized reviews, unpadded, in the order given.

    Attributes:
        ids: the token ids of each review, special tokens included, at most the model's limit.
        truncated: whether the review lost its end to the limit.
    """

    ids: list[list[int]]
    truncated: list[bool]


def tokenize(tokenizer: Any, texts: Sequence[str]) -> Tokens:
    """Turn reviews into token ids with a fast tokenizer, truncated to its ``model_max_length``.

    The ids are those of the lab's ``tokenizer(texts, truncation=True)``; padding is the engine's.
    """
    encodings = tokenizer(list(texts), truncation=True).encodings
    return Tokens(
        ids=[encoding.ids for encoding in encodings],
        truncated=[bool(encoding.overflowing) for encoding in encodings],
    )


def token_lengths(tokens: Tokens) -> ev.TokenLengths:
    """Statistics of the lengths as the model reads them: after truncation, before padding.

    Raises:
        ValueError: there are no reviews.
    """
    lengths = [len(ids) for ids in tokens.ids]
    return ev.TokenLengths(
        mean=fmean(lengths),
        median=median(lengths),
        longest=max(lengths),
        truncated=sum(tokens.truncated),
    )


def pieces(tokenizer: Any, text: str) -> ev.Pieces:
    """How one review is cut into token pieces, special tokens included, truncated alike."""
    encoding = tokenizer([text], truncation=True).encodings[0]
    return ev.Pieces(text=text, pieces=tuple(encoding.tokens), ids=tuple(encoding.ids))
