"""The model that is fine-tuned: loaded, checked, frozen, described."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import torch

from journal.record import ModelError
from journal.record import events as ev
from training.hub import find_model
from training.model_files import (
    VOCABULARIES,
    ModelFiles,
    broken,
    check_config,
    checksum,
    first_line,
    weight_files,
)
from training.waiting import quiet_libraries

TRAINED = "classifier"
"""What the name of a parameter that trains contains, as in the lab's notebook."""

_LAYER = re.compile(r"(?:^|\.)(?:layers?|blocks?|h)\.(\d+)\.")
_LAYER_GROUP = re.compile(r"(?:^|\.)albert_layer_groups\.(\d+)\.")


@dataclass(frozen=True)
class LoadedModel:
    """A sequence classifier and its tokenizer, ready to train.

    Attributes:
        model: the transformers model, in float32 on the CPU, in evaluation mode.
        tokenizer: its fast tokenizer; ``model_max_length`` is what the model really takes.
        name: what the model is called; never a path of this machine.
        source: where the weights came from, in words.
        checksum: SHA-256 of the weights file, hex; of the shards' checksums when there are several.
    """

    model: Any
    tokenizer: Any
    name: str
    source: str
    checksum: str


def load_model(name: str, *, label_names: tuple[str, ...], seed: int) -> LoadedModel:
    """Load a sequence classifier with a new head for the labels, as the lab's notebook does.

    ``torch.manual_seed(seed)`` comes just before the weights are loaded and nothing in between
    draws a random number, so the head starts as it does after the plain
    ``from_pretrained(name, num_labels=...)`` with that seed.

    Args:
        name: ``minilm``, a local folder in the hub's format, or a hub name.
        label_names: what the classes are called, by class.
        seed: of the head's first weights, and of all that is drawn after loading.

    Raises:
        ModelError: it is found nowhere, or its files cannot be used; only safetensors are read, and
            no code that comes with a model is run.
        MissingExtraError: ``minilm`` is asked for and its package is not installed.
    """
    files = find_model(name)
    check_config(files)
    weights = weight_files(files)
    with quiet_libraries():
        tokenizer = _load_tokenizer(files)
        weights_checksum = checksum(weights)
        model = _load_weights(files, label_names, seed)
    _fit_tokenizer(files, tokenizer, model)
    return LoadedModel(model, tokenizer, files.name, files.source, weights_checksum)


def _load_tokenizer(files: ModelFiles) -> Any:
    from transformers import AutoTokenizer

    if not any((files.folder / name).is_file() for name in VOCABULARIES):
        raise broken(files, "has no tokenizer (tokenizer.json or vocab.txt)")
    try:
        tokenizer = AutoTokenizer.from_pretrained(
            files.folder, use_fast=True, trust_remote_code=False, local_files_only=True
        )
    except Exception as error:
        # transformers and tokenizers let through whatever a broken file happens to raise.
        raise broken(
            files, f"has a tokenizer that cannot be loaded ({first_line(error)})"
        ) from error
    if not tokenizer.is_fast:
        raise broken(files, "has no fast tokenizer (tokenizer.json)")
    if tokenizer.pad_token is None:
        raise broken(files, "has a tokenizer without a padding token, so it takes no batches")
    return tokenizer


def _load_weights(files: ModelFiles, label_names: tuple[str, ...], seed: int) -> Any:
    from transformers import AutoModelForSequenceClassification

    torch.manual_seed(seed)
    try:
        model, info = AutoModelForSequenceClassification.from_pretrained(
            files.folder,
            num_labels=len(label_names),
            id2label=dict(enumerate(label_names)),
            label2id={name: i for i, name in enumerate(label_names)},
            # A checkpoint made for something else may ask for another loss.
            problem_type="single_label_classification",
            use_safetensors=True,
            trust_remote_code=False,
            local_files_only=True,
            # Mismatches are told below, in a sentence of ours.
            ignore_mismatched_sizes=True,
            output_loading_info=True,
        )
    except Exception as error:
        # transformers and safetensors let through whatever a broken file happens to raise.
        raise broken(files, f"cannot be loaded ({first_line(error)})") from error
    _check_loaded(files, model, info, len(label_names))
    return model.float()


def _check_loaded(files: ModelFiles, model: Any, info: dict[str, Any], labels: int) -> None:
    """Refuse weights that do not fit: transformers would quietly make up what is missing."""
    encoder = f"{model.base_model_prefix}."
    for name, stored, _ in sorted(info["mismatched_keys"]):
        if not name.startswith(encoder):
            raise ModelError(
                f"the model '{files.name}' already has a classifier for {stored[0]} labels, and the"
                f" reviews have {labels}",
                "choose reviews with as many labels, or the model it was made from",
            )
        raise broken(files, f"has weights that do not fit its config.json ('{name}')")
    # Some encoders are published without their pooler, which is then new like the head.
    missing = sorted(
        name
        for name in info["missing_keys"]
        if name.startswith(encoder) and not name.startswith(f"{encoder}pooler.")
    )
    if missing:
        raise broken(
            files,
            f"lacks {len(missing):,} of its encoder's tensors in its weights, such as"
            f" '{missing[0]}'",
        )


def _fit_tokenizer(files: ModelFiles, tokenizer: Any, model: Any) -> None:
    """Have the tokenizer cut where the model ends, which not every tokenizer's file says."""
    rows = model.get_input_embeddings().num_embeddings
    if len(tokenizer) > rows:
        raise broken(
            files, f"has a tokenizer with {len(tokenizer):,} pieces for {rows:,} embeddings"
        )
    longest = getattr(model.config, "max_position_embeddings", None)
    if isinstance(longest, int) and longest > 0:
        for name, module in model.named_modules():
            # RoBERTa counts positions from behind the padding's own.
            if name.endswith("position_embeddings") and isinstance(module, torch.nn.Embedding):
                longest = module.num_embeddings
                if module.padding_idx is not None:
                    longest -= module.padding_idx + 1
        tokenizer.model_max_length = min(tokenizer.model_max_length, longest)


def freeze_encoder(model: Any) -> None:
    """Freeze every parameter whose name lacks ``classifier``, as the lab's notebook does.

    Raises:
        ModelError: no name has it, so nothing would train.
    """
    parameters = list(model.named_parameters())
    if not any(TRAINED in name for name, _ in parameters):
        raise ModelError(
            f"a {type(model).__name__} has no part called '{TRAINED}', so nothing of it would train"
            " with a frozen encoder",
            "choose another model, such as one of the DistilBERT, BERT or RoBERTa family",
        )
    for name, parameter in parameters:
        parameter.requires_grad_(TRAINED in name)


def model_event(loaded: LoadedModel) -> ev.Model:
    """What the record keeps of the model, as frozen as it is now."""
    groups = _layer_groups(loaded.model)
    return ev.Model(
        name=loaded.name,
        source=loaded.source,
        checksum=loaded.checksum,
        architecture=type(loaded.model).__name__,
        parameters=sum(group.parameters for group in groups),
        trainable_parameters=sum(group.trainable_parameters for group in groups),
        layer_groups=groups,
        max_length=loaded.tokenizer.model_max_length,
    )


def _layer_groups(model: Any) -> tuple[ev.LayerGroup, ...]:
    """Parameters by part, in the order that a text passes them: embeddings, layers, the rest, head.

    A tensor that several layers share counts once.
    """
    sizes: dict[tuple[int, int, str], list[int]] = {}
    for name, parameter in model.named_parameters():
        counts = sizes.setdefault(_group(name, f"{model.base_model_prefix}."), [0, 0])
        counts[0] += parameter.numel()
        counts[1] += parameter.numel() if parameter.requires_grad else 0
    # Sorting is stable: what is neither embedding nor layer keeps the model's own order.
    return tuple(
        ev.LayerGroup(name=key[2], parameters=total, trainable_parameters=trainable)
        for key, (total, trainable) in sorted(sizes.items(), key=lambda item: item[0][:2])
    )


def _group(name: str, encoder: str) -> tuple[int, int, str]:
    """The part that a parameter belongs to: where it comes, its number there, its name."""
    if not name.startswith(encoder):
        return 3, 0, name.partition(".")[0]
    inside = name.removeprefix(encoder)
    for pattern, word in ((_LAYER_GROUP, "layer group"), (_LAYER, "layer")):
        if found := pattern.search(inside):
            number = int(found[1]) + 1
            return 1, number, f"{word} {number}"
    parts = inside.split(".")
    if any("emb" in part or part in {"wte", "wpe"} for part in parts):
        return 0, 0, "embeddings"
    return 2, 0, parts[1] if parts[0] in {"encoder", "transformer"} else parts[0]
