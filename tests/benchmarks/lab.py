"""The lab's 20 epochs on 2,000 reviews: the notebook's plain loop, transformers' Trainer, and ours.

All sides read the same file and run in processes of their own, see ``sides.py``. Beside the
embedded snippets there are reviews of the usual length: the snippets' own words, one snippet after
the other, cut where the length drawn for a review is reached.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from statistics import fmean, median
from typing import Any

from encoder import lengths_of
from loop import SEED
from paired import Row, in_turn, scratch

EPOCHS = 20
SIDES = Path(__file__).with_name("sides.py")


def lab_minilm(repeats: int) -> Iterator[Row]:
    """The notebook's loop against ours: the embedded model on the embedded snippets."""
    from training.embedded import minilm_folder

    with scratch() as name:
        texts, labels = _snippets()
        reviews = _write(Path(name) / "snippets.csv", texts, labels)
        what = "minilm, snippets: the notebook's loop"
        yield _row(what, "notebook", minilm_folder(), reviews, 200, repeats)


def lab_snippets(repeats: int) -> Iterator[Row]:
    """The same for a model of the course's real size."""
    with scratch() as name:
        what, model, reviews = _real_size(Path(name), long=False)
        yield _row(f"{what}: the notebook's loop", "notebook", model, reviews, 400, repeats)


def lab_reviews(_repeats: int) -> Iterator[Row]:
    """The same on reviews of the usual length, where a batch of the notebook's takes seconds."""
    with scratch() as name:
        what, model, reviews = _real_size(Path(name), long=True)
        yield _row(f"{what}: the notebook's loop", "notebook", model, reviews, 500, 1)


def trainer_snippets(_repeats: int) -> Iterator[Row]:
    """transformers' Trainer, dynamic padding and bfloat16, against ours."""
    with scratch() as name:
        what, model, reviews = _real_size(Path(name), long=False)
        yield _row(f"{what}: {_TRAINER}", "trainer", model, reviews, 15, 1)


def trainer_reviews(_repeats: int) -> Iterator[Row]:
    """The same on reviews of the usual length."""
    with scratch() as name:
        what, model, reviews = _real_size(Path(name), long=True)
        yield _row(f"{what}: {_TRAINER}", "trainer", model, reviews, 15, 1)


_TRAINER = "transformers' Trainer, dynamic padding, bfloat16"


def _snippets() -> tuple[list[str], list[int]]:
    from training.data import read_reviews

    reviews = read_reviews("amazon-snippets")
    return list(reviews.texts), list(reviews.labels)


def _real_size(folder: Path, *, long: bool) -> tuple[str, Path, Path]:
    """What it is in words, the folder of a model of the course's size, and a file of reviews."""
    from transformers.utils import logging

    from training.embedded import minilm_folder

    # That the head is new is what fine-tuning is about.
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    model = folder / "distilbert"
    parameters = random_distilbert(model, minilm_folder())
    what = f"DistilBERT at random ({parameters / 1e6:.1f} M)"
    texts, labels = _snippets()
    if not long:
        return f"{what}, snippets", model, _write(folder / "reviews.csv", texts, labels)
    texts, labels, mean = lengthened(texts, labels, model)
    what = f"{what}, review-length text of {mean:.0f} tokens"
    return what, model, _write(folder / "reviews.csv", texts, labels)


def _row(what: str, side: str, model: Path, reviews: Path, target: float, repeats: int) -> Row:
    timed = ""

    def theirs() -> float:
        nonlocal timed
        spent, timed = _side(side, model, reviews)
        return spent

    pairs = in_turn(theirs, lambda: _side("ours", model, reviews)[0], repeats)
    return Row(
        f"{EPOCHS} epochs, {what} ({timed}) against --engine cached",
        f"{median(pairs.theirs):,.0f} s",
        f"{median(pairs.ours):.1f} s",
        f"{pairs.ratio:.0f} times",
        f"{target:.0f} times",
        pairs.ratio >= target,
    )


def _side(name: str, model: Path, reviews: Path) -> tuple[float, str]:
    command = [sys.executable, SIDES, name, model, reviews, str(EPOCHS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{SIDES.name} {name} failed:\n{done.stdout}{done.stderr}")
    found = json.loads(done.stdout.splitlines()[-1])
    return found["seconds"], found["timed"]


def random_distilbert(folder: Path, tokenizer_folder: Path) -> int:
    """Write a new model of the course's size, with the tokenizer of the same vocabulary."""
    import torch
    from transformers import AutoTokenizer, DistilBertConfig, DistilBertForSequenceClassification

    torch.manual_seed(SEED)
    model = DistilBertForSequenceClassification(DistilBertConfig())
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(tokenizer_folder).save_pretrained(folder)
    return sum(parameter.numel() for parameter in model.parameters())


def lengthened(
    texts: list[str], labels: list[int], tokenizer_folder: Path
) -> tuple[list[str], list[int], float]:
    """As many texts of the usual length, made of the snippets of one label each.

    Returns:
        Texts, labels, and the mean of tokens that the tokenizer finds.
    """
    from transformers import AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(tokenizer_folder)
    words = {label: _words(texts, labels, label) for label in set(labels)}
    sizes = {
        word: len(found)
        for every in words.values()
        for word, found in zip(
            every, tokenizer(every, add_special_tokens=False)["input_ids"], strict=True
        )
    }
    places = dict.fromkeys(words, 0)
    made = []
    for label, length in zip(labels, lengths_of(110, 0.8), strict=True):
        own, room = [], length - 2
        while not own or room > 0:
            word = words[label][places[label] % len(words[label])]
            places[label] += 1
            own.append(word)
            room -= sizes[word]
        made.append(" ".join(own))
    found = tokenizer(made, truncation=True)["input_ids"]
    return made, labels, fmean(map(len, found))


def _words(texts: list[str], labels: list[int], label: int) -> list[str]:
    own = [text for text, its in zip(texts, labels, strict=True) if its == label]
    Random(SEED).shuffle(own)
    return [word for text in own for word in text.split()]


def _write(path: Path, texts: list[str], labels: list[int]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(("reviewText", "isPositive"))
        table.writerows(zip(texts, labels, strict=True))
    return path
