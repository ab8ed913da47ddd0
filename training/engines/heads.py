"""The heads that can be trained side by side: what they compute, in the order of their parts.

Most sequence classifiers of transformers have one of four heads behind what they read of the
encoder: one linear map, or two with an activation between them, and dropout before each. Which one
it is, is read off the model's parts and then held against the model itself, with dropout on and
off, so that nothing rests on the name of a class.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - its usual name
from torch import Tensor, nn

_TOLERANCE = 1e-4
_LOUD = 100.0
"""New heads give numbers near 0, where every activation is a straight line."""


@dataclass(frozen=True)
class Activation:
    """A function of each number by itself, and its derivative."""

    apply: Callable[[Tensor], Tensor]
    derivative: Callable[[Tensor, Tensor], Tensor]
    """Of the number that went in and of what came out."""


def _gelu_derivative(before: Tensor, _after: Tensor) -> Tensor:
    density = torch.exp(-0.5 * before * before) * 0.3989422804014327
    return 0.5 * (1 + torch.erf(before * 0.7071067811865476)) + before * density


ACTIVATIONS: dict[str, Activation] = {
    "relu": Activation(torch.relu, lambda before, _after: (before > 0).to(before.dtype)),
    "tanh": Activation(torch.tanh, lambda _before, after: 1 - after * after),
    "gelu": Activation(F.gelu, _gelu_derivative),
}


@dataclass(frozen=True)
class HeadShape:
    """What a head computes: ``drop, [linear, activation, drop,] linear``.

    Attributes:
        read: which of the states it reads, see :class:`training.engines.cached.CachedEngine`: 0 for
            the first token's, 1 for the pooler's.
        hidden: the name of the first linear map, None where there is but one.
        last: the name of the one that gives the logits.
        activation: between them, a key of :data:`ACTIVATIONS`.
        drop_first: the chance with which dropout takes a number of what is read, 0 for none.
        drop_last: the same before the last linear map, where there are two.
    """

    read: int
    hidden: str | None
    last: str
    activation: str = "relu"
    drop_first: float = 0.0
    drop_last: float = 0.0

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its parameters."""
        linears = [self.last] if self.hidden is None else [self.hidden, self.last]
        return tuple(f"{linear}.{part}" for linear in linears for part in ("weight", "bias"))

    def logits(self, states: Tensor, parameters: Mapping[str, Tensor], *, drop: bool) -> Tensor:
        """What one head gives for (reviews, 1 or 2, width); dropout draws as the model's does."""
        values = F.dropout(states[:, self.read], self.drop_first, drop and self.drop_first > 0)
        if self.hidden is not None:
            values = F.linear(values, *_linear(parameters, self.hidden))
            values = ACTIVATIONS[self.activation].apply(values)
            values = F.dropout(values, self.drop_last, drop and self.drop_last > 0)
        return F.linear(values, *_linear(parameters, self.last))


def head_shape(
    model: Any, states: Tensor, logits: Callable[[Tensor, bool], Tensor]
) -> HeadShape | None:
    """Which shape the head of a model has, or None where it has another.

    Args:
        model: the classifier.
        states: of a few reviews, (reviews, 1 or 2, width), as the engine keeps them.
        logits: the model's own answer to such states, with dropout where the flag says so.
    """
    trained = {name: p for name, p in model.named_parameters() if p.requires_grad}
    for shape in _candidates(model, states.shape[1]):
        if set(shape.names) == set(trained) and _same(shape, trained, states, logits):
            return shape
    return None


def _linear(parameters: Mapping[str, Tensor], name: str) -> tuple[Tensor, Tensor]:
    return parameters[f"{name}.weight"], parameters[f"{name}.bias"]


def _candidates(model: Any, states: int) -> Iterator[HeadShape]:
    """All shapes that the parts of the model allow."""
    outside = {
        name: part
        for name, part in model.named_modules()
        if not f"{name}.".startswith(f"{model.base_model_prefix}.")
    }
    linears = [name for name, part in outside.items() if isinstance(part, nn.Linear)]
    chances = {0.0, *(part.p for part in outside.values() if isinstance(part, nn.Dropout))}
    for read, first, last in product(range(states), sorted(chances), sorted(chances)):
        if len(linears) == 1 and last == 0:
            yield HeadShape(read, None, linears[0], drop_first=first)
        elif len(linears) == 2:
            for activation in ACTIVATIONS:
                yield HeadShape(read, linears[0], linears[1], activation, first, last)


@torch.no_grad()
def _same(
    shape: HeadShape,
    parameters: Mapping[str, Tensor],
    states: Tensor,
    logits: Callable[[Tensor, bool], Tensor],
) -> bool:
    """Whether a shape gives what the model gives, and draws the same random numbers for it."""
    began = torch.get_rng_state()
    try:
        for drop, given in product((False, True), (states, states * _LOUD)):
            torch.set_rng_state(began)
            theirs = logits(given, drop)
            after = torch.get_rng_state()
            torch.set_rng_state(began)
            ours = shape.logits(given, parameters, drop=drop)
            close = bool(((ours - theirs).abs() <= _TOLERANCE * theirs.abs().max()).all())
            if not close or not torch.equal(torch.get_rng_state(), after):
                return False
    finally:
        torch.set_rng_state(began)
    return True
