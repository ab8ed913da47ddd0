"""Settings are checked as soon as they are said, each with one sentence."""

from pathlib import Path
from typing import Any

import pytest

from journal.record import UsageError
from training.config import LabConfig


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"epochs": 0}, "--epochs cannot be 0"),
        ({"batch_size": -1}, "--batch-size cannot be -1"),
        ({"validation_batch_size": 0}, "--validation-batch-size cannot be 0"),
        ({"limit": 0}, "--limit cannot be 0"),
        ({"learning_rate": 0.0}, "--learning-rate cannot be 0"),
        ({"learning_rate": -0.1}, "--learning-rate cannot be -0.1"),
        ({"learning_rate": float("nan")}, "--learning-rate cannot be nan"),
        ({"learning_rate": float("inf")}, "--learning-rate cannot be inf"),
        ({"seed": -1}, "--seed cannot be -1"),
        ({"seed": 2**32}, "--seed cannot be 4294967296"),
        ({"threads": 0}, "--threads cannot be 0"),
        ({"engine": "notebook", "precision": "bf16"}, "notebook engine computes in float32"),
    ],
)
def test_a_value_out_of_range_is_refused_in_one_sentence(
    settings: dict[str, Any], said: str
) -> None:
    with pytest.raises(UsageError) as refused:
        LabConfig(data="reviews.csv", **settings)
    assert said in str(refused.value)
    assert "; " in str(refused.value)
    assert "\n" not in str(refused.value)


def test_the_defaults_are_the_labs() -> None:
    config = LabConfig(data="reviews.csv")
    assert (config.text_column, config.label_column) == ("reviewText", "isPositive")
    assert (config.epochs, config.batch_size, config.validation_batch_size) == (10, 16, 8)
    assert (config.learning_rate, config.limit) == (0.005, 2000)
    assert config.model == "distilbert-base-uncased"


@pytest.mark.parametrize(
    ("train", "validation", "option", "split"),
    [
        (15, 8, "--batch-size 16", "training"),
        (16, 7, "--validation-batch-size 8", "validation"),
    ],
)
def test_a_batch_that_a_split_cannot_fill_is_refused(
    train: int, validation: int, option: str, split: str
) -> None:
    with pytest.raises(UsageError, match=f"{option} is more than .* the {split} split"):
        LabConfig(data="reviews.csv").check_batches(train, validation)


def test_batches_that_are_just_filled_are_taken() -> None:
    LabConfig(data="reviews.csv").check_batches(16, 8)


def test_the_record_names_files_and_folders_without_their_path(tmp_path: Path) -> None:
    csv, model = tmp_path / "reviews.csv", tmp_path / "my-model"
    csv.touch()
    model.mkdir()
    kept = LabConfig(data=str(csv), model=str(model)).for_record()
    assert (kept["data"], kept["model"]) == ("reviews.csv", "my-model")
    assert str(tmp_path) not in str(kept)


def test_the_record_keeps_other_names_as_they_are() -> None:
    kept = LabConfig(data="amazon-snippets", model="someone/some-model").for_record()
    assert (kept["data"], kept["model"]) == ("amazon-snippets", "someone/some-model")
