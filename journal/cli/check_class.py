"""``journal check`` of many submissions: a row each, in the terminal and in files."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from journal.errors import UsageError
from journal.grading import sheets, together, workers
from journal.grading.rows import Row
from journal.grading.submissions import Submission, find_submissions
from journal.packs import Pack
from journal.record.files import replace_file

_NARROWEST = 140
"""Columns of what is no terminal: a file has no width."""


@dataclass(frozen=True)
class Wanted:
    """What was asked for on the command line."""

    csv: str | None
    html: str | None
    by: str
    anonymous: bool
    key: str | None
    as_json: bool


def check_class(paths: Sequence[Path], pack: Pack | None, wanted: Wanted) -> None:
    """Check everything that was handed in, and say it.

    Raises:
        UsageError: a path is not there, or an option cannot be taken so.
        FolderError: a file cannot be written.
    """
    if wanted.by not in together.ORDERS:
        raise UsageError(
            f"--sort {wanted.by} is no column", f"choose from {', '.join(together.ORDERS)}"
        )
    if wanted.key and not wanted.anonymous:
        raise UsageError("--key is of use only with --anonymous", "add it, or leave the key out")
    for name in (wanted.csv, wanted.html):
        if name is not None and not Path(name).parent.is_dir():
            raise UsageError(f"there is no folder {Path(name).parent}", "make it first")
    named = Path(wanted.key or together.KEY_NAME)
    key = together.read_key(named, make=wanted.key is None) if wanted.anonymous else None
    # What was written another day may lie among the submissions, and is none of them.
    ours = {Path(name).absolute() for name in (wanted.csv, wanted.html, named) if name is not None}
    submissions = [one for one in find_submissions(paths) if one.path.absolute() not in ours]
    rows = list(_with_progress(submissions, pack))
    if key is not None:
        rows = together.hide(rows, key)
    rows = together.sort(together.link(rows), wanted.by)
    if wanted.csv is not None:
        replace_file(Path(wanted.csv), sheets.to_csv(rows))
    if wanted.html is not None:
        page = Path(wanted.html)
        replace_file(page, sheets.to_html(rows, page.parent, wanted.by))
    if wanted.as_json:
        click.echo(json.dumps(sheets.to_json(rows), indent=2, allow_nan=False))
    else:
        _tell(rows)
    if not all(row.fine for row in rows):
        raise click.exceptions.Exit(1)


def _with_progress(submissions: Sequence[Submission], pack: Pack | None) -> Iterator[Row]:
    rows = workers.check(submissions, pack)
    if not sys.stderr.isatty() or len(submissions) < workers.FEWEST:
        yield from rows
        return
    columns = (TextColumn("Checking"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield from progress.track(rows, total=len(submissions))


def _tell(rows: Sequence[Row]) -> None:
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal without a letter of a name shows a question mark for it.
        sys.stdout.reconfigure(errors="replace")
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = max(console.width, _NARROWEST)
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("who", overflow="fold", ratio=3)
    table.add_column("built", overflow="fold", ratio=4)
    table.add_column("checks", justify="right", no_wrap=True)
    table.add_column("errors", justify="right", no_wrap=True)
    table.add_column("open", justify="right", no_wrap=True)
    table.add_column("unreflected", overflow="fold", ratio=3)
    table.add_column("same record or figures", overflow="fold", ratio=3)
    for row in rows:
        if row.problem:
            continue
        table.add_row(
            Text(row.who),
            Text(f"{row.built}; {row.started[:10]}"),
            Text(f"{row.passed}/{row.checks}", style="red" if row.short else ""),
            Text(f"{row.errors}/{row.numbers}", style="red" if row.errors else ""),
            Text(f"{row.unanswered}/{row.prompts}"),
            Text(sheets.reflected(row)),
            Text(_same(row)),
        )
    if table.row_count:
        console.print(table)
    broken = [row for row in rows if row.problem]
    if broken:
        console.print(Text("\nCould not be checked" if table.row_count else "Could not be checked"))
    for row in broken:
        console.print(Text(f"  {row.who}: {row.problem}"), soft_wrap=not console.is_terminal)
    fine = sum(row.fine for row in rows)
    many = f"{len(rows)} submissions" if len(rows) != 1 else "1 submission"
    console.print(
        Text(
            f"\n{many}: {fine} in order, {len(rows) - fine - len(broken)} fell short, "
            f"{len(broken)} could not be checked."
        )
    )


def _same(row: Row) -> str:
    said = []
    if row.same_record:
        said.append(f"record: {', '.join(row.same_record)}")
    if row.same_figures:
        said.append(f"figures: {', '.join(row.same_figures)}")
    return "; ".join(said)
