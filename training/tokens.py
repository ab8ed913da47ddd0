"""Reviews as token ids: cut to what the model takes, counted, and shown piece by piece."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from mmap import mmap
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from journal.record import events as ev
from training.halving import TOKENIZING, Halving
from training.ragged import Ragged, RaggedWriter, TokenIds, row_lengths

_AT_ONCE = 2048
"""Reviews that are tokenized together."""

_ROOM, _A_CHARACTER = 32 << 20, 96
"""Bytes that must be free before a tokenizer begins, and for each character that it is given."""

_WINDOW = 32
"""Characters for each token that a model takes: beyond so many, a text is read in part first."""

PICTURED = 24
"""Pieces of a review, special ones included, of which a picture can be made."""

CANDIDATES = 200
"""Reviews that are looked at for one to show."""


@dataclass(frozen=True)
class Tokens:
    """Tokenized reviews, unpadded, in the order given.

    Attributes:
        ids: the token ids of each review, special tokens included, at most the model's limit; they
            lie on the disk.
        truncated: whether the review lost its end to the limit, (reviews,).
        read: how many of its characters the ids stand for, (reviews,).
    """

    ids: Ragged
    truncated: npt.NDArray[np.bool_]
    read: npt.NDArray[np.int64]

    def first(self, number: int) -> Tokens:
        """The first so many reviews of these."""
        return self.part(0, number)

    def part(self, start: int, stop: int) -> Tokens:
        """Some reviews in a row."""
        own = slice(start, stop)
        return Tokens(self.ids[own], self.truncated[own], self.read[own])

    def __add__(self, other: Tokens) -> Tokens:
        """These and then others that were tokenized together with them."""
        return Tokens(
            self.ids + other.ids,
            np.concatenate([self.truncated, other.truncated]),
            np.concatenate([self.read, other.read]),
        )


def tokenize(
    tokenizer: Any,
    texts: Iterable[str],
    folder: Path | None = None,
    halving: Halving | None = None,
) -> Tokens:
    """Turn reviews into token ids with a fast tokenizer, truncated to its ``model_max_length``.

    The ids are those of the lab's ``tokenizer(texts, truncation=True)``; padding is the engine's.
    Memory holds some reviews at a time.

    Args:
        tokenizer: a fast one.
        texts: the reviews.
        folder: where the ids are kept; None for where the system keeps what is temporary.
        halving: the sizes that memory allows.

    Raises:
        ExhaustedError: memory does not suffice for one review by itself.
    """
    halving = halving or Halving()
    ids, truncated, read = RaggedWriter(np.int32, folder), array("b"), array("q")
    left = iter(texts)
    while some := list(islice(left, _AT_ONCE)):
        for own, cut, end in halving.attempt(
            TOKENIZING, len(some), partial(_in_parts, tokenizer, some)
        ):
            ids.append(own)
            truncated.append(cut)
            read.append(end)
    return Tokens(ids.finish(), np.array(truncated, np.bool_), np.array(read, np.int64))


def _in_parts(
    tokenizer: Any, texts: list[str], size: int
) -> list[tuple[npt.NDArray[np.int32], bool, int]]:
    """Ids, whether the end was lost and how much was read, of texts, so many of them at once."""
    found = []
    for start in range(0, len(texts), size):
        part = texts[start : start + size]
        _see_room(sum(min(len(text), _WINDOW * tokenizer.model_max_length) for text in part))
        for encoding, text in zip(_encode(tokenizer, part), part, strict=True):
            ids = np.array(encoding.ids, np.int32)
            found.append((ids, bool(encoding.overflowing), _read(encoding, text)))
    return found


def _see_room(characters: int) -> None:
    """Fail now if there is no memory for so many characters: the tokenizer would end the process.

    Raises:
        MemoryError: there is none.
    """
    try:
        mmap(-1, _ROOM + characters * _A_CHARACTER).close()
    except OSError as error:
        raise MemoryError(f"no room to tokenize {characters:,} characters") from error


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


def token_lengths(ids: Sequence[TokenIds], truncated: int) -> ev.TokenLengths:
    """Statistics of the lengths as the model reads them: after truncation, before padding.

    Args:
        ids: of each review, special tokens included.
        truncated: how many of the reviews lost their end.

    Raises:
        ValueError: there are no reviews.
    """
    if not ids:
        raise ValueError("there are no reviews")
    lengths = np.array(row_lengths(ids))
    return ev.TokenLengths(
        mean=int(lengths.sum()) / len(lengths),
        median=float(np.median(lengths)),
        longest=int(lengths.max()),
        truncated=truncated,
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
    for text in texts[:CANDIDATES]:
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
