"""Whether running the encoder once, and in bfloat16, costs accuracy: the mean over ten seeds.

The notebook leaves dropout on inside its frozen encoder while it trains. A review so gets other
states in every epoch, which depend neither on the head nor on the batch that the review is in. The
notebook's side is computed here in that order: the encoder goes over the training reviews once for
each epoch with dropout on, in float32, reviews of about one length together; then each seed trains
a new head on these passes, in an order of its own, by the model's own layers and torch's SGD. Each
of these runs is one that the notebook's loop could have made. That the seeds share the passes makes
ten of them affordable.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from statistics import fmean, stdev
from typing import Any, Literal

from loop import SEED
from paired import Row, scratch

SEEDS = range(SEED, SEED + 10)
EPOCHS = 20
TOGETHER = 64


def parity(_repeats: int) -> Iterator[Row]:
    """The embedded model on the 2,000 embedded reviews."""
    import torch
    from transformers.utils import logging

    from training.embedded import minilm_folder
    from training.precision import choose_precision

    # That the head is new is what fine-tuning is about.
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    own = str(choose_precision("auto", torch.device("cpu")))
    usual = "bf16" if own == "torch.bfloat16" else "fp32"
    found = {"notebook": _notebook(minilm_folder())}
    for precision in ("fp32", "bf16"):
        found[precision] = [_cached(seed, precision) for seed in SEEDS]
    for place, seed in enumerate(SEEDS):
        each = (f"{side} {accuracies[place]:.3f}" for side, accuracies in found.items())
        print(f"seed {seed}, validation accuracy after {EPOCHS} epochs: {', '.join(each)}")
    yield _row("the notebook's loop", found["notebook"], f"cached in {usual}", found[usual], 0.5)
    yield _row("cached in fp32", found["fp32"], "in bf16", found["bf16"], 0.3)


def _row(what: str, theirs: list[float], other: str, ours: list[float], points: float) -> Row:
    apart = 100 * (fmean(ours) - fmean(theirs))
    return Row(
        f"minilm, snippets, mean validation accuracy over {len(SEEDS)} seeds: {what} against"
        f" {other}",
        _mean(theirs),
        _mean(ours),
        f"{apart:+.2f} points",
        f"within {points}",
        abs(apart) <= points,
    )


def _mean(accuracies: list[float]) -> str:
    return f"{100 * fmean(accuracies):.2f} % (sd {100 * stdev(accuracies):.2f})"


def _cached(seed: int, precision: Literal["fp32", "bf16"]) -> float:
    from journal.record import Folder
    from training.config import LabConfig
    from training.run import run_lab

    config = LabConfig(
        data="amazon-snippets", model="minilm", epochs=EPOCHS, seed=seed, precision=precision
    )
    with scratch() as name:
        accuracy = run_lab(config, Folder(Path(name))).epochs[-1].val_accuracy
    assert accuracy is not None
    return accuracy


def _notebook(folder: Path) -> list[float]:
    """Validation accuracy of every seed after the last epoch."""
    import torch
    from transformers import AutoTokenizer, DistilBertForSequenceClassification

    from training.data import read_reviews, split_reviews

    split = split_reviews(read_reviews("amazon-snippets"))
    tokenizer: Any = AutoTokenizer.from_pretrained(folder)
    torch.manual_seed(SEED)
    encoder = DistilBertForSequenceClassification.from_pretrained(folder, num_labels=2).distilbert
    passes = [_states(encoder.train(), tokenizer, split.train_texts) for _ in range(EPOCHS)]
    validation = _states(encoder.eval(), tokenizer, split.val_texts)
    labels, right = torch.tensor(split.train_labels), torch.tensor(split.val_labels)
    rows = len(right) // 8 * 8

    accuracies = []
    for seed in SEEDS:
        torch.manual_seed(seed)
        model = DistilBertForSequenceClassification.from_pretrained(folder, num_labels=2)
        head = torch.nn.Sequential(
            model.pre_classifier, torch.nn.ReLU(), model.dropout, model.classifier
        )
        optimizer = torch.optim.SGD(head.parameters(), lr=0.005)
        for number in torch.randperm(EPOCHS).tolist():
            for places in torch.randperm(len(labels)).split(16)[: len(labels) // 16]:
                optimizer.zero_grad()
                logits = head.train()(passes[number][places])
                torch.nn.functional.cross_entropy(logits, labels[places]).backward()
                optimizer.step()
        with torch.no_grad():
            found = head.eval()(validation[:rows]).argmax(dim=1)
        accuracies.append(float((found == right[:rows]).float().mean()))
    return accuracies


def _states(encoder: Any, tokenizer: Any, texts: Any) -> Any:
    """The first token's state of each review, float32 (reviews, width)."""
    import torch

    order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
    kept = torch.empty(len(texts), encoder.config.dim)
    with torch.no_grad():
        for start in range(0, len(order), TOGETHER):
            places = order[start : start + TOGETHER]
            batch = tokenizer(
                [texts[place] for place in places],
                truncation=True, padding=True, return_tensors="pt",
            )  # fmt: skip
            kept[places] = encoder(**batch).last_hidden_state[:, 0]
    return kept
