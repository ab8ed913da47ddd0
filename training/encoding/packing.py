"""Which reviews go together, and where each of their tokens lies: no padding between them.

A chunk is a matrix of tokens, one review after the other, sorted by length. All that works on each
token by itself works on this matrix. Attention alone looks across tokens: for it the reviews of the
same length make a bucket on a processor, and those of about the same length on a GPU, which would
have too many small buckets otherwise.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from training.ragged import TokenIds

KEYS = 16
"""A processor is given a multiple of so many keys: torch's attention goes over a remainder number
by number. Where a review has not so many, its neighbors' stand in, hidden by a mask."""

CUDA_KEYS = 32
"""The same for a GPU; there each review is spread over so many rows."""

_SIZES, _SMALLEST = 16, 16
"""Sizes between a power of two and the next, and the least distance from one to the next."""


@dataclass(frozen=True)
class Bucket:
    """Reviews of a chunk that attend side by side.

    Attributes:
        reviews: their places within the chunk, from and to.
        tokens: their rows of the chunk, from and to.
        length: tokens of each of them; of the longest where they are spread.
        width: keys that each of them is given.
        before: how many of these are its neighbor's before it.
        mask: 0 where a key is the review's own, else -inf: (reviews or 1, 1, 1, width); None where
            all are.
        spread: for each of (reviews * width) rows the token of the chunk that stands there; None
            where the rows of the chunk serve as they are.
        gather: for each token the row on which it stands; None likewise.
    """

    reviews: slice
    tokens: slice
    length: int
    width: int
    before: int = 0
    mask: Tensor | None = None
    spread: Tensor | None = None
    gather: Tensor | None = None


@dataclass(frozen=True)
class Layout:
    """A chunk as the encoder takes it.

    Attributes:
        ids: the piece of each token, (tokens,).
        positions: its place in its review, from 0, (tokens,).
        starts: the first token of each review, (reviews,).
        buckets: in the order of the reviews.
    """

    ids: Tensor
    positions: Tensor
    starts: Tensor
    buckets: tuple[Bucket, ...]


def pack(lengths: Sequence[int], places: Iterable[int], budget: int) -> list[list[int]]:
    """Divide reviews among chunks of at most so many tokens.

    The longest comes first; what room it leaves is given to the longest that fits in. Chunks are so
    nearly all of one size.

    Args:
        lengths: tokens of every review, from 1.
        places: which reviews, by place in ``lengths``.
        budget: tokens in a chunk; a longer review is a chunk by itself.

    Returns:
        The places of each chunk's reviews, shortest first.
    """
    waiting: dict[int, list[int]] = defaultdict(list)
    for place in places:
        waiting[lengths[place]].append(place)
    left = sorted(waiting)
    chunks = []
    while left:
        chunk, room = [waiting[left[-1]].pop()], budget - left[-1]
        if not waiting[left[-1]]:
            left.pop()
        while (fitting := bisect_right(left, room) - 1) >= 0:
            length = left[fitting]
            taken = min(room // length, len(waiting[length]))
            chunk += [waiting[length].pop() for _ in range(taken)]
            room -= taken * length
            if not waiting[length]:
                left.pop(fitting)
        chunks.append(chunk[::-1])
    return chunks


def by_tokens(ids: Sequence[TokenIds], tokens: int) -> Iterator[Sequence[TokenIds]]:
    """Cut reviews, sorted by length, into batches of at most so many tokens, padding included.

    A review with more tokens than that is a batch by itself.
    """
    start = 0
    for end, own in enumerate(ids):
        if end > start and (end + 1 - start) * len(own) > tokens:
            yield ids[start:end]
            start = end
    if start < len(ids):
        yield ids[start:]


def few_sizes(rows: int) -> int:
    """So many rows or up to a sixteenth more, 16 at least: there are few such numbers."""
    step = max(_SMALLEST, (1 << rows.bit_length() - 1) // _SIZES)
    return -(-rows // step) * step


def lay_out(
    ids: Sequence[TokenIds], dtype: torch.dtype, device: torch.device, *, spread: bool
) -> Layout:
    """Lay out a chunk's reviews, which are sorted by length.

    Args:
        ids: the token ids of each review, from 1 token, shortest first.
        dtype: of the masks.
        device: where the encoder is.
        spread: give reviews of about the same length as many rows each, as is best on a GPU.
    """
    lengths = torch.tensor([len(own) for own in ids])
    ends = lengths.cumsum(0)
    starts = ends - lengths
    tokens = torch.from_numpy(np.concatenate(ids).astype(np.int64))
    positions = torch.arange(len(tokens)) - starts.repeat_interleave(lengths)
    step = CUDA_KEYS if spread else 1
    widths, sizes = torch.unique_consecutive(
        (lengths + step - 1) // step * step, return_counts=True
    )
    buckets, first = [], 0
    for width, number in zip(widths.tolist(), sizes.tolist(), strict=True):
        reviews = slice(first, first + number)
        own = slice(int(starts[first]), int(ends[reviews.stop - 1]))
        if spread:
            buckets.append(_spread(reviews, own, width, lengths[reviews], dtype, device))
        else:
            buckets.append(_as_they_are(reviews, own, width, len(tokens), dtype, device))
        first += number
    return Layout(tokens.to(device), positions.to(device), starts.to(device), tuple(buckets))


def _as_they_are(
    reviews: slice,
    tokens: slice,
    length: int,
    rows: int,
    dtype: torch.dtype,
    device: torch.device,
) -> Bucket:
    """Reviews of one length; the chunk has so many rows."""
    width = -(-length // KEYS) * KEYS
    before = min(width - length, tokens.start)
    if width == length or tokens.stop + width - length - before > rows:
        return Bucket(reviews, tokens, length, length)
    mask = torch.full((1, 1, 1, width), float("-inf"), dtype=dtype, device=device)
    mask[..., before : before + length] = 0
    return Bucket(reviews, tokens, length, width, before, mask)


def _spread(
    reviews: slice,
    tokens: slice,
    width: int,
    lengths: Tensor,
    dtype: torch.dtype,
    device: torch.device,
) -> Bucket:
    """Reviews of about one length, each on as many rows."""
    column = torch.arange(width)
    filled = column < lengths[:, None]
    starts = (tokens.start + lengths.cumsum(0) - lengths)[:, None]
    # Rows beyond a review's end repeat its last token; nothing attends to them.
    spread = starts + torch.minimum(column, lengths[:, None] - 1)
    mask = torch.zeros(filled.shape, dtype=dtype).masked_fill_(~filled, float("-inf"))
    return Bucket(
        reviews,
        tokens,
        int(lengths[-1]),
        width,
        mask=mask[:, None, None].to(device),
        spread=spread.flatten().to(device),
        gather=filled.flatten().nonzero()[:, 0].to(device),
    )
