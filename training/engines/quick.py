"""A step of plain SGD for a head of few parts, its gradient written down.

Training a small head is a long row of very small steps, and by way of the model's own forward and
torch's autograd most of the time goes into starting them. Here the gradient of a weight, as large
as the weight itself, is never held: it is the product of two narrow matrices and is added in place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - its usual name
from torch import Tensor

from training.whatif.heads import ACTIVATIONS, HeadShape


@dataclass(frozen=True)
class Prepared:
    """A step that was computed and not yet taken.

    Attributes:
        logits: (reviews, labels), before the step.
        loss: its mean over the reviews.
        slopes: by linear map, the loss's gradient by what the map gave, (reviews, width out), and
            what the map was given, (reviews, width in).
    """

    logits: Tensor
    loss: Tensor
    slopes: dict[str, tuple[Tensor, Tensor]]


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
    def prepare(self, states: Tensor, labels: Tensor) -> Prepared:
        """Compute a step with dropout, and change nothing but the random numbers.

        Args:
            states: what the head reads, (reviews, 1 or 2, width).
            labels: (reviews,).
        """
        shape, activation = self._shape, ACTIVATIONS[self._shape.activation]
        given, _ = _dropped(states[:, shape.read], shape.drop_first)
        read = given
        if shape.hidden is not None:
            before = self._map(shape.hidden, given)
            after = activation.apply(before)
            read, factors = _dropped(after, shape.drop_last)
        logits = self._map(shape.last, read)
        log = F.log_softmax(logits, dim=-1)
        slope = (log.exp() - F.one_hot(labels, logits.shape[1])).div_(len(labels))
        slopes = {shape.last: (slope, read)}
        if shape.hidden is not None:
            back = slope @ self._parameters[f"{shape.last}.weight"]
            if factors is not None:
                back *= factors
            back *= activation.derivative(before, after)
            slopes[shape.hidden] = back, given
        return Prepared(logits, F.nll_loss(log, labels), slopes)

    @torch.no_grad()
    def take(self, step: Prepared, rate: float) -> None:
        """Take a step at a learning rate."""
        for name, (slope, given) in step.slopes.items():
            self._parameters[f"{name}.weight"].addmm_(slope.T, given, alpha=-rate)
            self._parameters[f"{name}.bias"].sub_(slope.sum(0), alpha=rate)

    def _map(self, name: str, values: Tensor) -> Tensor:
        """A linear map; with the weights on the left a few reviews take two thirds of the time."""
        weight, bias = self._parameters[f"{name}.weight"], self._parameters[f"{name}.bias"]
        return torch.mm(weight, values.T).T.add(bias)


def _dropped(values: Tensor, chance: float) -> tuple[Tensor, Tensor | None]:
    """Values after dropout, drawn as torch draws it, and what each was multiplied with."""
    if not chance:
        return values, None
    # In the order of rows, however the values lie.
    factors = torch.empty(values.shape).bernoulli_(1 - chance).div_(1 - chance)
    return values * factors, factors
