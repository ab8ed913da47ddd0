"""The lab's SGD stays what it was to the bit; what is asked for instead is what its books say."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - its usual name
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.utils.data import DataLoader

from journal.record import Folder, UsageError, read_run
from journal.record.run import Run
from training.config import LabConfig
from training.data import Split, read_reviews, split_reviews
from training.models import freeze_encoder, load_model
from training.optimization import (
    Schedule,
    balanced_weights,
    early_stop,
    make_optimizer,
    weighted_loss,
)
from training.run import run_lab
from training.threads import torch_threads

NAMES = ("0", "1")
EPOCHS = 2


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """For steps as small as these a second thread costs more than it brings."""
    with torch_threads(1):
        yield


def lab(reviews_csv: Path, tiny_model: Path, folder: Path, **settings: Any) -> Run:
    """A recorded run on the sample reviews."""
    chosen: dict[str, Any] = {"engine": "notebook", "epochs": EPOCHS, "learning_rate": 0.05}
    config = LabConfig(data=str(reviews_csv), model=str(tiny_model), **chosen | settings)
    return read_run(run_lab(config, Folder(folder)).record)


def figures(run: Run) -> list[tuple[Any, ...]]:
    return [(e.train_loss, e.train_accuracy, e.val_loss, e.val_accuracy) for e in run.epochs]


@pytest.fixture(scope="module")
def split(reviews_csv: Path) -> Split:
    return split_reviews(read_reviews(str(reviews_csv)))


def plain_loop(
    tiny_model: Path,
    split: Split,
    epochs: int,
    optimizer: type[torch.optim.Optimizer],
    **options: Any,
) -> list[tuple[float, float, float, float]]:
    """The notebook's loop as anybody would write it, sharing nothing with the engines' own."""
    loaded = load_model(str(tiny_model), label_names=NAMES, seed=324)
    model = loaded.model
    freeze_encoder(model)

    def batches(texts: Sequence[str], labels: Sequence[int], size: int, shuffle: bool) -> Any:
        padded = loaded.tokenizer(list(texts), truncation=True, padding=True, return_tensors="pt")
        rows = [
            {
                "input_ids": padded["input_ids"][i],
                "attention_mask": padded["attention_mask"][i],
                "labels": torch.tensor(label),
            }
            for i, label in enumerate(labels)
        ]
        return DataLoader(rows, batch_size=size, shuffle=shuffle, drop_last=True)  # type: ignore[arg-type]

    train = batches(split.train_texts, split.train_labels, 16, True)
    validation = batches(split.val_texts, split.val_labels, 8, False)
    moved = optimizer([p for p in model.parameters() if p.requires_grad], **options)
    found = []
    for _ in range(epochs):
        means = []
        for loader in (train, validation):
            model.train(loader is train)
            losses, right = [], []
            for batch in loader:
                output = model(**batch)
                if loader is train:
                    moved.zero_grad()
                    output.loss.backward()
                    moved.step()
                losses.append(output.loss.item())
                right.append(float((output.logits.argmax(1) == batch["labels"]).float().mean()))
            means += [float(np.mean(losses)), float(np.mean(right))]
        found.append(tuple(means))
    return found  # type: ignore[return-value]


def test_the_defaults_are_the_labs_sgd_to_the_bit(
    reviews_csv: Path, tiny_model: Path, split: Split, tmp_path: Path
) -> None:
    run = lab(reviews_csv, tiny_model, tmp_path)
    plain = plain_loop(tiny_model, split, EPOCHS, torch.optim.SGD, lr=0.05)
    # The same batches' losses; only their mean is added up in another order.
    assert figures(run) == [pytest.approx(row, rel=1e-14, abs=0) for row in plain]
    assert [epoch.learning_rate for epoch in run.epochs] == [0.05, 0.05]
    settings = run.header.config
    assert (settings["optimizer"], settings["schedule"]) == ("SGD", "constant")
    assert (settings["warmup"], settings["weight_decay"]) == (0.0, 0.0)
    assert settings["early_stopping"] is settings["class_weights"] is None


def test_adamw_is_torchs_own_without_decay(
    reviews_csv: Path, tiny_model: Path, split: Split, tmp_path: Path
) -> None:
    run = lab(reviews_csv, tiny_model, tmp_path, epochs=1, optimizer="adamw", learning_rate=0.001)
    plain = plain_loop(tiny_model, split, 1, torch.optim.AdamW, lr=0.001, weight_decay=0.0)
    assert figures(run) == [pytest.approx(row, rel=1e-14, abs=0) for row in plain]
    assert run.header.config["optimizer"] == "AdamW"


def test_decay_spares_biases_and_norms(tiny_model: Path) -> None:
    model = load_model(str(tiny_model), label_names=NAMES, seed=1).model
    config = LabConfig(data="x", optimizer="adamw", weight_decay=0.3, learning_rate=0.5)
    optimizer = make_optimizer(model, config)
    decays = {id(p): group["weight_decay"] for group in optimizer.param_groups
              for p in group["params"]}  # fmt: skip
    by_name = {name: decays[id(p)] for name, p in model.named_parameters()}
    assert {name for name, decay in by_name.items() if decay == 0} == {
        name for name in by_name if name.endswith("bias") or "norm" in name.lower()
    }
    assert set(by_name.values()) == {0.0, 0.3}

    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    for name, parameter in model.named_parameters():
        kept = 1 - 0.5 * by_name[name]
        torch.testing.assert_close(parameter.detach(), before[name] * kept, msg=name)


def one_parameter() -> nn.Linear:
    return nn.Linear(1, 1, bias=False)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("linear", {"schedule": "linear"}),
        ("linear", {"schedule": "linear", "warmup": 0.25}),
        ("constant_with_warmup", {"warmup": 0.3}),
        ("constant", {}),
    ],
)
def test_the_learning_rate_is_that_of_transformers_own_schedules(
    name: str, settings: dict[str, Any]
) -> None:
    from transformers import get_scheduler

    steps, rate = 21, 0.07
    config = LabConfig(data="x", learning_rate=rate, **settings)
    ours, theirs = (make_optimizer(one_parameter(), config) for _ in range(2))
    warmup = {"num_warmup_steps": math.ceil(steps * config.warmup)} if config.warmup else {}
    if name == "linear":
        warmup.setdefault("num_warmup_steps", 0)
        warmup["num_training_steps"] = steps
    expected = get_scheduler(name, theirs, **warmup)
    schedule = Schedule(ours, config, steps)
    for _ in range(steps):
        assert ours.param_groups[0]["lr"] == pytest.approx(expected.get_last_lr()[0], rel=1e-12)
        theirs.step()
        expected.step()
        schedule.step()
    if settings.get("schedule") == "linear":
        assert ours.param_groups[0]["lr"] == 0.0
    elif name == "constant":
        assert ours.param_groups[0]["lr"] == rate


@given(steps=st.integers(1, 50), warmup=st.floats(0, 0.99), taken=st.integers(0, 50))
def test_a_resumed_schedule_goes_on_where_it_was(steps: int, warmup: float, taken: int) -> None:
    config = LabConfig(data="x", schedule="linear", warmup=warmup)
    walked, jumped = (make_optimizer(one_parameter(), config) for _ in range(2))
    schedule = Schedule(walked, config, steps)
    for _ in range(taken):
        schedule.step()
    Schedule(jumped, config, steps).go_to(taken)
    assert walked.param_groups[0]["lr"] == jumped.param_groups[0]["lr"]
    assert 0 <= walked.param_groups[0]["lr"] <= config.learning_rate


def test_an_epoch_records_the_rate_at_its_end(
    reviews_csv: Path, tiny_model: Path, tmp_path: Path
) -> None:
    run = lab(
        reviews_csv, tiny_model, tmp_path, engine="cached", schedule="linear", warmup=0.25,
        learning_rate=0.04,
    )  # fmt: skip
    # 216 reviews make 13 batches: 26 steps in all, 7 of them to warm up.
    rates = [epoch.learning_rate for epoch in run.epochs]
    assert rates == [pytest.approx(0.04 * 13 / 19), 0.0]


@given(labels=st.lists(st.integers(0, 2), min_size=1, max_size=60))
def test_balanced_weights_are_those_of_scikit_learn(labels: list[int]) -> None:
    from sklearn.utils.class_weight import compute_class_weight

    weights = balanced_weights(labels, 3)
    present = np.unique(labels)
    expected = np.zeros(3)
    expected[present] = compute_class_weight("balanced", classes=present, y=labels)
    np.testing.assert_allclose(weights.numpy(), expected, rtol=1e-6)
    assert weights[labels].mean().item() == pytest.approx(1, rel=1e-5)


def test_the_parts_of_a_batch_add_up_to_its_weighted_loss() -> None:
    torch.manual_seed(5)
    logits, labels = torch.randn(12, 2), torch.tensor([0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0])
    weights = balanced_weights(labels.tolist(), 2)
    whole = weighted_loss(logits, labels, weights, 12)
    parts = [weighted_loss(logits[i : i + 5], labels[i : i + 5], weights, 12) for i in (0, 5, 10)]
    torch.testing.assert_close(sum(parts), whole)
    # With every label's reviews weighing alike, it is the mean of the labels' own mean losses.
    own = [F.cross_entropy(logits[labels == k], labels[labels == k]) for k in (0, 1)]
    torch.testing.assert_close(whole, torch.stack(own).mean())


def test_class_weights_help_a_rare_label_and_leave_the_losses_comparable(
    reviews_csv: Path, tiny_model: Path, tmp_path: Path
) -> None:
    lines = reviews_csv.read_text(encoding="utf-8").splitlines()
    positive = [line for line in lines[1:] if line.endswith(",1.0")]
    negative = [line for line in lines[1:] if line.endswith(",0.0")]
    rare = tmp_path / "rare.csv"
    rare.write_text("\n".join([lines[0], *positive, *negative[::4]]) + "\n", encoding="utf-8")

    def rare_probability(run: Run) -> float:
        assert run.predictions is not None
        rare = min(run.predictions.scores, key=lambda score: score.support).label
        column = run.predictions.labels.index(rare)
        lines = (run.path.parent / "predictions.jsonl").read_text(encoding="utf-8").splitlines()
        return float(np.mean([json.loads(line)["probabilities"][column] for line in lines]))

    settings = {"engine": "cached", "epochs": 6, "learning_rate": 0.05}
    plain = lab(rare, tiny_model, tmp_path, **settings)
    balanced = lab(rare, tiny_model, tmp_path, class_weights="balanced", **settings)
    # A fifth of the reviews has the rare label; so does what an unweighted head believes.
    assert rare_probability(plain) < 0.35
    assert rare_probability(balanced) == pytest.approx(0.5, abs=0.12)
    assert balanced.header.config["class_weights"] == "balanced"
    # Both record the plain loss: before anything is learned, about ln 2, however it is weighed.
    still = {**settings, "epochs": 1, "learning_rate": 1e-9, "precision": "fp32"}
    losses = [
        lab(rare, tiny_model, tmp_path, class_weights=choice, **still).epochs[0].train_loss
        for choice in ("none", "balanced")
    ]
    assert losses[0] == pytest.approx(losses[1], abs=1e-6)


def test_training_stops_when_validation_no_longer_improves_and_says_so(
    reviews_csv: Path, tiny_model: Path, tmp_path: Path
) -> None:
    # A rate so high that the loss soon jumps about.
    run = lab(
        reviews_csv, tiny_model, tmp_path, engine="cached", epochs=40, learning_rate=30.0,
        early_stopping=2,
    )  # fmt: skip
    losses = [epoch.val_loss for epoch in run.epochs]
    assert 2 < len(losses) < 40
    best = min(loss for loss in losses if loss is not None)
    at = losses.index(best) + 1
    assert len(losses) == at + 2
    assert run.status == "completed"
    assert run.seal == "intact"
    assert run.closing is not None
    assert run.closing.reason == (
        f"early stopping: no validation loss below that of epoch {at} in 2 epochs"
    )
    assert run.header.config["epochs"] == 40
    assert run.header.config["early_stopping"] == 2
    assert run.predictions is not None


def test_a_run_whose_patience_outlasts_its_epochs_gives_no_reason(
    reviews_csv: Path, tiny_model: Path, tmp_path: Path
) -> None:
    run = lab(reviews_csv, tiny_model, tmp_path, engine="cached", epochs=3, early_stopping=3)
    assert len(run.epochs) == 3
    assert run.closing is not None
    assert run.closing.reason is None


@pytest.mark.parametrize(
    ("losses", "patience", "said"),
    [
        ([], 1, None),
        ([0.5, 0.4, 0.45], 2, None),
        ([0.5, 0.4, 0.45, 0.4], 2, "that of epoch 2 in 2 epochs"),
        ([0.5, 0.5], 1, "that of epoch 1 in 1 epoch"),
        ([0.5, 0.4, 0.9, 0.3, 0.9], 2, None),
        ([math.nan, math.nan], 2, "no finite validation loss in 2 epochs"),
        ([0.5, math.nan, None, math.inf], 3, "that of epoch 1 in 3 epochs"),
        ([0.5] * 99, None, None),
    ],
)
def test_patience_is_counted_from_the_lowest_loss(
    losses: list[float | None], patience: int | None, said: str | None
) -> None:
    reason = early_stop(losses, patience)
    assert reason is None if said is None else reason is not None and reason.endswith(said)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"warmup": 1.0}, "--warmup cannot be 1"),
        ({"warmup": -0.1}, "--warmup cannot be -0.1"),
        ({"warmup": math.nan}, "--warmup cannot be nan"),
        ({"weight_decay": -1.0}, "--weight-decay cannot be -1"),
        ({"weight_decay": math.inf}, "--weight-decay cannot be inf"),
        ({"early_stopping": 0}, "--early-stopping cannot be 0"),
    ],
)
def test_what_no_training_could_do_is_refused_in_a_sentence(
    settings: dict[str, Any], said: str
) -> None:
    with pytest.raises(UsageError) as caught:
        LabConfig(data="x", **settings)
    assert caught.value.problem == said
    assert caught.value.remedy
