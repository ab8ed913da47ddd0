"""The states of every token of many reviews, kept outside of memory while a run goes on."""

from __future__ import annotations

import mmap
import os
import tempfile
from collections.abc import Sequence
from math import prod
from pathlib import Path

import torch
from torch import Tensor

from journal.record import TrainingError
from training.sizes import size_in_words


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
        ends = self.lengths.cumsum(0)
        self._ends = ends.tolist()
        self._starts = (ends - self.lengths).tolist()
        shape = (self._ends[-1], width)
        if folder is None:
            self._states = torch.empty(shape, dtype=dtype)
        else:
            held = _mapped(folder, prod(shape) * dtype.itemsize)
            self._states = torch.frombuffer(held, dtype=dtype).view(shape)

    def put(self, reviews: Sequence[int], states: Tensor) -> None:
        """Keep the states of some reviews, (their tokens, width), packed in the order given."""
        parts = torch.split(states, [self._ends[own] - self._starts[own] for own in reviews])
        for own, part in zip(reviews, parts, strict=True):
            self._states[self._starts[own] : self._ends[own]] = part

    def take(self, reviews: Sequence[int]) -> Tensor:
        """The states of some reviews, packed in the order given: float32 (their tokens, width)."""
        return torch.cat(
            [self._states[self._starts[own] : self._ends[own]] for own in reviews]
        ).float()


def _mapped(folder: Path, size: int) -> mmap.mmap:
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.truncate(size)
            # A file with holes would be killed by a full disk when it is written to, not now.
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, size)
            return mmap.mmap(file.fileno(), size)
    except OSError as error:
        raise TrainingError(
            f"the token states of the frozen layers need {size_in_words(size)} beside the record,"
            f" and cannot be kept there ({error.strerror})",
            "make room on the disk, give fewer reviews (--limit), or use --engine notebook",
        ) from error
