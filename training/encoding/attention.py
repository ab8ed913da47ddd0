"""Attention within each review, many reviews of about the same length at once.

On processors the scores are plain batched matrix products: at the lengths of reviews torch's fused
attention takes about twice the time there. On GPUs it is torch's fused attention.
"""

from __future__ import annotations

import torch
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
    query, key, value = _by_head(joined[bucket.tokens], bucket, heads, 3)
    mixed = _mix(query, key, value, bucket, heads)
    rows = mixed.transpose(1, 2).reshape(-1, out.shape[1])
    if bucket.gather is None:
        out.copy_(rows)
    else:
        torch.index_select(rows, 0, bucket.gather, out=out)


def attend_first(query: Tensor, joined: Tensor, bucket: Bucket, heads: int, out: Tensor) -> None:
    """Let the first token of every review of a bucket attend to its review.

    Args:
        query: of the chunk's first tokens, already scaled, (reviews, width).
        joined: keys and values of the chunk, (tokens, 2 * width).
        bucket: which reviews.
        heads: that the width is divided among.
        out: where the result goes, the bucket's rows of (reviews, width).
    """
    key, value = _by_head(joined[bucket.tokens], bucket, heads, 2)
    own = query[bucket.reviews].view(len(out), heads, 1, -1)
    out.copy_(_mix(own, key, value, bucket, heads).reshape(out.shape))


def _by_head(joined: Tensor, bucket: Bucket, heads: int, parts: int) -> tuple[Tensor, ...]:
    """Each part as (reviews, heads, rows, width of a head)."""
    rows = joined if bucket.spread is None else joined.index_select(0, bucket.spread)
    shape = (-1, bucket.width, parts, heads, joined.shape[1] // (parts * heads))
    return rows.view(shape).permute(2, 0, 3, 1, 4).contiguous().unbind()


def _mix(query: Tensor, key: Tensor, value: Tensor, bucket: Bucket, heads: int) -> Tensor:
    """The values, weighted by the softmax of the scores: shaped as the query."""
    mask = bucket.mask
    if query.device.type != "cpu":
        own = None if mask is None else mask.view(-1, heads, 1, bucket.width)
        return functional.scaled_dot_product_attention(query, key, value, attn_mask=own, scale=1.0)
    q, k, v = query.flatten(0, 1), key.flatten(0, 1).transpose(1, 2), value.flatten(0, 1)
    scores = torch.bmm(q, k) if mask is None else torch.baddbmm(mask, q, k)
    return torch.bmm(torch.softmax(scores, -1), v).view(query.shape)
