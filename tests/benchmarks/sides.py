"""One side of the whole lab, in a process of its own: prints the seconds that it takes.

    python tests/benchmarks/sides.py ours|notebook|trainer MODEL_FOLDER REVIEWS.csv EPOCHS

The clock starts when everything is imported and stops after the last epoch's figures: reading the
reviews, loading the model and tokenizing are in it. Of the notebook and the Trainer two epochs are
run, and where these would take too long some batches; the rest is reckoned from them, and what was
run is printed too.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

import pandas as pd
import torch
from loop import SEED, one_epoch, padded
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader
from transformers import (
    AutoTokenizer,
    DataCollatorWithPadding,
    DistilBertForSequenceClassification,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)
from transformers.utils import logging

from journal.record import Folder
from training.config import LabConfig
from training.run import run_lab

TIMED_EPOCHS = 2
LONGEST_EPOCH = 120.0
"""Seconds of an epoch beyond which some of its batches stand for all."""
BATCHES = 6


def main() -> None:
    """Run the side that was named."""
    side, model, reviews, epochs = sys.argv[1:]
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    torch.manual_seed(SEED)
    spent, timed = SIDES[side](Path(model), Path(reviews), int(epochs))
    print(json.dumps({"seconds": spent, "timed": timed}))


def ours(model: Path, reviews: Path, epochs: int) -> tuple[float, str]:
    """The run as ``journal train`` does it: memory sampling, checkpoints and record in it."""
    ends: list[float] = []
    with tempfile.TemporaryDirectory(prefix="journal-bench-") as folder:
        config = LabConfig(data=str(reviews), model=str(model), epochs=epochs)
        began = perf_counter()
        run_lab(config, Folder(Path(folder)), on_epoch=lambda _epoch: ends.append(perf_counter()))
    assert len(ends) == epochs
    return ends[-1] - began, f"all {epochs} epochs"


def notebook(model_folder: Path, path: Path, epochs: int) -> tuple[float, str]:
    """The notebook's own loop."""
    began = perf_counter()
    texts, model, tokenizer = _prepared(model_folder, path)
    train = padded(tokenizer, texts[0], texts[2])
    validation = padded(tokenizer, texts[1], texts[3])
    train_loader = DataLoader(train, batch_size=16, shuffle=True, drop_last=True)
    val_loader = DataLoader(validation, batch_size=8, drop_last=True)
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.005)
    prepared = perf_counter() - began

    def seconds(loader: Any, how: Any, batches: int) -> float:
        begun = perf_counter()
        one_epoch(model, loader, how, batches)
        return perf_counter() - begun

    # Every batch is padded to the same length.
    seconds(train_loader, optimizer, 1)
    step, check = (seconds(train_loader, optimizer, 1), seconds(val_loader, None, 1))
    steps, checks = len(train_loader), len(val_loader)
    if step * steps + check * checks <= LONGEST_EPOCH:
        spent = sum(
            seconds(train_loader, optimizer, steps) + seconds(val_loader, None, checks)
            for _ in range(TIMED_EPOCHS)
        )
        return prepared + spent / TIMED_EPOCHS * epochs, f"{TIMED_EPOCHS} epochs timed"
    spent = (
        seconds(train_loader, optimizer, BATCHES) * steps
        + seconds(val_loader, None, BATCHES) * checks
    ) / BATCHES
    return prepared + spent * epochs, f"{BATCHES} batches of each split timed"


def trainer(model_folder: Path, path: Path, epochs: int) -> tuple[float, str]:
    """transformers' Trainer with the same layers frozen, dynamic padding and bfloat16."""
    began = perf_counter()
    texts, model, tokenizer = _prepared(model_folder, path)
    splits = [
        [
            {"input_ids": ids, "labels": label}
            for ids, label in zip(
                tokenizer(list(own), truncation=True)["input_ids"], labels, strict=True
            )
        ]
        for own, labels in ((texts[0], texts[2]), (texts[1], texts[3]))
    ]
    ends: list[float] = []

    class Clock(TrainerCallback):  # type: ignore[misc]
        def on_evaluate(self, *_: Any, **__: Any) -> None:
            ends.append(perf_counter())

    with tempfile.TemporaryDirectory(prefix="journal-bench-") as folder:
        work = Trainer(
            model=model,
            args=TrainingArguments(
                output_dir=folder,
                per_device_train_batch_size=16,
                per_device_eval_batch_size=8,
                num_train_epochs=TIMED_EPOCHS,
                learning_rate=0.005,
                lr_scheduler_type="constant",
                optim="sgd",
                bf16=True,
                use_cpu=True,
                eval_strategy="epoch",
                save_strategy="no",
                report_to=[],
                disable_tqdm=True,
                dataloader_drop_last=True,
                dataloader_pin_memory=False,
                seed=SEED,
            ),
            train_dataset=splits[0],
            eval_dataset=splits[1],
            data_collator=DataCollatorWithPadding(tokenizer),
            compute_metrics=lambda found: {
                "accuracy": float((found.predictions.argmax(-1) == found.label_ids).mean())
            },
            callbacks=[Clock()],
        )
        prepared = perf_counter() - began
        begun = perf_counter()
        work.train()
    assert len(ends) == TIMED_EPOCHS
    spent = ends[-1] - begun
    return prepared + spent / TIMED_EPOCHS * epochs, f"{TIMED_EPOCHS} epochs timed"


SIDES = {"ours": ours, "notebook": notebook, "trainer": trainer}


def _prepared(model_folder: Path, path: Path) -> tuple[list[Any], Any, Any]:
    """Texts and labels of both splits, the model with its encoder frozen, the tokenizer."""
    table = pd.read_csv(path).dropna(subset=["reviewText"]).head(2000)
    texts = train_test_split(
        table["reviewText"].tolist(),
        table["isPositive"].tolist(),
        test_size=0.10,
        shuffle=True,
        random_state=SEED,
        stratify=table["isPositive"],
    )
    tokenizer = AutoTokenizer.from_pretrained(model_folder)
    model = DistilBertForSequenceClassification.from_pretrained(model_folder, num_labels=2)
    for name, parameter in model.named_parameters():
        parameter.requires_grad = "classifier" in name
    return texts, model, tokenizer


if __name__ == "__main__":
    main()
