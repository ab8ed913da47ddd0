"""``x @ W.T + b`` over packed tokens, with what follows it fused in where the library can.

On processors the weights are laid out once for oneDNN, which then also computes the activation and
the residual sum before a result leaves the cache. Those operators are torch's own, made for its
compiler; where one is absent or does not take the number type, plain ones do the same.
"""

from __future__ import annotations

from functools import cache
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from training.encoding.families import Activation

_ONEDNN = {"gelu": ("gelu", "none"), "gelu_tanh": ("gelu", "tanh"), "relu": ("relu", "")}


class Linear(Protocol):
    """A linear map of (tokens, width in) to (tokens, width out), all of one number type."""

    def __call__(self, x: Tensor) -> Tensor:
        """The map alone."""

    def activated(self, x: Tensor, activation: Activation) -> Tensor:
        """The map, then the activation."""

    def added(self, x: Tensor, residual: Tensor) -> Tensor:
        """The map, then the sum with (tokens, width out)."""


def linear(weight: Tensor, bias: Tensor) -> Linear:
    """The fastest form of a linear map that this machine has.

    Args:
        weight: (width out, width in), where and in the type that is computed.
        bias: (width out,), alike.
    """
    packed = weight.device.type == "cpu" and has_packed(weight.dtype)
    return PackedLinear(weight, bias) if packed else PlainLinear(weight, bias)


@cache
def has_packed(dtype: torch.dtype) -> bool:
    """Whether oneDNN takes weights laid out beforehand, in this type on this processor."""
    try:
        probe = PackedLinear(torch.ones(16, 16, dtype=dtype), torch.zeros(16, dtype=dtype))
        probe.activated(probe.added(*[torch.ones(2, 16, dtype=dtype)] * 2), "gelu")
    except (AttributeError, NotImplementedError, RuntimeError):
        return False
    return True


class PackedLinear:
    """oneDNN's, with weights in its own layout."""

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        self._weight = torch.ops.mkldnn._reorder_linear_weight(weight.contiguous())
        self._bias = bias
        self._run = torch.ops.mkldnn._linear_pointwise.default
        self._run_added = torch.ops.mkldnn._linear_pointwise.binary

    def __call__(self, x: Tensor) -> Tensor:
        """The map alone."""
        y: Tensor = self._run(x, self._weight, self._bias, "none", [], "")
        return y

    def activated(self, x: Tensor, activation: Activation) -> Tensor:
        """The map, then the activation."""
        name, kind = _ONEDNN[activation]
        y: Tensor = self._run(x, self._weight, self._bias, name, [], kind)
        return y

    def added(self, x: Tensor, residual: Tensor) -> Tensor:
        """The map, then the sum with (tokens, width out)."""
        y: Tensor = self._run_added(x, residual, self._weight, self._bias, "add")
        return y


class PlainLinear:
    """torch's own, for GPUs and for processors without the other."""

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        self._weight, self._bias = weight, bias

    def __call__(self, x: Tensor) -> Tensor:
        """The map alone."""
        return functional.linear(x, self._weight, self._bias)

    def activated(self, x: Tensor, activation: Activation) -> Tensor:
        """The map, then the activation."""
        y = self(x)
        if activation == "relu":
            return y.relu_()
        return functional.gelu(y, approximate="tanh" if activation == "gelu_tanh" else "none")

    def added(self, x: Tensor, residual: Tensor) -> Tensor:
        """The map, then the sum with (tokens, width out)."""
        return self(x).add_(residual)
