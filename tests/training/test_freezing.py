"""The last layers train with the head, or everything does; the default is the lab's head alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest
import torch
import transformers
from click.testing import CliRunner

from journal.record import Folder, ModelError, UsageError, read_run
from journal.record import events as ev
from training.cli import train
from training.config import LabConfig, Unfreeze
from training.freezing import encoder_layers, freeze
from training.models import LoadedModel, freeze_encoder, load_model, model_event
from training.options import SECTIONS
from training.run import run_lab

NAMES = ("negative", "positive")
SMALL = {
    "vocab_size": 40, "hidden_size": 8, "num_hidden_layers": 3, "num_attention_heads": 2,
    "intermediate_size": 8, "embedding_size": 4, "max_position_embeddings": 16,
}  # fmt: skip


class Tokenizer:
    """All that the model's event asks of one."""

    model_max_length = 16


def small(kind: str, **changes: Any) -> LoadedModel:
    """A new model of three layers; DistilBERT's configuration takes the same names."""
    config = getattr(transformers, f"{kind}Config")(**SMALL, num_labels=2, **changes)
    model = transformers.AutoModelForSequenceClassification.from_config(config)
    return LoadedModel(model, Tokenizer(), "small", "made here", "0" * 64)


def trained_groups(loaded: LoadedModel) -> str:
    """The groups that train as the record names them, those that train in part with a ``?``."""
    return "|".join(
        group.name if group.trainable_parameters == group.parameters else f"{group.name}?"
        for group in model_event(loaded).layer_groups
        if group.trainable_parameters
    )


@pytest.mark.parametrize(
    ("kind", "after"),
    [
        ("DistilBert", "pre_classifier|classifier"),
        ("Bert", "pooler|classifier"),
        ("Roberta", "classifier"),
        ("XLMRoberta", "classifier"),
        ("Electra", "classifier"),
        ("DebertaV2", "pooler|classifier"),
    ],
)
def test_the_last_layers_train_with_all_that_comes_after_them(kind: str, after: str) -> None:
    loaded = small(kind)
    freeze(loaded, 1)
    assert trained_groups(loaded) == f"layer 3|{after}"
    freeze(loaded, 3)
    assert trained_groups(loaded) == f"layer 1|layer 2|layer 3|{after}"


@pytest.mark.parametrize("kind", ["DistilBert", "Bert", "Albert", "Electra", "DebertaV2"])
def test_none_is_the_labs_own_freezing_and_all_leaves_nothing_frozen(kind: str) -> None:
    loaded = small(kind)
    freeze(loaded, "all")
    assert all(parameter.requires_grad for parameter in loaded.model.parameters())
    freeze(loaded, 0)
    ours = [parameter.requires_grad for parameter in loaded.model.parameters()]
    freeze_encoder(loaded.model)
    assert ours == [parameter.requires_grad for parameter in loaded.model.parameters()]
    assert True in ours
    assert False in ours


def test_more_layers_than_there_are_is_one_sentence_with_the_depth() -> None:
    with pytest.raises(UsageError) as caught:
        freeze(small("Bert"), 4)
    assert caught.value.problem == "--unfreeze 4 is more than the 3 layers of 'small'"
    assert caught.value.remedy == "give a number from 0 to 3, or all"


def test_shared_layers_train_all_together_or_not_at_all() -> None:
    albert = small("Albert")
    assert encoder_layers(albert.model) is None
    with pytest.raises(ModelError) as caught:
        freeze(albert, 1)
    assert "share their weights" in caught.value.problem
    assert caught.value.remedy == "give --unfreeze all, or leave it out"
    freeze(albert, "all")
    assert trained_groups(albert) == "embeddings|layer group 1|pooler|classifier"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"unfreeze": -1}, "--unfreeze cannot be -1"),
        ({"unfreeze": "all", "precision": "bf16"}, "with --unfreeze all there are none"),
    ],
)
def test_a_number_of_layers_that_cannot_be_is_refused(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        LabConfig(data="reviews.csv", **settings)


@pytest.mark.parametrize("unfreeze", [1, "all"])
def test_the_record_says_what_trained_and_only_that_changes(
    unfreeze: Unfreeze, reviews_csv: Path, tiny_model: Path, tmp_path: Path
) -> None:
    config = LabConfig(
        data=str(reviews_csv), model=str(tiny_model), engine="notebook", epochs=1,
        unfreeze=unfreeze, learning_rate=0.05,
    )  # fmt: skip
    outcome = run_lab(config, Folder(tmp_path))
    run = read_run(outcome.record)
    assert run.header.config["unfreeze"] == unfreeze
    assert run.model is not None
    trained = {group.name for group in run.model.layer_groups if group.trainable_parameters}
    expected = {"layer 2", "pre_classifier", "classifier"}
    assert trained == (expected | {"embeddings", "layer 1"} if unfreeze == "all" else expected)

    from safetensors.torch import load_file

    start = load_model(str(tiny_model), label_names=NAMES, seed=config.seed).model.state_dict()
    end = load_file(outcome.record.parent / "trained.safetensors")
    assert sum(tensor.numel() for tensor in end.values()) == run.model.trainable_parameters
    assert all(torch.isfinite(tensor).all() for tensor in end.values())
    assert any("transformer.layer.1" in name for name in end)
    for name, tensor in end.items():
        # A key's bias shifts all of a query's scores alike, so it has no gradient to speak of.
        if "k_lin.bias" not in name and "position" not in name:
            assert not torch.equal(tensor, start[name]), name


def test_too_many_layers_on_the_command_line_leave_nothing_behind(
    reviews_csv: Path, tiny_model: Path, tmp_path: Path
) -> None:
    arguments = ["--data", str(reviews_csv), "--model", str(tiny_model), "-C", str(tmp_path)]
    result = CliRunner().invoke(train, [*arguments, "--unfreeze", "3"])
    assert isinstance(result.exception, UsageError)
    assert "more than the 2 layers of 'tiny-distilbert'" in str(result.exception)
    assert list(tmp_path.iterdir()) == []
    result = CliRunner().invoke(train, [*arguments, "--unfreeze", "some"])
    assert "--unfreeze cannot be 'some'" in str(result.exception)


def test_help_shows_every_option_once_under_a_heading() -> None:
    text = CliRunner().invoke(train, ["--help"]).output
    headings = [line for line in text.splitlines() if line.endswith(":") and line[0] != " "]
    assert headings == [*(f"{title}:" for title in SECTIONS), "Other options:"]
    for param in train.params:
        assert isinstance(param, click.Option)
        assert text.count(f"\n  {', '.join(param.opts)}") == 1, param.name


def test_all_layers_is_read_whatever_its_case(tiny_model: Path, tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.csv")
    result = CliRunner().invoke(
        train, ["--data", missing, "--unfreeze", " ALL ", "-C", str(tmp_path)]
    )
    assert "unfreeze" not in str(result.exception)
    assert "missing.csv" in str(result.exception)


def test_the_model_event_stays_valid_for_a_reader() -> None:
    loaded = small("Bert")
    freeze(loaded, 2)
    event = model_event(loaded)
    assert isinstance(ev.EVENT.validate_json(event.model_dump_json()), ev.Model)
    assert event.trainable_parameters == loaded.model.num_parameters(only_trainable=True)
