"""What a run needs to go on from its last finished epoch, beside its record, as safetensors.

Nothing is ever unpickled. A new checkpoint is written beside the last and put in its place when it
is whole, so a kill at any moment leaves a whole one. It is not forced onto the disk, which would
take longer than many an epoch; what a power cut does to it, its checksum tells.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save, save_file
from torch import Tensor

from journal.record import JournalError, TrainingError, read_limited, replace_file
from training.engines import Engine
from training.model_files import first_line
from training.randomness import RandomState

CHECKPOINT_NAME = "checkpoint.safetensors"

_FORMAT = "reflective-journal checkpoint 1"
_MOST_BYTES = 16 << 30
_STATE: dict[str, set[str]] = {"SGD": set(), "AdamW": {"step", "exp_avg", "exp_avg_sq"}}
"""The tensors that an optimizer keeps for each parameter."""


@dataclass(frozen=True)
class Checkpoint:
    """A run after an epoch.

    Attributes:
        path: the file it was read from.
        epoch: the last finished one, from 1.
        steps: what the optimizer has taken until then.
        sizes: what memory has allowed, see :class:`training.halving.Halving`.
        parameters: those that train, by name.
        optimizer: its tensors, by ``place of the parameter.what``.
        random: where the random-number generators stood.
    """

    path: Path
    epoch: int
    steps: int
    sizes: dict[str, int]
    parameters: dict[str, Tensor]
    optimizer: dict[str, Tensor]
    random: RandomState

    def apply(self, engine: Engine) -> None:
        """Put an engine that is ready for its first epoch where this one was.

        Raises:
            TrainingError: it was made for another model or optimizer.
        """
        own = _trained(engine)
        if self.parameters.keys() != own.keys():
            raise _damaged(self.path, "it has other parameters than the model")
        for name, value in self.parameters.items():
            if value.shape != own[name].shape or value.dtype != own[name].dtype:
                raise _damaged(self.path, f"its '{name}' has another shape than the model's")
        state = self._optimizer_state(engine.optimizer)
        if self.random.cuda is None and engine.device.type == "cuda":
            raise _damaged(self.path, "it lacks the GPU's random numbers")
        with torch.no_grad():
            for name, value in self.parameters.items():
                own[name].copy_(value)
        engine.optimizer.load_state_dict({**engine.optimizer.state_dict(), "state": state})
        engine.schedule.go_to(self.steps)
        engine.halving.sizes.update(self.sizes)
        try:
            self.random.restore(engine.device)
        except (RuntimeError, TypeError) as error:
            raise _damaged(self.path, "its random numbers are of no use") from error

    def _optimizer_state(self, optimizer: torch.optim.Optimizer) -> dict[int, dict[str, Tensor]]:
        parameters = [p for group in optimizer.param_groups for p in group["params"]]
        state: dict[int, dict[str, Tensor]] = {}
        for key, value in self.optimizer.items():
            place, _, name = key.partition(".")
            number = int(place) if place.isdecimal() else len(parameters)
            known = name in _STATE[type(optimizer).__name__] and number < len(parameters)
            if not known or value.shape not in (parameters[number].shape, torch.Size()):
                raise _damaged(self.path, f"its optimizer's '{key}' does not fit")
            state.setdefault(number, {})[name] = value
        if any(own.keys() != _STATE[type(optimizer).__name__] for own in state.values()):
            raise _damaged(self.path, "it lacks part of the optimizer")
        return state


def save_checkpoint(engine: Engine, run_id: str, epoch: int, path: Path) -> None:
    """Write where ``engine`` is after an epoch.

    Raises:
        TrainingError: it could not be written; the former one is as it was.
    """
    random = RandomState.now(engine.device)
    tensors = {f"parameter.{name}": value for name, value in _trained(engine).items()}
    tensors["random.cpu"] = random.cpu
    if random.cuda is not None:
        tensors["random.cuda"] = random.cuda
    for place, own in engine.optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{place}.{name}": value for name, value in own.items()}
    tensors = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    about = {
        "format": _FORMAT,
        "run": run_id,
        "epoch": str(epoch),
        "steps": str(engine.schedule.steps),
        "sizes": json.dumps(engine.halving.sizes),
        "checksum": _checksum(tensors),
    }
    beside = path.with_name(f".{path.name}.{os.urandom(4).hex()}.part")
    try:
        save_file(tensors, beside, about)
        os.replace(beside, path)
    except (OSError, SafetensorError) as error:
        beside.unlink(missing_ok=True)
        raise TrainingError(
            f"{path} cannot be written ({first_line(error)})",
            "check that the folder may be written to and has space left",
        ) from error


def read_checkpoint(path: Path, run_id: str) -> Checkpoint | None:
    """The checkpoint of a run, or None when there is none yet.

    Raises:
        TrainingError: the file is damaged, or another run's.
    """
    if not path.exists():
        return None
    data = read_limited(path, _MOST_BYTES, blame=_unreadable)
    try:
        tensors = load(data)
        about = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["__metadata__"]
        if about["format"] != _FORMAT:
            raise _damaged(path, "another program wrote it")
        if about["checksum"] != _checksum(tensors):
            raise _damaged(path, "its checksum is not that of what is in it")
        if about["run"] != run_id:
            raise _damaged(path, "it belongs to another run")
        sizes = json.loads(about["sizes"])
        checked = Checkpoint(
            path,
            epoch=_number(about["epoch"]),
            steps=_number(about["steps"]),
            sizes={name: _number(size) for name, size in sizes.items()},
            parameters=_under(tensors, "parameter."),
            optimizer=_under(tensors, "optimizer."),
            random=RandomState(tensors["random.cpu"], tensors.get("random.cuda")),
        )
    except (SafetensorError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(path, "it does not hold what a checkpoint holds") from error
    return checked


def save_trained(engine: Engine, path: Path) -> None:
    """Keep the parameters that were trained, and no others, as safetensors."""
    trained = {name: own.detach().cpu().contiguous() for name, own in _trained(engine).items()}
    replace_file(path, save(trained))


def remove_checkpoint(path: Path) -> None:
    """Remove the checkpoint of a run, and what a kill left of one that was being written."""
    # safetensors writes beside what it was asked to write, under a name of its own.
    left = (*path.parent.glob(f".{path.name}.*.part"), *path.parent.glob(".tmp??????"))
    for found in [path, *left]:
        found.unlink(missing_ok=True)


def _trained(engine: Engine) -> dict[str, Tensor]:
    return {name: p for name, p in engine.model.named_parameters() if p.requires_grad}


def _under(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): value
        for name, value in tensors.items()
        if name.startswith(prefix)
    }


def _number(value: Any) -> int:
    number = int(value)
    if number < 1:
        raise ValueError(value)
    return number


def _checksum(tensors: dict[str, Tensor]) -> str:
    """SHA-256 over the tensors by name, each with its type and shape."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        value = tensors[name]
        digest.update(f"{name} {value.dtype} {tuple(value.shape)}\n".encode())
        digest.update(value.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def _damaged(path: Path, what: str) -> TrainingError:
    return TrainingError(
        f"{path} cannot be used: {what}",
        "remove it and resume again to begin from the first epoch, or start anew",
    )


def _unreadable(path: Path, problem: str, remedy: str) -> JournalError:
    return TrainingError(f"{path}: {problem}", remedy)
