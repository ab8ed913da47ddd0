"""Where attention goes in a few reviews is recorded as the model's own code tells it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers

from journal.record import Folder, Run, read_run
from journal.record import events as ev
from training.attention import Answered, answered, attention_events
from training.config import LabConfig
from training.models import LoadedModel, load_model
from training.predictions import answers
from training.run import run_lab
from training.threads import torch_threads
from training.tokens import PICTURED

SHOWN = "The kettle stopped working after a week!"
LONG = "great kettle " * 40


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    with torch_threads(1):
        yield


@pytest.fixture
def loaded(tiny_model: Path) -> LoadedModel:
    return load_model(str(tiny_model), label_names=("negative", "positive"), seed=1)


def reviews(*rows: tuple[str, str | None, str, float | None]) -> list[Answered]:
    return [Answered(*row) for row in rows]


def looked_into(loaded: LoadedModel, *rows: Any, shown: str = SHOWN) -> list[ev.Attention]:
    return list(attention_events(loaded.model, loaded.tokenizer, shown, reviews(*rows)))


def test_shares_are_means_over_the_heads_of_the_models_own_forward(loaded: LoadedModel) -> None:
    (event,) = looked_into(loaded, (SHOWN, "negative", "negative", 0.8))
    model = transformers.AutoModel.from_pretrained(
        loaded.model.config._name_or_path, attn_implementation="eager"
    )
    with torch.no_grad():
        ids = loaded.tokenizer(SHOWN, return_tensors="pt")["input_ids"]
        told = model(ids, output_attentions=True).attentions
    n = len(event.pieces)
    assert list(event.pieces) == loaded.tokenizer.convert_ids_to_tokens(ids[0].tolist())
    assert len(event.words) == len(event.starts) == len(event.ends) == n
    assert (len(event.received), event.heads) == (2, 2)
    assert torch.tensor(event.weights).shape == (n, n)
    torch.testing.assert_close(torch.tensor(event.weights), told[-1][0].mean(0), atol=6e-5, rtol=0)
    for layer, received in enumerate(event.received):
        mean = told[layer][0].mean((0, 1))
        torch.testing.assert_close(torch.tensor(received), mean, atol=6e-5, rtol=0)
        assert sum(received) == pytest.approx(1, abs=0.002)


def test_no_random_number_is_drawn_and_the_model_is_left_as_it_was(loaded: LoadedModel) -> None:
    model = loaded.model
    for training in (True, False):
        model.train(training)
        before, manner = torch.get_rng_state(), model.config._attn_implementation
        assert looked_into(loaded, (SHOWN, None, "positive", 0.6))
        assert torch.equal(torch.get_rng_state(), before)
        assert model.base_model.training is training
        assert model.config._attn_implementation == manner != "eager"


def test_the_review_shown_comes_first_and_then_the_surest_mistake_that_fits(
    loaded: LoadedModel,
) -> None:
    rows = (
        ("A fine lamp.", "positive", "positive", 0.99),
        (LONG, "negative", "positive", 0.98),
        ("A poor lamp.", "negative", "positive", 0.7),
        ("A poor mug.", "negative", "positive", 0.9),
        ("No answer.", "negative", "positive", None),
        (SHOWN, "negative", "negative", 0.8),
    )
    found = looked_into(loaded, *rows)
    assert [event.text for event in found] == [SHOWN, "A poor mug."]
    assert (found[1].label, found[1].predicted, found[1].confidence) == (
        "negative", "positive", 0.9,
    )  # fmt: skip
    assert [e.text for e in looked_into(loaded, *rows, shown="A poor mug.")] == ["A poor mug."]
    assert [e.text for e in looked_into(loaded, *rows[:2], shown=LONG)] == []
    assert all(len(event.pieces) <= PICTURED for event in found)


def test_a_model_that_is_no_number_anywhere_has_no_attention(loaded: LoadedModel) -> None:
    with torch.no_grad():
        loaded.model.base_model.embeddings.word_embeddings.weight.fill_(math.nan)
    assert looked_into(loaded, (SHOWN, None, "positive", 0.6)) == []


def test_answers_keep_their_label_and_a_missing_one_stays_missing() -> None:
    found = answers(torch.tensor([[0.0, 2.0], [math.nan, 0.0]]))
    rows = list(answered(found, [0, None], ["a", "b"], ("bad", "good")))
    assert (rows[0].label, rows[0].predicted) == ("bad", "good")
    assert rows[0].confidence == pytest.approx(1 / (1 + math.exp(-2)))
    assert (rows[1].label, rows[1].confidence) == (None, None)


def run(tmp_path: Path, model: Path, csv: Path, **settings: Any) -> Run:
    config = LabConfig(data=str(csv), model=str(model), epochs=1, **settings)
    return read_run(run_lab(config, Folder(tmp_path)).record)


def test_the_record_holds_the_attention_of_the_review_it_shows_piece_by_piece(
    tmp_path: Path, tiny_model: Path, reviews_csv: Path
) -> None:
    unseen = tmp_path / "test.csv"
    unseen.write_text(f"reviewText\n{LONG}\n{SHOWN}\n", encoding="utf-8")
    made = run(tmp_path, tiny_model, reviews_csv, test_data=unseen)
    pieces = made.last(ev.Pieces)
    assert pieces is not None
    assert pieces.text == SHOWN
    found = made.all(ev.Attention)
    assert found[0].text == SHOWN
    assert found[0].pieces == pieces.pieces
    assert found[0].label is None
    assert made.predictions is not None
    wrong = [m for m in made.predictions.mistakes if m.text == found[1].text]
    assert wrong
    assert (found[1].predicted, found[1].confidence) == (wrong[0].predicted, wrong[0].confidence)


def test_attention_is_that_of_the_layers_as_they_are_trained(
    tmp_path: Path, tiny_model: Path, reviews_csv: Path
) -> None:
    common: dict[str, Any] = {
        "learning_rate": 0.1, "optimizer": "adamw", "precision": "fp32",
    }  # fmt: skip
    frozen = run(tmp_path, tiny_model, reviews_csv, **common).all(ev.Attention)[0]
    trained = run(tmp_path, tiny_model, reviews_csv, unfreeze=1, **common).all(ev.Attention)[0]
    assert frozen.text == trained.text
    assert frozen.received[0] == trained.received[0]
    assert frozen.received[1] != trained.received[1]
    assert len(json.dumps(trained.model_dump(mode="json"))) < 8_000
