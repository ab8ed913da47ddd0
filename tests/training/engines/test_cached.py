"""The cached engine gives the notebook engine's figures from one pass of the frozen encoder."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from hypothesis import given
from hypothesis import strategies as st
from transformers import PreTrainedModel

from journal.record import Folder, Run, TrainingError, read_run
from journal.record import events as ev
from training.config import LabConfig
from training.data import Split, read_reviews, split_reviews
from training.encoding.packing import by_tokens
from training.engines import ENGINES
from training.engines.base import unwatched
from training.engines.cached import CachedEngine
from training.engines.quick import Prepared, QuickHead
from training.models import LoadedModel, freeze_encoder, load_model
from training.run import run_lab

CPU = torch.device("cpu")
SMALL = {
    "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64,
    "max_position_embeddings": 70, "hidden_dropout_prob": 0.0,
    "attention_probs_dropout_prob": 0.0, "pad_token_id": 0,
}  # fmt: skip


def lab(folder: Path, model: Path, csv: Path, **settings: Any) -> Run:
    config = LabConfig(data=str(csv), model=str(model), **settings)
    return read_run(run_lab(config, Folder(folder)).record)


def figures(epochs: tuple[ev.Epoch, ...]) -> list[float | None]:
    return [
        figure
        for e in epochs
        for figure in (e.train_loss, e.train_accuracy, e.val_loss, e.val_accuracy)
    ]


@pytest.fixture(scope="session")
def split(reviews_csv: Path) -> Split:
    return split_reviews(read_reviews(str(reviews_csv)))


@pytest.fixture(scope="session")
def loaded(tiny_model: Path) -> LoadedModel:
    loaded = load_model(str(tiny_model), label_names=("negative", "positive"), seed=5)
    freeze_encoder(loaded.model)
    return loaded


def fresh(loaded: LoadedModel) -> LoadedModel:
    """The same once more, so that a test may train it."""
    return LoadedModel(
        copy.deepcopy(loaded.model), loaded.tokenizer, loaded.name, loaded.source, loaded.checksum
    )


def trained(
    name: str, loaded: LoadedModel, split: Split, epochs: int, **settings: Any
) -> tuple[ev.Epoch, ...]:
    """The figures of an engine by itself, from the same point of the random numbers."""
    config = LabConfig(data="", engine=name, **settings)  # type: ignore[arg-type]
    engine = ENGINES[config.engine](fresh(loaded), split, config, CPU)
    engine.tokenize()
    engine.encode(unwatched)
    torch.manual_seed(3)
    return tuple(engine.epoch(number, unwatched) for number in range(1, epochs + 1))


@pytest.mark.parametrize("settings", [{}, {"validation_batch_size": 7, "batch_size": 11}])
def test_without_dropout_in_the_encoder_the_figures_are_the_notebook_engines(
    tmp_path: Path, calm_model: Path, reviews_csv: Path, settings: dict[str, int]
) -> None:
    common: dict[str, Any] = {"epochs": 5, "seed": 21, "learning_rate": 1.0, **settings}
    notebook = lab(tmp_path, calm_model, reviews_csv, engine="notebook", **common)
    cached = lab(tmp_path, calm_model, reviews_csv, precision="fp32", **common)
    assert figures(cached.epochs) == pytest.approx(figures(notebook.epochs), rel=0, abs=1e-4)
    # The head's own dropout is on, so what it drew was the same too; and the head did move.
    assert len({round(e.val_loss or 0.0, 4) for e in cached.epochs}) >= 3
    assert cached.predictions is not None
    assert notebook.predictions is not None
    assert cached.predictions.confusion == notebook.predictions.confusion


def test_with_dropout_in_the_encoder_it_differs_and_the_record_says_how(
    tmp_path: Path, tiny_model: Path, reviews_csv: Path
) -> None:
    notebook = lab(tmp_path, tiny_model, reviews_csv, engine="notebook", epochs=1)
    cached = lab(tmp_path, tiny_model, reviews_csv, precision="fp32", epochs=1)
    assert figures(cached.epochs) != pytest.approx(figures(notebook.epochs), rel=0, abs=1e-4)
    assert notebook.header.config["differences"] == []
    assert cached.header.config["differences"] == [
        "no dropout inside the frozen encoder, which runs once for each review"
    ]
    assert cached.header.config["precision"] == "float32"


def test_bfloat16_in_the_encoder_stays_close(loaded: LoadedModel, split: Split) -> None:
    lively = fresh(loaded)
    with torch.no_grad():
        for name, parameter in lively.model.named_parameters():
            # A new encoder hardly mixes anything in: its layers would hide how they are computed.
            if name.endswith("weight") and parameter.dim() == 2 and "embeddings" not in name:
                parameter *= 10
    logits = []
    for precision in ("fp32", "bf16"):
        config = LabConfig(data="", precision=precision)  # type: ignore[arg-type]
        logits.append(CachedEngine(lively, split, config, CPU).logits(split.val_texts))
    assert logits[0].std(dim=0).min() > 0.01
    assert 1e-6 < (logits[0] - logits[1]).abs().max() < 0.05


def test_the_record_tells_of_bfloat16(tmp_path: Path, tiny_model: Path, reviews_csv: Path) -> None:
    run = lab(tmp_path, tiny_model, reviews_csv, precision="bf16", epochs=1)
    assert run.header.config["precision"] == "bfloat16"
    assert "the frozen encoder computes in bfloat16" in run.header.config["differences"]


def bert(**more: Any) -> PreTrainedModel:
    config = transformers.BertConfig(**SMALL, classifier_dropout=0.2, **more)
    return transformers.BertForSequenceClassification(config)


def roberta(**more: Any) -> PreTrainedModel:
    config = transformers.RobertaConfig(**SMALL, classifier_dropout=0.2, **more)
    return transformers.RobertaForSequenceClassification(config)


def albert(**more: Any) -> PreTrainedModel:
    config = transformers.AlbertConfig(
        **SMALL, embedding_size=16, classifier_dropout_prob=0.2, **more
    )
    return transformers.AlbertForSequenceClassification(config)


def electra(**more: Any) -> PreTrainedModel:
    config = transformers.ElectraConfig(**SMALL, embedding_size=16, classifier_dropout=0.2, **more)
    return transformers.ElectraForSequenceClassification(config)


@pytest.mark.parametrize("make", [bert, roberta, albert, electra])
def test_other_families_train_to_the_same_figures(
    make: Callable[..., PreTrainedModel], loaded: LoadedModel, split: Split
) -> None:
    torch.manual_seed(8)
    model = make(vocab_size=len(loaded.tokenizer)).eval()
    freeze_encoder(model)
    other = LoadedModel(model, loaded.tokenizer, make.__name__, "made here", "0")
    settings: dict[str, Any] = {"learning_rate": 0.1}
    notebook = trained("notebook", other, split, 3, **settings)
    cached = trained("cached", other, split, 3, **settings | {"precision": "fp32"})
    assert figures(cached) == pytest.approx(figures(notebook), rel=0, abs=1e-4)


def modern(loaded: LoadedModel, pooling: str) -> LoadedModel:
    """A ModernBERT, whose head reads the mean of all tokens or the first one alone."""
    torch.manual_seed(8)
    config = transformers.ModernBertConfig(
        vocab_size=len(loaded.tokenizer), hidden_size=32, intermediate_size=64,
        num_hidden_layers=2, num_attention_heads=2, max_position_embeddings=64, pad_token_id=0,
        bos_token_id=2, eos_token_id=3, cls_token_id=2, sep_token_id=3,
        classifier_pooling=pooling,
    )  # fmt: skip
    model = transformers.ModernBertForSequenceClassification(config).eval()
    freeze_encoder(model)
    return LoadedModel(model, loaded.tokenizer, "modern", "made here", "0")


def test_a_head_that_reads_more_than_the_first_token_is_refused_with_the_way_out(
    loaded: LoadedModel, split: Split
) -> None:
    config = LabConfig(data="")
    CachedEngine(modern(loaded, "cls"), split, config, CPU)
    with pytest.raises(TrainingError, match=r"'modern'.*--engine notebook") as refused:
        CachedEngine(modern(loaded, "mean"), split, config, CPU)
    assert str(refused.value).count(".") == 1


def test_an_encoder_that_trains_is_refused_with_the_way_out(
    loaded: LoadedModel, split: Split
) -> None:
    thawed = fresh(loaded)
    next(thawed.model.base_model.parameters()).requires_grad_(True)
    with pytest.raises(TrainingError, match=r"its encoder trains.*--engine notebook"):
        CachedEngine(thawed, split, LabConfig(data=""), CPU)


def test_making_the_engine_and_encoding_draw_no_random_number(
    loaded: LoadedModel, split: Split
) -> None:
    before = torch.get_rng_state()
    engine = CachedEngine(fresh(loaded), split, LabConfig(data=""), CPU)
    engine.tokenize()
    engine.encode(unwatched)
    assert torch.equal(torch.get_rng_state(), before)


def test_predictions_come_in_the_order_of_the_reviews_whatever_their_length(
    loaded: LoadedModel, split: Split
) -> None:
    engine = CachedEngine(fresh(loaded), split, LabConfig(data="", precision="fp32"), CPU)
    engine.tokenize()
    engine.encode(unwatched)
    texts = [text * (1 + place % 4) for place, text in enumerate(split.val_texts)]
    with torch.no_grad():
        one_by_one = [
            engine.model(**engine.tokenizer(text, truncation=True, return_tensors="pt")).logits[0]
            for text in texts
        ]
    assert torch.allclose(engine.logits(texts), torch.stack(one_by_one), atol=1e-5)
    assert torch.allclose(
        engine.validation_logits(unwatched), engine.logits(split.val_texts), atol=1e-5
    )


def test_an_epoch_gives_the_threads_and_the_encoder_back(loaded: LoadedModel, split: Split) -> None:
    engine = CachedEngine(fresh(loaded), split, LabConfig(data=""), CPU)
    engine.tokenize()
    engine.encode(unwatched)
    encoder = engine.model.base_model
    torch.set_num_threads(2)
    engine.epoch(1, unwatched)
    assert torch.get_num_threads() == 2
    assert engine.model.base_model is encoder


def test_ticks_count_every_review_encoded_and_every_batch_trained(
    loaded: LoadedModel, split: Split
) -> None:
    engine = CachedEngine(fresh(loaded), split, LabConfig(data=""), CPU)
    engine.tokenize()
    encoded: list[tuple[int, int]] = []
    engine.encode(lambda done, total: encoded.append((done, total)))
    assert encoded[-1] == (240, 240)
    batches: list[tuple[int, int]] = []
    engine.epoch(1, lambda done, total: batches.append((done, total)))
    counts = [done for done, _ in batches]
    assert counts == sorted(set(counts))
    assert 216 // 16 < counts[-1] == batches[-1][1]


@given(st.lists(st.integers(1, 50), max_size=60).map(sorted), st.integers(1, 200))
def test_batches_hold_every_review_once_and_at_most_so_many_tokens(
    lengths: list[int], tokens: int
) -> None:
    reviews = [[place] * length for place, length in enumerate(lengths)]
    batches = list(by_tokens(reviews, tokens))
    assert [review for batch in batches for review in batch] == reviews
    for batch in batches:
        padded = len(batch) * max(map(len, batch))
        assert padded <= tokens or len(batch) == 1


def test_a_last_partial_batch_of_validation_reviews_is_left_out(
    loaded: LoadedModel, split: Split
) -> None:
    """Corrupting what the notebook leaves out changes nothing."""
    config = LabConfig(data="", precision="fp32", validation_batch_size=7)
    changed = Split(
        split.train_texts, split.train_labels,
        [*split.val_texts[:21], *["another review"] * 3], split.val_labels,
    )  # fmt: skip
    losses = []
    for reviews in (split, changed):
        engine = CachedEngine(fresh(loaded), reviews, config, CPU)
        engine.tokenize()
        engine.encode(unwatched)
        torch.manual_seed(3)
        losses.append(engine.epoch(1, unwatched).val_loss)
    assert losses[0] == pytest.approx(losses[1], abs=1e-6)


def test_quick_steps_that_find_no_memory_are_taken_the_usual_way(
    loaded: LoadedModel, split: Split, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = trained("cached", loaded, split, 2)
    prepare, asked = QuickHead.prepare, 0

    def sometimes(self: QuickHead, *given: Any) -> Prepared:
        nonlocal asked
        asked += 1
        steps = prepare(self, *given)
        if asked % 2:
            raise MemoryError
        return steps

    monkeypatch.setattr(QuickHead, "prepare", sometimes)
    assert figures(trained("cached", loaded, split, 2)) == pytest.approx(
        figures(expected), rel=0, abs=1e-6
    )
    assert asked >= 4
