"""The rows of a class as CSV, as JSON, and as one page."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from journal.grading.rows import Row
from journal.render.templates import Templates

COLUMNS = (
    "who",
    "built",
    "pack",
    "run began (UTC)",
    "checks passed",
    "checks",
    "errors in numbers",
    "numbers",
    "questions unanswered",
    "questions",
    "events unreflected",
    "checks failed",
    "not judged",
    "same record as",
    "same figures as",
    "problem",
)
_EXECUTED = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def to_csv(rows: Sequence[Row]) -> bytes:
    """The rows for a spreadsheet: UTF-8 with its mark, and no cell that one would execute."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows:
        counts: list[object] = [
            row.passed, row.checks, row.errors, row.numbers, row.unanswered, row.prompts,
        ]  # fmt: skip
        if row.problem:
            counts = [""] * len(counts)
        cells = [
            row.who, row.built, row.pack, row.started, *counts, reflected(row),
            ", ".join(row.failed), ", ".join(row.unjudged), ", ".join(row.same_record),
            ", ".join(row.same_figures), row.problem,
        ]  # fmt: skip
        writer.writerow([_cell(cell) for cell in cells])
    return text.getvalue().encode("utf-8-sig", "replace")


def _cell(value: object) -> object:
    """A value that stays a text in a spreadsheet; OWASP's rule for CSV injection."""
    if isinstance(value, str) and value.lstrip(" ").startswith(_EXECUTED):
        return f"'{value}"
    return value


def reflected(row: Row) -> str:
    """What went wrong and is never spoken of, in a cell."""
    return "not judged" if row.unreflected is None else ", ".join(row.unreflected)


def to_json(rows: Sequence[Row]) -> dict[str, Any]:
    """The rows as other programs read them; what could not be checked has nulls."""
    return {"submissions": [_object(row) for row in rows]}


def _object(row: Row) -> dict[str, Any]:
    checked = not row.problem
    return {
        "who": row.who,
        "problem": row.problem or None,
        "fine": row.fine,
        "built": row.built or None,
        "pack": row.pack or None,
        "started": row.started or None,
        "checks": {"passed": row.passed, "of": row.checks} if checked else None,
        "failed": list(row.failed),
        "fell_short": list(row.short),
        "not_judged": list(row.unjudged),
        "errors": row.errors if checked else None,
        "numbers": row.numbers if checked else None,
        "prompts": row.prompts if checked else None,
        "unanswered": row.unanswered if checked else None,
        "unreflected": None if not checked or row.unreflected is None else list(row.unreflected),
        "same_record": list(row.same_record),
        "same_figures": list(row.same_figures),
    }


def to_html(rows: Sequence[Row], folder: Path, by: str) -> bytes:
    """One page without a script, with a link into each built journal.

    Args:
        rows: in the order to be shown.
        folder: where the page will lie; links lead from there.
        by: what they are sorted by.
    """
    links = {id(row): _link(row, folder) for row in rows}
    jinja = Templates("class")
    style = jinja.render("class.css")
    page = jinja.render(
        "class.html.j2",
        style=Markup(style),
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        rows=[(row, links[id(row)], reflected(row)) for row in rows],
        fine=sum(row.fine for row in rows),
        broken=sum(bool(row.problem) for row in rows),
        by=by,
    )
    return page.encode("utf-8", "replace")


def _link(row: Row, folder: Path) -> str | None:
    if row.page is None:
        return None
    try:
        way = os.path.relpath(row.page.absolute(), folder.absolute())
    except ValueError:  # another drive
        return row.page.absolute().as_uri()
    # "./" keeps a name such as "javascript:x" a name.
    return "./" + quote(os.fsencode(Path(way).as_posix()))
