"""Which reviews go together, and where each of their tokens lies: no padding between them.

A chunk is a matrix of tokens, one review after the other, sorted by length. All that works on each
token by itself works on this matrix. Attention alone looks across tokens: for it the reviews of
about the same length stand in a bucket, each on as many rows as the bucket is wide.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from training.ragged import TokenIds

STRIDE = 64
"""A row of scores has a multiple of so many bytes, which a softmax takes at once: over a remainder
it takes several times longer. It also leaves oneDNN fewer shapes to make kernels for."""


@dataclass(frozen=True)
class Bucket:
    """Reviews of a chunk that attend side by side.

    Attributes:
        reviews: their places within the chunk, from and to.
        tokens: their rows of the chunk, from and to.
        width: rows that each of them stands on.
        spread: for each of (reviews * width) rows the token that stands there, counted from the
            bucket's first; None when every review fills its rows.
        gather: for each token the row on which it stands; None likewise.
        mask: (reviews * heads, 1, width), 0 where a token of the review stands, else -inf; None
            likewise.
    """

    reviews: slice
    tokens: slice
    width: int
    spread: Tensor | None
    gather: Tensor | None
    mask: Tensor | None


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
    nearly all of one size, for which oneDNN makes its kernels once.

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


def lay_out(
    ids: Sequence[TokenIds], heads: int, dtype: torch.dtype, device: torch.device
) -> Layout:
    """Lay out a chunk's reviews, which are sorted by length.

    Args:
        ids: the token ids of each review, from 1 token, shortest first.
        heads: attention heads, for the masks.
        dtype: of the masks.
        device: where the encoder is.
    """
    lengths = torch.tensor([len(own) for own in ids])
    ends = lengths.cumsum(0)
    starts = ends - lengths
    tokens = torch.from_numpy(np.concatenate(ids).astype(np.int64))
    positions = torch.arange(len(tokens)) - starts.repeat_interleave(lengths)
    step = STRIDE // dtype.itemsize
    widths, sizes = torch.unique_consecutive(
        (lengths + step - 1) // step * step, return_counts=True
    )
    buckets, first = [], 0
    for width, number in zip(widths.tolist(), sizes.tolist(), strict=True):
        reviews = slice(first, first + number)
        own = lengths[reviews]
        bucket = slice(int(starts[first]), int(ends[reviews.stop - 1]))
        buckets.append(_bucket(reviews, bucket, width, own, heads, dtype, device))
        first += number
    return Layout(tokens.to(device), positions.to(device), starts.to(device), tuple(buckets))


def _bucket(
    reviews: slice,
    tokens: slice,
    width: int,
    lengths: Tensor,
    heads: int,
    dtype: torch.dtype,
    device: torch.device,
) -> Bucket:
    if int(lengths[0]) == width:
        return Bucket(reviews, tokens, width, None, None, None)
    column = torch.arange(width)
    filled = column < lengths[:, None]
    starts = (lengths.cumsum(0) - lengths)[:, None]
    # Rows beyond a review's end repeat its last token; nothing attends to them.
    spread = starts + torch.minimum(column, lengths[:, None] - 1)
    mask = torch.zeros(filled.shape, dtype=dtype).masked_fill_(~filled, float("-inf"))
    return Bucket(
        reviews,
        tokens,
        width,
        spread.flatten().to(device),
        filled.flatten().nonzero()[:, 0].to(device),
        mask.repeat_interleave(heads, 0).unsqueeze(1).to(device),
    )
