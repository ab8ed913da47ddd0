"""Runs a frozen encoder over reviews of any length, near the machine's limit.

Nothing is padded: reviews are packed into chunks of so many tokens, sorted by length, and all but
attention is computed on the packed tokens. Each processor core takes a chunk of its own, so that
none waits for another. Attention stays within each review. Of the last layer only the first token
is computed, which is all that the heads of these models read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from training.encoding.families import blueprint
from training.encoding.layers import Stack
from training.encoding.packing import Layout, lay_out
from training.encoding.workers import Halved, compute_chunks

CHUNK_TOKENS = 1024
"""Tokens in a chunk on a processor: as fast as any, with what is computed still in the cache."""

CUDA_CHUNK_TOKENS = 32_768
"""Tokens in a chunk on a GPU."""

_POOLED = 4096
"""First states that the pooler takes at once."""


@dataclass(frozen=True)
class Features:
    """What heads read of an encoder.

    Attributes:
        first: the first token's state after the last layer, float32 (reviews, width), CPU.
        pooled: the pooler's output, alike; None where the model has no pooler.
        precision: what the encoder computed in.
    """

    first: Tensor
    pooled: Tensor | None
    precision: torch.dtype


@dataclass(frozen=True)
class States:
    """The states of all tokens of some reviews, packed.

    Attributes:
        reviews: which reviews, by place in what was given.
        lengths: tokens of each.
        states: (sum of lengths, width), review after review, in the type computed in, CPU.
    """

    reviews: list[int]
    lengths: list[int]
    states: Tensor


OnProgress = Callable[[int, int], None]
OnOutOfMemory = Callable[[Halved], None]


class Encoder:
    """A model's encoder, its weights made ready once.

    Use :meth:`of`. The model's own weights stay as they are, and a later change to them is not
    seen here.
    """

    def __init__(self, model: Any, stack: Stack, longest: int) -> None:
        self._pooler = _pooler(model)
        self._stack = stack
        self._longest = longest

    @classmethod
    def of(cls, model: Any, precision: torch.dtype) -> Encoder | None:
        """Make a transformers base model's encoder ready.

        Args:
            model: such as a ``DistilBertModel``, in float32, where it shall compute.
            precision: float32, bfloat16 or float16.

        Returns:
            None for an architecture that is not known: run the model itself then.
        """
        found = blueprint(model)
        if found is None:
            return None
        return cls(model, Stack(found, precision), found.longest)

    @property
    def precision(self) -> torch.dtype:
        """What it computes in."""
        return self._stack.dtype

    @property
    def layers(self) -> int:
        """How many layers a text passes."""
        return len(self._stack)

    def features(
        self,
        token_ids: Sequence[Sequence[int]],
        *,
        token_budget: int | None = None,
        threads: int | None = None,
        on_progress: OnProgress | None = None,
        on_out_of_memory: OnOutOfMemory | None = None,
    ) -> Features:
        """Encode reviews.

        Args:
            token_ids: of each review, special tokens included, from 1 token each.
            token_budget: tokens in flight at once at most, which bounds the memory; by default
                what is fastest. A longer review is taken by itself.
            threads: processor cores to use; by default as many as torch would.
            on_progress: told ``(reviews done, reviews)`` after each chunk, in the calling thread.
            on_out_of_memory: told when memory ran out and the token budget was halved.

        Raises:
            ValueError: a review has no token, or more than the model takes.
            ExhaustedError: memory does not suffice for one review by itself.
        """
        first = torch.empty(len(token_ids), self._stack.width)
        done = 0
        for places, states in self._run(
            token_ids, self._stack.first_states, token_budget, threads, on_out_of_memory
        ):
            first[places] = states.float()
            done += len(places)
            if on_progress is not None:
                on_progress(done, len(token_ids))
        return Features(first, self._pooled(first), self.precision)

    def states(
        self,
        token_ids: Sequence[Sequence[int]],
        until_layer: int,
        *,
        token_budget: int | None = None,
        threads: int | None = None,
        on_out_of_memory: OnOutOfMemory | None = None,
    ) -> Iterator[States]:
        """Run the first layers only, and give the states of all tokens.

        Args:
            token_ids: as for :meth:`features`.
            until_layer: layers to run; 0 gives the embeddings.
            token_budget, threads, on_out_of_memory: as for :meth:`features`.

        Yields:
            Chunk by chunk, in no particular order; each review is in one of them.

        Raises:
            ValueError, ExhaustedError: as for :meth:`features`.
        """
        if not 0 <= until_layer <= self.layers:
            raise ValueError(f"there are {self.layers} layers, not {until_layer}")

        def compute(layout: Layout) -> Tensor:
            return self._stack.states(layout, until_layer)

        for places, states in self._run(
            token_ids, compute, token_budget, threads, on_out_of_memory
        ):
            yield States(places, [len(token_ids[place]) for place in places], states)

    def _run(
        self,
        token_ids: Sequence[Sequence[int]],
        compute: Callable[[Layout], Tensor],
        token_budget: int | None,
        threads: int | None,
        on_out_of_memory: OnOutOfMemory | None,
    ) -> Iterator[tuple[list[int], Tensor]]:
        lengths = [len(own) for own in token_ids]
        self._check(lengths)
        stack = self._stack
        cpu = stack.device.type == "cpu"
        workers = (threads or torch.get_num_threads()) if cpu else 1
        default = CHUNK_TOKENS * workers if cpu else CUDA_CHUNK_TOKENS

        def compute_places(places: list[int]) -> Tensor:
            ids = [token_ids[place] for place in places]
            return compute(lay_out(ids, stack.heads, stack.dtype, stack.device)).cpu()

        return compute_chunks(
            lengths,
            compute_places,
            tokens=token_budget or default,
            workers=workers,
            on_out_of_memory=on_out_of_memory,
        )

    def _check(self, lengths: Sequence[int]) -> None:
        for place, length in enumerate(lengths):
            if not 1 <= length <= self._longest:
                raise ValueError(
                    f"review {place} has {length} tokens; the model takes 1 to {self._longest}"
                )

    @torch.no_grad()
    def _pooled(self, first: Tensor) -> Tensor | None:
        if self._pooler is None:
            return None
        parts = (part.to(self._stack.device) for part in torch.split(first, _POOLED))
        return torch.cat([self._pooler(part).float().cpu() for part in parts])


def _pooler(model: Any) -> Callable[[Tensor], Tensor] | None:
    """The model's pooler as a function of the first tokens' states."""
    pooler = getattr(model, "pooler", None)
    if pooler is None:
        return None
    if (activation := getattr(model, "pooler_activation", None)) is not None:
        return lambda first: activation(pooler(first))
    return lambda first: pooler(first.unsqueeze(1))
