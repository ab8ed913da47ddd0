"""Steps of plain SGD for a head of few parts, its gradient written down, some of them at once.

Training a small head is a long row of very small steps, and by way of the model's own forward and
torch's autograd most of the time goes into starting them. Here the gradient of a weight, as large
as the weight itself, is never held: it is the product of two narrow matrices. And since what the
head reads does not depend on it, the large products of some steps are computed as one: what the
first linear map gives for the reviews of them all before the first of these steps, and what they
all change of its weight after the last. In between a step adds to what the map gives what the steps
before it would have changed::

    W_t x = W_0 x - rate * sum over earlier reviews s of slope_s (x_s . x)

The figures are those of one step after the other but for rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - its usual name
from torch import Tensor

from training.engines.heads import ACTIVATIONS, HeadShape

AT_ONCE = 128
"""Reviews whose steps are taken at once: enough for a large product, few enough that what one
review's step changes for another stays a small one."""


@dataclass(frozen=True)
class Prepared:
    """Steps that were computed and not yet taken.

    Attributes:
        logits: (reviews, labels), each before its own step.
        loss: its mean over the reviews.
        last: weight and bias of the last linear map after the steps.
        first: what is to be added to the first one's weight, as the two factors of a product:
            (reviews, width out) and (reviews, width in); None where there is but one map.
    """

    logits: Tensor
    loss: Tensor
    last: tuple[Tensor, Tensor]
    first: tuple[Tensor, Tensor] | None


class QuickHead:
    """The head of a model, trained in place.

    Args:
        shape: what it computes.
        model: the classifier that it is part of; its parameters are changed.
    """

    def __init__(self, shape: HeadShape, model: Any) -> None:
        self._shape = shape
        parameters = dict(model.named_parameters())
        self._parameters: dict[str, Tensor] = {name: parameters[name] for name in shape.names}

    @torch.no_grad()
    def prepare(self, states: Tensor, labels: Tensor, rates: Sequence[float]) -> Prepared:
        """Compute steps with dropout, and change nothing but the random numbers.

        Args:
            states: what the head reads, (reviews, 1 or 2, width), one step's reviews after the
                other's, of each step as many.
            labels: (reviews,).
            rates: the learning rate of each step.
        """
        shape, size = self._shape, len(labels) // len(rates)
        weight, bias = (own.clone() for own in self._linear(shape.last))
        read, targets = states[:, shape.read], F.one_hot(labels, len(bias)).float()
        dropped = _dropout(read, shape, len(rates), weight.shape[1])
        given = read if dropped.first is None else read * dropped.first
        logits = torch.empty(len(labels), len(bias))
        if shape.hidden is not None:
            activation = ACTIVATIONS[shape.activation]
            before, alike = self._before(shape.hidden, given, several=len(rates) > 1)
            changes = torch.empty_like(before)
        for step, rate in enumerate(rates):
            own = slice(step * size, (step + 1) * size)
            if shape.hidden is None:
                heard = given[own]
            else:
                if step:
                    before[own].addmm_(alike[own, : own.start], changes[: own.start])
                after = activation.apply(before[own])
                heard = after if dropped.last is None else after * dropped.last[own]
            torch.addmm(bias, heard, weight.T, out=logits[own])
            slope = F.softmax(logits[own], dim=-1).sub_(targets[own]).mul_(-rate / size)
            if shape.hidden is not None:
                back = torch.mm(slope, weight, out=changes[own])
                if dropped.last is not None:
                    back *= dropped.last[own]
                back *= activation.derivative(before[own], after)
            weight.addmm_(slope.T, heard)
            bias.add_(slope.sum(0))
        first = None if shape.hidden is None else (changes, given)
        return Prepared(logits, F.cross_entropy(logits, labels), (weight, bias), first)

    @torch.no_grad()
    def take(self, steps: Prepared) -> None:
        """Take the steps."""
        for own, new in zip(self._linear(self._shape.last), steps.last, strict=True):
            own.copy_(new)
        if steps.first is not None and self._shape.hidden is not None:
            changes, given = steps.first
            weight, bias = self._linear(self._shape.hidden)
            weight.addmm_(changes.T, given)
            bias.add_(changes.sum(0))

    def _before(self, name: str, given: Tensor, *, several: bool) -> tuple[Tensor, Tensor]:
        """What a linear map gives before the steps, and by how much a review's step moves another.

        The bias counts as the weight of one more number, always 1.
        """
        weight, bias = self._linear(name)
        before = torch.addmm(bias, given, weight.T)
        return before, torch.mm(given, given.T).add_(1) if several else before

    def _linear(self, name: str) -> tuple[Tensor, Tensor]:
        return self._parameters[f"{name}.weight"], self._parameters[f"{name}.bias"]


@dataclass(frozen=True)
class _Dropout:
    """What each number is multiplied with before the first and before the last of two linear maps.

    None where nothing is dropped.
    """

    first: Tensor | None
    last: Tensor | None


def _dropout(read: Tensor, shape: HeadShape, steps: int, hidden: int) -> _Dropout:
    """Draw it for all steps as torch draws it: step after step, in the order of rows."""
    first = torch.empty(read.shape) if shape.drop_first else None
    last = torch.empty(len(read), hidden) if shape.hidden and shape.drop_last else None
    size = len(read) // steps
    for start in range(0, len(read), size):
        for factors, chance in ((first, shape.drop_first), (last, shape.drop_last)):
            if factors is not None:
                factors[start : start + size].bernoulli_(1 - chance)
    for factors, chance in ((first, shape.drop_first), (last, shape.drop_last)):
        if factors is not None:
            factors.div_(1 - chance)
    return _Dropout(first, last)
