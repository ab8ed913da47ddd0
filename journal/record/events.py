"""The events of a run record, one model a kind; a record is a list of them, one JSON object a line.

History of the schema (the header's ``schema_version``):

1. 2026-11: the first. Before any release these joined it:
   ``baseline`` and ``attention``;
   the header's ``whatif``;
   the ``texts``, the ``label_count`` and the ``majority_share`` of ``data``;
   the ``words``, ``starts`` and ``ends`` of ``pieces``;
   the ``processes`` of ``environment``.

Units: times are seconds since the Unix epoch (UTC), durations seconds, sizes bytes, accuracies and
shares fractions in 0..1. A number that was not measured is null. A non-finite number is kept, as
the string ``"NaN"``, ``"Infinity"`` or ``"-Infinity"``, so that a strict JSON parser reads it.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, JsonValue, TypeAdapter

from journal.record.event import Event as Event
from journal.record.event import Part
from journal.record.numbers import Count, Fraction, Number, Seconds, Time
from journal.record.numbers import number_to_json as number_to_json
from journal.record.outcomes import Attention as Attention
from journal.record.outcomes import Baseline as Baseline
from journal.record.outcomes import CalibrationBin as CalibrationBin
from journal.record.outcomes import LabelScore as LabelScore
from journal.record.outcomes import Mistake as Mistake
from journal.record.outcomes import Pieces as Pieces
from journal.record.outcomes import Predictions as Predictions
from journal.record.outcomes import UnseenPrediction as UnseenPrediction
from journal.record.outcomes import UnseenPredictions as UnseenPredictions

FORMAT: Literal["reflective-journal record"] = "reflective-journal record"
SCHEMA_VERSION = 1

Status = Literal["completed", "interrupted", "failed"]


class WhatIf(Part):
    """What makes a run one of many that vary the settings of another, to answer "what if"."""

    group: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
    """The same for all that vary the same settings on the same data with the same model."""
    run_id: str | None = None
    """The run whose settings are varied; null when they were given on the command line."""
    settings: dict[str, JsonValue] = Field(default_factory=dict)
    """What was varied, by the names of the configuration, with its values before."""


class RunStarted(Event):
    """The header, always the first line."""

    event: Literal["run_started"] = "run_started"
    format: Literal["reflective-journal record"] = FORMAT
    schema_version: int = SCHEMA_VERSION
    run_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
    engine: str
    """``notebook``, ``cached``, or ``import`` for another tool's figures."""
    seed: int | None = None
    program: str
    """Who wrote it, such as ``reflective-journal 0.1.0``."""
    config: dict[str, JsonValue] = Field(default_factory=dict)
    """Hyper-parameters by their usual names: epochs, batch_size, learning_rate, optimizer …"""
    whatif: WhatIf | None = None
    """Set where the run is one cell of a what-if; null for a student's own run."""


class Environment(Event):
    """The machine and the versions the run was made with."""

    event: Literal["environment"] = "environment"
    versions: dict[str, str] = Field(default_factory=dict)
    """Package or program to version, ``python`` among them."""
    platform: str | None = None
    processor: str | None = None
    threads: Count | None = None
    """Of each process."""
    processes: Count | None = None
    """That shared what was encoded; null in records from before this was written down."""
    memory_bytes: Count | None = None
    device: str = "cpu"
    gpu: str | None = None
    gpu_memory_bytes: Count | None = None


class LayerGroup(Part):
    """A named part of the model and how many of its parameters train."""

    name: str
    parameters: Count
    trainable_parameters: Count


class Model(Event):
    """The model that was fine-tuned."""

    event: Literal["model"] = "model"
    name: str
    source: str | None = None
    """Where the weights came from, in words: a hub, a local folder's name, the embedded package."""
    checksum: str | None = None
    """SHA-256 of the weights file, hex."""
    architecture: str | None = None
    parameters: Count | None = None
    trainable_parameters: Count | None = None
    layer_groups: tuple[LayerGroup, ...] = ()
    max_length: Count | None = None
    """Most tokens the model takes in one text."""


class LabelCount(Part):
    """How often a label occurs in each split."""

    label: str
    train: Count
    validation: Count


class TokenLengths(Part):
    """Tokens per review, special tokens included."""

    mean: Number
    median: Number
    longest: Count
    truncated: Count
    """Reviews that lost their end to the length limit."""


class ScriptLetters(Part):
    """Letters of one script."""

    script: str
    """Its name in the Unicode standard: ``Latin``, ``Cyrillic``, ``Han`` …"""
    letters: Count


class SplitText(Part):
    """The language of one split, as far as it can be counted, in the part that the model reads."""

    split: Literal["train", "validation"]
    reviews: Count
    words: Count
    """What stands between spaces and holds a letter or a digit."""
    pieces: Count
    """Token pieces, special ones left out."""
    unknown: Count
    """Pieces that stand for what the tokenizer has no piece for."""
    reviews_with_unknown: Count
    scripts: tuple[ScriptLetters, ...] = ()
    """The commonest first."""


class Data(Event):
    """The reviews: what was read, dropped and split."""

    event: Literal["data"] = "data"
    name: str
    source: str | None = None
    checksum: str | None = None
    """SHA-256 of the file as read, hex."""
    rows: Count | None = None
    """Rows used, after dropping and after the limit."""
    rows_read: Count | None = None
    dropped: Count | None = None
    """Rows read but unusable (no text or no label)."""
    train: Count | None = None
    validation: Count | None = None
    labels: tuple[LabelCount, ...] = ()
    label_count: Annotated[int, Field(ge=2, lt=2**63)] | None = None
    """How many labels there are, where they were not counted one by one."""
    majority_share: Fraction | None = None
    """Share of the commonest label among the validation reviews, where they were not counted."""
    tokens: TokenLengths | None = None
    texts: tuple[SplitText, ...] = ()
    """One for each split; none where nothing was tokenized."""
    shared_texts: Count | None = None
    """Validation texts that also stand in the training split."""
    texts_checksum: str | None = None
    """SHA-256 of the validation reviews in order, so that two runs can be paired; hex."""


class Expectation(Event):
    """One thing the student expected, as it stood when the run began."""

    event: Literal["expectation"] = "expectation"
    text: str
    """As the student wrote it, such as ``val_accuracy=0.85``."""
    metric: str
    relation: Literal["=", "<", "<=", ">", ">="]
    value: Number
    stated: Time
    """When the student said it."""


class PhaseStarted(Event):
    """A phase of the run begins: loading, tokenizing, encoding, training …"""

    event: Literal["phase_started"] = "phase_started"
    phase: str


class PhaseFinished(Event):
    """A phase of the run is over."""

    event: Literal["phase_finished"] = "phase_finished"
    phase: str
    seconds: Seconds
    peak_rss_bytes: Count | None = None
    peak_cuda_bytes: Count | None = None


class Epoch(Event):
    """One epoch's figures: means over its batches."""

    event: Literal["epoch"] = "epoch"
    epoch: Annotated[int, Field(ge=1, lt=2**63)]
    train_loss: Number | None = None
    train_accuracy: Fraction | None = None
    val_loss: Number | None = None
    val_accuracy: Fraction | None = None
    seconds: Seconds | None = None
    learning_rate: Number | None = None
    """At the end of the epoch."""


class Memory(Event):
    """One sample of the process's memory."""

    event: Literal["memory"] = "memory"
    rss_bytes: Count
    phase: str | None = None
    epoch: Count | None = None
    cuda_allocated_bytes: Count | None = None
    cuda_reserved_bytes: Count | None = None


class OutOfMemory(Event):
    """An attempt that memory did not allow, and what was done about it."""

    event: Literal["out_of_memory"] = "out_of_memory"
    phase: str
    epoch: Count | None = None
    tried: str
    """What was attempted, in words: ``batch of 32 reviews``."""
    size: Count | None = None
    """The size attempted, in the unit that ``tried`` names."""
    rss_bytes: Count | None = None
    cuda_allocated_bytes: Count | None = None
    error: str
    changed: str | None = None
    """What was changed for the next attempt; null when nothing more could be."""
    seconds_lost: Seconds | None = None


class Restart(Event):
    """The run went on after it had stopped."""

    event: Literal["restart"] = "restart"
    from_epoch: Count
    """The last finished epoch, 0 when none was."""
    reason: str | None = None
    seconds_lost: Seconds | None = None
    """Work done between the last finished epoch and the stop, and done again."""


class ExceptionRaised(Event):
    """An error that ended the run."""

    event: Literal["exception"] = "exception"
    type: str
    message: str
    phase: str | None = None
    epoch: Count | None = None


class RunFinished(Event):
    """The footer. Only a ``restart`` may follow it."""

    event: Literal["run_finished"] = "run_finished"
    status: Status
    reason: str | None = None
    seconds: Seconds | None
    """How long the run took; null where that is not known, as for another tool's figures."""
    seal: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    """SHA-256 of every byte before this line. It proves only that they were not edited since."""


AnyEvent = Annotated[
    RunStarted
    | Environment
    | Model
    | Data
    | Expectation
    | PhaseStarted
    | PhaseFinished
    | Epoch
    | Memory
    | OutOfMemory
    | Restart
    | ExceptionRaised
    | Predictions
    | UnseenPredictions
    | Pieces
    | Attention
    | Baseline
    | RunFinished,
    Field(discriminator="event"),
]

EVENT: TypeAdapter[AnyEvent] = TypeAdapter(AnyEvent)
"""Reads any one event: ``EVENT.validate_json(line)``."""
