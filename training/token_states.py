"""The states of every token of many reviews, kept outside of memory while a run goes on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from training.mapped import mapped


class TokenStates:
    """States of shape (tokens, width) for each review, one after the other, without padding.

    On the disk they lie in a file without a name, mapped into memory: the system gives the space
    back when they are let go of, even when the process is killed.

    Args:
        lengths: tokens of each review.
        width: of a state.
        dtype: of what is kept.
        folder: where the file is; None to keep them in memory.

    Raises:
        TrainingError: the disk has no room for them.
    """

    def __init__(
        self, lengths: Sequence[int], width: int, dtype: torch.dtype, folder: Path | None
    ) -> None:
        self.lengths = torch.tensor(lengths)
        self._bounds = torch.zeros(len(lengths) + 1, dtype=torch.int64)
        torch.cumsum(self.lengths, 0, out=self._bounds[1:])
        shape = (int(self._bounds[-1]), width)
        if folder is None:
            self._states = torch.empty(shape, dtype=dtype)
        else:
            what = "the token states of the frozen layers"
            self._states = mapped(folder, shape, dtype, what)

    def put(self, reviews: Sequence[int], states: Tensor) -> None:
        """Keep the states of some reviews, (their tokens, width), packed in the order given."""
        places = list(map(self._place, reviews))
        parts = torch.split(states, [own.stop - own.start for own in places])
        for own, part in zip(places, parts, strict=True):
            self._states[own] = part

    def take(self, reviews: Sequence[int]) -> Tensor:
        """The states of some reviews, packed in the order given: float32 (their tokens, width)."""
        return torch.cat([self._states[self._place(own)] for own in reviews]).float()

    def _place(self, review: int) -> slice:
        start, end = self._bounds[review : review + 2].tolist()
        return slice(start, end)
