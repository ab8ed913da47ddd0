"""The encoder's computation over a chunk of packed tokens.

On a processor rows that nobody reads are added to a chunk's, so that chunks come in few sizes:
oneDNN makes a kernel for each number of rows, and keeps it.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.encoding.attention import attend, attend_first
from training.encoding.families import Activation, Blueprint, Layer
from training.encoding.linear import Linear, linear
from training.encoding.packing import Layout, few_sizes


class Stack:
    """An encoder's embeddings and layers with weights in the type that is computed in.

    Args:
        found: the model's parts, on the device that computes.
        dtype: of weights and states; norms are summed in float32 whatever it is.
    """

    def __init__(self, found: Blueprint, dtype: torch.dtype) -> None:
        self.heads, self.width = found.heads, found.width
        self.device, self.dtype = found.words.device, dtype
        self._words, self._positions = found.words.detach(), found.positions.detach()
        self._padding = found.padding
        self._norm = _Norm(found.norm, torch.float32)
        self._projection = found.projection and _cast(found.projection, dtype)
        made: dict[int, _Computed] = {}
        for layer in found.layers:
            # ALBERT's layers share their weights.
            if id(layer.query) not in made:
                made[id(layer.query)] = _Computed(layer, found.heads, found.activation, dtype)
        self._layers = [made[id(layer.query)] for layer in found.layers]

    def __len__(self) -> int:
        return len(self._layers)

    def states(self, layout: Layout, layers: int) -> Tensor:
        """Every token's state after so many layers, (tokens, width); 0 gives the embeddings."""
        return self._states(layout, layers)[: len(layout.ids)]

    def first_states(self, layout: Layout) -> Tensor:
        """The state of each review's first token after the last layer, (reviews, width).

        In the last layer only these are computed: of the other tokens it takes keys and values.
        """
        x = self._states(layout, len(self) - 1)
        return self._layers[-1].first(x, layout)

    def _states(self, layout: Layout, layers: int) -> Tensor:
        """The states after so many layers, with the rows that were added."""
        x = self._embed(layout)
        for layer in self._layers[:layers]:
            x = layer(x, layout)
        return x

    def _embed(self, layout: Layout) -> Tensor:
        positions = layout.positions
        if self._padding is not None:
            positions = self._counted(layout, self._padding)
        x = functional.embedding(_filled_up(layout.ids), self._words)
        x.add_(functional.embedding(_filled_up(positions), self._positions))
        x = self._norm(x).to(self.dtype)
        return x if self._projection is None else self._projection(x)

    @staticmethod
    def _counted(layout: Layout, padding: int) -> Tensor:
        """RoBERTa's positions: they count the pieces that are not the padding's.

        A text can hold the padding piece by writing it out; that piece has the padding's position.
        """
        real = (layout.ids != padding).long()
        count = real.cumsum(0)
        before = (count - real)[layout.starts]
        lengths = layout.starts.diff(append=layout.starts.new_tensor([len(real)]))
        return (count - before.repeat_interleave(lengths)) * real + padding


class _Computed:
    """A layer with query, key and value in one matrix, the scale of the scores within it."""

    def __init__(
        self, layer: Layer, heads: int, activation: Activation, dtype: torch.dtype
    ) -> None:
        width = layer.query.out_features
        parts = (layer.query, layer.key, layer.value)
        weight = torch.cat([part.weight.detach() for part in parts])
        bias = torch.cat([part.bias.detach() for part in parts])
        for part in (weight, bias):
            part[:width] *= (width // heads) ** -0.5
        weight, bias = weight.to(dtype), bias.to(dtype)
        self._heads, self._activation = heads, activation
        self._all = linear(weight, bias)
        self._query = linear(weight[:width], bias[:width])
        self._key_value = linear(weight[width:], bias[width:])
        self._out, self._up, self._down = (
            _cast(part, dtype) for part in (layer.out, layer.up, layer.down)
        )
        self._attention_norm = _Norm(layer.attention_norm, dtype)
        self._output_norm = _Norm(layer.output_norm, dtype)

    def __call__(self, x: Tensor, layout: Layout) -> Tensor:
        """Every token's next state, (tokens and rows added, width)."""
        joined, mixed = self._all(x), torch.empty_like(x)
        mixed[len(layout.ids) :] = 0
        for bucket in layout.buckets:
            attend(joined, bucket, self._heads, mixed[bucket.tokens])
        return self._finish(mixed, x)

    def first(self, x: Tensor, layout: Layout) -> Tensor:
        """The next state of each review's first token, (reviews, width)."""
        joined, x = self._key_value(x), x[_filled_up(layout.starts)]
        query, mixed = self._query(x), torch.zeros_like(x)
        for bucket in layout.buckets:
            attend_first(query, joined, bucket, self._heads, mixed[bucket.reviews])
        return self._finish(mixed, x)[: len(layout.starts)]

    def _finish(self, mixed: Tensor, x: Tensor) -> Tensor:
        x = self._attention_norm(self._out.added(mixed, x))
        return self._output_norm(self._down.added(self._up.activated(x, self._activation), x))


class _Norm:
    """A layer norm over states of any type; its sums are in float32."""

    def __init__(self, norm: nn.LayerNorm, dtype: torch.dtype) -> None:
        # A processor takes float32 weights beside narrower states, a GPU does not.
        own = torch.float32 if norm.weight.device.type == "cpu" else dtype
        self._shape, self._eps = norm.normalized_shape, norm.eps
        self._weight, self._bias = norm.weight.detach().to(own), norm.bias.detach().to(own)

    def __call__(self, x: Tensor) -> Tensor:
        return functional.layer_norm(x, self._shape, self._weight, self._bias, self._eps)


def _filled_up(numbers: Tensor) -> Tensor:
    """On a processor with zeros behind them, up to one of few sizes."""
    added = few_sizes(len(numbers)) - len(numbers) if numbers.device.type == "cpu" else 0
    return functional.pad(numbers, (0, added))


def _cast(part: nn.Linear, dtype: torch.dtype) -> Linear:
    return linear(part.weight.detach().to(dtype), part.bias.detach().to(dtype))
