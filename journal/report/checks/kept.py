"""Whether the records are as their runs left them, and the build was made from them."""

from __future__ import annotations

import re

from journal.errors import JournalError
from journal.record.files import open_file
from journal.report.assemble import made_from
from journal.report.checks.model import Cause, Context, Result, failed, listed, unjudged

_STAMP = re.compile(rb'<meta name="made-from" content="([0-9a-f]{64})">')
_HEAD = 1 << 16


def seal(context: Context) -> Result:
    """The seal of each record.

    It says only that a file was not edited after it was sealed. Whoever owns the machine can make
    a record anew and seal that.
    """
    name, what = "seal", "Each record is as it was when it was sealed."
    runs = context.plan.runs
    broken = [run.id for run in runs if run.seal == "broken"]
    if broken:
        return failed(
            name,
            what,
            Cause(
                f"Edited after sealing: {listed(broken)}.",
                "Restore the record as the run wrote it, or run again.",
                f"{len(runs)} records with an intact seal",
                f"{len(broken)} edited",
            ),
        )
    if without := [run.id for run in runs if run.seal == "absent"]:
        return unjudged(
            name,
            what,
            f"Never closed, so never sealed: {listed(without)}.",
            "A run that stopped before its end has no seal; journal train --resume finishes it.",
        )
    return Result(name, what, True)


def build(context: Context) -> Result:
    """``build/journal.html`` was made from these records, notes and words."""
    name, what = "build", "The built journal is made from these records and these words."
    page = context.folder.build_dir / "journal.html"
    rebuild = "Run journal build."
    try:
        context.folder.check_inside(page)
        if not page.exists():
            return unjudged(name, what, "There is no build/journal.html.", rebuild)
        with open_file(page) as file:
            found = _STAMP.search(file.read(_HEAD))
    except JournalError:
        return unjudged(name, what, "build/journal.html cannot be read.", rebuild)
    if found is None:
        why = "build/journal.html does not say what it was made from."
        return unjudged(name, what, why, rebuild)
    if found[1].decode() == made_from(context.plan, context.reflections):
        return Result(name, what, True)
    return failed(
        name,
        what,
        Cause(
            "build/journal.html was made from other words or records than those beside it.",
            rebuild,
            "made from what is here",
            "made from something else",
        ),
    )
