"""The layers that train, computed over reviews without padding between them.

The arithmetic and the parameters are the model's own. All that works on each token by itself works
on the packed tokens; only attention lays the reviews side by side. Of the last layer nothing but
the first token is computed, which is all that the heads of these models read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import torch
import torch.nn.functional as F  # noqa: N812 - its usual name
from torch import Tensor

from training.encoding.families import Activation, Blueprint, Layer


@dataclass(frozen=True)
class Dropouts:
    """The chances of dropping: attention weights, attention's output, a layer's output."""

    weights: float
    attended: float
    output: float

    @classmethod
    def of(cls, config: Any) -> Dropouts:
        """Read them off a transformers configuration; DistilBERT keeps all attended output."""
        if config.model_type == "distilbert":
            return cls(config.attention_dropout, 0.0, config.dropout)
        hidden = config.hidden_dropout_prob
        return cls(config.attention_probs_dropout_prob, hidden, hidden)


@dataclass(frozen=True)
class Rows:
    """Where the reviews of a batch lie among its packed tokens.

    Attributes:
        starts: the first token of each, (reviews,).
        spread: with the reviews side by side, as many rows each as the longest has tokens, the
            token on each row, (reviews * longest,); beyond a review's end its last token.
        gather: the row of each token, (tokens,).
        mask: True where a token of the review stands, (reviews, 1, 1, longest); None when all are
            equally long.
    """

    starts: Tensor
    spread: Tensor
    gather: Tensor
    mask: Tensor | None

    @classmethod
    def of(cls, lengths: Tensor, device: torch.device) -> Rows:
        """For reviews of so many tokens, (reviews,)."""
        starts = lengths.cumsum(0) - lengths
        column = torch.arange(int(lengths.max()))
        filled = column < lengths[:, None]
        spread = starts[:, None] + torch.minimum(column, lengths[:, None] - 1)
        mask = None if bool(filled.all()) else filled[:, None, None].to(device)
        gather = filled.flatten().nonzero()[:, 0]
        return cls(starts.to(device), spread.flatten().to(device), gather.to(device), mask)


class TrainedLayers:
    """The last layers of an encoder.

    Args:
        found: the encoder's parts.
        number: how many layers, from 1.
        config: the model's configuration, for dropout.
    """

    def __init__(self, found: Blueprint, number: int, config: Any) -> None:
        self._layers = found.layers[-number:]
        self._heads, self._activation = found.heads, found.activation
        self._dropouts = Dropouts.of(config)

    def first_states(self, x: Tensor, lengths: Tensor, *, training: bool) -> Tensor:
        """The state of each review's first token after the last layer, (reviews, width).

        Args:
            x: the states of all tokens before these layers, (tokens, width).
            lengths: tokens of each review, (reviews,).
            training: whether to drop out.
        """
        rows = Rows.of(lengths, x.device)
        for layer in self._layers[:-1]:
            x = self._apply(layer, x, rows, training, first=False)
        return self._apply(self._layers[-1], x, rows, training, first=True)

    def _apply(self, layer: Layer, x: Tensor, rows: Rows, training: bool, *, first: bool) -> Tensor:
        chance = self._dropouts
        side_by_side = (len(rows.starts), -1, self._heads, x.shape[1] // self._heads)

        def spread(tokens: Tensor) -> Tensor:
            return tokens.index_select(0, rows.spread).view(side_by_side).transpose(1, 2)

        key, value = spread(layer.key(x)), spread(layer.value(x))
        if first:
            x = x.index_select(0, rows.starts)
            query = layer.query(x).view(side_by_side).transpose(1, 2)
        else:
            query = spread(layer.query(x))
        mixed = F.scaled_dot_product_attention(
            query, key, value, rows.mask, dropout_p=chance.weights if training else 0.0
        )
        mixed = mixed.transpose(1, 2).reshape(-1, x.shape[1])
        if not first:
            mixed = mixed.index_select(0, rows.gather)
        attended = F.dropout(layer.out(mixed), chance.attended, training)
        x = layer.attention_norm(attended + x)
        inner = _activated(layer.up(x), self._activation)
        left = F.dropout(layer.down(inner), chance.output, training)
        return cast("Tensor", layer.output_norm(left + x))


def _activated(x: Tensor, activation: Activation) -> Tensor:
    if activation == "relu":
        return F.relu(x)
    return F.gelu(x, approximate="tanh" if activation == "gelu_tanh" else "none")
