"""The last layers training with the head: a plain loop against ``--engine cached``.

The loop is the notebook's with more of the model training; its time is that of one epoch, times the
epochs, plus its tokenizing. Of ours everything from the reviews' text to the last epoch counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import perf_counter

from commands import JOURNAL
from loop import SEED, one_epoch, padded
from paired import Row, in_turn, process, scratch

from journal.record import Folder, read_run
from journal.record import events as ev

EPOCHS = 10
TIMES = 3.0
# From the reviews' text to the last epoch's figures; loading is the same work on both sides.
COUNTED = {"tokenizing", "encoding", "training"}


def unfreeze(repeats: int) -> Iterator[Row]:
    """The embedded model on the 2,000 embedded reviews, its last layer and its last two training.

    On our side the layers that train are computed in float32 as on the other; the frozen ones in
    what the machine does best.
    """
    from transformers.utils import logging

    from training.embedded import minilm_folder

    # That the head is new is what fine-tuning is about.
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    model = minilm_folder()
    with scratch() as name:
        for layers in (1, 2):
            pairs = in_turn(
                lambda layers=layers: _plain(model, layers),
                lambda layers=layers: _cached(model, layers, Path(name)),
                repeats,
            )
            yield Row(
                f"{EPOCHS} epochs, minilm, --unfreeze {layers}: a plain loop (1 epoch timed, times"
                f" {EPOCHS}) against --engine cached",
                f"{median(pairs.theirs):.0f} s",
                f"{median(pairs.ours):.1f} s",
                f"{pairs.ratio:.1f} times",
                f"{TIMES:.0f} times",
                pairs.ratio >= TIMES,
            )


def _cached(model: Path, layers: int, folder: Path) -> float:
    """The whole command, timed by its own record."""
    command = ["train", "--model", model, "--data", "amazon-snippets", "--epochs", str(EPOCHS)]
    process((JOURNAL, *command, "--unfreeze", str(layers)), folder)
    run = read_run(Folder(folder).find_run(None))
    if len(run.epochs) != EPOCHS:
        raise SystemExit(f"the run recorded {len(run.epochs)} epochs")
    return sum(p.seconds for p in run.all(ev.PhaseFinished) if p.phase in COUNTED)


def _plain(model_folder: Path, layers: int) -> float:
    """Seconds that the plain loop takes for its epochs, from one of them."""
    import torch
    from torch.utils.data import DataLoader
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    from training.data import read_reviews, split_reviews

    split = split_reviews(read_reviews("amazon-snippets"))
    tokenizer = AutoTokenizer.from_pretrained(model_folder)
    torch.manual_seed(SEED)
    model = AutoModelForSequenceClassification.from_pretrained(model_folder, num_labels=2)
    depth = model.config.num_hidden_layers
    last = [f".layer.{number}." for number in range(depth - layers, depth)]
    for name, parameter in model.named_parameters():
        parameter.requires_grad = "classifier" in name or any(part in name for part in last)

    began = perf_counter()
    train = padded(tokenizer, split.train_texts, split.train_labels)
    validation = padded(tokenizer, split.val_texts, split.val_labels)
    tokenizing = perf_counter() - began

    train_loader = DataLoader(train, batch_size=16, shuffle=True, drop_last=True)
    val_loader = DataLoader(validation, batch_size=8, drop_last=True)
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.005)
    began = perf_counter()
    one_epoch(model, train_loader, optimizer)
    one_epoch(model, val_loader, None)
    return tokenizing + EPOCHS * (perf_counter() - began)
