"""What is varied: settings with their values, and the runs that come of it.

Tried are all combinations of the values, and beside them each value by itself with everything else
as it was, and everything as it was. So there is always something to hold an answer against.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from journal.record import UsageError
from training.config import (
    CLASS_WEIGHTS,
    ENGINES,
    OPTIMIZERS,
    PRECISIONS,
    SCHEDULES,
    LabConfig,
)

MOST_CELLS = 500
"""Runs of one what-if: more than anybody looks at, and a slip of the keyboard makes thousands."""


@dataclass(frozen=True)
class Axis:
    """A setting of :class:`training.config.LabConfig` and the values to try."""

    name: str
    values: tuple[Any, ...]


def read_axes(written: Sequence[str]) -> tuple[Axis, ...]:
    """Read what stands on the command line, such as ``learning_rate=0.001,0.01``.

    Raises:
        UsageError: nothing is varied, a setting cannot be, or a value is not one of its values.
    """
    if not written:
        raise UsageError(
            "nothing is varied", "name a setting and its values, such as learning_rate=0.001,0.01"
        )
    axes = [_axis(text) for text in written]
    names = [axis.name for axis in axes]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"{name} is varied twice", f"write {name}= once, with all its values")
    return tuple(axes)


def make_cells(base: LabConfig, axes: Sequence[Axis], seeds: int) -> tuple[LabConfig, ...]:
    """The settings of every run, without repetition: everything as it was first.

    Args:
        base: the settings that are varied.
        axes: what is varied.
        seeds: how many seeds each combination is run with, from the base's own on.

    Raises:
        UsageError: a value does not go with the others, or there are too few or too many runs.
    """
    if seeds < 1:
        raise UsageError(f"--seeds cannot be {seeds}", "give a whole number from 1")
    count = seeds
    for axis in axes:
        count *= len(axis.values)
    # Before the product is made, which could be of any size.
    if count > MOST_CELLS:
        raise UsageError(
            f"that makes {count:,} runs, and {MOST_CELLS} are the most",
            "vary less at a time, or give fewer --seeds",
        )
    combinations = list(dict.fromkeys(_combinations(base, axes)))
    if len(combinations) < 2:
        had = " and ".join(f"{axis.name} {_shown(axis.values[0])}" for axis in axes)
        raise UsageError(
            f"{had} is what the run had already, so that nothing is varied",
            "give another value",
        )
    if len(combinations) * seeds > MOST_CELLS:
        raise UsageError(
            f"that makes {len(combinations) * seeds:,} runs, and {MOST_CELLS} are the most",
            "vary less at a time, or give fewer --seeds",
        )
    return tuple(
        replace(config, seed=(base.seed + turn) % 2**32)
        for config in combinations
        for turn in range(seeds)
    )


def _combinations(base: LabConfig, axes: Sequence[Axis]) -> Iterator[LabConfig]:
    yield base
    for axis in axes:
        for value in axis.values:
            yield replace(base, **{axis.name: value})
    for values in product(*(axis.values for axis in axes)):
        yield replace(base, **{axis.name: value for axis, value in zip(axes, values, strict=True)})


def _axis(written: str) -> Axis:
    name, equals, values = written.partition("=")
    name = name.strip().lower().replace("-", "_")
    if not equals:
        raise UsageError(
            f"{written!r} does not say what is tried",
            f"write {name or 'a setting'}= and its values with commas between them",
        )
    read = _READERS.get(name)
    if read is None:
        raise _unknown(name)
    parts = [part.strip() for part in values.split(",")]
    if not all(parts):
        raise UsageError(
            f"{name} lacks a value in {written!r}", "write its values with commas between them"
        )
    return Axis(name, tuple(dict.fromkeys(read(name, part) for part in parts)))


def _unknown(name: str) -> UsageError:
    if name in _INSTEAD:
        return UsageError(f"{name} cannot be varied here", _INSTEAD[name])
    close = difflib.get_close_matches(name, _READERS, n=1)
    remedy = f"did you mean {close[0]}" if close else f"choose from {', '.join(_READERS)}"
    return UsageError(f"there is no setting {name!r} to vary", remedy)


_INSTEAD = {
    "seed": "give --seeds N, and each combination is run with N of them",
    "limit": "it would change the reviews to validate with; vary train_size instead",
    "data": "other reviews are another lab: run journal train on them",
    "validation_batch_size": "it changes no model, only how one is looked at",
}


def _shown(value: object) -> str:
    return "all" if value is None else str(value)


def _number(name: str, written: str) -> float:
    try:
        return float(written)
    except ValueError:
        raise _not(name, written, "numbers, such as 0.001") from None


def _whole(name: str, written: str) -> int:
    try:
        return int(written)
    except ValueError:
        raise _not(name, written, "whole numbers") from None


def _layers(name: str, written: str) -> int | str:
    return "all" if written.lower() == "all" else _whole(name, written)


def _rows(name: str, written: str) -> int | None:
    return None if written.lower() == "all" else _whole(name, written)


def _patience(name: str, written: str) -> int | None:
    return None if written.lower() == "none" else _whole(name, written)


def _one_of(choices: Sequence[str]) -> Callable[[str, str], str]:
    def read(name: str, written: str) -> str:
        if written.lower() not in choices:
            raise _not(name, written, " or ".join(choices))
        return written.lower()

    return read


def _as_it_is(_name: str, written: str) -> str:
    return written


def _not(name: str, written: str, what: str) -> UsageError:
    return UsageError(f"{name} cannot be {written!r}", f"give {what}")


_READERS: dict[str, Callable[[str, str], Any]] = {
    "learning_rate": _number,
    "batch_size": _whole,
    "epochs": _whole,
    "unfreeze": _layers,
    "train_size": _rows,
    "optimizer": _one_of(OPTIMIZERS),
    "schedule": _one_of(SCHEDULES),
    "warmup": _number,
    "weight_decay": _number,
    "class_weights": _one_of(CLASS_WEIGHTS),
    "early_stopping": _patience,
    "model": _as_it_is,
    "engine": _one_of(ENGINES),
    "precision": _one_of(PRECISIONS),
}
"""What can be varied, with what reads one of its values."""
