"""Train the runs of the truth set: what each record shows, and what is known apart from it.

Each run goes on for half as many epochs again as its record has, and after each epoch its loss is
also taken on reviews that it neither trains nor validates on (a thousand or more) and, dropout off,
on those it trains on. What the record shows is computed as the lab does: means over batches, the
last partial one left out, training figures taken while training.
"""

from __future__ import annotations

import math
import random
from typing import Any

import definitions
import numpy as np
import torch
from plans import Plan
from texts import Pool
from torch import Tensor, nn
from torch.nn import functional

_VOCABULARY = 4000
_HELD = 1400
_MEANINGLESS = 0.5
"""Share of labels turned round at which they say nothing; then every accuracy is truly a half."""


class Head(nn.Module):
    """What trains on frozen features; ``lab`` is the head of the lab's classifier."""

    def __init__(self, kind: str, width: int, dropout: float) -> None:
        super().__init__()
        hidden = {"linear": 0, "lab": width, "wide": 1024}[kind]
        layers: list[nn.Module] = [nn.Dropout(dropout), nn.Linear(hidden or width, 2)]
        if hidden:
            layers = [nn.Linear(width, hidden), nn.ReLU(), *layers]
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


class Small(nn.Module):
    """An encoder trained from nothing: a mean of embeddings, or a small transformer on top."""

    def __init__(self, kind: str, length: int, dropout: float) -> None:
        super().__init__()
        width = 48
        self.words = nn.Embedding(_VOCABULARY, width, padding_idx=0)
        self.places = nn.Parameter(0.02 * torch.randn(length, width))
        self.layer = (
            nn.TransformerEncoderLayer(width, 4, 96, dropout, batch_first=True)
            if kind == "transformer"
            else None
        )
        self.end = nn.Sequential(nn.Dropout(dropout), nn.Linear(width, 2))

    def forward(self, ids: Tensor) -> Tensor:
        ids = ids[:, : int((ids != 0).sum(1).max())]
        mask = ids == 0
        x = self.words(ids)
        if self.layer is not None:
            x = self.layer(x + self.places[: ids.shape[1]], src_key_padding_mask=mask)
        kept = (~mask).unsqueeze(2).float()
        return self.end((x * kept).sum(1) / kept.sum(1).clamp(min=1))


def train(plan: Plan, pool: Pool) -> tuple[dict[str, Any], dict[str, Any]]:
    """A line of the truth set without its truth, and what is known of the run apart from it."""
    torch.manual_seed(random.Random(plan.name).randrange(2**31))
    dice = np.random.default_rng(abs(random.Random(plan.name).randrange(2**31)))
    rows, labels = _draw(plan, pool, dice)
    own = plan.kind in ("bag", "transformer")
    inputs = _tokens(pool, plan.length) if own else pool.features
    model: nn.Module = (
        Small(plan.kind, plan.length, plan.dropout)
        if own
        else Head(plan.kind, inputs.shape[1], plan.dropout)
    )
    train_rows, val_rows, _ = rows
    sets = {
        name: (inputs[torch.tensor(places)], torch.tensor(labels[places]))
        for name, places in zip(("train", "validation", "held"), rows, strict=True)
    }
    shown, told = _epochs(plan, model, sets, dice)
    line: dict[str, Any] = {"id": plan.name, "source": plan.kind, "fault": plan.fault}
    counts = [[int((labels[r] == c).sum()) for r in (train_rows, val_rows)] for c in (0, 1)]
    data: dict[str, Any] = {
        "train": len(train_rows),
        "validation": len(val_rows),
        "rows": len(train_rows) + len(val_rows),
        "labels": counts,
        "shared_texts": len(set(train_rows.tolist()) & set(val_rows.tolist())),
    }
    if own:
        lengths = [len(pool.ids[row]) for row in (*train_rows, *val_rows)]
        data["truncated"] = sum(length > plan.length for length in lengths)
        data["lengths"] = [round(float(np.mean(lengths)), 1), int(np.median(lengths)), max(lengths)]
    line |= {"data": data, **shown, "calibration": told["bins"]}
    if "baseline" in told:
        line["baseline"] = told["baseline"]
    return line, _facts(plan, data, told)


def _draw(
    plan: Plan, pool: Pool, dice: np.random.Generator
) -> tuple[tuple[np.ndarray, np.ndarray, np.ndarray], np.ndarray]:
    """Rows for training, validation and held back, and the labels as the run sees them."""
    labels = pool.labels.copy()
    order = dice.permutation(len(labels))
    if plan.common is not None:
        common, rare = order[labels[order] == 1], order[labels[order] == 0]
        rare = rare[: round(len(common) * (1 / plan.common - 1))]
        order = dice.permutation(np.concatenate([common, rare]))
    turned = dice.random(len(labels)) < plan.noise
    labels = np.where(turned, 1 - labels, labels)
    validation, held = order[: plan.validation], order[plan.validation :]
    room = len(held) - 1000
    train, held = held[: min(plan.train, room)], held[min(plan.train, room) :][:_HELD]
    if plan.shared:
        train = train.copy()
        count = max(1, min(round(plan.shared * len(validation)), len(train) // 2))
        train[:count] = validation[:count]
    return (train, validation, held), labels


def _tokens(pool: Pool, length: int) -> Tensor:
    ids = torch.zeros(len(pool.ids), length, dtype=torch.long)
    for row, own in enumerate(pool.ids):
        cut = own[:length]
        ids[row, : len(cut)] = torch.tensor([1 + token % (_VOCABULARY - 1) for token in cut])
    return ids


def _epochs(
    plan: Plan, model: nn.Module, sets: dict[str, tuple[Tensor, Tensor]], dice: np.random.Generator
) -> tuple[dict[str, Any], dict[str, Any]]:
    if plan.optimizer == "sgd":
        optimizer: torch.optim.Optimizer = torch.optim.SGD(model.parameters(), lr=plan.rate)
    else:
        optimizer = torch.optim.AdamW(
            model.parameters(), lr=plan.rate, weight_decay=plan.weight_decay, fused=True
        )
    names = ("train_loss", "train_accuracy", "val_loss", "val_accuracy")
    shown: dict[str, Any] = {name: [] for name in names}
    held, training = [], [_losses(model, sets["train"])[0].mean().item()]
    told: dict[str, Any] = {"before": training[0]}
    steps = max(1, len(sets["train"][1]) // plan.batch) * plan.epochs
    done = 0
    for epoch in range(plan.epochs + max(3, math.ceil(plan.epochs / 2))):
        figures = []
        order = torch.tensor(dice.permutation(len(sets["train"][1])))
        model.train()
        for start in range(0, len(order) - plan.batch + 1, plan.batch):
            places = order[start : start + plan.batch]
            inputs, labels = (part[places] for part in sets["train"])
            if plan.decay:
                for group in optimizer.param_groups:
                    group["lr"] = plan.rate * max(0.0, 1 - done / steps)
            done += 1
            logits = model(inputs)
            loss = functional.cross_entropy(logits, labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            figures.append((loss.item(), (logits.argmax(1) == labels).float().mean().item()))
        losses, logits = _losses(model, sets["held"])
        held.append(losses.double().numpy())
        training.append(_losses(model, sets["train"])[0].mean().item())
        if epoch >= plan.epochs:
            continue
        val_losses, val_logits = _losses(model, sets["validation"])
        whole = len(val_losses) // 8 * 8
        right = (val_logits.argmax(1) == sets["validation"][1]).float()
        mean = np.mean(figures, axis=0)
        row = (*mean, val_losses[:whole].mean().item(), right[:whole].mean().item())
        for name, value in zip(names, row, strict=True):
            shown[name].append(_short(value))
        if epoch == plan.epochs - 1:
            told["bins"] = _bins(val_logits, sets["validation"][1])
            told["held_logits"] = logits
            told |= _baseline(val_logits, logits, sets)
    return shown, told | {"held": np.array(held), "training": training, "sets": sets}


@torch.inference_mode()
def _losses(model: nn.Module, of: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    model.eval()
    logits = torch.cat([model(part) for part in of[0].split(512)])
    return functional.cross_entropy(logits, of[1], reduction="none"), logits


def _bins(logits: Tensor, labels: Tensor) -> list[list[float]]:
    confidence, answer = logits.softmax(1).max(1)
    if not torch.isfinite(confidence).all():
        return []
    right = (answer == labels).float()
    place = (confidence * 10).long().clamp(max=9)
    return [
        [
            number,
            int((place == number).sum()),
            _short(confidence[place == number].mean().item()),
            _short(right[place == number].mean().item()),
        ]
        for number in range(10)
        if (place == number).any()
    ]


def _baseline(
    val_logits: Tensor, held_logits: Tensor, sets: dict[str, tuple[Tensor, Tensor]]
) -> dict[str, Any]:
    """Always giving the commonest label of training: on the validation and the held reviews."""
    common = int(sets["train"][1].float().mean() > 0.5)
    found = {}
    for name, logits in (("validation", val_logits), ("held", held_logits)):
        labels = sets[name][1]
        model, constant = logits.argmax(1) == labels, labels == common
        found[name] = [
            int(constant.sum()),
            int((model & ~constant).sum()),
            int((constant & ~model).sum()),
            len(labels),
        ]
    return {"baseline": found["validation"], "held_baseline": found["held"]}


def _facts(plan: Plan, data: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    """What is known apart from the record, in plain numbers."""
    held, training = told["held"], np.array(told["training"][1:])
    # A validation split of which some also trains has the loss of both in these shares.
    share = data["shared_texts"] / data["validation"]
    mixed = (1 - share) * held.mean(1) + share * training
    centered = held[: plan.epochs] - held[: plan.epochs].mean(1, keepdims=True)
    squares = centered @ centered.T / held.shape[1]
    apart = np.diag(squares)[:, None] + np.diag(squares)[None, :] - 2 * squares
    facts: dict[str, Any] = {
        "validation": [_short(x) for x in mixed],
        "training": [_short(x) for x in training],
        "before": told["before"],
        "spread_of_change": [[_short(x) for x in row] for row in np.sqrt(np.maximum(apart, 0))],
    }
    if not torch.isfinite(told["held_logits"]).all():
        return facts
    labels = told["sets"]["held"][1]
    confidence, answer = told["held_logits"].softmax(1).max(1)
    meaningless = plan.noise == _MEANINGLESS
    _, only_model, only_constant, size = told["held_baseline"]
    accuracy = 0.5 if meaningless else (answer == labels).float().mean().item()
    return facts | {
        "accuracy": accuracy,
        "confidence": confidence.mean().item(),
        "uncertainty": (confidence * (1 - confidence)).mean().item(),
        "gain": 0.0 if meaningless else (only_model - only_constant) / size,
        "apart": (only_model + only_constant) / size,
        "slack": 0.0 if meaningless else math.sqrt(only_model + only_constant) / size,
    }


def judge(line: dict[str, Any], facts: dict[str, Any]) -> dict[str, Any]:
    """The line with its truth."""
    truth = definitions.Truth()
    data = line["data"]
    n, epochs = data["validation"], len(line["val_loss"])
    for name in ("out_of_memory", "restart", "exception", "prediction_met", "prediction_missed"):
        truth.must_not.add(name)
    broken = any(isinstance(x, str) for x in (*line["train_loss"], *line["val_loss"]))
    truth.say("non_finite_loss", broken, not broken)
    truth.say("leakage", data["shared_texts"] > 0, data["shared_texts"] == 0)
    common = max(map(sum, data["labels"])) / data["rows"]
    truth.say("class_imbalance", common > 0.72, common < 0.68)
    if "truncated" in data:
        cut = data["truncated"] / data["rows"]
        truth.say("truncated_text", cut > 0.055, cut < 0.045)
    known = definitions.Known(
        epochs,
        [float(x) for x in facts["validation"]],
        [float(x) for x in facts["training"]],
        facts["before"],
        float(line["train_loss"][-1]),
        lambda one, other: float(facts["spread_of_change"][one][other]) / math.sqrt(n),
    )
    definitions.shape(known, truth)
    if "accuracy" in facts and not data["shared_texts"]:
        definitions.small(truth, facts["accuracy"], n)
        definitions.chance(truth, facts["gain"], facts["accuracy"], n, facts["slack"])
        definitions.baseline(truth, facts["gain"], facts["apart"], n)
        if line["calibration"]:
            excess = facts["confidence"] - facts["accuracy"]
            definitions.overconfident(truth, excess, facts["uncertainty"], n)
    return line | {"must": sorted(truth.must), "must_not": sorted(truth.must_not)}


def _short(value: float) -> float | str:
    """Four digits; what is no finite number as the record writes it."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return float(f"{value:.4g}")
