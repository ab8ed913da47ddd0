"""The lab's 20 epochs: a notebook's plain loop against the cached engine's whole run.

The loop is written as the course's notebook writes it and shares no code with the engines: padding
over each whole split, a DataLoader, every batch through the whole model in every epoch. Its time
for 20 epochs is the time of one, times 20, plus its tokenizing; the table says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from commands import JOURNAL
from paired import Row, in_turn, process, scratch

from journal.record import Folder, read_run
from journal.record import events as ev

EPOCHS = 20
SEED = 324
# From the reviews' text to the last epoch's figures; loading is the same work on both sides.
COUNTED = {"tokenizing", "encoding", "training"}


def lab(repeats: int) -> Iterator[Row]:
    """The embedded model and one of DistilBERT's real size, on the 2,000 embedded reviews."""
    from transformers.utils import logging

    from training.embedded import minilm_folder

    # That the head is new is what fine-tuning is about.
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    with scratch() as name:
        yield _row("minilm", minilm_folder(), Path(name) / "minilm", repeats)
        model = Path(name) / "distilbert"
        parameters = random_distilbert(model, minilm_folder())
        what = f"DistilBERT at random, {parameters:,} parameters"
        yield _row(what, model, Path(name) / "random", repeats)


def _row(what: str, model: Path, folder: Path, repeats: int) -> Row:
    pairs = in_turn(lambda: _notebook(model), lambda: _cached(model, folder), repeats)
    return Row(
        f"{EPOCHS} epochs, {what}: the notebook's loop (1 epoch timed, times {EPOCHS})"
        " against --engine cached",
        f"{median(pairs.theirs):.0f} s",
        f"{median(pairs.ours):.1f} s",
        f"{pairs.ratio:.0f} times",
        "200 times",
        pairs.ratio >= 200,
    )


def random_distilbert(folder: Path, tokenizer_folder: Path) -> int:
    """Write a new model of the course's size, with the tokenizer of the same vocabulary."""
    import torch
    from transformers import AutoTokenizer, DistilBertConfig, DistilBertForSequenceClassification

    torch.manual_seed(SEED)
    model = DistilBertForSequenceClassification(DistilBertConfig())
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(tokenizer_folder).save_pretrained(folder)
    return sum(parameter.numel() for parameter in model.parameters())


def _cached(model: Path, folder: Path) -> float:
    """The whole command, timed by its own record: memory sampling and recording are in it."""
    folder.mkdir(exist_ok=True)
    command = ["train", "--model", model, "--data", "amazon-snippets", "--engine", "cached"]
    process((JOURNAL, *command, "--epochs", str(EPOCHS)), folder)
    run = read_run(Folder(folder).find_run(None))
    finished = {phase.phase: phase.seconds for phase in run.all(ev.PhaseFinished)}
    missing = COUNTED - set(finished)
    if missing or len(run.epochs) != EPOCHS:
        raise SystemExit(f"the run recorded {len(run.epochs)} epochs and lacks {missing or 'none'}")
    return sum(finished[phase] for phase in COUNTED)


def _notebook(model_folder: Path) -> float:
    """Seconds that the notebook takes for its 20 epochs, from one of them."""
    import torch
    from torch.utils.data import DataLoader
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    from training.data import read_reviews, split_reviews

    split = split_reviews(read_reviews("amazon-snippets"))
    tokenizer = AutoTokenizer.from_pretrained(model_folder)
    torch.manual_seed(SEED)
    model = AutoModelForSequenceClassification.from_pretrained(model_folder, num_labels=2)
    for name, parameter in model.named_parameters():
        parameter.requires_grad = "classifier" in name

    began = perf_counter()
    train = _reviews(tokenizer, split.train_texts, split.train_labels)
    validation = _reviews(tokenizer, split.val_texts, split.val_labels)
    tokenizing = perf_counter() - began

    train_loader = DataLoader(train, batch_size=16, shuffle=True, drop_last=True)
    val_loader = DataLoader(validation, batch_size=8, drop_last=True)
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.005)
    began = perf_counter()
    _epoch(model, train_loader, optimizer)
    with torch.no_grad():
        _epoch(model, val_loader, None)
    return tokenizing + EPOCHS * (perf_counter() - began)


def _reviews(tokenizer: Any, texts: Sequence[str], labels: Sequence[int]) -> list[dict[str, Any]]:
    import torch

    encodings = tokenizer(list(texts), truncation=True, padding=True, return_tensors="pt")
    return [
        {
            "input_ids": encodings["input_ids"][i],
            "attention_mask": encodings["attention_mask"][i],
            "labels": torch.tensor(label),
        }
        for i, label in enumerate(labels)
    ]


def _epoch(model: Any, loader: Any, optimizer: Any) -> tuple[float, float]:
    """One pass over a loader, training when there is an optimizer: mean loss and accuracy."""
    model.train(optimizer is not None)
    losses, accuracies = [], []
    for batch in loader:
        output = model(**batch)
        if optimizer is not None:
            optimizer.zero_grad()
            output.loss.backward()
            optimizer.step()
        right = output.logits.argmax(dim=1) == batch["labels"]
        losses.append(output.loss.item())
        accuracies.append(right.float().mean().item())
    return sum(losses) / len(losses), sum(accuracies) / len(accuracies)
