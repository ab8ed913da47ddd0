"""Heads of one shape trained side by side, on what one encoder gave.

Training one head is a long row of very small steps, and most of the time goes into starting them.
Here the same step is taken for many heads at once, their parameters stacked along a first
dimension. The gradient of two linear maps is short enough to be written down, and plain SGD then
changes the parameters in place without ever holding their gradient, which would be as large as they
are. Order of batches and dropout are those of the engine, drawn from each head's own point of the
random numbers: the figures are those of the heads trained one by one, as far as float32 carries.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter

import torch
import torch.nn.functional as F  # noqa: N812 - its usual name
from torch import Tensor

from journal.record import events as ev
from training.config import LabConfig
from training.engines.heads import ACTIVATIONS, HeadShape
from training.engines.kept import Kept
from training.optimization import balanced_weights, early_stop, rates
from training.whatif.update import Update, update_for


@dataclass(frozen=True)
class Features:
    """What the encoder gave for both splits, kept once for all heads.

    Attributes:
        train, validation: (reviews, 1 or 2, width), float32.
        train_labels, val_labels: (reviews,).
        labels: how many there are.
    """

    train: Tensor
    train_labels: Tensor
    validation: Tensor
    val_labels: Tensor
    labels: int


@dataclass
class Head:
    """One head: how it begins, and what came of it.

    Attributes:
        config: what is asked of it.
        parameters: its first values, by name.
        random: where the random numbers stood once it was made.
        epochs: the figures of each, once trained; its seconds are its share of the stack's.
        logits: of every validation review, float32 (reviews, labels).
        ended_early: why it stopped before its last epoch, or None.
    """

    config: LabConfig
    parameters: dict[str, Tensor]
    random: Tensor
    epochs: list[ev.Epoch] = field(default_factory=list)
    logits: Tensor | None = None
    ended_early: str | None = None

    def anew(self) -> Head:
        """The same before it was trained."""
        return Head(self.config, self.parameters, self.random)


OnEpoch = Callable[[Sequence[LabConfig], float], object]
"""Told the settings of some heads, and seconds."""


def alike(config: LabConfig) -> tuple[object, ...]:
    """What must be the same in all heads of a stack: the batches, and how a step is taken."""
    return config.batch_size, config.validation_batch_size, config.train_size, config.optimizer


def train_stack(
    shape: HeadShape,
    features: Features,
    heads: Sequence[Head],
    on_epoch: OnEpoch,
) -> None:
    """Train heads that are :func:`alike` and fill in what came of each.

    Args:
        shape: of all of them.
        features: of all reviews; ``train_size`` of the heads takes the first of those to train on.
        heads: with nothing come of them yet.
        on_epoch: told which heads have just finished an epoch, and the seconds of all of them; what
            it raises ends the training.
    """
    _Stack(shape, features, heads).train(on_epoch)


_TURN = threading.Lock()


@contextmanager
def _drawing(state: Tensor) -> Iterator[None]:
    """Draw from torch's own random numbers as they stand in ``state``, and leave them alone.

    A stack may be trained in a thread of its own, and there is one generator for all.
    """
    with _TURN:
        before = torch.get_rng_state()
        torch.set_rng_state(state)
        try:
            yield
        finally:
            torch.set_rng_state(before)


class _Stream:
    """The random numbers of heads with the same seed: their batches and what is dropped out."""

    def __init__(self, random: Tensor, train: Kept, validation: Kept) -> None:
        self._state = random
        self._train, self._validation = train, validation
        self._generator = torch.Generator()
        self.places: list[Tensor] = []

    def begin_epoch(self) -> None:
        """Draw the order of the batches, as iterating over them would."""
        with _drawing(self._state):
            self.places = list(self._train.places())
            self._generator.set_state(torch.get_rng_state())

    def mask(self, rows: int, width: int, chance: float) -> Tensor:
        """What dropout multiplies (rows, width) with: the numbers that the model would draw."""
        kept = torch.empty(rows, width, dtype=torch.bool)
        return kept.bernoulli_(1 - chance, generator=self._generator)

    def end_epoch(self) -> None:
        """Draw what validation would."""
        with _drawing(self._generator.get_state()):
            for _ in self._validation.places():
                pass
            self._state = torch.get_rng_state()


class _Stack:
    def __init__(self, shape: HeadShape, features: Features, heads: Sequence[Head]) -> None:
        config = heads[0].config
        self._shape = shape
        self._features = features
        self._heads = list(heads)
        size = config.validation_batch_size
        whole = len(features.val_labels) // size * size
        self._val_states = features.validation[:whole, shape.read]
        self._val_labels = features.val_labels[:whole]
        self._states = features.train[: config.train_size, shape.read]
        self._labels = features.train_labels[: config.train_size]
        rows = len(self._labels)
        self._steps = rows // config.batch_size
        train = Kept(self._states, self._labels, config.batch_size, shuffle=True)
        validation = Kept(self._val_states, self._val_labels, max(1, whole))
        seeds = {head.config.seed: head.random for head in heads}
        self._streams = {seed: _Stream(random, train, validation) for seed, random in seeds.items()}
        self._parameters = {
            name: torch.stack([head.parameters[name] for head in heads]) for name in shape.names
        }
        self._rates = [rates(head.config, self._steps * head.config.epochs) for head in heads]
        self._update: Update = update_for(config.optimizer)(
            self._parameters, torch.tensor([head.config.weight_decay for head in heads])
        )
        self._weights = self._label_weights()

    def train(self, on_epoch: OnEpoch) -> None:
        with torch.inference_mode():
            number = 1
            while self._heads:
                seconds = self._epoch(number)
                on_epoch([head.config for head in self._heads], seconds)
                self._let_go(number)
                number += 1

    def _epoch(self, number: int) -> float:
        """One epoch of every head; the seconds that it took."""
        began = perf_counter()
        count = len(self._heads)
        size = self._heads[0].config.batch_size
        streams = [self._streams[head.config.seed] for head in self._heads]
        own = list(dict.fromkeys(streams))
        for stream in own:
            stream.begin_epoch()
        losses = torch.zeros(count, dtype=torch.float64)
        right = torch.zeros(count, dtype=torch.int64)
        first = (number - 1) * self._steps
        rate = torch.tensor(
            [[rate(step) for rate in self._rates] for step in range(first, first + self._steps)]
        )
        for step in range(self._steps):
            loss, correct = self._step(step, streams, own, rate[step])
            losses += loss
            right += correct
        for stream in own:
            stream.end_epoch()
        val_loss, val_right = self._validate()
        seconds = perf_counter() - began
        trained, validated = self._steps * size, len(self._val_labels)
        for place, head in enumerate(self._heads):
            head.epochs.append(
                ev.Epoch(
                    epoch=number,
                    train_loss=float(losses[place]) / self._steps,
                    train_accuracy=int(right[place]) / trained,
                    val_loss=float(val_loss[place]),
                    val_accuracy=int(val_right[place]) / validated,
                    seconds=seconds / count,
                    learning_rate=self._rates[place](first + self._steps),
                )
            )
        return seconds

    def _step(
        self, step: int, streams: Sequence[_Stream], own: Sequence[_Stream], rate: Tensor
    ) -> tuple[Tensor, Tensor]:
        """One step of every head; the loss before it and the reviews it had right, (heads,)."""
        shape, parameters = self._shape, self._parameters
        place = [own.index(stream) for stream in streams]

        def each(values: Tensor) -> Tensor:
            """What each head sees of what its stream has."""
            if len(own) == 1:
                return values.expand(len(place), *values.shape[1:])
            return values[place]

        places = torch.stack([stream.places[step] for stream in own])
        labels = each(self._labels[places])
        states = self._states[places]
        kept = _masks(own, states.shape[1], states.shape[2], shape.drop_first)
        states = each(states if kept is None else states * kept)
        read, activation = states, ACTIVATIONS[shape.activation]
        if shape.hidden is not None:
            before = _linear(states, parameters, shape.hidden)
            after = activation.apply(before)
            kept = _masks(own, after.shape[1], after.shape[2], shape.drop_last)
            read = after if kept is None else after * each(kept)
        logits = _linear(read, parameters, shape.last)
        log = F.log_softmax(logits, dim=-1)
        loss = -log.gather(2, labels[:, :, None])[:, :, 0]
        correct = (logits.argmax(-1) == labels).sum(1)
        # The gradient of the mean loss by the logits, times the learning rate of each head.
        slope = log.exp() - F.one_hot(labels, logits.shape[2])
        if self._weights is not None:
            slope *= self._weights.gather(1, labels)[:, :, None]
        slope /= labels.shape[1]
        if shape.hidden is None:
            self._update.step(rate, {shape.last: (slope, read)})
            return loss.mean(1).double(), correct
        back = slope @ parameters[f"{shape.last}.weight"]
        if kept is not None:
            back *= each(kept)
        back *= activation.derivative(before, after)
        self._update.step(rate, {shape.last: (slope, read), shape.hidden: (back, states)})
        return loss.mean(1).double(), correct

    def _validate(self) -> tuple[Tensor, Tensor]:
        labels = self._val_labels.expand(len(self._heads), -1)
        log = F.log_softmax(self._logits(self._val_states), dim=-1)
        loss = -log.gather(2, labels[:, :, None])[:, :, 0].double().mean(1)
        return loss, (log.argmax(-1) == labels).sum(1)

    def _logits(self, states: Tensor) -> Tensor:
        """Logits of (reviews, width), float32 (heads, reviews, labels), nothing dropped out."""
        values = states.expand(len(self._heads), -1, -1)
        if self._shape.hidden is not None:
            values = _linear(values, self._parameters, self._shape.hidden)
            values = ACTIVATIONS[self._shape.activation].apply(values)
        return _linear(values, self._parameters, self._shape.last)

    def _let_go(self, number: int) -> None:
        """Take the heads that are done out of the stack, with their answers."""
        going = []
        for place, head in enumerate(self._heads):
            losses = [epoch.val_loss for epoch in head.epochs]
            if number < head.config.epochs:
                head.ended_early = early_stop(losses, head.config.early_stopping)
                if head.ended_early is None:
                    going.append(place)
        if len(going) == len(self._heads):
            return
        logits = self._logits(self._features.validation[:, self._shape.read])
        for place, head in enumerate(self._heads):
            if place not in going:
                # A copy, or each would keep the logits of all alive.
                head.logits = logits[place].clone()
        kept = torch.tensor(going, dtype=torch.int64)
        self._heads = [self._heads[place] for place in going]
        self._rates = [self._rates[place] for place in going]
        for name, values in self._parameters.items():
            self._parameters[name] = values[kept]
        self._update.keep(kept)
        self._weights = self._label_weights()

    def _label_weights(self) -> Tensor | None:
        """What a review of each label weighs, (heads, labels); None where all weigh the same."""
        asked = [head.config.class_weights == "balanced" for head in self._heads]
        if not any(asked):
            return None
        count = self._features.labels
        even = torch.ones(count)
        balanced = balanced_weights(self._labels.tolist(), count)
        return torch.stack([balanced if own else even for own in asked])


def _linear(values: Tensor, parameters: dict[str, Tensor], name: str) -> Tensor:
    bias = parameters[f"{name}.bias"][:, None]
    return torch.baddbmm(bias, values, parameters[f"{name}.weight"].mT)


def _masks(streams: Sequence[_Stream], rows: int, width: int, chance: float) -> Tensor | None:
    """What dropout multiplies the numbers of each stream with, (streams, rows, width)."""
    if not chance:
        return None
    kept = torch.stack([stream.mask(rows, width, chance) for stream in streams])
    return kept.float().div_(1 - chance)
