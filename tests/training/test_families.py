"""BERT and its relatives, as they come from a hub, load, freeze, encode and train by one code."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import tokenizers as tk
import torch
import transformers as tf
from click.testing import CliRunner
from tokenizers import decoders, models, normalizers, pre_tokenizers, processors, trainers

from journal.cli import cli
from journal.record import Folder, ModelError, Run, TrainingError, read_run
from journal.record import events as ev
from training.config import LabConfig
from training.run import run_lab
from training.threads import torch_threads

Trained = tuple[tk.Tokenizer, dict[str, str]]
LONGEST = 48
BERT_PIECES = {"pad": "[PAD]", "unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]", "mask": "[MASK]"}
ROBERTA_PIECES = {"cls": "<s>", "pad": "<pad>", "sep": "</s>", "unk": "<unk>", "mask": "<mask>"}


def framed(tokenizer: tk.Tokenizer, pieces: dict[str, str]) -> Trained:
    """Put the special pieces around every text."""
    cls, sep = pieces["cls"], pieces["sep"]
    ends = [(cls, tokenizer.token_to_id(cls)), (sep, tokenizer.token_to_id(sep))]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{cls} $A {sep}", pair=f"{cls} $A {sep} $B {sep}", special_tokens=ends
    )
    return tokenizer, pieces


def wordpiece(texts: list[str], pieces: dict[str, str] = BERT_PIECES) -> Trained:
    own = tk.Tokenizer(models.WordPiece(unk_token=pieces["unk"]))
    own.normalizer = normalizers.BertNormalizer(lowercase=True)
    own.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    own.decoder = decoders.WordPiece()
    trainer = trainers.WordPieceTrainer(
        vocab_size=300, special_tokens=list(pieces.values()), show_progress=False
    )
    own.train_from_iterator(texts, trainer)
    return framed(own, pieces)


def byte_level(texts: list[str]) -> Trained:
    own = tk.Tokenizer(models.BPE())
    own.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    own.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=list(ROBERTA_PIECES.values()),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    own.train_from_iterator(texts, trainer)
    return framed(own, ROBERTA_PIECES)


def unigram(texts: list[str], pieces: dict[str, str]) -> Trained:
    own = tk.Tokenizer(models.Unigram())
    own.normalizer = normalizers.NFKC()
    own.pre_tokenizer = pre_tokenizers.Metaspace()
    own.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=300,
        special_tokens=list(pieces.values()),
        unk_token=pieces["unk"],
        show_progress=False,
    )
    own.train_from_iterator(texts, trainer)
    return framed(own, pieces)


SIZES: dict[str, Any] = {
    "hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 48,
    "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0,
}  # fmt: skip
MPNET_PIECES = ROBERTA_PIECES | {"unk": "[UNK]"}
ALBERT_PIECES = {"pad": "<pad>", "unk": "<unk>", "cls": "[CLS]", "sep": "[SEP]", "mask": "[MASK]"}
# What the hub holds of each: the model with the head of its pretraining, and its tokenizer.
KINDS: dict[str, tuple[str, dict[str, Any], Callable[[list[str]], Trained]]] = {
    "DistilBertForMaskedLM": (
        "DistilBert", {"dim": 32, "n_layers": 3, "n_heads": 2, "hidden_dim": 48, "dropout": 0.0,
                       "attention_dropout": 0.0}, wordpiece,
    ),
    "BertForPreTraining": ("Bert", SIZES, wordpiece),
    "ElectraForPreTraining": ("Electra", SIZES | {"embedding_size": 16}, wordpiece),
    "RobertaForMaskedLM": ("Roberta", SIZES | {"type_vocab_size": 1}, byte_level),
    "XLMRobertaForMaskedLM": (
        "XLMRoberta", SIZES | {"type_vocab_size": 1}, lambda texts: unigram(texts, ROBERTA_PIECES)
    ),
    "AlbertForPreTraining": (
        "Albert", SIZES | {"embedding_size": 16, "classifier_dropout_prob": 0.0},
        lambda texts: unigram(texts, ALBERT_PIECES),
    ),
    "MPNetForMaskedLM": ("MPNet", SIZES, lambda texts: wordpiece(texts, MPNET_PIECES)),
}  # fmt: skip
SHIFTED = {"Roberta", "XLMRoberta", "MPNet"}
"""Those that count positions from behind the padding's own."""
PACKED = [kind for kind in KINDS if kind not in {"AlbertForPreTraining", "MPNetForMaskedLM"}]
"""Those whose last layers the cached engine trains by themselves."""


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    with torch_threads(1):
        yield


@pytest.fixture(scope="module")
def reviews(sample_rows: list[tuple[str, int]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """80 of the sample reviews, one of them longer than the models take."""
    path = tmp_path_factory.mktemp("families") / "reviews.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["reviewText", "isPositive"])
        writer.writerows(sample_rows[:79])
        writer.writerow([" ".join(text for text, _ in sample_rows[:20]), 1])
    return path


@pytest.fixture(scope="module")
def hub(
    sample_rows: list[tuple[str, int]], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Path]:
    """Makes a folder as a hub has it; each once."""
    made: dict[str, Path] = {}

    def folder(kind: str) -> Path:
        if kind in made:
            return made[kind]
        path = tmp_path_factory.mktemp("hub") / kind.removesuffix("ForMaskedLM").lower()
        family, sizes, train = KINDS[kind]
        tokenizer, pieces = train([text for text, _ in sample_rows])
        named = {f"{role}_token": piece for role, piece in pieces.items()}
        tf.PreTrainedTokenizerFast(tokenizer_object=tokenizer, **named).save_pretrained(path)
        about = path / "tokenizer_config.json"
        said = json.loads(about.read_text()) | {"tokenizer_class": f"{family}Tokenizer"}
        about.write_text(json.dumps(said))
        pad = tokenizer.token_to_id(pieces["pad"])
        places = LONGEST + (pad + 1 if family in SHIFTED else 0)
        config = getattr(tf, f"{family}Config")(
            vocab_size=tokenizer.get_vocab_size(), pad_token_id=pad, max_position_embeddings=places,
            **sizes,
        )  # fmt: skip
        with torch.random.fork_rng():
            torch.manual_seed(4)
            model = getattr(tf, kind)(config)
            for parameter in model.parameters():
                # New weights are so small that layers hardly matter.
                if parameter.dim() > 1:
                    torch.nn.init.normal_(parameter, std=0.15)
        model.save_pretrained(path)
        made[kind] = path
        return path

    return folder


@pytest.fixture(scope="module")
def lab(
    hub: Callable[[str], Path], reviews: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Run]:
    """Runs the lab on a kind of model; each setting once, all in one folder."""
    folder = Folder(tmp_path_factory.mktemp("lab"))
    made: dict[tuple[Any, ...], Run] = {}

    def run(kind: str, engine: str = "cached", unfreeze: int = 0) -> Run:
        key = (kind, engine, unfreeze)
        if key not in made:
            config = LabConfig(
                data=str(reviews), model=str(hub(kind)), epochs=2, learning_rate=0.1,
                engine=engine, unfreeze=unfreeze,  # type: ignore[arg-type]
                precision="fp32" if engine == "cached" else "auto",
            )  # fmt: skip
            made[key] = read_run(run_lab(config, folder).record)
        return made[key]

    return run


def figures(run: Run) -> list[float | None]:
    return [
        figure
        for own in run.epochs
        for figure in (own.train_loss, own.train_accuracy, own.val_loss, own.val_accuracy)
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_a_frozen_encoder_gives_both_engines_the_same_figures(
    lab: Callable[..., Run], kind: str
) -> None:
    cached, notebook = lab(kind), lab(kind, "notebook")
    assert figures(cached) == pytest.approx(figures(notebook), abs=1e-4)
    assert len({round(own.train_loss or 0, 5) for own in cached.epochs}) == 2


@pytest.mark.parametrize("kind", PACKED)
def test_the_last_layer_trains_alike_in_both_engines(lab: Callable[..., Run], kind: str) -> None:
    cached, notebook = lab(kind, "cached", 1), lab(kind, "notebook", 1)
    assert figures(cached) == pytest.approx(figures(notebook), abs=1e-4)
    assert cached.model is not None
    trained = [group.name for group in cached.model.layer_groups if group.trainable_parameters]
    assert "layer 3" in trained
    assert not {"embeddings", "layer 1", "layer 2"} & set(trained)


@pytest.mark.parametrize("kind", KINDS)
def test_the_record_says_what_was_read_and_where_attention_went(
    lab: Callable[..., Run], kind: str
) -> None:
    run = lab(kind)
    family = KINDS[kind][0]
    assert run.model is not None
    assert run.data is not None
    assert run.model.architecture == f"{family}ForSequenceClassification"
    assert run.model.max_length == LONGEST
    assert sum(group.parameters for group in run.model.layer_groups) == run.model.parameters
    assert run.data.tokens is not None
    assert (run.data.tokens.longest, run.data.tokens.truncated) == (LONGEST, 1)
    assert [own.unknown for own in run.data.texts] == [0, 0]
    assert all(own.pieces > own.words > 0 for own in run.data.texts)
    pieces, attention = run.last(ev.Pieces), run.all(ev.Attention)
    assert pieces is not None
    assert max(pieces.words.count(word) for word in pieces.words if word is not None) > 1
    assert attention[0].pieces == pieces.pieces
    assert len(attention[0].received) == 3
    assert all(sum(row) == pytest.approx(1, abs=0.003) for row in attention[0].weights)


def test_layers_that_are_shared_or_unknown_are_refused_with_the_way_out(
    lab: Callable[..., Run],
) -> None:
    with pytest.raises(ModelError, match="share their weights"):
        lab("AlbertForPreTraining", "cached", 1)
    with pytest.raises(TrainingError, match="--engine notebook"):
        lab("MPNetForMaskedLM", "cached", 1)
    trained = lab("MPNetForMaskedLM", "notebook", 1).model
    assert trained is not None
    assert "layer 3" in [g.name for g in trained.layer_groups if g.trainable_parameters]


def test_families_stand_side_by_side(lab: Callable[..., Run]) -> None:
    runs = [lab(kind) for kind in ("BertForPreTraining", "AlbertForPreTraining")]
    home = runs[0].path.parents[2]
    result = CliRunner().invoke(cli, ["compare", "-C", str(home), *(run.id for run in runs)])
    assert result.exit_code == 0, result.output
    shown = " ".join(result.output.split())
    for run in runs:
        assert run.model is not None
        assert run.epochs[-1].val_accuracy is not None
        assert f"{run.model.parameters:,} {run.model.trainable_parameters:,}" in shown
        assert f"{run.epochs[-1].val_accuracy:.3f}" in shown
    assert "parameters trained time an epoch peak memory" in shown
