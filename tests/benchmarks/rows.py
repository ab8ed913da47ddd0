"""Peak memory of a run against the number of its reviews, each run in its own process."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from math import log
from pathlib import Path

from commands import JOURNAL
from paired import Row, process, scratch

from journal.record import Folder, Run, read_run
from journal.record import events as ev

FEW, MANY = 20_000, 200_000
WIDTH = 32
MEAN_WORDS = 60
WORDS = (
    "great", "kettle", "broke", "love", "lamp", "works", "never", "money", "back", "quiet", "noisy",
    "cheap", "battery", "the", "a", "it", "and", "is", "was", "my", "after", "week", "returned",
    "perfect", "gift", "for", "me", "seller", "box", "plastic", "again",
)  # fmt: skip


def rows(_repeats: int) -> Iterator[Row]:
    """A tiny model, so that what grows with the reviews is not hidden behind the encoder."""
    from training.embedded import minilm_folder

    with scratch() as name:
        root = Path(name)
        _tiny_distilbert(root / "model", minilm_folder())
        few, many = (_run(root, number) for number in (FEW, MANY))
        for phase in [event.phase for event in few.all(ev.PhaseFinished)]:
            yield _row(phase, *(_peak(run, phase) for run in (few, many)))
        yield _row("the whole run", *(max(_peaks(run).values()) for run in (few, many)))


def _row(what: str, few: int, many: int) -> Row:
    return Row(
        f"{what}: peak memory beyond the kept features, {FEW:,} reviews against {MANY:,}",
        f"{few / 1e6:,.0f} MB",
        f"{many / 1e6:,.0f} MB",
        f"{many / few - 1:+.1%}",
        "within 10 %",
        many / few <= 1.10,
    )


def _run(root: Path, number: int) -> Run:
    folder = root / str(number)
    folder.mkdir()
    _write_reviews(folder / "reviews.csv", number)
    asked = ["--data", "reviews.csv", "--model", str(root / "model"), "--limit", "all"]
    process((JOURNAL, "train", *asked, "--epochs", "1", "--batch-size", "64"), folder)
    run = read_run(Folder(folder).find_run())
    if run.data is None or run.data.rows != number:
        raise SystemExit(f"{number:,} reviews were given, and the record tells of {run.data}")
    return run


def _peaks(run: Run) -> dict[str, int]:
    return {phase.phase: _peak(run, phase.phase) for phase in run.all(ev.PhaseFinished)}


def _peak(run: Run, phase: str) -> int:
    """The most resident memory in a phase, less the features from where they are kept."""
    assert run.data is not None
    (found,) = (event for event in run.all(ev.PhaseFinished) if event.phase == phase)
    kept = 4 * WIDTH * (run.data.rows or 0)
    return (found.peak_rss_bytes or 0) - (kept if phase in _WITH_FEATURES else 0)


_WITH_FEATURES = {"encoding", "training", "predicting"}


def _write_reviews(path: Path, number: int) -> None:
    """Reviews of lognormal length; every one is different."""
    dice = random.Random(1)
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["reviewText", "isPositive"])
        for row in range(number):
            length = int(min(400, dice.lognormvariate(log(MEAN_WORDS), 0.6))) + 1
            table.writerow([f"{row} {' '.join(dice.choices(WORDS, k=length))}", row % 2])


def _tiny_distilbert(folder: Path, tokenizer_folder: Path) -> None:
    import torch
    from transformers import AutoTokenizer, DistilBertConfig, DistilBertModel

    torch.manual_seed(1)
    config = DistilBertConfig(dim=WIDTH, n_layers=1, n_heads=2, hidden_dim=2 * WIDTH)
    DistilBertModel(config).save_pretrained(folder)
    AutoTokenizer.from_pretrained(tokenizer_folder).save_pretrained(folder)
