"""Taking a step of the optimizer for many heads at once, each at a learning rate of its own.

The steps are those of ``torch.optim.SGD`` without momentum and of ``torch.optim.AdamW`` with its
defaults, see :func:`training.optimization.make_optimizer`: weight decay spares the biases.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import torch
from torch import Tensor

from training.config import OptimizerName

Slopes = Mapping[str, tuple[Tensor, Tensor]]
"""For each linear map, the gradient by what it gives, (heads, reviews, out), and what it was given,
(heads, reviews, in). Their product is the gradient by its weight."""

_BETAS = 0.9, 0.999
_EPSILON = 1e-8


class Update(Protocol):
    """An optimizer of stacked parameters."""

    def step(self, rates: Tensor, slopes: Slopes) -> None:
        """Change the parameters in place, each head at its rate, (heads,)."""

    def keep(self, places: Tensor) -> None:
        """Go on with some of the heads; the parameters were cut to them already."""


def update_for(optimizer: OptimizerName) -> type[_Sgd | _AdamW]:
    """The class to make it with, given the parameters by name and each head's weight decay."""
    return _AdamW if optimizer == "adamw" else _Sgd


class _Sgd:
    def __init__(self, parameters: dict[str, Tensor], decay: Tensor) -> None:
        self._parameters = parameters
        self._decay = decay

    def step(self, rates: Tensor, slopes: Slopes) -> None:
        decayed = bool(self._decay.any())
        for name, (slope, given) in slopes.items():
            weight, bias = self._parameters[f"{name}.weight"], self._parameters[f"{name}.bias"]
            scaled = slope * rates[:, None, None]
            if decayed:
                weight *= (1 - rates * self._decay)[:, None, None]
            weight.baddbmm_(scaled.mT, given, alpha=-1)
            bias -= scaled.sum(1)

    def keep(self, places: Tensor) -> None:
        self._decay = self._decay[places]


class _AdamW:
    def __init__(self, parameters: dict[str, Tensor], decay: Tensor) -> None:
        self._parameters = parameters
        self._decay = decay
        self._means = {name: torch.zeros_like(values) for name, values in parameters.items()}
        self._squares = {name: torch.zeros_like(values) for name, values in parameters.items()}
        self._steps = 0

    def step(self, rates: Tensor, slopes: Slopes) -> None:
        self._steps += 1
        for name, (slope, given) in slopes.items():
            self._move(f"{name}.weight", slope.mT @ given, rates, self._decay)
            self._move(f"{name}.bias", slope.sum(1), rates, None)

    def _move(self, name: str, gradient: Tensor, rates: Tensor, decay: Tensor | None) -> None:
        values, mean, square = self._parameters[name], self._means[name], self._squares[name]
        first, second = _BETAS
        each = rates.view(-1, *[1] * (values.dim() - 1))
        if decay is not None and bool(decay.any()):
            values *= 1 - each * decay.view(each.shape)
        mean.lerp_(gradient, 1 - first)
        square.mul_(second).addcmul_(gradient, gradient, value=1 - second)
        size = (1 - second**self._steps) ** 0.5
        # What was the gradient is room for the divisor now.
        torch.sqrt(square, out=gradient).div_(size).add_(_EPSILON)
        values -= each / (1 - first**self._steps) * (mean / gradient)

    def keep(self, places: Tensor) -> None:
        self._decay = self._decay[places]
        for kept in (self._means, self._squares):
            for name, values in kept.items():
                kept[name] = values[places]
