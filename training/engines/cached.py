"""The lab's protocol with the frozen encoder run once: the default while it is frozen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from functools import cached_property
from math import prod
from pathlib import Path
from typing import Any, ClassVar, Self, cast

import torch
from torch import Tensor

from journal.record import TrainingError
from journal.record import events as ev
from training.config import LabConfig
from training.data import Split
from training.encoder import Encoder
from training.encoding.packing import by_tokens
from training.encoding.workers import Halved
from training.engines.base import Batch, Engine, Judged, Tick, pad, parts_of, unwatched
from training.engines.heads import head_shape
from training.engines.kept import Handed, Kept, read_states
from training.engines.quick import AT_ONCE, QuickHead
from training.halving import ENCODING, TRAINING
from training.mapped import mapped
from training.models import LoadedModel
from training.precision import choose_precision
from training.ragged import TokenIds
from training.sharing import SharedEncoder
from training.shortage import failed_attempt, is_shortage
from training.sizes import size_in_words
from training.threads import torch_threads
from training.tokens import tokenize

TOKENS = 1024
"""Tokens in one batch for the encoder, padding included: enough to keep the processor busy."""

_REVIEWS = 4096
"""Reviews in one batch for the head alone when nothing is learned from it."""

_SMALL_STEP = 1 << 27
"""Multiplications in a step of the head below which a second thread costs more than it brings."""

_SORTED = 16_384
"""Reviews that are sorted together by length."""

IN_MEMORY = 64 * 10**6
"""Bytes of features that are kept in memory; more than that lies on the disk."""

_CHECKED = 4
_TOLERANCE = 1e-4


class CachedEngine(Engine):
    """Runs the frozen encoder once for each review and trains the head on what it gave.

    A frozen encoder without dropout gives the same for the same review in every epoch, so what a
    head reads of it (the first token's state and, where there is one, the pooler's output) is kept.
    The head is then trained on the kept values: head, dropout in the head, loss, optimizer and the
    order of the batches are the notebook's, from the same random numbers. It is the model's own
    forward that computes it, or the same written down, see :mod:`training.engines.quick`.

    What it does differently: there is no dropout inside the frozen encoder, which the notebook
    leaves on while it trains; and the encoder computes in bfloat16 where the processor has it,
    unless float32 is asked for. What it gives is kept in float32.

    Raises:
        TrainingError: on construction, when the head reads something else of the encoder.
    """

    encodes: ClassVar[bool] = True
    train_batches: Kept

    def __init__(
        self, loaded: LoadedModel, split: Split, config: LabConfig, device: torch.device
    ) -> None:
        super().__init__(loaded, split, config, device)
        self._precision = self.choose_precision(config, device)
        self._encoder = self.model.base_model
        self._check_head(loaded.name)

    @classmethod
    def choose_precision(cls, config: LabConfig, device: torch.device) -> torch.dtype:
        """What the frozen encoder computes in on this machine."""
        return choose_precision(config.precision, device)

    @classmethod
    def differences(cls, precision: torch.dtype) -> tuple[str, ...]:
        """No dropout in the encoder, and bfloat16 where it is used."""
        found = ["no dropout inside the frozen encoder, which runs once for each review"]
        if precision == torch.bfloat16:
            found.append("the frozen encoder computes in bfloat16")
        return tuple(found)

    def epoch(self, number: int, tick: Tick) -> ev.Epoch:
        """Train the head on every batch once, then validate; ``tick`` counts batches."""
        # Found out before the first epoch; it leaves the random numbers as they are.
        _ = self._quick_head
        with self._head_alone(), self._few_threads():
            return super().epoch(number, tick)

    @cached_property
    def _quick_head(self) -> QuickHead | None:
        """A quicker way to take the lab's small steps, where the head is one of the usual."""
        config = self.config
        plain = config.optimizer == "sgd" and not config.weight_decay and self.class_weights is None
        if not (plain and self._is_small):
            return None
        shape = head_shape(
            self.model,
            self._train_states[:_CHECKED],
            lambda states, drop: self.head_logits(states, drop=drop),
        )
        return None if shape is None else QuickHead(shape, self.model)

    def _train(self) -> Iterator[tuple[Judged, Tensor, int]]:
        """The same, some steps at once where there is a quick way and memory allows it."""
        quick, size = self._quick_head, self.config.batch_size
        if quick is None:
            yield from super()._train()
            return
        for some in self.train_batches.together(max(1, AT_ONCE // size)):
            steps = len(some["labels"]) // size
            if (judged := self._quick_steps(quick, some, steps)) is not None:
                yield judged, some["labels"], steps
                continue
            for _, batch in parts_of(some, size):
                yield self._step(batch), batch["labels"], 1

    def _quick_steps(self, quick: QuickHead, some: Batch, steps: int) -> Judged | None:
        """Take so many steps, or none where memory has run out."""
        if TRAINING.name in self.halving.sizes:
            return None
        drawn = torch.get_rng_state()
        rates = self.schedule.ahead(steps)
        try:
            prepared = quick.prepare(some["inputs_embeds"], some["labels"], rates)
        except Exception as error:
            if not is_shortage(error):
                raise
            torch.set_rng_state(drawn)
            return None
        quick.take(prepared)
        self.schedule.go_to(self.schedule.steps + steps)
        return Judged(prepared.logits, prepared.loss)

    def validation_logits(self, tick: Tick) -> Tensor:
        """Logits of every validation review, from what was kept of it."""
        del tick  # It is over before anybody could look.
        return self._head_logits(self._val_states)

    def logits(self, texts: Sequence[str]) -> Tensor:
        """Logits of other reviews, encoded as those of the splits were."""
        ids = tokenize(self.tokenizer, texts).ids
        states = torch.empty(len(ids), *self._read)
        self._encode(states, ids, unwatched)
        return self._head_logits(states)

    def encode(self, tick: Tick) -> None:
        """Run the encoder once over both splits; ``tick`` counts reviews.

        Raises:
            TrainingError: what it gives is more than ``config.cache_limit``, or the disk's room.
        """
        ids, trained = self.tokens.ids, len(self.train_labels)
        if self.folder is not None and self.keeps_a_file:
            states = self._room(self.folder)
            self._encode(states, ids, tick)
        else:
            states = torch.empty(len(ids), *self._read)
            self._encode(states, ids, tick)
            states = states.to(self.device)
        self._use(states[:trained], states[trained:])

    def adopt(self, other: Self) -> None:
        """Keep what another engine tokenized and encoded."""
        super().adopt(other)
        self._use(*other.states)

    @property
    def states(self) -> tuple[Tensor, Tensor]:
        """What was kept of each split: float32 (reviews, 1 or 2, width), the pooler's second."""
        return self._train_states, self._val_states

    def head_logits(self, states: Tensor, *, drop: bool) -> Tensor:
        """What the model's own head gives for kept states, (reviews, labels), learning nothing."""
        self.model.train(drop)
        with self._head_alone(), torch.no_grad():
            return cast("Tensor", self._forward({"inputs_embeds": states}).logits)

    def _use(self, train_states: Tensor, val_states: Tensor) -> None:
        config = self.config
        self._train_states, self._val_states = train_states, val_states
        own = train_states[: len(self.train_labels)]
        self.train_batches = Kept(own, self.train_labels, config.batch_size, shuffle=True)
        # The notebook leaves out the last, partial batch. Of what remains all batches are equal,
        # so larger ones give the same mean.
        size = config.validation_batch_size
        rows = len(self.val_labels) // size * size
        self.val_batches = Kept(
            self._val_states[:rows], self.val_labels[:rows], size * max(1, _REVIEWS // size)
        )

    @cached_property
    def _packing_encoder(self) -> Encoder | None:
        return Encoder.of(self._encoder, self._precision)

    @property
    def kept_bytes(self) -> int:
        """Of the features, float32."""
        return len(self.tokens.ids) * prod(self._read) * torch.float32.itemsize

    @property
    def keeps_a_file(self) -> bool:
        """Whether they are too many for memory."""
        return self.kept_bytes > IN_MEMORY

    def _room(self, folder: Path) -> Tensor:
        """Room for the features of all reviews in a mapped file in a folder."""
        reviews, limit = len(self.tokens.ids), self.config.cache_limit
        what, size = f"the features of {reviews:,} reviews", self.kept_bytes
        if size > limit:
            raise TrainingError(
                f"{what} take {size_in_words(size)}, more than the {size_in_words(limit)} of"
                " --cache-limit",
                f"give --cache-limit {-(-size // 10**9)}GB, or fewer reviews, such as"
                f" --limit {reviews * limit // size}",
            )
        self.say(f"T{what[1:]} take {size_in_words(size)} beside the record until the run ends")
        return mapped(folder, (reviews, *self._read), torch.float32, what)

    def _encode(self, states: Tensor, ids: Sequence[TokenIds], tick: Tick) -> None:
        """Fill in what the head reads of the encoder, float32 (reviews, 1 or 2, width)."""
        encoder = self._packing_encoder
        if encoder is None:
            self._encode_padded(states, ids, tick)
            return
        fill = encoder.fill if self.team is None else SharedEncoder(encoder, self.team).fill
        fill(states, ids, on_progress=tick, on_out_of_memory=self._note_halved)

    def _note_halved(self, halved: Halved) -> None:
        attempt = failed_attempt(
            halved.error, ENCODING.tried.format(halved.tokens), size=halved.tokens
        )
        self.halving.note(
            replace(
                attempt,
                changed=ENCODING.changed.format(halved.next_tokens),
                seconds=halved.seconds,
                rss_bytes=halved.rss_bytes,
                cuda_bytes=halved.cuda_bytes,
            )
        )

    @torch.inference_mode()
    def _encode_padded(self, states: Tensor, ids: Sequence[TokenIds], tick: Tick) -> None:
        """The same for an architecture that the packing encoder does not know, by its own code."""
        with torch.autocast(
            self.device.type, torch.bfloat16, enabled=self._precision == torch.bfloat16
        ):
            for start in range(0, len(ids), _SORTED):
                block = list(ids[start : start + _SORTED])
                order = sorted(range(len(block)), key=lambda row: len(block[row]))
                done = 0
                for batch in by_tokens([block[row] for row in order], TOKENS):
                    places = [start + row for row in order[done : done + len(batch)]]
                    states[places] = self._encode_batch(batch).cpu()
                    done += len(batch)
                    tick(start + done, len(ids))

    def _encode_batch(self, ids: Sequence[TokenIds]) -> Tensor:
        """The same for reviews sorted by length, in as many pieces as memory asks for."""

        def in_parts(size: int) -> Tensor:
            return torch.cat(
                [self._states(pad(part, self.tokenizer)) for part in by_tokens(ids, size)]
            )

        return self.halving.attempt(
            ENCODING, TOKENS, in_parts, least=len(ids[0]), tokens=len(ids[-1])
        )

    def _states(self, batch: Batch) -> Tensor:
        return read_states(
            self._encoder(**{name: ids.to(self.device) for name, ids in batch.items()})
        )

    def _head_logits(self, states: Tensor) -> Tensor:
        self.model.eval()
        with self._head_alone(), torch.no_grad():
            parts = [
                self._judge({"inputs_embeds": part}).logits
                for part in torch.split(states, _REVIEWS)
            ]
        return torch.cat(parts).float().cpu()

    @contextmanager
    def _head_alone(self) -> Iterator[None]:
        """The model with its encoder replaced by one that hands on what was kept."""
        setattr(self.model, self.model.base_model_prefix, Handed())
        try:
            yield
        finally:
            setattr(self.model, self.model.base_model_prefix, self._encoder)

    def _few_threads(self) -> AbstractContextManager[None]:
        return torch_threads(1) if self._is_small else nullcontext()

    @cached_property
    def _is_small(self) -> bool:
        trained = sum(p.numel() for p in self.model.parameters() if p.requires_grad)
        return self.device.type == "cpu" and trained * self.config.batch_size < _SMALL_STEP

    def _check_head(self, name: str) -> None:
        """Hold the head alone against the whole model on a few reviews of unequal length."""
        if any(parameter.requires_grad for parameter in self._encoder.parameters()):
            raise _not_for(name, "part of its encoder trains")
        found = tokenize(self.tokenizer, self.split.train_texts[:_CHECKED]).ids
        batch = pad([own[: 16 * turn] for turn, own in enumerate(found, 1)], self.tokenizer)
        self.model.eval()
        given: list[Any] = []
        hook = self._encoder.register_forward_hook(lambda *call: given.append(call[-1]))
        with torch.inference_mode():
            try:
                whole = self._forward(batch).logits
            finally:
                hook.remove()
            states = read_states(given[0])
            # What the head reads of a review: 1 or 2 states of a width.
            self._read = (states.shape[1], states.shape[2])
            try:
                alone = self._head_logits(states)
            except Exception as error:
                # A head made for something else fails on what it is given in its own way.
                raise _not_for(name, "its head cannot be run without its encoder") from error
        same = whole.shape == alone.shape and torch.allclose(
            whole.cpu(), alone, rtol=_TOLERANCE, atol=_TOLERANCE, equal_nan=True
        )
        if not same:
            raise _not_for(name, "its head reads more of the encoder than the first token")


def _not_for(name: str, why: str) -> TrainingError:
    return TrainingError(
        f"the cached engine cannot train '{name}': {why}", "run it with --engine notebook"
    )
