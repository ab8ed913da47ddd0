"""Heads trained side by side give the figures that they give one by one."""

import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from transformers import PreTrainedModel

from journal.record import events as ev
from training.config import LabConfig
from training.data import Split, read_reviews, split_reviews
from training.engines.base import unwatched
from training.engines.cached import CachedEngine
from training.engines.heads import HeadShape, head_shape
from training.models import LoadedModel, freeze_encoder, load_model
from training.whatif.stack import Features, Head, train_stack

CPU = torch.device("cpu")
SMALL = {
    "hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64,
    "max_position_embeddings": 70, "pad_token_id": 0,
}  # fmt: skip


@pytest.fixture(scope="module")
def split(reviews_csv: Path) -> Split:
    return split_reviews(read_reviews(str(reviews_csv)))


@pytest.fixture(scope="module")
def loaded(tiny_model: Path) -> LoadedModel:
    loaded = load_model(str(tiny_model), label_names=("negative", "positive"), seed=5)
    freeze_encoder(loaded.model)
    return loaded


def engine_of(loaded: LoadedModel, split: Split, config: LabConfig) -> CachedEngine:
    model = replace(loaded, model=copy.deepcopy(loaded.model))
    engine = CachedEngine(model, split.first(config.train_size), config, CPU)
    engine.tokenize()
    engine.encode(unwatched)
    return engine


def shape_of(engine: CachedEngine) -> HeadShape | None:
    states = engine.states[0][:4]
    return head_shape(
        engine.model, states, lambda given, drop: engine.head_logits(given, drop=drop)
    )


def random_at(seed: int) -> torch.Tensor:
    """Where the random numbers of a head with this seed begin."""
    return torch.Generator().manual_seed(seed).get_state()


def one_by_one(
    loaded: LoadedModel, split: Split, config: LabConfig
) -> tuple[list[ev.Epoch], torch.Tensor]:
    engine = engine_of(loaded, split, config)
    torch.set_rng_state(random_at(config.seed))
    epochs = [engine.epoch(number, unwatched) for number in range(1, config.epochs + 1)]
    return epochs, engine.validation_logits(unwatched)


def side_by_side(loaded: LoadedModel, split: Split, configs: list[LabConfig]) -> list[Head]:
    engine = engine_of(loaded, split, replace(configs[0], train_size=None))
    shape = shape_of(engine)
    assert shape is not None
    features = Features(
        engine.states[0], engine.train_labels, engine.states[1], engine.val_labels, 2
    )
    heads = [
        Head(
            config,
            {name: p.detach().clone() for name, p in engine.model.named_parameters()
             if p.requires_grad},
            random_at(config.seed),
        )
        for config in configs
    ]  # fmt: skip
    train_stack(shape, features, heads, lambda _configs, _seconds: None)
    return heads


def figures(epochs: list[ev.Epoch]) -> list[float | None]:
    return [
        figure
        for e in epochs
        for figure in (e.train_loss, e.train_accuracy, e.val_loss, e.val_accuracy, e.learning_rate)
    ]


BASE = LabConfig(data="", precision="fp32", epochs=3, learning_rate=0.2, seed=1)
FAMILIES: dict[str, list[dict[str, Any]]] = {
    "sgd": [
        {}, {"seed": 2}, {"learning_rate": 1.0}, {"epochs": 2, "seed": 3},
        {"weight_decay": 0.1}, {"class_weights": "balanced"},
        {"schedule": "linear", "warmup": 0.3},
    ],
    "adamw": [
        {"optimizer": "adamw", "learning_rate": rate, "weight_decay": decay, "seed": seed}
        for rate, decay, seed in ((0.01, 0.0, 1), (0.003, 0.2, 2), (0.01, 0.05, 2))
    ],
    "fewer reviews": [
        {"train_size": 100, "batch_size": 7, "validation_batch_size": 5, "learning_rate": rate}
        for rate in (0.5, 2.0)
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", FAMILIES)
def test_a_stack_of_heads_gives_the_figures_and_answers_of_the_engine(
    loaded: LoadedModel, split: Split, name: str
) -> None:
    configs = [replace(BASE, **settings) for settings in FAMILIES[name]]
    for head, config in zip(side_by_side(loaded, split, configs), configs, strict=True):
        epochs, logits = one_by_one(loaded, split, config)
        assert figures(head.epochs) == pytest.approx(figures(epochs), rel=0, abs=1e-5)
        assert head.logits is not None
        assert torch.allclose(head.logits, logits, atol=1e-4)


def bert() -> PreTrainedModel:
    config = transformers.BertConfig(**SMALL, vocab_size=400, classifier_dropout=0.2)
    return transformers.BertForSequenceClassification(config)


def roberta() -> PreTrainedModel:
    config = transformers.RobertaConfig(**SMALL, vocab_size=400, classifier_dropout=0.3)
    return transformers.RobertaForSequenceClassification(config)


def electra() -> PreTrainedModel:
    config = transformers.ElectraConfig(
        **SMALL, vocab_size=400, embedding_size=16, classifier_dropout=0.2
    )
    return transformers.ElectraForSequenceClassification(config)


@pytest.mark.parametrize("make", [bert, roberta, electra])
def test_the_heads_of_other_families_train_side_by_side_too(
    make: Callable[[], PreTrainedModel], loaded: LoadedModel, split: Split
) -> None:
    torch.manual_seed(8)
    model = make().eval()
    freeze_encoder(model)
    other = LoadedModel(model, loaded.tokenizer, make.__name__, "made here", "0")
    configs = [replace(BASE, seed=seed, epochs=2, learning_rate=0.5) for seed in (1, 2)]
    for head, config in zip(side_by_side(other, split, configs), configs, strict=True):
        epochs, _ = one_by_one(other, split, config)
        assert figures(head.epochs) == pytest.approx(figures(epochs), rel=0, abs=1e-5)


def test_a_head_of_another_shape_is_not_taken_for_one_that_is_known(
    loaded: LoadedModel, split: Split
) -> None:
    engine = engine_of(loaded, split, BASE)
    assert shape_of(engine) == HeadShape(
        0, "pre_classifier", "classifier", drop_last=engine.model.config.seq_classif_dropout
    )
    engine.model.classifier = torch.nn.Sequential(engine.model.classifier, torch.nn.Tanh())
    assert shape_of(engine) is None


def test_a_stack_leaves_the_random_numbers_of_others_alone(
    loaded: LoadedModel, split: Split
) -> None:
    before = torch.get_rng_state()
    side_by_side(loaded, split, [BASE])
    assert torch.equal(torch.get_rng_state(), before)


def test_a_loss_that_is_no_number_stays_in_its_own_head(loaded: LoadedModel, split: Split) -> None:
    wild, calm = side_by_side(
        loaded, split, [replace(BASE, learning_rate=1e30), replace(BASE, seed=2)]
    )
    assert wild.epochs[-1].val_loss != wild.epochs[-1].val_loss
    assert figures(calm.epochs) == pytest.approx(
        figures(one_by_one(loaded, split, replace(BASE, seed=2))[0]), rel=0, abs=1e-5
    )


def test_early_stopping_takes_a_head_out_of_the_stack(loaded: LoadedModel, split: Split) -> None:
    hasty, patient = side_by_side(
        loaded, split,
        [replace(BASE, epochs=12, early_stopping=1, learning_rate=3.0), replace(BASE, epochs=12)],
    )  # fmt: skip
    assert len(hasty.epochs) < 12
    assert hasty.ended_early is not None
    assert (len(patient.epochs), patient.ended_early) == (12, None)
