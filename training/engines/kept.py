"""What an encoder gave, kept for all epochs and handed out in batches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from transformers.modeling_outputs import BaseModelOutputWithPooling

from training.engines.base import Batch


class Kept:
    """What was kept of a split, in batches, in the order that the notebook's ``DataLoader`` gives.

    Only the places are drawn through the ``DataLoader``; the last, partial batch is left out where
    the order is shuffled.
    """

    def __init__(self, states: Tensor, labels: Tensor, size: int, *, shuffle: bool = False) -> None:
        self._states = states
        self._labels = labels.to(states.device)
        self._size, self._shuffle = size, shuffle
        # All places at once: handing them out by batches takes longer than a step of a small head.
        self._places = DataLoader(
            cast("Dataset[int]", range(len(labels))),
            batch_size=max(1, len(labels)),
            shuffle=shuffle,
            collate_fn=torch.tensor,
        )

    def places(self, batches: int = 1) -> Iterator[Tensor]:
        """The reviews of so many batches, by their place; drawn anew each time where shuffled."""
        for drawn in self._places:
            whole = len(self) * self._size if self._shuffle else len(drawn)
            yield from drawn[:whole].split(self._size * batches)

    def together(self, batches: int) -> Iterator[Batch]:
        """So many batches as one, one after the other; the last may be fewer."""
        for places in self.places(batches):
            rows = places.to(self._states.device)
            yield {"inputs_embeds": self._states[rows], "labels": self._labels[rows]}

    def __iter__(self) -> Iterator[Batch]:
        return self.together(1)

    def __len__(self) -> int:
        rows = len(self._labels)
        return rows // self._size if self._shuffle else -(-rows // self._size)


class Handed(nn.Module):
    """Stands in for an encoder: gives back what it is handed as ``inputs_embeds``."""

    def forward(
        self, *_ids: Any, inputs_embeds: Tensor, **_rest: Any
    ) -> BaseModelOutputWithPooling:
        """Take (reviews, 1 or 2, width): the first token's state, and the pooler's output."""
        pooled = inputs_embeds[:, 1] if inputs_embeds.shape[1] > 1 else None
        return BaseModelOutputWithPooling(
            last_hidden_state=inputs_embeds[:, :1], pooler_output=pooled
        )


def read_states(output: Any) -> Tensor:
    """What the head reads of what an encoder gave, float32 (reviews, 1 or 2, width)."""
    states = [output[0][:, 0]]
    if getattr(output, "pooler_output", None) is not None:
        states.append(output.pooler_output)
    return torch.stack(states, dim=1).float()
