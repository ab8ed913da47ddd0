"""What the student takes down while working: notes, challenges and expectations, with their time.

``notes.jsonl`` has one JSON object a line. A note is added with one write under a lock, from any
terminal, also while a run is under way; a note that was confirmed is on the disk.
"""

from __future__ import annotations

import json
import math
import os
import re
from decimal import Decimal
from pathlib import Path
from time import time as now
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from journal.errors import FolderError, UsageError
from journal.record import locks
from journal.record.files import blame_folder, is_inside, read_limited, reason
from journal.record.numbers import Time

MAX_BYTES = 16 << 20
MAX_CHARACTERS = 4000

Kind = Literal["note", "challenge", "expectation"]
Relation = Literal["=", "<", "<=", ">", ">="]


class Note(BaseModel):
    """One thing taken down. ``id`` is unique in its file and never changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
    time: Time
    kind: Kind
    text: Annotated[str, Field(min_length=1, max_length=MAX_CHARACTERS)]


class Notes(tuple[Note, ...]):
    """The notes of a folder in the order they were taken down.

    Attributes:
        torn: the file ended inside a line, which was left out.
    """

    torn: bool = False


def append_note(path: Path, kind: Kind, text: str) -> Note:
    """Take down a note; it is on the disk when this returns.

    Raises:
        UsageError: the text is empty or too long.
        FolderError: the file cannot be written, or is not a file of notes.
    """
    text = _checked(text)
    _check_inside(path)
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT
    flags |= getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags, 0o666)
        try:
            with locks.waiting(descriptor):
                return _append(descriptor, path, kind, text)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise blame_folder(
            path,
            f"the note could not be written: {reason(error)}",
            "check that the folder may be written to and has space left",
        ) from error


def read_notes(path: Path) -> Notes:
    """The notes in a file, in order; none when there is no file.

    A last line that was torn by a crash is left out, and ``torn`` says so.

    Raises:
        FolderError: the file cannot be read, or a line in it is not a note.
    """
    if not os.path.lexists(path):
        return Notes()
    _check_inside(path)
    return _parse(path, read_limited(path, MAX_BYTES))


def parse_expectation(text: str) -> tuple[str, Relation, float]:
    """Metric, relation and value of an expectation such as ``val_accuracy>=85%``.

    Accuracies come back as fractions in 0..1, losses as they are, ``best_epoch`` as a whole number,
    ``seconds`` in seconds, ``peak_memory_mb`` in megabytes (10**6 bytes).

    Raises:
        UsageError: it cannot be understood, or the value cannot be.
    """
    found = _EXPECTATION.match(text)
    if found is None:
        raise UsageError(
            f"{_quoted(text)} is not an expectation",
            "write a metric, one of = < <= > >=, and a number, such as val_accuracy=0.85",
        )
    metric, relation, written = found["metric"], found["relation"], found["value"].strip()
    if metric not in METRICS:
        raise UsageError(f"{_quoted(metric)} is not a known metric", f"use {_one_of(METRICS)}")
    return metric, relation, _value(metric, written)  # type: ignore[return-value]


METRICS: dict[str, str] = {
    "val_accuracy": "accuracy",
    "val_loss": "loss",
    "train_accuracy": "accuracy",
    "train_loss": "loss",
    "best_epoch": "epoch",
    "best_val_loss": "loss",
    "best_val_accuracy": "accuracy",
    "seconds": "amount",
    "peak_memory_mb": "amount",
}
"""What can be expected, and what sort of number each is."""

_EXPECTATION = re.compile(r"\s*(?P<metric>\w+)\s*(?P<relation><=|>=|=|<|>)(?P<value>[^=<>]*)$")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,4})?", re.ASCII | re.IGNORECASE)


def _value(metric: str, written: str) -> float:
    kind = METRICS[metric]
    percent = kind == "accuracy" and written.endswith("%")
    digits = written.removesuffix("%").rstrip() if percent else written
    if not _NUMBER.fullmatch(digits):
        remedy = "write a number, with a point for decimals, such as " + _EXAMPLE[kind]
        raise UsageError(f"{_quoted(written)} is not a value for {metric}", remedy)
    # In decimal, so that 28.3% is the very number 0.283.
    value = float(Decimal(digits) / 100 if percent else Decimal(digits))
    if kind == "accuracy" and not 0.0 <= value <= 1.0:
        raise UsageError(
            f"{metric} cannot be {written}, it lies between 0 and 1", "write 0.85 or 85%"
        )
    if kind == "epoch" and (value < 1 or not value.is_integer()):
        raise UsageError(f"{metric} cannot be {written}", "write a whole number from 1")
    if value < 0 or not math.isfinite(value):
        raise UsageError(f"{metric} cannot be {written}", "write a number that is not negative")
    return value


_EXAMPLE = {"accuracy": "0.85 or 85%", "loss": "0.35", "epoch": "12", "amount": "90"}


def _checked(text: str) -> str:
    text = text.strip()
    if not text:
        raise UsageError("the note is empty", "write what happened, in quotation marks")
    if len(text) > MAX_CHARACTERS:
        raise UsageError(
            f"a note has room for {MAX_CHARACTERS:,} characters and this one has {len(text):,}",
            "shorten it, and write the rest in reflections.md",
        )
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UsageError("the note holds bytes that are not text", "write it in UTF-8") from None
    return text


def _check_inside(path: Path) -> None:
    if not is_inside(path.parent, path):
        raise blame_folder(path, "a link leads out of the folder", "put the file itself there")


def _append(descriptor: int, path: Path, kind: Kind, text: str) -> Note:
    data = read_limited(path, MAX_BYTES)
    notes = _parse(path, data)
    taken = {note.id for note in notes}
    while (fresh := os.urandom(3).hex()) in taken:
        pass
    note = Note(id=fresh, time=now(), kind=kind, text=text)
    line = note.model_dump_json().encode() + b"\n"
    size = len(data)
    if notes.torn:
        # Half a line that was never confirmed. The next line would be lost with it, so it goes
        # into a file of its own: it may hold half a sentence of the student's.
        size = data.rfind(b"\n") + 1
        with path.with_name(f"{path.name}.torn").open("ab") as aside:
            aside.write(data[size:] + b"\n")
        os.ftruncate(descriptor, size)
    elif data and not data.endswith(b"\n"):
        line = b"\n" + line
    try:
        if os.write(descriptor, line) < len(line):
            raise OSError(0, "the disk is full")
        os.fsync(descriptor)
    except OSError:
        os.ftruncate(descriptor, size)
        raise
    return note


def _parse(path: Path, data: bytes) -> Notes:
    found: list[Note] = []
    torn = False
    *whole, rest = data.split(b"\n")
    for number, line in enumerate(whole, 1):
        if line.strip():
            found.append(_note(path, number, line))
    if rest.strip():
        # Whoever edits the file by hand may leave out the last line's end.
        try:
            found.append(_note(path, len(whole) + 1, rest))
        except FolderError:
            torn = True
    if len({note.id for note in found}) < len(found):
        raise blame_folder(path, "two notes have the same id", "give one of them another id")
    notes = Notes(found)
    notes.torn = torn
    return notes


def _note(path: Path, number: int, line: bytes) -> Note:
    try:
        return Note.model_validate(json.loads(line.decode("utf-8")))
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        field = ".".join(map(str, fault["loc"]))
        said = fault["msg"].removeprefix("Input ")
        problem = (
            f"line {number}{f', field {field}' if field else ''}: {said[:1].lower()}{said[1:]}"
        )
    except (ValueError, RecursionError):
        problem = f"line {number} is not JSON"
    raise blame_folder(path, problem, "mend or remove that line")


def _quoted(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:57]}...")


def _one_of(names: dict[str, str]) -> str:
    *most, last = names
    return f"{', '.join(most)}, or {last}"
