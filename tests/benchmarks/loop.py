"""The course's notebook as it is written there; shares no code with the engines.

Padding over each whole split, a DataLoader, every batch through the whole model in every epoch.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any

import torch

SEED = 324


def padded(tokenizer: Any, texts: Sequence[str], labels: Sequence[int]) -> list[dict[str, Any]]:
    """The reviews of a split, one dictionary each."""
    encodings = tokenizer(list(texts), truncation=True, padding=True, return_tensors="pt")
    return [
        {
            "input_ids": encodings["input_ids"][i],
            "attention_mask": encodings["attention_mask"][i],
            "labels": torch.tensor(label),
        }
        for i, label in enumerate(labels)
    ]


def one_epoch(
    model: Any, loader: Any, optimizer: Any, batches: int | None = None
) -> tuple[float, float]:
    """One pass over a loader or its first batches, training when there is an optimizer.

    Returns:
        Mean loss and accuracy.
    """
    model.train(optimizer is not None)
    losses, accuracies = [], []
    with torch.set_grad_enabled(optimizer is not None):
        for batch in islice(loader, batches):
            output = model(**batch)
            if optimizer is not None:
                optimizer.zero_grad()
                output.loss.backward()
                optimizer.step()
            right = output.logits.argmax(dim=1) == batch["labels"]
            losses.append(output.loss.item())
            accuracies.append(right.float().mean().item())
    return sum(losses) / len(losses), sum(accuracies) / len(accuracies)
