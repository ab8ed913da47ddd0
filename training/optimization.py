"""How parameters are moved: the optimizer, its learning rate over the steps, when to stop.

The defaults are the lab's: SGD without momentum at a constant learning rate, every label of equal
weight, all epochs. They give the same figures, to the bit, as ``torch.optim.SGD(parameters, lr)``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - its usual name
from torch import Tensor, nn
from torch.optim import SGD, AdamW, Optimizer

from training.config import LabConfig


def make_optimizer(model: Any, config: LabConfig) -> Optimizer:
    """The optimizer of everything that trains, with torch's defaults for what is not asked for.

    Weight decay spares biases and the parameters of normalizations, which have no direction to
    shrink in. AdamW's is decoupled from the gradient (I. Loshchilov and F. Hutter, ICLR 2019,
    arXiv:1711.05101); SGD's is added to it.
    """
    groups = _groups(model, config.weight_decay)
    if config.optimizer == "adamw":
        return AdamW(groups, lr=config.learning_rate)
    return SGD(groups, lr=config.learning_rate)


def _groups(model: Any, weight_decay: float) -> list[dict[str, Any]]:
    trained = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    if not weight_decay:
        # AdamW would decay by its own default.
        return [{"params": [p for _, p in trained], "weight_decay": 0.0}]
    norms = {
        f"{name}.{part}"
        for name, module in model.named_modules()
        if _is_norm(module)
        for part, _ in module.named_parameters(recurse=False)
    }
    spared = {name for name, _ in trained if name in norms or name.endswith("bias")}
    groups = [
        {"params": [p for name, p in trained if name not in spared], "weight_decay": weight_decay},
        {"params": [p for name, p in trained if name in spared], "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]


def _is_norm(module: nn.Module) -> bool:
    # Some models have a class of their own for it.
    return isinstance(module, nn.LayerNorm) or type(module).__name__.endswith("Norm")


class Schedule:
    """The learning rate over the steps of a whole run: a warm-up, then constant or falling to 0.

    The rate of a step depends on its number alone, so a resumed run need only say where it is. It
    is that of transformers' ``get_scheduler("linear")`` and ``"constant_with_warmup"``: the first
    step of a warm-up is taken at 0, and a linear schedule reaches 0 after the last step.

    Attributes:
        steps: steps taken so far.
    """

    def __init__(self, optimizer: Optimizer, config: LabConfig, steps_in_all: int) -> None:
        self._optimizer = optimizer
        self._rate = rates(config, steps_in_all)
        self.steps = 0
        self.go_to(0)

    def go_to(self, steps: int) -> None:
        """Set the learning rate for the step that follows so many."""
        self.steps = steps
        for group in self._optimizer.param_groups:
            group["lr"] = self._rate(steps)

    def ahead(self, steps: int) -> list[float]:
        """The learning rates of the next so many steps."""
        return [self._rate(self.steps + step) for step in range(steps)]

    def step(self) -> None:
        """Count a step that the optimizer has taken, and set the rate of the next."""
        self.go_to(self.steps + 1)


def rates(config: LabConfig, steps_in_all: int) -> Callable[[int], float]:
    """The learning rate of the step that follows so many others, see :class:`Schedule`."""
    warmup = math.ceil(config.warmup * steps_in_all)

    def rate(steps: int) -> float:
        factor = 1.0
        if steps < warmup:
            factor = steps / warmup
        elif config.schedule == "linear":
            factor = max(0.0, (steps_in_all - steps) / max(1, steps_in_all - warmup))
        return config.learning_rate * factor

    return rate


def balanced_weights(labels: Sequence[int], classes: int) -> Tensor:
    """A weight for each label so that all have an equal say: reviews / (labels x its own reviews).

    That is scikit-learn's ``class_weight="balanced"``; the mean over the reviews is 1. A label that
    no review has weighs nothing.

    Returns:
        float32, (classes,).
    """
    counts = torch.bincount(torch.tensor(labels), minlength=classes)
    present = int((counts > 0).sum())
    weights = len(labels) / (present * counts.clamp(min=1).float())
    return torch.where(counts > 0, weights, 0.0)


def weighted_loss(logits: Tensor, labels: Tensor, weights: Tensor, rows: int) -> Tensor:
    """What a batch's reviews add to its weighted cross-entropy, in nats.

    The sum is divided by the batch's number of reviews, not by their weights, so that every review
    counts the same whatever it is batched with, and the parts of a batch add up to the whole.

    Args:
        logits: (reviews, labels) of some of the batch's reviews.
        labels: their true labels, (reviews,).
        weights: of each label, (labels,).
        rows: reviews in the whole batch.
    """
    there = logits.device
    total = F.cross_entropy(
        logits.float(), labels.to(there), weight=weights.to(there), reduction="sum"
    )
    return total / rows


def early_stop(val_losses: Sequence[float | None], patience: int | None) -> str | None:
    """Why training should stop after these epochs, or None while it should go on.

    It stops when the validation loss has not fallen below its lowest for ``patience`` epochs (L.
    Prechelt, "Early Stopping - But When?", 1998). A loss that is not finite is never the lowest.

    Args:
        val_losses: of all epochs so far, in nats.
        patience: how many epochs to wait; None to wait forever.
    """
    if patience is None:
        return None
    best, at = math.inf, 0
    for epoch, loss in enumerate(val_losses, 1):
        if loss is not None and loss < best:
            best, at = loss, epoch
    if len(val_losses) - at < patience:
        return None
    waited = "1 epoch" if patience == 1 else f"{patience} epochs"
    if not at:
        return f"early stopping: no finite validation loss in {waited}"
    return f"early stopping: no validation loss below that of epoch {at} in {waited}"
