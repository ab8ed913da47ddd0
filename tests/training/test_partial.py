"""Frozen layers run once, the rest trains without padding: the plain loop's figures."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from click.testing import CliRunner
from torch import nn

from journal.record import Folder, TrainingError, UsageError, read_run
from journal.record import events as ev
from training.cli import train
from training.config import LabConfig
from training.data import Split, read_reviews, split_reviews
from training.engines import Engine, engine_for
from training.engines.base import unwatched
from training.engines.notebook import NotebookEngine
from training.engines.partial import PartialEngine
from training.engines.whole import WholeEngine
from training.freezing import encoder_layers, freeze
from training.models import LoadedModel, load_model
from training.resume import resumption
from training.run import resume_lab, run_lab
from training.sizes import parse_size, size_in_words
from training.threads import torch_threads
from training.token_states import TokenStates

CPU = torch.device("cpu")
LAYERS = 3
EPOCHS = 2
HEAD_DROPOUT = 0.3
SAME = 1e-4

Make = Callable[..., Path]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """For steps as small as these a second thread costs more than it brings."""
    with torch_threads(1):
        yield


@pytest.fixture(scope="module")
def split(reviews_csv: Path) -> Split:
    whole = split_reviews(read_reviews(str(reviews_csv)))
    # Lengths that differ by far more than the sample reviews' own.
    texts = [text * (1 + i % 4) for i, text in enumerate(whole.train_texts[:70])]
    return Split(texts, whole.train_labels[:70], whole.val_texts[:18], whole.val_labels[:18])


@pytest.fixture(scope="module")
def three_layers(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Makes a folder with a model of three layers and the dropout that is asked for."""

    def make(kind: str = "DistilBert", inside: float = 0.0, head: float = 0.0) -> Path:
        from transformers import AutoTokenizer

        folder = tmp_path_factory.mktemp("models") / kind.lower()
        tokenizer = AutoTokenizer.from_pretrained(tiny_model)
        sizes = {
            "vocab_size": len(tokenizer), "hidden_size": 32, "num_hidden_layers": LAYERS,
            "num_attention_heads": 2, "max_position_embeddings": 70,
            "pad_token_id": tokenizer.pad_token_id,
        }  # fmt: skip
        if kind == "DistilBert":
            sizes |= {"hidden_dim": 64, "dropout": inside, "attention_dropout": inside,
                      "seq_classif_dropout": head}  # fmt: skip
        else:
            sizes |= {
                "intermediate_size": 64, "hidden_dropout_prob": inside,
                "attention_probs_dropout_prob": inside, "classifier_dropout": head,
            }  # fmt: skip
        with torch.random.fork_rng():
            torch.manual_seed(3)
            config = getattr(transformers, f"{kind}Config")(**sizes)
            model = transformers.AutoModel.from_config(config)
            for parameter in model.parameters():
                # New weights are so small that layers hardly matter.
                if parameter.dim() > 1:
                    nn.init.normal_(parameter, std=0.15)
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        return folder

    return make


class PrefixWithoutDropout(NotebookEngine):
    """The plain loop, but with what is frozen of the encoder in evaluation mode."""

    def epoch(self, number: int, tick: Any) -> ev.Epoch:
        encoder = self.model.base_model
        layers = encoder_layers(self.model)
        assert layers is not None
        frozen = [encoder.embeddings, *layers[: -int(self.config.unfreeze)]]
        for module in frozen:
            # The engine puts the whole model into training mode; this stays as it is.
            module.eval()
            module.train = lambda *_args, own=module: own
        return super().epoch(number, tick)


def prepared(
    kind: type[Engine], folder: Path, split: Split, place: Path | None = None, **settings: Any
) -> Engine:
    """An engine ready for its first epoch, with the head that the seed gives."""
    chosen: dict[str, Any] = {"unfreeze": 1, "precision": "fp32", "learning_rate": 0.05}
    if kind is not PartialEngine:
        chosen["precision"] = "auto"
    config = LabConfig(data="x", epochs=EPOCHS, **chosen | settings)
    loaded = load_model(str(folder), label_names=("0", "1"), seed=324)
    freeze(loaded, config.unfreeze)
    engine = kind(loaded, split, config, CPU)
    engine.folder = place
    engine.tokenize()
    engine.encode(unwatched)
    return engine


def rows(engine: Engine) -> list[float]:
    """All figures of all epochs, then the logits of the validation reviews."""
    figures: list[float] = []
    for number in range(1, EPOCHS + 1):
        epoch = engine.epoch(number, unwatched)
        for figure in (epoch.train_loss, epoch.train_accuracy, epoch.val_loss, epoch.val_accuracy):
            assert figure is not None
            figures.append(figure)
    return figures + engine.validation_logits(unwatched).flatten().tolist()


def parameters(engine: Engine) -> dict[str, torch.Tensor]:
    return {n: p.detach() for n, p in engine.model.named_parameters() if p.requires_grad}


@pytest.mark.parametrize("unfreeze", range(1, LAYERS + 1))
def test_the_figures_are_the_plain_loops_where_nothing_is_dropped_out(
    three_layers: Make, split: Split, tmp_path: Path, unfreeze: int
) -> None:
    folder = three_layers()
    plain = prepared(NotebookEngine, folder, split, unfreeze=unfreeze)
    expected = rows(plain)
    ours = prepared(PartialEngine, folder, split, tmp_path, unfreeze=unfreeze)
    assert rows(ours) == pytest.approx(expected, abs=SAME)
    theirs = parameters(plain)
    for name, parameter in parameters(ours).items():
        torch.testing.assert_close(parameter, theirs[name], atol=SAME, rtol=SAME, msg=name)


@pytest.mark.parametrize("kind", ["DistilBert", "Bert", "Roberta", "XLMRoberta", "Electra"])
def test_dropout_in_the_head_draws_the_plain_loops_random_numbers(
    three_layers: Make, split: Split, tmp_path: Path, kind: str
) -> None:
    folder = three_layers(kind, head=HEAD_DROPOUT)
    plain = rows(prepared(NotebookEngine, folder, split))
    assert rows(prepared(PartialEngine, folder, split, tmp_path)) == pytest.approx(plain, abs=SAME)
    without = three_layers(kind)
    assert rows(prepared(NotebookEngine, without, split)) != pytest.approx(plain, abs=SAME)


def test_the_frozen_layers_dropout_is_all_that_is_left_out(
    three_layers: Make, split: Split, tmp_path: Path
) -> None:
    """The plain loop with dropout everywhere, turned off in the layers that train too."""
    folder = three_layers(inside=0.2, head=HEAD_DROPOUT)

    def without_dropout_inside(engine: Engine) -> Engine:
        layers = encoder_layers(engine.model)
        assert layers is not None
        for module in layers[-1].modules():
            if isinstance(module, nn.Dropout):
                module.p = 0.0
        return engine

    plain = rows(without_dropout_inside(prepared(PrefixWithoutDropout, folder, split)))
    ours = prepared(PartialEngine, three_layers(head=HEAD_DROPOUT), split, tmp_path)
    assert rows(ours) == pytest.approx(plain, abs=SAME)
    everywhere = rows(without_dropout_inside(prepared(NotebookEngine, folder, split)))
    assert everywhere[0] != pytest.approx(plain[0], abs=SAME)


def test_dropout_in_the_layers_that_train_has_the_models_own_chances(
    three_layers: Make, split: Split
) -> None:
    """Over many draws, the mean and the spread of a review's logits are those of the model."""
    for kind in ("DistilBert", "Bert"):
        folder = three_layers(kind, inside=0.25)
        plain = prepared(PrefixWithoutDropout, folder, split, unfreeze=2)
        ours = prepared(PartialEngine, folder, split, unfreeze=2)
        assert isinstance(ours, PartialEngine)
        assert isinstance(plain, PrefixWithoutDropout)
        draws = 4000
        ids = plain.train_tokens.ids[1].tolist()
        batch = {"input_ids": torch.tensor([ids] * draws)}
        plain.model.train()
        encoder, layers = plain.model.base_model, encoder_layers(plain.model)
        assert layers is not None
        for module in (encoder.embeddings, *layers[:-2]):
            module.eval()
        with torch.no_grad():
            expected = plain.model(**batch).logits
            with ours._from(ours._kept):
                ours.model.train()
                found = ours.model(inputs_embeds=torch.tensor([1] * draws)).logits
        spread = expected.std(0)
        assert spread.min() > 0.001
        assert ((found.mean(0) - expected.mean(0)).abs() < 5 * spread / draws**0.5).all()
        torch.testing.assert_close(found.std(0), spread, rtol=0.08, atol=0)


def test_all_of_it_trains_as_in_the_plain_loop_with_less_padding(
    three_layers: Make, split: Split
) -> None:
    folder = three_layers(head=HEAD_DROPOUT)
    plain = prepared(NotebookEngine, folder, split, unfreeze="all")
    expected = rows(plain)
    ours = prepared(WholeEngine, folder, split, unfreeze="all")
    assert rows(ours) == pytest.approx(expected, abs=SAME)
    widths = [batch["input_ids"].shape[1] for batch in ours.train_batches]
    assert len(set(widths)) > 1
    texts = split.val_texts[:3]
    torch.testing.assert_close(ours.logits(texts), plain.logits(texts), atol=SAME, rtol=SAME)


def test_reviews_that_were_not_kept_are_predicted_as_the_model_would(
    three_layers: Make, split: Split, tmp_path: Path
) -> None:
    engine = prepared(PartialEngine, three_layers(), split, tmp_path)
    engine.epoch(1, unwatched)
    ids = engine.tokenizer(split.val_texts[0])["input_ids"]
    engine.model.eval()
    with torch.no_grad():
        whole = engine.model(input_ids=torch.tensor([ids])).logits
    torch.testing.assert_close(engine.logits(split.val_texts[:1]), whole, atol=SAME, rtol=SAME)
    torch.testing.assert_close(engine.validation_logits(unwatched)[:1], whole, atol=SAME, rtol=SAME)


def test_bfloat16_halves_what_is_kept_and_hardly_moves_the_figures(
    three_layers: Make, split: Split, tmp_path: Path
) -> None:
    said: list[str] = []
    figures = []
    for precision in ("fp32", "bf16"):
        engine = prepared(PartialEngine, three_layers(), split, tmp_path, precision=precision)
        engine.say = said.append
        engine.encode(unwatched)
        figures.append(rows(engine)[:2])
    assert figures[0][0] == pytest.approx(figures[1][0], abs=0.02)
    full, half = (float(words.split(" take ")[1].split(" KB")[0]) for words in said)
    assert full == pytest.approx(2 * half, abs=2)


def config_for(reviews_csv: Path, model: Path, **settings: Any) -> LabConfig:
    return LabConfig(data=str(reviews_csv), model=str(model), epochs=1, unfreeze=1, **settings)


def test_the_size_is_said_beforehand_and_nothing_remains(
    reviews_csv: Path, tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome = run_lab(config_for(reviews_csv, tiny_model, precision="fp32"), Folder(tmp_path))
    said = capsys.readouterr().err
    assert "The token states of 240 reviews after 1 frozen layer take " in said
    assert "KB beside the record until the run ends" in said
    assert {path.name for path in outcome.record.parent.iterdir()} == {
        "record.jsonl", "trained.safetensors", "predictions.jsonl",
    }  # fmt: skip
    run = read_run(outcome.record)
    assert run.header.config["differences"] == list(PartialEngine.differences(torch.float32))
    assert [phase.phase for phase in run.all(ev.PhaseFinished)] == [
        "loading data", "loading model", "tokenizing", "encoding", "training", "predicting",
    ]  # fmt: skip


def test_more_than_the_limit_is_one_sentence_that_names_what_would_fit(
    reviews_csv: Path, tiny_model: Path, tmp_path: Path
) -> None:
    config = config_for(reviews_csv, tiny_model, precision="fp32", cache_limit=300_000)
    with pytest.raises(TrainingError) as caught:
        run_lab(config, Folder(tmp_path))
    error = caught.value
    assert "more than the 300 KB of --cache-limit" in error.problem
    assert error.remedy is not None
    assert "--cache-limit 1GB, fewer reviews, such as --limit " in error.remedy
    assert "--precision bf16, or use --engine notebook" in error.remedy
    assert "\n" not in str(error)
    fitting = int(error.remedy.split("--limit ")[1].split(",")[0])
    again = config_for(
        reviews_csv, tiny_model, precision="fp32", cache_limit=315_000, limit=fitting
    )
    assert run_lab(again, Folder(tmp_path)).epochs


def test_a_full_disk_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"need 900,000\.0 GB beside the record, and cannot"):
        TokenStates([225_000] * 1000, 1_000_000, torch.float32, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="reads the process's maps")
def test_a_killed_run_leaves_no_states_behind(
    reviews_csv: Path, tiny_model: Path, tmp_path: Path
) -> None:
    command = [
        sys.executable, "-m", "training", "train", "--data", str(reviews_csv),
        "--model", str(tiny_model), "--threads", "1", "--epochs", "100000",
        "--unfreeze", "1", "-C", str(tmp_path),
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 120
        epochs = 0
        while epochs < 2 and time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.2)
            records = list(tmp_path.glob("runs/*/record.jsonl"))
            epochs = records[0].read_text().count('"event":"epoch"') if records else 0
        maps = Path(f"/proc/{process.pid}/maps").read_text()
        assert epochs >= 2
        assert any(str(tmp_path) in line and "deleted" in line for line in maps.splitlines())
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    left = {path.name for path in tmp_path.glob("runs/*/*")}
    assert "record.jsonl" in left
    assert all("checkpoint" in name for name in left - {"record.jsonl"})


def test_a_run_that_was_stopped_goes_on_with_its_layers_optimizer_and_rate(
    reviews_csv: Path, tiny_model: Path, tmp_path: Path
) -> None:
    """The tiny model drops out inside its layers too."""
    config = LabConfig(
        data=str(reviews_csv), model=str(tiny_model), epochs=3, unfreeze=1, optimizer="adamw",
        schedule="linear", weight_decay=0.1, learning_rate=0.01,
    )  # fmt: skip
    whole = run_lab(config, Folder(tmp_path / "whole"))

    def stop(figures: ev.Epoch) -> None:
        if figures.epoch == 2:
            raise KeyboardInterrupt

    folder = Folder(tmp_path / "stopped")
    with pytest.raises(TrainingError, match="stopped after 2 of 3 epochs"):
        run_lab(config, folder, on_epoch=stop)
    places = {"data": config.data, "model": config.model}
    resumed = resume_lab(resumption(folder, None, places))
    assert len(resumed.epochs) == 3
    for ours, theirs in zip(resumed.epochs, whole.epochs, strict=True):
        assert ours.train_loss == pytest.approx(theirs.train_loss, abs=1e-6)
        assert ours.val_loss == pytest.approx(theirs.val_loss, abs=1e-6)
        assert ours.learning_rate == theirs.learning_rate


def test_layers_that_are_not_known_are_one_sentence_and_the_notebooks_loop_trains_them(
    three_layers: Make, split: Split
) -> None:
    model = transformers.AutoModelForSequenceClassification.from_config(
        transformers.DebertaV2Config(
            vocab_size=40, hidden_size=8, num_hidden_layers=2, num_attention_heads=2,
            intermediate_size=8, max_position_embeddings=64,
        )
    )  # fmt: skip
    loaded = LoadedModel(model, None, "other", "made here", "0" * 64)
    freeze(loaded, 1)
    with pytest.raises(TrainingError) as caught:
        PartialEngine(loaded, split, LabConfig(data="x", unfreeze=1), CPU)
    assert "cannot train some layers of 'other'" in caught.value.problem
    assert caught.value.remedy == "run it with --engine notebook"


def test_a_model_put_together_in_another_way_is_found_out(
    three_layers: Make, split: Split, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.engines.layers._activated", lambda x, _activation: x.tanh())
    with pytest.raises(TrainingError, match="compute something else than expected"):
        prepared(PartialEngine, three_layers(), split)


@pytest.mark.parametrize(
    ("engine", "unfreeze", "expected"),
    [
        ("cached", 1, PartialEngine),
        ("cached", "all", WholeEngine),
        ("notebook", 1, NotebookEngine),
        ("notebook", "all", NotebookEngine),
    ],
)
def test_the_engine_follows_from_what_is_frozen(
    engine: Any, unfreeze: Any, expected: type[Engine]
) -> None:
    assert engine_for(LabConfig(data="x", engine=engine, unfreeze=unfreeze)) is expected


@pytest.mark.parametrize(
    ("written", "size"),
    [("4GB", 4 * 10**9), (" 1.5 gb", 1_500_000_000), ("300MB", 300_000_000), ("7kb", 7000),
     ("4", None), ("", None), ("-1GB", None), ("nanGB", None), ("1e9GB", None), ("4GiB", None)],
)  # fmt: skip
def test_sizes_are_read_with_their_unit(written: str, size: int | None) -> None:
    assert parse_size(written) == size
    if size is not None and size >= 10**9:
        assert parse_size(size_in_words(size)) == size


def test_a_limit_without_a_unit_is_refused(tmp_path: Path) -> None:
    for written in ("4", "much"):
        result = CliRunner().invoke(
            train, ["--data", "x", "--cache-limit", written, "-C", str(tmp_path)]
        )
        assert isinstance(result.exception, UsageError)
        assert f"--cache-limit cannot be '{written}'" in str(result.exception)
    with pytest.raises(UsageError, match="--cache-limit cannot be 0"):
        LabConfig(data="x", cache_limit=0)


def test_states_come_back_in_the_order_asked_for(tmp_path: Path) -> None:
    lengths = [3, 1, 4, 2]
    packed: Sequence[torch.Tensor] = [torch.randn(length, 5) for length in lengths]
    for folder in (tmp_path, None):
        kept = TokenStates(lengths, 5, torch.float32, folder)
        kept.put([2, 0], torch.cat([packed[2], packed[0]]))
        kept.put([1, 3], torch.cat([packed[1], packed[3]]))
        assert torch.equal(kept.take([3, 0, 2]), torch.cat([packed[3], packed[0], packed[2]]))
        assert torch.equal(kept.take([1]), packed[1])
    assert list(tmp_path.iterdir()) == []
