"""Runs a frozen encoder over reviews of any length, near the machine's limit.

Nothing is padded: reviews are packed into chunks of so many tokens, sorted by length, and all but
attention is computed on the packed tokens. Each processor core takes a chunk of its own, so that
none waits for another. Attention stays within each review. Of the last layer only the first token
is computed, which is all that the heads of these models read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from training.encoding.families import blueprint
from training.encoding.layers import Stack
from training.encoding.packing import Layout, lay_out
from training.encoding.workers import Halved, compute_chunks
from training.ragged import TokenIds, row_lengths

CHUNK_BYTES = 6144
"""Bytes of one column of a chunk on a processor: 3,072 tokens in bfloat16. With more, a layer's
widest matrix is larger than what the C library keeps, and every page of it is made anew."""

CUDA_CHUNK_TOKENS = 32_768
"""Tokens in a chunk on a GPU."""

_BLOCK = 16_384
"""Reviews that are sorted and packed together, which bounds what that takes."""

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
    def of(cls, model: Any, precision: torch.dtype, *, without_last: int = 0) -> Encoder | None:
        """Make a transformers base model's encoder ready.

        Args:
            model: such as a ``DistilBertModel``, in float32, where it shall compute.
            precision: float32, bfloat16 or float16.
            without_last: so many of the last layers are never run.

        Returns:
            None for an architecture that is not known: run the model itself then.
        """
        found = blueprint(model)
        if found is None:
            return None
        # A stack wants one layer at least.
        layers = found.layers[: max(1, len(found.layers) - without_last)]
        return cls(model, Stack(replace(found, layers=layers), precision), found.longest)

    @property
    def precision(self) -> torch.dtype:
        """What it computes in."""
        return self._stack.dtype

    @property
    def width(self) -> int:
        """Of a state."""
        return self._stack.width

    @property
    def parts(self) -> int:
        """What heads read of a review: its first token's state, and the pooler's output if any."""
        return 1 if self._pooler is None else 2

    @property
    def layers(self) -> int:
        """How many layers a text passes."""
        return len(self._stack)

    def features(
        self,
        token_ids: Sequence[TokenIds],
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
        kept = torch.empty(len(token_ids), self.parts, self._stack.width)
        self.fill(
            kept,
            token_ids,
            token_budget=token_budget,
            threads=threads,
            on_progress=on_progress,
            on_out_of_memory=on_out_of_memory,
        )
        return Features(kept[:, 0], kept[:, 1] if self.parts > 1 else None, self.precision)

    def fill(
        self,
        kept: Tensor,
        token_ids: Sequence[TokenIds],
        *,
        token_budget: int | None = None,
        threads: int | None = None,
        on_progress: OnProgress | None = None,
        on_out_of_memory: OnOutOfMemory | None = None,
    ) -> None:
        """Write into a tensor what :meth:`features` gives; it may lie on the disk.

        Args:
            kept: float32 (reviews, :attr:`parts`, width), CPU: the first token's state and, where
                there is a pooler, its output.
            token_ids, token_budget, threads, on_progress, on_out_of_memory: as for
                :meth:`features`.

        Raises:
            ValueError, ExhaustedError: as for :meth:`features`.
        """
        done = 0
        for places, states in self._run(
            token_ids, self._stack.first_states, token_budget, threads, on_out_of_memory
        ):
            kept[places, 0] = states.float()
            done += len(places)
            if on_progress is not None:
                on_progress(done, len(token_ids))
        self._pool(kept)

    def states(
        self,
        token_ids: Sequence[TokenIds],
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

        lengths = row_lengths(token_ids)
        for places, states in self._run(
            token_ids, compute, token_budget, threads, on_out_of_memory
        ):
            yield States(places, [lengths[place] for place in places], states)

    def _run(
        self,
        token_ids: Sequence[TokenIds],
        compute: Callable[[Layout], Tensor],
        token_budget: int | None,
        threads: int | None,
        on_out_of_memory: OnOutOfMemory | None,
    ) -> Iterator[tuple[list[int], Tensor]]:
        stack = self._stack
        cpu = stack.device.type == "cpu"
        workers = (threads or torch.get_num_threads()) if cpu else 1
        own = chunk_tokens(stack.dtype) * workers if cpu else CUDA_CHUNK_TOKENS
        budget = token_budget or own

        def halved(event: Halved) -> None:
            nonlocal budget
            budget = event.next_tokens
            if on_out_of_memory is not None:
                on_out_of_memory(event)

        for start in range(0, len(token_ids), _BLOCK):
            block = token_ids[start : start + _BLOCK]
            lengths = row_lengths(block)
            self._check(lengths, start)

            def compute_places(places: list[int], block: Sequence[TokenIds] = block) -> Tensor:
                ids = [block[place] for place in places]
                layout = lay_out(ids, stack.dtype, stack.device, spread=not cpu)
                return compute(layout).cpu()

            for places, states in compute_chunks(
                lengths,
                compute_places,
                tokens=budget,
                workers=workers,
                on_out_of_memory=halved,
            ):
                yield [start + place for place in places], states

    def _check(self, lengths: Sequence[int], first: int) -> None:
        for place, length in enumerate(lengths, first):
            if not 1 <= length <= self._longest:
                raise ValueError(
                    f"review {place} has {length} tokens; the model takes 1 to {self._longest}"
                )

    @torch.no_grad()
    def _pool(self, kept: Tensor) -> None:
        if self._pooler is None:
            return
        for part in torch.split(kept, _POOLED):
            part[:, 1] = self._pooler(part[:, 0].to(self._stack.device)).float().cpu()


def chunk_tokens(dtype: torch.dtype) -> int:
    """Tokens in a chunk on a processor that computes in this type."""
    return CHUNK_BYTES // dtype.itemsize


def _pooler(model: Any) -> Callable[[Tensor], Tensor] | None:
    """The model's pooler as a function of the first tokens' states."""
    pooler = getattr(model, "pooler", None)
    if pooler is None:
        return None
    if (activation := getattr(model, "pooler_activation", None)) is not None:
        return lambda first: activation(pooler(first))
    return lambda first: pooler(first.unsqueeze(1))
