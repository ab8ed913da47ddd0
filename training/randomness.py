"""The random numbers of a training step, kept so that it can be done again, and in parts.

A step that is cut into micro-batches must drop out what it would have dropped out whole. So each of
its parts starts from the state of the generator that the whole would have started from, and inside
:class:`PartOfBatch` every dropout draws its mask for the whole batch, by the operator that the
whole would have called and for the same shape and layout, and keeps its own rows of it. After
the last part the generator stands where the whole step would have left it.

That holds for ``torch.nn.functional.dropout``, which every ``nn.Dropout`` calls, with the reviews
along the first dimension, and on the processor for dropout inside
``scaled_dot_product_attention``, which is computed there step by step. What it does not reach:
fused attention on a GPU draws inside its own kernel, so there a step of the whole model cut into
parts drops out as much, but not the same; the cached engine's head has no attention and agrees
there too. The mask of the whole batch is held for a moment, a few bytes an element, for one dropout
at a time. Where reviews are packed without padding, the lengths of the whole batch tell which of
the tokens are a part's own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - its usual name
from torch import Tensor
from torch.overrides import TorchFunctionMode


class RandomState:
    """Where torch's generators stand: that of the processor, and that of the GPU in use.

    Attributes:
        cpu: the state, uint8.
        cuda: the GPU's, uint8; None on the processor.
    """

    def __init__(self, cpu: Tensor, cuda: Tensor | None = None) -> None:
        self.cpu = cpu
        self.cuda = cuda

    @classmethod
    def now(cls, device: torch.device) -> RandomState:
        """As they stand at this moment."""
        cuda = torch.cuda.get_rng_state(device) if device.type == "cuda" else None
        return cls(torch.get_rng_state(), cuda)

    def restore(self, device: torch.device) -> None:
        """Have them stand there again.

        Raises:
            RuntimeError: these are not the states of such generators.
        """
        torch.set_rng_state(self.cpu)
        if self.cuda is not None:
            torch.cuda.set_rng_state(self.cuda, device)


class PartOfBatch(TorchFunctionMode):
    """While it is entered, dropout treats its input as some rows of a larger batch.

    Args:
        start: the first row.
        rows: how many they are.
        whole: rows of the whole batch.
        lengths: tokens of each row of the whole batch, (whole,), where tokens are packed: then the
            first dimension may count tokens, and attention is as wide as the longest row of its
            part.
    """

    def __init__(self, start: int, rows: int, whole: int, lengths: Tensor | None = None) -> None:
        super().__init__()
        self._places = {rows: (whole, slice(start, start + rows))}
        self._longest: tuple[int, int] | None = None
        if lengths is not None:
            own = lengths[start : start + rows]
            first, tokens = int(lengths[:start].sum()), int(own.sum())
            self._places[tokens] = int(lengths.sum()), slice(first, first + tokens)
            self._longest = int(own.max()), int(lengths.max())

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """Stand in for dropout and for attention with dropout; everything else is as ever."""
        del types
        kwargs = kwargs or {}
        if func is F.dropout:
            return self._dropout(*args, **kwargs)
        if func is F.scaled_dot_product_attention:
            return self._attention(*args, **kwargs)
        return func(*args, **kwargs)

    def _dropout(
        self, values: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
    ) -> Tensor:
        if not training or p == 0 or not self._is_part(values):
            return F.dropout(values, p, training, inplace)
        with torch.no_grad():
            mask = self._mask(values, p)
        return values * mask

    def _attention(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        attn_mask: Tensor | None = None,
        dropout_p: float = 0.0,
        is_causal: bool = False,
        scale: float | None = None,
        enable_gqa: bool = False,
    ) -> Tensor:
        on_cpu = query.device.type == "cpu"
        if dropout_p == 0 or enable_gqa or not on_cpu or not self._is_part(query):
            return F.scaled_dot_product_attention(
                query,
                key,
                value,
                attn_mask,
                dropout_p,
                is_causal,
                scale=scale,
                enable_gqa=enable_gqa,
            )
        scores = query @ key.mT * (1 / math.sqrt(query.shape[-1]) if scale is None else scale)
        if is_causal:
            seen = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).tril()
            scores = scores.masked_fill(~seen, -torch.inf)
        if attn_mask is not None and attn_mask.dtype == torch.bool:
            scores = scores.masked_fill(~attn_mask, -torch.inf)
        elif attn_mask is not None:
            scores = scores + attn_mask
        return self._dropout(scores.softmax(-1), dropout_p) @ value

    def _is_part(self, values: Tensor) -> bool:
        return values.dim() > 0 and values.shape[0] in self._places

    def _mask(self, values: Tensor, p: float) -> Tensor:
        """What these rows are multiplied with: 0 or 1 / (1 - p), of the values' shape and type."""
        whole, own = self._place(values)
        if values.device.type == "cpu" and p < 1:
            # The numbers are drawn alike for every type, and a byte an element is the least.
            kept = _room(whole, values, torch.bool).bernoulli_(1 - p)[own]
            return kept.to(values.dtype).div_(1 - p)
        # A copy, or the rows would keep all of it alive until the gradient is taken.
        return F.dropout(_room(whole, values, values.dtype).fill_(1), p)[own].clone()

    def _place(self, values: Tensor) -> tuple[list[int], tuple[slice, ...]]:
        """The shape that the whole batch's values would have, and where in it these stand."""
        first, own = self._places[values.shape[0]]
        shape, place = [first, *values.shape[1:]], [own]
        if self._longest is not None and values.dim() == 4:
            part, whole = self._longest
            for dimension in (1, 2, 3):
                width = values.shape[dimension]
                if dimension > 1 and width == part:
                    shape[dimension] = whole
                place.append(slice(width))
        return shape, tuple(place)


def _room(shape: list[int], like: Tensor, dtype: torch.dtype) -> Tensor:
    """Room for values of a shape, in the layout that others have."""
    order = sorted(range(like.dim()), key=like.stride, reverse=True)
    if like.is_contiguous():
        order = list(range(like.dim()))
    room = torch.empty([shape[place] for place in order], dtype=dtype, device=like.device)
    return room.permute([order.index(place) for place in range(like.dim())])
