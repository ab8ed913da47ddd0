"""Attention within each review, by torch's fused attention, many reviews at once.

On a processor the queries, keys and values of a bucket are views of the chunk's: nothing is copied
to lay them out.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from training.encoding.packing import Bucket


def attend(joined: Tensor, bucket: Bucket, heads: int, out: Tensor) -> None:
    """Let every token of a bucket attend to its review.

    Args:
        joined: queries, already scaled, keys and values of the chunk, (tokens, 3 * width).
        bucket: which tokens.
        heads: that the width is divided among.
        out: where the result goes, the bucket's rows of (tokens, width).
    """
    width = out.shape[1]
    query = _by_head(joined[:, :width], bucket, heads, own=True)
    mixed = _mix(query, joined[:, width:], bucket, heads)
    rows = mixed.transpose(1, 2).reshape(-1, width)
    out.copy_(rows if bucket.gather is None else rows.index_select(0, bucket.gather))


def attend_first(query: Tensor, joined: Tensor, bucket: Bucket, heads: int, out: Tensor) -> None:
    """Let the first token of every review of a bucket attend to its review.

    Args:
        query: of the chunk's first tokens, already scaled, (reviews, width).
        joined: keys and values of the chunk, (tokens, 2 * width).
        bucket: which reviews.
        heads: that the width is divided among.
        out: where the result goes, the bucket's rows of (reviews, width).
    """
    own = query[bucket.reviews].view(len(out), heads, 1, -1)
    out.copy_(_mix(own, joined, bucket, heads).reshape(out.shape))


def _mix(query: Tensor, joined: Tensor, bucket: Bucket, heads: int) -> Tensor:
    """The values, weighted by the softmax of the scores: (reviews, heads, queries, head width)."""
    half = joined.shape[1] // 2
    key = _by_head(joined[:, :half], bucket, heads)
    value = _by_head(joined[:, half:], bucket, heads)
    return functional.scaled_dot_product_attention(
        query, key, value, attn_mask=bucket.mask, scale=1.0
    )


def _by_head(part: Tensor, bucket: Bucket, heads: int, *, own: bool = False) -> Tensor:
    """Rows of (tokens, width) as (reviews, heads, rows, head width).

    Args:
        part: of the whole chunk.
        bucket: which reviews.
        heads: that the width is divided among.
        own: only the rows of the reviews themselves, without their neighbors'.
    """
    number, head = bucket.reviews.stop - bucket.reviews.start, part.shape[1] // heads
    if bucket.spread is not None:
        rows = part.index_select(0, bucket.spread)
        return rows.view(number, bucket.width, heads, head).transpose(1, 2)
    row, column = part.stride()
    start, width = bucket.tokens.start, bucket.length
    if not own:
        start, width = start - bucket.before, bucket.width
    return part.as_strided(
        (number, heads, width, head),
        (bucket.length * row, head * column, row, column),
        part.storage_offset() + start * row,
    )
