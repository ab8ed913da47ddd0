"""Reviews as token ids: cut to what the model takes, counted, and shown piece by piece."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Any

from journal.record import events as ev

_WINDOW = 32
"""Characters for each token that a model takes: beyond so many, a text is read in part first."""

PICTURED = 24
"""Pieces of a review, special ones included, of which a picture can be made."""

_CANDIDATES = 200
"""Reviews that are looked at for one to show."""


@dataclass(frozen=True)
class Tokens:
    """Tokenized reviews, unpadded, in the order given.

    Attributes:
        ids: the token ids of each review, special tokens included, at most the model's limit.
        truncated: whether the review lost its end to the limit.
        read: how many of its characters the ids stand for.
    """

    ids: list[list[int]]
    truncated: list[bool]
    read: list[int]

    def first(self, number: int) -> Tokens:
        """The first so many reviews of these."""
        return Tokens(self.ids[:number], self.truncated[:number], self.read[:number])


def tokenize(tokenizer: Any, texts: Sequence[str]) -> Tokens:
    """Turn reviews into token ids with a fast tokenizer, truncated to its ``model_max_length``.

    The ids are those of the lab's ``tokenizer(texts, truncation=True)``; padding is the engine's.
    """
    encodings = _encode(tokenizer, texts)
    return Tokens(
        ids=[encoding.ids for encoding in encodings],
        truncated=[bool(encoding.overflowing) for encoding in encodings],
        read=[_read(encoding, text) for encoding, text in zip(encodings, texts, strict=True)],
    )


def _encode(tokenizer: Any, texts: Sequence[str]) -> list[Any]:
    """Encode texts without tokenizing millions of characters that are cut off anyway.

    A long text is first read up to a word's end within a window. When that part alone fills the
    model twice over, what follows cannot change what is kept; otherwise the window grows.
    """
    longest = tokenizer.model_max_length
    window = _WINDOW * longest
    encodings = list(tokenizer([_head(text, window) for text in texts], truncation=True).encodings)
    for i, text in enumerate(texts):
        seen = window
        while seen < len(text) and len(encodings[i].overflowing) < 2:
            seen *= 4
            encodings[i] = tokenizer([_head(text, seen)], truncation=True).encodings[0]
    return encodings


def _head(text: str, window: int) -> str:
    """The text's first `window` characters, without the word that the end would cut in two."""
    if len(text) <= window:
        return text
    head = text[:window]
    return head[: head.rfind(" ")] if " " in head else head


def _read(encoding: Any, text: str) -> int:
    """How many characters of a text are left of it in its encoding."""
    return max(end for _, end in encoding.offsets) if encoding.overflowing else len(text)


def token_lengths(ids: Sequence[Sequence[int]], truncated: int) -> ev.TokenLengths:
    """Statistics of the lengths as the model reads them: after truncation, before padding.

    Args:
        ids: of each review, special tokens included.
        truncated: how many of the reviews lost their end.

    Raises:
        ValueError: there are no reviews.
    """
    lengths = [len(own) for own in ids]
    return ev.TokenLengths(
        mean=fmean(lengths), median=median(lengths), longest=max(lengths), truncated=truncated
    )


def telling_review(tokenizer: Any, texts: Sequence[str]) -> str:
    """The first review that fits into a picture and has a word cut in several pieces.

    Where there is none among the first, one that fits; where none fits, the first.

    Raises:
        ValueError: there are no reviews.
    """
    if not texts:
        raise ValueError("there are no reviews")
    fitting = []
    for text in texts[:_CANDIDATES]:
        encoding = _encode(tokenizer, [text])[0]
        if len(encoding.ids) <= PICTURED and not encoding.overflowing:
            words = [word for word in encoding.word_ids if word is not None]
            if len(set(words)) < len(words):
                return text
            fitting.append(text)
    return fitting[0] if fitting else texts[0]


def pieces(tokenizer: Any, text: str) -> ev.Pieces:
    """How one review is cut into token pieces, special tokens included, truncated alike.

    Of a truncated review the record keeps the part that the model reads.
    """
    encoding = _encode(tokenizer, [text])[0]
    return ev.Pieces(
        text=text[: _read(encoding, text)],
        pieces=tuple(encoding.tokens),
        ids=tuple(encoding.ids),
        words=tuple(encoding.word_ids),
        starts=tuple(start for start, _ in encoding.offsets),
        ends=tuple(end for _, end in encoding.offsets),
    )
