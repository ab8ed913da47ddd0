"""Forty-eight heads by ``journal whatif`` against one epoch of the notebook's loop."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from paired import Row, in_turn, scratch, seconds

GRID = (
    "learning_rate=0.001,0.005,0.02,0.05",
    "batch_size=8,16,32",
    "weight_decay=0,0.01",
    "class_weights=none,balanced",
)
HEADS = 48


def whatif(repeats: int) -> Iterator[Row]:
    """A DistilBERT of the course's size, at random, on the 2,000 embedded reviews."""
    from lab import random_distilbert

    from journal.record import Folder
    from training.config import LabConfig
    from training.embedded import minilm_folder
    from training.whatif.grid import read_axes
    from training.whatif.run import run_whatif

    with scratch() as name:
        model = Path(name) / "distilbert"
        parameters = random_distilbert(model, minilm_folder())
        epoch = _notebook(model)
        base = LabConfig(data="amazon-snippets", model=str(model))

        def ours() -> float:
            with scratch() as folder:
                made: list[Any] = []

                def run() -> None:
                    done = run_whatif(base, read_axes(GRID), 1, Folder(Path(folder)))
                    made.extend(done.made)

                spent = seconds(run)
                if len(made) != HEADS:
                    raise SystemExit(f"{len(made)} runs were made in place of {HEADS}")
                return spent

        pairs = in_turn(lambda: seconds(epoch), ours, repeats)
    ratio = pairs.ratio
    yield Row(
        f"DistilBERT at random ({parameters / 1e6:.1f} M), snippets: one epoch of the notebook's"
        f" loop against {HEADS} heads of {base.epochs} epochs by journal whatif, records and all",
        f"{median(pairs.theirs):.0f} s",
        f"{median(pairs.ours):.1f} s",
        f"{HEADS * ratio:.0f} heads an epoch",
        f"{HEADS}",
        ratio >= 1,
    )


def _notebook(folder: Path) -> Any:
    """One epoch of training and validation; what comes before it is not in it."""
    import torch
    from loop import SEED, one_epoch, padded
    from torch.utils.data import DataLoader
    from transformers import AutoTokenizer, DistilBertForSequenceClassification

    from training.data import read_reviews, split_reviews

    split = split_reviews(read_reviews("amazon-snippets"))
    tokenizer = AutoTokenizer.from_pretrained(folder)
    torch.manual_seed(SEED)
    model = DistilBertForSequenceClassification.from_pretrained(folder, num_labels=2)
    for name, parameter in model.named_parameters():
        parameter.requires_grad = "classifier" in name
    train = padded(tokenizer, split.train_texts, split.train_labels)
    validation = padded(tokenizer, split.val_texts, split.val_labels)
    train_loader: Any = DataLoader(train, batch_size=16, shuffle=True, drop_last=True)  # type: ignore[arg-type]
    val_loader: Any = DataLoader(validation, batch_size=8, drop_last=True)  # type: ignore[arg-type]
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.005)

    def epoch() -> None:
        one_epoch(model, train_loader, optimizer)
        one_epoch(model, val_loader, None)

    return epoch
