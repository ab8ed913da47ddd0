"""A cell of a what-if: told from others by its settings, and recorded as any run is.

Nothing but the records says what is done: a cell is done when there is a completed one with its
settings, on the same reviews and with the same weights.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from journal.record import Folder, Run, Writer, replace_file
from journal.record import events as ev
from training.config import LabConfig
from training.data import Split
from training.engines import engine_for
from training.environment import choose_device
from training.predictions import answers, as_lines, predictions_event
from training.run import PREDICTIONS_NAME
from training.whatif.stack import Head

_NOT_VARIED = {"test_data", "baselines", "frozen", "differences"}
"""Settings that follow from others, or that change nothing of the model."""

_GROUP_LENGTH = 8


@dataclass(frozen=True)
class Sources:
    """What the cells are made of.

    Attributes:
        data: checksum of the file of reviews.
        models: checksum of the weights by the name that was asked for.
    """

    data: str
    models: Mapping[str, str]


def settings_of(config: LabConfig) -> dict[str, Any]:
    """The settings as a record has them, the precision as it comes out on this machine."""
    precision = engine_for(config).choose_precision(config, choose_device())
    return {**config.for_record(), "precision": str(precision).removeprefix("torch.")}


def identity(config: LabConfig, sources: Sources) -> str:
    """What tells a cell from all others."""
    return _identity(
        settings_of(config), config.engine, config.seed, sources.data, sources.models[config.model]
    )


def recorded_identity(run: Run) -> str | None:
    """The same for a run; None where its record does not tell."""
    if run.data is None or run.model is None:
        return None
    header = run.header
    return _identity(
        header.config, header.engine, header.seed, run.data.checksum, run.model.checksum
    )


def _identity(
    settings: Mapping[str, Any], engine: str, seed: int | None, data: object, model: object
) -> str:
    kept = {name: value for name, value in settings.items() if name not in _NOT_VARIED}
    return json.dumps([kept, engine, seed, data, model], sort_keys=True)


def group_of(base: LabConfig, sources: Sources) -> str:
    """The name of all what-ifs that vary the same settings; their seeds do not matter."""
    told = _identity(settings_of(base), base.engine, None, sources.data, sources.models[base.model])
    return hashlib.sha256(told.encode()).hexdigest()[:_GROUP_LENGTH]


def finished_cells(folder: Folder) -> dict[str, str]:
    """The ids of all completed cells in a folder, by what tells them apart."""
    found = {recorded_identity(run): run.id for run in folder.whatif_runs()}
    return {told: run_id for told, run_id in found.items() if told is not None}


@dataclass(frozen=True)
class Facts:
    """What all cells of a stack have in common, for their records.

    Attributes:
        whatif: what they are cells of.
        before: events that come before training: machine, model, data, pieces.
        split: the reviews.
        label_names: what the labels are called.
        differences: what was done otherwise than in the notebook, a clause each.
        started: when the stack began, seconds since the epoch.
        seconds: a cell's share of the stack's time.
        peak_rss_bytes: the most resident memory meanwhile.
    """

    whatif: ev.WhatIf
    before: Sequence[ev.Event]
    split: Split
    label_names: tuple[str, ...]
    differences: Sequence[str]
    started: float
    seconds: float
    peak_rss_bytes: int | None


def record_head(folder: Folder, head: Head, facts: Facts) -> str:
    """Write the record of one head of a stack, whole or not at all; its run id.

    Raises:
        RecordError: it cannot be written.
    """
    assert head.logits is not None
    writer = Writer.create(
        folder.runs_dir,
        engine=head.config.engine,
        seed=head.config.seed,
        config={**settings_of(head.config), "differences": list(facts.differences)},
        whatif=facts.whatif,
        started=facts.started,
        before=facts.seconds,
    )
    try:
        with writer:
            _record(writer, head, facts)
            writer.close("completed", head.ended_early)
    except BaseException:
        shutil.rmtree(writer.directory, ignore_errors=True)
        raise
    return writer.run_id


def _record(writer: Writer, head: Head, facts: Facts) -> None:
    for event in facts.before:
        writer.write(event)
    writer.write(ev.PhaseStarted(time=facts.started, phase="training"))
    for epoch in head.epochs:
        writer.write(epoch)
    writer.write(
        ev.PhaseFinished(
            phase="training", seconds=facts.seconds, peak_rss_bytes=facts.peak_rss_bytes
        )
    )
    assert head.logits is not None
    with writer.phase("predicting"):
        found = answers(head.logits)
        labels, texts, names = facts.split.val_labels, facts.split.val_texts, facts.label_names
        replace_file(writer.directory / PREDICTIONS_NAME, as_lines(found, labels, texts, names))
        writer.write(predictions_event(found, labels, texts, names, PREDICTIONS_NAME))
