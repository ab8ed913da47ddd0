"""``journal.toml``: what the journal is called, whose it is, and which runs are in it."""

from __future__ import annotations

import datetime
import difflib
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from journal.record.files import blame_folder, read_text

_BYTES = 1 << 20


def _date(value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, datetime.date) else value


Words = Annotated[str, Field(max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")]


class Settings(BaseModel):
    """What ``journal.toml`` says. Words that were left out are empty."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Words = ""
    course: Words = ""
    module: Words = ""
    instructor: Words = ""
    author: Words = ""
    date: Annotated[Words, BeforeValidator(_date)] = ""
    """A TOML date comes as ``2026-11-23``; words as they stand."""
    pack: Words = "lab"
    runs: Literal["all"] | tuple[Words, ...] = "all"
    """``all``, or the ids (or unique beginnings of ids) of those that belong to the journal."""
    language: Words = "en"


def read_settings(path: Path) -> Settings:
    """The settings in a file.

    Raises:
        FolderError: it cannot be read, is not TOML or says something that is no setting; with the
            line where that can be told.
    """
    text = read_text(path, _BYTES)
    try:
        return Settings.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        problem, remedy = _toml_fault(str(error), text)
    except ValidationError as error:
        problem, remedy = _settings_fault(error, text)
    except RecursionError:
        problem, remedy = "is nested too deeply", "write plain settings"
    raise blame_folder(path, problem, remedy)


def _toml_fault(said: str, text: str) -> tuple[str, str]:
    found = re.search(r"^(.*) \(at (line (\d+), column \d+|end of document)\)$", said)
    what = found[1] if found else said
    # At the end of the document, says tomllib, when the last line has no end.
    line = found[3] if found and found[3] else len(text.splitlines())
    return (
        f"line {line} is not TOML ({what[:1].lower()}{what[1:]})",
        'write settings as name = "words", one a line',
    )


def _settings_fault(error: ValidationError, text: str) -> tuple[str, str]:
    fault = error.errors(include_url=False)[0]
    name = str(fault["loc"][0])
    place = _line_of(name, text)
    known = list(Settings.model_fields)
    if fault["type"] == "extra_forbidden":
        close = difflib.get_close_matches(name, known, n=1)
        remedy = f"did you mean {close[0]}" if close else f"the settings are {', '.join(known)}"
        return f"{place}{name!r} is not a setting", remedy
    if name == "runs":
        return f"{place}runs cannot be that", 'write runs = "all" or a list of run ids'
    if fault["type"] == "string_type":
        return f"{place}{name} must be words", f'write {name} = "..." with quotation marks'
    if fault["type"] == "string_too_long":
        return f"{place}{name} is longer than 500 characters", "shorten it"
    return f"{place}{name} must be one line of text", "take out what is not text"


def _line_of(name: str, text: str) -> str:
    """Where a setting stands, as far as that can be told."""
    header = re.compile(rf"""\s*\[?\s*["']?{re.escape(name)}["']?\s*[=.\]]""")
    for number, line in enumerate(text.splitlines(), 1):
        if header.match(line):
            return f"line {number}: "
    return ""
