"""A model's files in the hub's format, checked before anything loads them: they are untrusted."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from journal.record import ModelError, read_limited

WEIGHTS = "model.safetensors"
WEIGHTS_INDEX = "model.safetensors.index.json"
VOCABULARIES = ("tokenizer.json", "vocab.txt", "vocab.json", "spiece.model", "spm.model",
                "sentencepiece.bpe.model", "tokenizer.model")  # fmt: skip
"""One of these is the tokenizer; without any, transformers makes up an empty one."""

_MOST_JSON = 16 << 20


@dataclass(frozen=True)
class ModelFiles:
    """A folder in the hub's format.

    Attributes:
        folder: the folder with config, weights and tokenizer.
        name: what the model is called; never a path of this machine.
        source: where it came from, in words.
        remedy: what to do when its files turn out to be broken.
    """

    folder: Path
    name: str
    source: str
    remedy: str


def broken(files: ModelFiles, problem: str) -> ModelError:
    """An error about files that are there and cannot be used."""
    return ModelError(f"the model '{files.name}' {problem}", files.remedy)


def _read_json(files: ModelFiles, name: str) -> dict[str, Any]:
    path = files.folder / name
    if not path.is_file():
        raise broken(files, f"has no {name}")
    try:
        content = json.loads(read_limited(path, _MOST_JSON))
    except (ValueError, RecursionError) as error:
        raise broken(files, f"has a broken {name} ({first_line(error)})") from error
    if not isinstance(content, dict):
        raise broken(files, f"has a broken {name} (it holds no JSON object)")
    return content


def check_config(files: ModelFiles) -> None:
    """See that the config can be read and is of a kind that classifies texts.

    Raises:
        ModelError: it is not.
    """
    from transformers.models.auto.modeling_auto import (
        MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES as CLASSIFIERS,
    )

    kind = _read_json(files, "config.json").get("model_type")
    if not isinstance(kind, str):
        raise broken(files, "has a broken config.json (it names no model_type)")
    if kind not in CLASSIFIERS:
        raise ModelError(
            f"the model '{files.name}' is of the kind '{kind[:60]}', which transformers cannot load"
            " as a classifier of texts",
            "choose another model, such as one of the DistilBERT, BERT or RoBERTa family",
        )


def weight_files(files: ModelFiles) -> list[Path]:
    """The safetensors files, in the order of their names.

    Raises:
        ModelError: there are none, or not all of them.
    """
    if (files.folder / WEIGHTS).is_file():
        return [files.folder / WEIGHTS]
    if (files.folder / WEIGHTS_INDEX).is_file():
        shards = _read_json(files, WEIGHTS_INDEX).get("weight_map")
        names = sorted(set(map(str, shards.values()))) if isinstance(shards, dict) else []
        for name in names:
            # The index is untrusted: a shard lies beside it or not at all.
            if Path(name).name != name or not (files.folder / name).is_file():
                raise broken(files, f"lacks the weights file '{name[:80]}' that its index names")
        if names:
            return [files.folder / name for name in names]
        raise broken(files, f"has a broken {WEIGHTS_INDEX} (it names no file)")
    if any(files.folder.glob("*.bin")) or any(files.folder.glob("*.pt")):
        raise ModelError(
            f"the model '{files.name}' has its weights only in a pickle file, which could run code"
            " when it is opened",
            f"save it anew with save_pretrained, which writes {WEIGHTS}",
        )
    raise broken(files, f"has no {WEIGHTS}")


def checksum(weights: list[Path]) -> str:
    """SHA-256 of the weights file, hex; of the checksums in a row when there are several files."""
    digests = []
    for path in weights:
        with path.open("rb") as file:
            digests.append(hashlib.file_digest(file, "sha256").hexdigest())
    return (
        digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()
    )


def first_line(error: BaseException) -> str:
    """What an error says, short enough to stand within a sentence."""
    line = str(error).strip().partition("\n")[0].rstrip(".:")
    return line[:200] or type(error).__name__
