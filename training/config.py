"""What a run of the lab is asked to do, checked as soon as it is said."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from journal.record import UsageError
from training.data import LABEL_COLUMN, LIMIT, SPLIT_SEED, TEXT_COLUMN, VALIDATION_SHARE

EngineName = Literal["cached", "notebook"]
Precision = Literal["auto", "fp32", "bf16"]
Unfreeze = int | Literal["all"]
OptimizerName = Literal["sgd", "adamw"]
ScheduleName = Literal["constant", "linear"]
ClassWeights = Literal["none", "balanced"]
BaselineName = Literal["majority", "tfidf", "lstm"]
ENGINES: tuple[EngineName, ...] = get_args(EngineName)
PRECISIONS: tuple[Precision, ...] = get_args(Precision)
OPTIMIZERS: tuple[OptimizerName, ...] = get_args(OptimizerName)
SCHEDULES: tuple[ScheduleName, ...] = get_args(ScheduleName)
CLASS_WEIGHTS: tuple[ClassWeights, ...] = get_args(ClassWeights)
BASELINES: tuple[BaselineName, ...] = get_args(BaselineName)
MODEL = "distilbert-base-uncased"
SEED = 324
CACHE_LIMIT = 4 * 10**9

_MOST_SEED = 2**32 - 1
_MOST_THREADS = 256

Setting = str | int | float | bool | list[str] | None


@dataclass(frozen=True)
class LabConfig:
    """The lab's settings; the defaults are those of the course's notebook.

    Attributes:
        data: a file with reviews, or ``amazon-snippets``.
        text_column: the column with the reviews.
        label_column: the column with their labels.
        limit: how many usable rows are kept; None for all.
        train_size: how many reviews of the training split are used, its first ones; None for all.
            Validation stays what it is, so that runs with more and fewer can be paired.
        model: ``minilm``, a local folder in the hub's format, or a hub name.
        engine: ``cached`` or ``notebook``, see :mod:`training.engines`.
        epochs: how often the training split is gone through, from 1.
        learning_rate: of the optimizer; the highest, where it changes.
        batch_size: reviews in one training step; a last, smaller batch is left out.
        validation_batch_size: the same for validation.
        seed: set just before the model is loaded; everything random of the run follows from it.
        precision: of the frozen encoder in the cached engine: ``fp32``, ``bf16``, or ``auto`` for
            bfloat16 where the processor has it. Everything that trains is float32 in any case.
        test_data: a file with reviews to predict after training, or None.
        unfreeze: how many of the encoder's last layers train with the head, or ``all`` for every
            parameter; see :mod:`training.freezing`.
        optimizer: ``sgd`` without momentum, or ``adamw``; see :mod:`training.optimization`.
        schedule: what becomes of the learning rate after the warm-up: ``constant``, or ``linear``
            down to 0 after the last of ``epochs``.
        warmup: the share of all steps in which the learning rate rises from 0, 0 to below 1.
        weight_decay: of everything that trains but biases and normalizations.
        early_stopping: training stops after so many epochs without a new lowest validation loss;
            None to train all epochs. What is kept is the last epoch's, not the best one's.
        class_weights: ``balanced`` has every label weigh the same in what training minimizes,
            however rare it is; the losses of the record are unweighted in any case, so that they
            can be compared.
        cache_limit: bytes that the states of frozen layers may take on the disk while others train.
        baselines: simple classifiers to hold the model against, see :mod:`training.baselines`.
        expectations: what the student expects of this run, such as ``val_accuracy=0.85``.
        threads: processor threads for torch; None for its own choice.

    Raises:
        UsageError: on construction, when a value is out of range.
    """

    data: str
    text_column: str = TEXT_COLUMN
    label_column: str = LABEL_COLUMN
    limit: int | None = LIMIT
    model: str = MODEL
    engine: EngineName = "cached"
    epochs: int = 10
    learning_rate: float = 0.005
    batch_size: int = 16
    validation_batch_size: int = 8
    seed: int = SEED
    precision: Precision = "auto"
    test_data: Path | None = None
    expectations: tuple[str, ...] = ()
    threads: int | None = None
    unfreeze: Unfreeze = 0
    optimizer: OptimizerName = "sgd"
    schedule: ScheduleName = "constant"
    warmup: float = 0.0
    weight_decay: float = 0.0
    early_stopping: int | None = None
    class_weights: ClassWeights = "none"
    cache_limit: int = CACHE_LIMIT
    baselines: tuple[BaselineName, ...] = ()
    train_size: int | None = None

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "validation_batch_size"):
            _require_positive(name, getattr(self, name))
        for name in ("limit", "early_stopping", "train_size"):
            if getattr(self, name) is not None:
                _require_positive(name, getattr(self, name))
        if not (math.isfinite(self.learning_rate) and self.learning_rate > 0):
            raise UsageError(
                f"--learning-rate cannot be {self.learning_rate:g}",
                "give a number above 0, such as 0.005",
            )
        if not 0 <= self.warmup < 1:
            raise UsageError(
                f"--warmup cannot be {self.warmup:g}",
                "give the share of all steps that it lasts, from 0 to below 1, such as 0.1",
            )
        if not (math.isfinite(self.weight_decay) and self.weight_decay >= 0):
            raise UsageError(
                f"--weight-decay cannot be {self.weight_decay:g}",
                "give a number from 0, such as 0.01",
            )
        if self.cache_limit < 1:
            raise UsageError(
                f"--cache-limit cannot be {self.cache_limit}", "give a size such as 4GB"
            )
        if not 0 <= self.seed <= _MOST_SEED:
            raise UsageError(
                f"--seed cannot be {self.seed}", f"give a whole number from 0 to {_MOST_SEED}"
            )
        if self.threads is not None and not 1 <= self.threads <= _MOST_THREADS:
            raise UsageError(
                f"--threads cannot be {self.threads}", f"give a number from 1 to {_MOST_THREADS}"
            )
        if self.unfreeze != "all" and self.unfreeze < 0:
            raise UsageError(
                f"--unfreeze cannot be {self.unfreeze}", "give a whole number from 0, or all"
            )
        if self.unfreeze == "all" and self.precision == "bf16":
            raise UsageError(
                "--precision bf16 is for frozen layers, and with --unfreeze all there are none",
                "leave --precision out, or unfreeze fewer layers, such as --unfreeze 2",
            )
        if self.engine == "notebook" and self.precision == "bf16":
            raise UsageError(
                "the notebook engine computes in float32 as the notebook does, not in bf16",
                "leave --precision out, or use --engine cached",
            )

    def check_batches(self, train: int, validation: int) -> None:
        """Refuse batches that a split cannot fill: the notebook drops the last, partial batch.

        Args:
            train: reviews in the training split.
            validation: reviews in the validation split.

        Raises:
            UsageError: a split has fewer reviews than one of its batches.
        """
        for option, size, split, rows in (
            ("--batch-size", self.batch_size, "training", train),
            ("--validation-batch-size", self.validation_batch_size, "validation", validation),
        ):
            if rows < size:
                raise UsageError(
                    f"{option} {size} is more than the {rows:,} reviews of the {split} split, and a"
                    " partial batch is left out, so that none remains",
                    f"give {option} {rows} or less, or more reviews",
                )

    def for_record(self) -> dict[str, Setting]:
        """The settings by their usual names, as the record keeps them: no path of this machine."""
        return {
            "data": _named(self.data),
            "text_column": self.text_column,
            "label_column": self.label_column,
            "limit": self.limit,
            "train_size": self.train_size,
            "validation_share": VALIDATION_SHARE,
            "split_seed": SPLIT_SEED,
            "model": _named(self.model),
            "epochs": self.epochs,
            "optimizer": {"sgd": "SGD", "adamw": "AdamW"}[self.optimizer],
            "learning_rate": self.learning_rate,
            "batch_size": self.batch_size,
            "validation_batch_size": self.validation_batch_size,
            "schedule": self.schedule,
            "warmup": self.warmup,
            "weight_decay": self.weight_decay,
            "early_stopping": self.early_stopping,
            "class_weights": None if self.class_weights == "none" else self.class_weights,
            "unfreeze": self.unfreeze,
            "frozen": _frozen(self.unfreeze),
            "test_data": None if self.test_data is None else self.test_data.name,
            **({"baselines": list(self.baselines)} if self.baselines else {}),
        }


def _require_positive(name: str, value: int) -> None:
    if value < 1:
        raise UsageError(
            f"--{name.replace('_', '-')} cannot be {value}", "give a whole number from 1"
        )


def _frozen(unfreeze: Unfreeze) -> str:
    """What does not train, in words."""
    if unfreeze == "all":
        return "nothing"
    if unfreeze == 0:
        return "every parameter whose name lacks 'classifier'"
    last = "the last" if unfreeze == 1 else f"the last {unfreeze}"
    return f"the embeddings and every layer but {last}"


def _named(spec: str) -> str:
    """A file or folder by its last name alone, anything else as it is."""
    path = Path(spec).expanduser()
    return path.resolve().name if path.exists() else spec
