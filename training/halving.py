"""Trying again with half as much when memory runs out.

Whatever can be done in smaller pieces is handed to :meth:`Halving.attempt` as a function of the
size of a piece. It must start from its own beginning each time it is called and leave nothing
behind when it fails, so that what it does is done once, whatever the number of attempts.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TypeVar

import torch

from training.shortage import Attempt, ExhaustedError, failed_attempt, is_shortage

T = TypeVar("T")


@dataclass(frozen=True)
class Kind:
    """Something whose size can be halved.

    Attributes:
        name: what its size is kept under.
        tried: what is tried, with a place for the size.
        changed: what the next attempt does instead, with a place for its size.
    """

    name: str
    tried: str
    changed: str


TRAINING = Kind(
    "training",
    "batches of {:,} reviews",
    "micro-batches of {:,} reviews, their gradients added up for each step",
)
VALIDATION = Kind(
    "validation",
    "batches of {:,} reviews to predict",
    "batches of {:,} reviews to predict",
)
TOKENIZING = Kind("tokenizing", "{:,} reviews at a time", "{:,} reviews at a time")
ENCODING = Kind("encoding", "batches of {:,} tokens", "batches of {:,} tokens")


class Halving:
    """The sizes that memory has allowed in a run so far, each kept for the rest of it.

    Attributes:
        sizes: what each kind has come down to, by its name; a kind that never failed is not there.
        note: told of every attempt that failed and was followed by another.
    """

    def __init__(self) -> None:
        self.sizes: dict[str, int] = {}
        self.note: Callable[[Attempt], object] = lambda _attempt: None

    def attempt(
        self,
        kind: Kind,
        most: int,
        work: Callable[[int], T],
        *,
        least: int = 1,
        tokens: int | None = None,
    ) -> T:
        """What ``work(size)`` gives with the largest size that fits.

        Args:
            kind: what is attempted.
            most: the size to begin with, unless memory has allowed less before.
            work: does all of it in pieces of the size it is told.
            least: a size at which a piece is one review and cannot be smaller.
            tokens: of each review, for the message, where that is known.

        Raises:
            ExhaustedError: memory ran out at ``least`` too.
        """
        size = min(most, self.sizes.get(kind.name, most))
        while True:
            began = perf_counter()
            try:
                return work(size)
            except Exception as error:
                if not is_shortage(error):
                    raise
                failed = failed_attempt(
                    error, kind.tried.format(size), size=size, began=began, tokens=tokens
                )
                if size <= least:
                    raise ExhaustedError(failed) from error
            # Only here, with the error gone, are the frames gone that held the memory.
            _release()
            size = max(size // 2, least)
            self.sizes[kind.name] = size
            self.note(replace(failed, changed=kind.changed.format(size)))


def _release() -> None:
    """Give back what nobody holds any more, so that the next attempt finds it."""
    gc.collect()
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        torch.cuda.empty_cache()
