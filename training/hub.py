"""Where a model's files are: the embedded model, a local folder, the hub's cache, or the hub."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from journal.record import ModelError
from training.embedded import MINILM, minilm_folder, minilm_source
from training.model_files import VOCABULARIES, WEIGHTS, WEIGHTS_INDEX, ModelFiles
from training.waiting import announce, quiet_libraries

HUB_SECONDS = 8.0
"""How long the hub may take to say whether it has a model."""

_FETCHED = ("config.json", WEIGHTS, WEIGHTS_INDEX, "model-*.safetensors", *VOCABULARIES,
            "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
            "merges.txt")  # fmt: skip
_ANOTHER = f"get its files again, or choose another model, such as --model {MINILM}"
_OFFLINE = f"use --model {MINILM}, which needs no hub, or --model FOLDER with a local model's files"


def find_model(name: str) -> ModelFiles:
    """Find a model's files: nothing is asked of the hub when they are on this machine already.

    Args:
        name: ``minilm``, a local folder, or a hub name such as ``distilbert-base-uncased``.

    Raises:
        ModelError: it is found nowhere, or the hub does not answer in time.
        MissingExtraError: ``minilm`` is asked for and its package is not installed.
    """
    if name == MINILM:
        folder = minilm_folder()
        return ModelFiles(folder, name, minilm_source(), f"delete {folder}, and run again")
    local = Path(name).expanduser()
    if local.is_dir():
        return ModelFiles(local, local.resolve().name, "a local folder", _ANOTHER)
    if local.exists():
        raise ModelError(f"{name} is a file, not a model's folder", "name the folder it is in")
    if _is_path(name):
        raise ModelError(f"there is no model folder {name}", _OFFLINE)
    cached = _in_cache(name)
    if cached is not None:
        source = "the hub, by way of its cache on this machine"
        return ModelFiles(cached, name, source, _ANOTHER)
    return ModelFiles(_from_hub(name), name, "the hub", _ANOTHER)


def _is_path(name: str) -> bool:
    """Whether the name can only be meant for a path: a hub name has one slash at most."""
    return name.startswith((".", "~", "/", "\\")) or name.count("/") > 1 or "\\" in name


def _in_cache(name: str) -> Path | None:
    """The model's folder in the hub's cache, when all that is needed lies there."""
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        config = try_to_load_from_cache(name, "config.json")
    except HFValidationError as error:
        raise ModelError(f"'{name}' cannot be a model's name on the hub", _OFFLINE) from error
    if not isinstance(config, str):
        return None
    folder = Path(config).parent
    has_weights = (folder / WEIGHTS).exists() or (folder / WEIGHTS_INDEX).exists()
    return folder if has_weights and any((folder / v).exists() for v in VOCABULARIES) else None


def _from_hub(name: str) -> Path:
    """Fetch the model into the hub's cache, once the hub has said in time that it has it."""
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

    nowhere = f"the model '{name}' is neither a folder here nor in the hub's cache"
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"}:
        raise ModelError(f"{nowhere}, and HF_HUB_OFFLINE forbids asking the hub", _OFFLINE)
    announce(f"Asking the hub for {name} (at most {HUB_SECONDS:.0f} s) …")
    try:
        with quiet_libraries(bars=sys.stderr.isatty()):
            _in_time(lambda: HfApi().model_info(name, timeout=HUB_SECONDS))
            announce(f"Fetching {name} from the hub …")
            return Path(snapshot_download(name, allow_patterns=list(_FETCHED)))
    except GatedRepoError as error:
        raise ModelError(
            f"the hub gives the model '{name}' only to those it knows",
            "sign in with: hf auth login, or choose another model",
        ) from error
    except RepositoryNotFoundError as error:
        raise ModelError(f"{nowhere}, and the hub has none of that name", _OFFLINE) from error
    except Exception as error:
        # Which errors a broken connection makes depends on the version of the hub's client.
        cause = str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__
        raise ModelError(f"{nowhere}, and the hub cannot be reached ({cause})", _OFFLINE) from error


def _in_time(ask: Callable[[], Any]) -> None:
    """Ask in a thread of its own: a name server that is silent obeys no client's time-out.

    Raises:
        TimeoutError: no answer within `HUB_SECONDS`.
        Exception: whatever `ask` raised.
    """
    failures: list[BaseException] = []

    def work() -> None:
        try:
            ask()
        except BaseException as error:
            failures.append(error)

    asking = threading.Thread(target=work, name="ask the hub", daemon=True)
    asking.start()
    asking.join(HUB_SECONDS)
    if asking.is_alive():
        raise TimeoutError(f"no answer within {HUB_SECONDS:g} s")
    if failures:
        raise failures[0]
