"""What both engines share: tokens, the loop over batches, the figures of an epoch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from time import perf_counter
from typing import Any, ClassVar, Protocol, Self

import torch
from torch import Tensor

from journal.record import events as ev
from training.config import LabConfig
from training.data import Split
from training.halving import TRAINING, VALIDATION, Halving
from training.models import LoadedModel
from training.optimization import Schedule, balanced_weights, make_optimizer, weighted_loss
from training.ragged import TokenIds, row_lengths
from training.randomness import PartOfBatch, RandomState
from training.team import Team
from training.text_counts import count_texts
from training.tokens import Tokens, token_lengths, tokenize

Tick = Callable[[int, int], None]
"""Told how much of how much is done: ``tick(done, total)``."""


def unwatched(_done: int, _total: int) -> None:
    """A :data:`Tick` for what nobody waits for."""


Batch = Mapping[str, Tensor]
"""What the model's forward takes, by name, ``labels`` of shape (reviews,) among it."""


class Batches(Protocol):
    """A split in batches, in a new order each time where it is shuffled."""

    def __iter__(self) -> Iterator[Batch]: ...

    def __len__(self) -> int: ...


class Engine(ABC):
    """Trains the head of a model whose encoder is frozen, and predicts with it.

    Use: :meth:`tokenize`, :meth:`encode` where it :attr:`encodes`, :meth:`epoch` for each epoch,
    then :meth:`validation_logits` and :meth:`logits`. Torch's global random-number generator serves
    the order of the batches and dropout, as in the notebook's loop, and nothing else.

    Attributes:
        encodes: whether there is something to encode before the first epoch.
        train_batches, val_batches: what an epoch goes through, once prepared.
        halving: the sizes that memory allows.
        folder: where much may be kept while the run goes on; None to keep it in memory.
        team: the processes that share what is encoded; None where this one is alone.
        say: told what somebody should know before it is done.
    """

    encodes: ClassVar[bool] = False
    train_batches: Batches
    val_batches: Batches
    train_tokens: Tokens
    val_tokens: Tokens

    def __init__(
        self, loaded: LoadedModel, split: Split, config: LabConfig, device: torch.device
    ) -> None:
        self.model: Any = loaded.model.to(device)
        self.tokenizer = loaded.tokenizer
        self.split = split
        self.config = config
        self.device = device
        self.halving = Halving()
        self.folder: Path | None = None
        self.team: Team | None = None
        self.say: Callable[[str], None] = lambda _words: None
        self.train_labels = torch.tensor(split.train_labels)
        self.val_labels = torch.tensor(split.val_labels)
        self.optimizer = make_optimizer(self.model, config)
        steps = len(split.train_labels) // config.batch_size * config.epochs
        self.schedule = Schedule(self.optimizer, config, steps)
        self.class_weights: Tensor | None = None
        if config.class_weights == "balanced":
            self.class_weights = balanced_weights(split.train_labels, self.model.config.num_labels)

    @classmethod
    def choose_precision(cls, config: LabConfig, device: torch.device) -> torch.dtype:
        """What the encoder computes in on this machine."""
        del config, device
        return torch.float32

    @classmethod
    def differences(cls, precision: torch.dtype) -> tuple[str, ...]:
        """What is done otherwise than in the notebook, in words, for the record and the report."""
        del precision
        return ()

    def tokenize(self) -> None:
        """Turn both splits into token ids."""
        texts = chain(self.split.train_texts, self.split.val_texts)
        tokens = tokenize(self.tokenizer, texts, self.folder, self.halving)
        trained = len(self.train_labels)
        self.train_tokens = tokens.part(0, trained)
        self.val_tokens = tokens.part(trained, len(tokens.ids))

    def encode(self, tick: Tick) -> None:  # noqa: B027 - nothing to do unless `encodes`
        """Do what can be done once for all epochs; ``tick`` counts reviews."""

    def adopt(self, other: Self) -> None:
        """Keep what another engine tokenized and encoded, instead of doing so again.

        The other is of the same class, with the same reviews, model and precision. Its training
        split may hold more reviews, of which the first are this one's.
        """
        self.train_tokens = other.train_tokens.first(len(self.split.train_texts))
        self.val_tokens = other.val_tokens

    @property
    def tokens(self) -> Tokens:
        """Of both splits, those to train on first."""
        return self.train_tokens + self.val_tokens

    @property
    def lengths(self) -> ev.TokenLengths:
        """How long the reviews of both splits are, once tokenized."""
        tokens = self.tokens
        return token_lengths(tokens.ids, int(tokens.truncated.sum()))

    @property
    def texts(self) -> tuple[ev.SplitText, ...]:
        """The language of each split, once tokenized."""
        split, tokenizer = self.split, self.tokenizer
        return (
            count_texts("train", split.train_texts, self.train_tokens, tokenizer),
            count_texts("validation", split.val_texts, self.val_tokens, tokenizer),
        )

    @property
    def kept_bytes(self) -> int:
        """What is kept of all reviews for every epoch beside their tokens, once tokenized."""
        return 0

    @property
    def keeps_a_file(self) -> bool:
        """Whether that lies on the disk."""
        return False

    def epoch(self, number: int, tick: Tick) -> ev.Epoch:
        """Train on every batch once, then validate; ``tick`` counts the batches of both.

        A loss that is not finite is kept and training goes on, as it would in the notebook.
        """
        began = perf_counter()
        total = len(self.train_batches) + len(self.val_batches)
        train, val = Means(), Means()
        self.model.train()
        done = 0
        for judged, labels, steps in self._train():
            train.add(judged, labels)
            done += steps
            tick(done, total)
        self.model.eval()
        with torch.no_grad():
            for done, batch in enumerate(self.val_batches, len(self.train_batches) + 1):
                val.add(self._judge(batch), batch["labels"])
                tick(done, total)
        return ev.Epoch(
            epoch=number,
            train_loss=train.loss,
            train_accuracy=train.accuracy,
            val_loss=val.loss,
            val_accuracy=val.accuracy,
            seconds=perf_counter() - began,
            learning_rate=self.optimizer.param_groups[0]["lr"],
        )

    def _train(self) -> Iterator[tuple[Judged, Tensor, int]]:
        """Train on every batch once: what the model gave, the labels, and how many steps it was."""
        for batch in self.train_batches:
            yield self._step(batch), batch["labels"], 1

    def _step(self, batch: Batch) -> Judged:
        """Take one step of the optimizer, over as many micro-batches as memory asks for.

        The update itself is outside of what is tried again, so that no step is taken twice. Should
        memory not suffice for it, the run ends and can be resumed from its last epoch.
        """
        rows, lengths = _rows(batch), self._packed_lengths(batch)
        drawn = RandomState.now(self.device)

        def in_parts(size: int) -> Judged:
            self.optimizer.zero_grad()
            found = []
            for start, part in parts_of(batch, size):
                drawn.restore(self.device)
                own = _rows(part)
                with PartOfBatch(start, own, rows, lengths) if own < rows else nullcontext():
                    output = self._forward(part)
                loss = output.loss * (own / rows)
                self._goal(output, loss, part, rows).backward()  # type: ignore[no-untyped-call]
                found.append(Judged(output.logits.detach(), loss.detach()))
            return joined(found)

        judged = self.halving.attempt(TRAINING, rows, in_parts, tokens=_tokens(batch))
        self.optimizer.step()
        self.schedule.step()
        return judged

    def _goal(self, output: Any, loss: Tensor, part: Batch, rows: int) -> Tensor:
        """What a step makes smaller: the loss, or the same with every label weighing alike."""
        if self.class_weights is None:
            return loss
        return weighted_loss(output.logits, part["labels"], self.class_weights, rows)

    def _packed_lengths(self, batch: Batch) -> Tensor | None:
        """Tokens of each review, (reviews,), where the model packs them; None where it pads."""
        del batch
        return None

    def _judge(self, batch: Batch) -> Judged:
        """What the model gives for a batch, learning nothing; without labels there is no loss."""
        rows = _rows(batch)

        def in_parts(size: int) -> Judged:
            found = []
            for _, part in parts_of(batch, size):
                output = self._forward(part)
                loss = output.loss * (_rows(part) / rows) if "labels" in part else None
                found.append(Judged(output.logits, loss))
            return joined(found)

        return self.halving.attempt(VALIDATION, rows, in_parts, tokens=_tokens(batch))

    def _forward(self, batch: Batch) -> Any:
        return self.model(**{name: values.to(self.device) for name, values in batch.items()})

    @abstractmethod
    def validation_logits(self, tick: Tick) -> Tensor:
        """Logits of every validation review, none left out: float32 (reviews, labels), CPU."""

    @abstractmethod
    def logits(self, texts: Sequence[str]) -> Tensor:
        """Logits of other reviews, float32 (reviews, labels) on the CPU."""


@dataclass(frozen=True)
class Judged:
    """What the model gives for a batch: logits (reviews, labels), and the mean loss over it."""

    logits: Tensor
    loss: Tensor | None


def joined(parts: Sequence[Judged]) -> Judged:
    """The parts of a batch as one, each loss being its part's share of the batch's mean."""
    if len(parts) == 1:
        return parts[0]
    losses = [part.loss for part in parts if part.loss is not None]
    return Judged(
        torch.cat([part.logits for part in parts]), torch.stack(losses).sum() if losses else None
    )


def parts_of(batch: Batch, size: int) -> Iterator[tuple[int, Batch]]:
    """A batch in parts of at most so many reviews, each with the place of its first."""
    for start in range(0, _rows(batch), size):
        yield start, {name: values[start : start + size] for name, values in batch.items()}


def _rows(batch: Batch) -> int:
    return len(next(iter(batch.values())))


def _tokens(batch: Batch) -> int | None:
    """Tokens of each review, padding included; None where the encoder is done with them."""
    return batch["input_ids"].shape[1] if "input_ids" in batch else None


class Means:
    """Mean loss and accuracy over batches.

    Each batch is weighted by its reviews. With the last, partial batch left out that is the
    lab's plain mean over batches.
    """

    def __init__(self) -> None:
        self._loss = 0.0
        self._right = 0
        self._reviews = 0

    def add(self, output: Judged, labels: Tensor) -> None:
        """Count a batch in: what the model gave for it, and its labels of shape (reviews,)."""
        assert output.loss is not None
        right = output.logits.argmax(dim=-1) == labels.to(output.logits.device)
        self._loss += output.loss.item() * len(labels)
        self._right += int(right.sum())
        self._reviews += len(labels)

    @property
    def loss(self) -> float:
        """In nats."""
        return self._loss / self._reviews

    @property
    def accuracy(self) -> float:
        """A fraction in 0..1."""
        return self._right / self._reviews


def pad(ids: Sequence[TokenIds], tokenizer: Any) -> dict[str, Tensor]:
    """Token ids and attention mask of reviews, padded to the longest among them.

    The tensors are those of ``tokenizer(texts, padding=True)``: int64, (reviews, longest).
    """
    longest = max(row_lengths(ids))
    input_ids = torch.full((len(ids), longest), tokenizer.pad_token_id)
    mask = torch.zeros((len(ids), longest), dtype=torch.int64)
    for row, own in enumerate(ids):
        start = longest - len(own) if tokenizer.padding_side == "left" else 0
        input_ids[row, start : start + len(own)] = torch.tensor(own)
        mask[row, start : start + len(own)] = 1
    return {"input_ids": input_ids, "attention_mask": mask}
