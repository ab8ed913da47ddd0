"""The notebook engine holds to the notebook's protocol to the digit."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoTokenizer

from journal.record import Folder, Run, read_run
from journal.record import events as ev
from training.config import LabConfig
from training.engines.base import pad
from training.run import run_lab
from training.tokens import tokenize

Reference = Callable[..., list[tuple[float, float, float, float]]]


def lab(folder: Path, model: Path, csv: Path, **settings: Any) -> Run:
    config = LabConfig(data=str(csv), model=str(model), engine="notebook", **settings)
    return read_run(run_lab(config, Folder(folder)).record)


def figures(run: Run) -> list[tuple[float | None, ...]]:
    return [(e.train_loss, e.train_accuracy, e.val_loss, e.val_accuracy) for e in run.epochs]


def close(expected: list[tuple[float, float, float, float]], within: float) -> list[Any]:
    return [pytest.approx(row, rel=0, abs=within) for row in expected]


@pytest.mark.parametrize("settings", [{}, {"batch_size": 10, "learning_rate": 0.2}])
def test_every_epoch_has_the_figures_of_the_notebooks_own_loop(
    tmp_path: Path, tiny_model: Path, reviews_csv: Path, reference: Reference,
    settings: dict[str, Any],
) -> None:  # fmt: skip
    expected = reference(
        tiny_model, reviews_csv, seed=11, epochs=4,
        batch_size=settings.get("batch_size", 16), lr=settings.get("learning_rate", 0.005),
    )  # fmt: skip
    run = lab(tmp_path, tiny_model, reviews_csv, seed=11, epochs=4, **settings)
    assert figures(run) == close(expected, 1e-6)
    # Recording and sampling were on all the while.
    assert [e.epoch for e in run.epochs] == [1, 2, 3, 4]
    assert len(run.all(ev.Memory)) >= 10


def test_another_seed_gives_other_figures(
    tmp_path: Path, tiny_model: Path, reviews_csv: Path, reference: Reference
) -> None:
    expected = reference(tiny_model, reviews_csv, seed=11, epochs=1)
    run = lab(tmp_path, tiny_model, reviews_csv, seed=12, epochs=1)
    assert figures(run) != close(expected, 1e-4)


def test_dropout_inside_the_frozen_encoder_is_on_while_it_trains(
    tmp_path: Path, calm_model: Path, tiny_model: Path, reviews_csv: Path
) -> None:
    calm, noisy = (
        lab(tmp_path, model, reviews_csv, seed=11, epochs=1) for model in (calm_model, tiny_model)
    )
    assert calm.epochs[0].train_loss != pytest.approx(noisy.epochs[0].train_loss, abs=1e-4)


def test_every_validation_review_is_predicted_though_an_epoch_leaves_some_out(
    tmp_path: Path, tiny_model: Path, reviews_csv: Path
) -> None:
    run = lab(tmp_path, tiny_model, reviews_csv, epochs=1, validation_batch_size=7)
    assert run.data is not None
    assert run.predictions is not None
    assert run.data.validation == 24
    assert sum(map(sum, run.predictions.confusion)) == 24


@pytest.mark.parametrize("side", ["left", "right"])
def test_padding_is_the_tokenizers_own(
    tiny_model: Path, sample_rows: list[tuple[str, int]], side: str
) -> None:
    tokenizer = AutoTokenizer.from_pretrained(tiny_model, padding_side=side)
    texts = [text * (1 + place % 5) for place, (text, _) in enumerate(sample_rows)]
    wanted = tokenizer(texts, truncation=True, padding=True, return_tensors="pt")
    ours = pad(tokenize(tokenizer, texts).ids, tokenizer)
    assert set(ours) == {"input_ids", "attention_mask"}
    assert all(torch.equal(ours[name], wanted[name]) for name in ours)
