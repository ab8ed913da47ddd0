"""Reading a record: what it says, or one sentence on why it cannot be read.

A record is untrusted input. Every line is strict JSON (no bare ``NaN``, no name twice) and one of
the known events; the header comes first; only a restart may follow a closing event. The last line
of a file that ends inside a line was torn by a kill and is dropped.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, NoReturn

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from journal.errors import RecordError
from journal.record import events as ev
from journal.record.files import read_first_line, read_limited
from journal.record.run import Line, Run
from journal.record.writer import RECORD_NAME

MAX_BYTES = 256 << 20
_HEADER_BYTES = 1 << 20

Raw = dict[str, Any]
UPGRADES: dict[int, Callable[[Raw], Raw]] = {}
"""From a schema version to what turns one of its events into the next version's.

Each is called with every event of a record, the header included, in order. The history of the
versions stands in :mod:`journal.record.events`.
"""


def record_path(path: Path) -> Path:
    """The record that ``path`` names: a ``record.jsonl`` or the folder of a run."""
    return path / RECORD_NAME if path.is_dir() else path


def read_run(path: Path) -> Run:
    """Read a run's folder or its ``record.jsonl``.

    Raises:
        RecordError: no such file, not a record, a newer program's record, or broken; with the line
            and the field where there is one.
    """
    path = record_path(path)
    data = read_limited(path, MAX_BYTES, blame=RecordError)
    *whole, rest = data.split(b"\n")
    if not whole:
        raise _alien(path)
    version = _check_header(path, whole[0])
    lines: list[Line] = []
    seal: Literal["intact", "broken", "absent"] = "absent"
    digest = hashlib.sha256()
    for number, raw in enumerate(whole, 1):
        event = _event(path, number, raw, version)
        _check_order(path, number, event, lines[-1].event if lines else None)
        if isinstance(event, ev.RunFinished) and seal != "broken":
            seal = "intact" if event.seal == digest.hexdigest() else "broken"
        digest.update(raw)
        digest.update(b"\n")
        lines.append(Line(number, event))
    if not isinstance(lines[-1].event, ev.RunFinished):
        seal = "absent"
    return Run(path, tuple(lines), torn=bool(rest), seal=seal, digest=digest.hexdigest())


def read_header(path: Path) -> ev.RunStarted:
    """Only the header of a run's folder or record: its id and when it began.

    Raises:
        RecordError: as :func:`read_run`, as far as the header goes.
    """
    path = record_path(path)
    first = read_first_line(path, _HEADER_BYTES, blame=RecordError)
    if not first.endswith(b"\n"):
        raise _alien(path)
    event = _event(path, 1, first, _check_header(path, first))
    _check_order(path, 1, event, None)
    assert isinstance(event, ev.RunStarted)
    return event


def _check_header(path: Path, line: bytes) -> int:
    """The schema version of a record that this program can read."""
    try:
        header = _json(line)
    except _LineError:
        raise _alien(path) from None
    if not isinstance(header, dict) or header.get("format") != ev.FORMAT:
        raise _alien(path)
    version = header.get("schema_version")
    if not isinstance(version, int) or isinstance(version, bool):
        raise RecordError(path, "must be a whole number", _RESTORE, line=1, field="schema_version")
    if version > ev.SCHEMA_VERSION:
        raise RecordError(
            path,
            f"this record was written by a newer version of reflective-journal (its schema is "
            f"{version}, this program knows up to {ev.SCHEMA_VERSION})",
            "run: pip install --upgrade reflective-journal",
        )
    if any(step not in UPGRADES for step in range(version, ev.SCHEMA_VERSION)):
        raise RecordError(path, f"there never was a schema {version}", _RESTORE, line=1)
    return version


def _event(path: Path, number: int, line: bytes, version: int) -> ev.AnyEvent:
    try:
        raw = _json(line)
    except _LineError as error:
        raise RecordError(path, str(error), _RESTORE, line=number) from None
    if not isinstance(raw, dict):
        raise RecordError(path, "this is not an event", _RESTORE, line=number)
    for step in range(version, ev.SCHEMA_VERSION):
        raw = UPGRADES[step](raw)
    if "schema_version" in raw:
        raw["schema_version"] = ev.SCHEMA_VERSION
    if raw.get("time") is None:
        raise RecordError(path, "is missing", _RESTORE, line=number, field="time")
    try:
        return ev.EVENT.validate_python(raw)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_context=True)[0]
        field, problem = _explain(fault, raw)
        raise RecordError(path, problem, _RESTORE, line=number, field=field) from None


def _check_order(path: Path, number: int, event: ev.AnyEvent, before: ev.AnyEvent | None) -> None:
    if (before is None) != isinstance(event, ev.RunStarted):
        problem = "the header must come first, and only once"
        raise RecordError(path, problem, _RESTORE, line=number)
    if isinstance(before, ev.RunFinished) and not isinstance(event, ev.Restart):
        problem = "something other than a restart follows the closing event"
        raise RecordError(path, problem, _RESTORE, line=number)


_RESTORE = "restore the file as the run wrote it, or remove the run"


def _alien(path: Path) -> RecordError:
    return RecordError(
        path,
        "this does not look like a run record",
        "name a run that journal train or journal import made",
    )


class _LineError(Exception):
    """What is wrong with a line, as a clause for a person."""


def _json(line: bytes) -> Any:
    """Strict JSON, or :class:`_LineError`."""
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        raise _LineError("the line is not UTF-8 text") from None
    try:
        value = _DECODER.decode(text)
    except _LineError:
        raise
    except ValueError:  # not JSON, or a whole number of thousands of digits
        raise _LineError("the line is not JSON") from None
    except RecursionError:
        raise _LineError("the line is nested too deeply") from None
    if "\\ud" in text.lower():
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except (UnicodeEncodeError, RecursionError):
            raise _LineError("the line holds half a character") from None
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise _LineError(f"{name} must stand in quotation marks")


def _once(pairs: list[tuple[str, Any]]) -> Raw:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _LineError("a field is given twice")
    return found


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, object_pairs_hook=_once)


def _explain(fault: ErrorDetails, raw: Raw) -> tuple[str | None, str]:
    """The field, dotted, and what is wrong with it, in plain words."""
    place = [str(part) for part in fault["loc"]]
    kind = fault["type"]
    if kind in {"union_tag_invalid", "union_tag_not_found"}:
        named = raw.get("event")
        if not isinstance(named, str):
            return "event", "is missing"
        return "event", f"no event is called {_shorten(named)}"
    # The first part is the event's own name.
    field = ".".join(place[1:]) or None
    if kind == "missing":
        return field, "is missing"
    if kind == "extra_forbidden":
        return field, "this event has no such field"
    said = fault["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return field, f"{_shorten(fault['input'])} {said[:1].lower() + said[1:]}"


def _shorten(value: object) -> str:
    shown = value if isinstance(value, (str, int, float, bool)) else type(value).__name__
    text = repr(shown) if isinstance(shown, str) else str(shown)
    return text if len(text) <= 40 else f"{text[:37]}..."
