"""Going on with a run that stopped: what was asked of it, where it was, and that nothing changed.

A record keeps no path of the machine it was made on. Data and model are looked for under the names
that it has, or where the student says they are; their checksums must be the recorded ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from journal.record import (
    Folder,
    FolderError,
    RecordError,
    Run,
    TrainingError,
    UsageError,
    Writer,
    read_run,
    resume_record,
)
from journal.record import events as ev
from training.checkpoint import CHECKPOINT_NAME, Checkpoint, read_checkpoint
from training.config import ENGINES, LabConfig
from training.data import data_checksum
from training.embedded import SNIPPETS
from training.environment import choose_device
from training.hub import find_model
from training.model_files import checksum, weight_files

_NAMES: dict[str, dict[Any, Any]] = {
    "optimizer": {"SGD": "sgd", "AdamW": "adamw"},
    "class_weights": {None: "none"},
    "precision": {"float32": "fp32", "bfloat16": "bf16"},
}
"""What a record calls some of the settings, as :class:`LabConfig` has them."""


@dataclass(frozen=True)
class Resumption:
    """A run that can be gone on with.

    Attributes:
        record: its ``record.jsonl``.
        config: what was asked of it.
        epochs: the figures of the epochs that need not be done again.
        checkpoint: where it was after the last of them; None when it begins anew.
    """

    record: Path
    config: LabConfig
    epochs: tuple[ev.Epoch, ...]
    checkpoint: Checkpoint | None

    def open(self) -> Writer:
        """Take the record up again, with a ``restart`` event.

        Raises:
            RecordError: another process writes to it, or it is complete by now.
        """
        writer, run = resume_record(self.record)
        writer.write(
            ev.Restart(
                from_epoch=len(self.epochs),
                reason=_why_it_stopped(run),
                seconds_lost=_seconds_lost(run, len(self.epochs)),
            )
        )
        return writer


def resumption(folder: Folder, spec: str | None, given: Mapping[str, Any]) -> Resumption:
    """Find a run that stopped and see that it can be gone on with; nothing is written.

    Args:
        folder: the student's folder.
        spec: the run's id, a unique beginning of it or a path; None for the newest unfinished one.
        given: settings that hold for this machine alone, such as where the data is if its recorded
            name does not lead to it; see :data:`training.options.OF_THIS_MACHINE`.

    Raises:
        JournalError: there is no such run, it is complete, its data or model is not to be found or
            has changed, or its checkpoint is damaged.
    """
    path = folder.newest_unfinished() if spec is None else folder.find_run(spec)
    if path is None:
        raise FolderError(
            f"there is no unfinished run in {folder.runs_dir}", "start one with journal train"
        )
    run = read_run(path)
    if run.status == "completed":
        raise UsageError(
            f"run {run.id} is complete, so there is nothing left to resume",
            "start another with journal train",
        )
    config = recorded_config(run, given)
    _check_device(run)
    check_data(run, config)
    _check_model(run, config)
    checkpoint = read_checkpoint(path.parent / CHECKPOINT_NAME, run.id)
    done = checkpoint.epoch if checkpoint else 0
    epochs = tuple(epoch for epoch in run.epochs if epoch.epoch <= done)
    if [epoch.epoch for epoch in epochs] != list(range(1, done + 1)):
        raise RecordError(
            path, f"its checkpoint is of epoch {done}, and not all epochs until then are recorded"
        )
    return Resumption(path, config, epochs, checkpoint)


def recorded_config(run: Run, given: Mapping[str, Any]) -> LabConfig:
    """What was asked of a run, from the header of its record.

    Raises:
        RecordError: the header does not tell.
        UsageError: the run was not made by ``journal train``, or a file it needs must be named.
    """
    header = run.header
    if header.engine not in ENGINES:
        raise UsageError(
            f"run {run.id} was not made by journal train, so it cannot be resumed",
            "start one with journal train",
        )
    known = {field.name for field in fields(LabConfig)}
    settings: dict[str, Any] = {
        name: _NAMES.get(name, {}).get(value, value)
        if not isinstance(value, list | dict)
        else value
        for name, value in header.config.items()
        if name in known
    }
    settings |= {
        "engine": header.engine,
        "seed": header.seed,
        "threads": run.environment.threads if run.environment else None,
        **given,
    }
    for name, option in (("data", "--data"), ("test_data", "--test-data")):
        if name not in given and header.config.get(name) is not None:
            settings[name] = _file(run, name, option)
    if "model" not in given:
        settings["model"] = _model(run)
    try:
        return TypeAdapter(LabConfig).validate_python(settings)
    except ValidationError as error:
        field = ".".join(map(str, error.errors()[0]["loc"])) or "config"
        raise RecordError(
            run.path, "it does not tell what was asked of the run", line=1, field=field
        ) from error


def _file(run: Run, setting: str, option: str) -> str:
    """A file by its recorded name, which must lead to it from here."""
    name = str(run.header.config[setting])
    if name == SNIPPETS or (name and Path(name).is_file()):
        return name
    raise UsageError(
        f"run {run.id} was made with the file '{name}', which is not in this folder, and a record"
        " keeps no paths",
        f"say where it is with {option}",
    )


def _model(run: Run) -> str:
    """The model by its recorded name."""
    name = str(run.header.config.get("model", ""))
    local = run.model is not None and run.model.source == "a local folder"
    if local and not Path(name).is_dir():
        raise UsageError(
            f"run {run.id} was made with the model in the folder '{name}', which is not in this"
            " folder, and a record keeps no paths",
            "say where it is with --model",
        )
    return name


def _check_device(run: Run) -> None:
    here = choose_device().type
    if run.environment is not None and run.environment.device != here:
        raise TrainingError(
            f"run {run.id} was made on {_DEVICES.get(run.environment.device, 'another device')} and"
            f" would go on with other figures on {_DEVICES.get(here, here)}",
            "resume it on a machine like its own, or start anew with journal train",
        )


_DEVICES = {"cpu": "the processor", "cuda": "a GPU"}


def check_data(run: Run, config: LabConfig) -> None:
    """See that the file of reviews holds what it held when a run began.

    Raises:
        TrainingError: it does not.
        DataError: it cannot be read.
    """
    if run.data is None:
        return
    if data_checksum(config.data) != run.data.checksum:
        raise TrainingError(
            f"{Path(config.data).name} does not hold what it held when run {run.id} began",
            "name the file it was made with, by --data, or start anew with journal train",
        )


def _check_model(run: Run, config: LabConfig) -> None:
    if run.model is None:
        return
    files = find_model(config.model)
    if checksum(weight_files(files)) != run.model.checksum:
        raise TrainingError(
            f"the model '{files.name}' is not the one that run {run.id} began with",
            "name that one with --model, or start anew with journal train",
        )


def _why_it_stopped(run: Run) -> str:
    if run.closing is not None:
        return run.closing.reason or run.closing.status
    torn = ", in the middle of a line, which was removed" if run.torn else ""
    return f"the record broke off without a closing line{torn}"


def _seconds_lost(run: Run, from_epoch: int) -> float:
    """From the end of the last finished epoch, or of the last start, to the end of the record."""
    since = run.started
    for line in run.lines:
        event = line.event
        if isinstance(event, ev.Restart) or (
            isinstance(event, ev.Epoch) and event.epoch == from_epoch
        ):
            since = event.time
    return max(0.0, run.ended - since)
