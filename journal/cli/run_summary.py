"""A run as ``journal show`` prints it in a terminal.

A record is untrusted: nothing of it is taken as markup, and no control character of it reaches the
terminal.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from journal.analysis import figures
from journal.analysis.finding import Finding
from journal.record import events as ev
from journal.record import locks
from journal.record.placed import Placed
from journal.record.run import Run

_STATUS_STYLE = {"completed": "green", "interrupted": "yellow", "failed": "red"}
_SHOWN_EPOCHS = 40
_WIDEST = 100


def print_summary(run: Run, notes: Sequence[Placed], findings: Sequence[Finding]) -> None:
    """Print what a run is, its epochs, its notes and what it shows."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal without a letter of the record shows a question mark for it.
        sys.stdout.reconfigure(errors="replace")
    console = Console(highlight=False, markup=False, emoji=False, soft_wrap=False)
    console.width = min(console.width, _WIDEST)
    heading = Text(f"Run {run.id}  ", style="bold")
    heading.append(_status(run), style=_STATUS_STYLE[run.status])
    console.print(heading)
    console.print(Padding(_facts(run), (0, 0, 0, 2), expand=False))
    if run.epochs:
        console.print()
        console.print(Padding(_epochs(run.epochs), (0, 0, 0, 2), expand=False))
    if notes:
        _title(console, "Notes")
        for placed in notes:
            console.print(Padding(_note(placed), (0, 0, 0, 2), expand=False))
    if findings:
        _title(console, "Findings")
        for finding in findings:
            console.print(Padding(_finding(finding), (0, 0, 0, 2), expand=False))
            for question in finding.questions:
                words = Text(plain(str(question)), style="italic")
                console.print(Padding(words, (0, 0, 0, 6), expand=False))


def plain(text: str) -> str:
    """Text on one line, with nothing in it that a terminal would obey."""
    words = " ".join(text.split())
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in words)


def _title(console: Console, title: str) -> None:
    console.print()
    console.print(Text(title, style="bold"))


def _status(run: Run) -> str:
    reason = run.closing.reason if run.closing else None
    return f"{run.status}: {plain(reason)}" if reason else run.status


def _facts(run: Run) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for label, value in _items(run):
        grid.add_row(label, Text(value))
    return grid


def _items(run: Run) -> Iterable[tuple[str, str]]:
    if run.header.engine == "import":
        yield "engine", "import: figures of another tool"
        yield "imported", _date(run.started)
    else:
        seed = f", seed {run.header.seed}" if run.header.seed is not None else ""
        yield "engine", f"{plain(run.header.engine)}{seed}"
        yield "started", _date(run.started)
    if run.seconds is not None:
        yield "took", figures.seconds(run.seconds)
    if run.model is not None:
        yield "model", _model(run.model)
    if run.data is not None:
        yield "data", _data(run.data)
    if run.peak_rss_bytes is not None:
        yield "peak memory", figures.size(run.peak_rss_bytes)
    under_way = run.closing is None and locks.is_held(run.path)
    yield "seal", "none yet: the run is still under way" if under_way else _SEALS[run.seal]
    yield "record", plain(str(run.path))


_SEALS = {
    "intact": "intact: the file was not edited after it was sealed",
    "broken": "broken: the file was edited after it was sealed",
    "absent": "none: the run did not get to its end",
}


def _model(model: ev.Model) -> str:
    words = plain(model.name)
    if model.source:
        words += f" ({plain(model.source)})"
    if model.parameters is not None:
        words += f", {figures.count(model.parameters)} parameters"
    if model.trainable_parameters is not None:
        words += f", {figures.count(model.trainable_parameters)} trained"
    return words


def _data(data: ev.Data) -> str:
    named = (
        (data.rows, "reviews"),
        (data.train, "for training"),
        (data.validation, "for validation"),
        (data.dropped, "dropped"),
    )
    counts = [f"{figures.count(number)} {what}" for number, what in named if number is not None]
    return ", ".join([plain(data.name), *counts])


def _date(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _epochs(epochs: Sequence[ev.Epoch]) -> Table:
    """A line an epoch; of a very long run the first and the last ones."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for title in ("epoch", "train loss", "train acc.", "val. loss", "val. acc.", "time"):
        table.add_column(title, justify="right", no_wrap=True)
    half = _SHOWN_EPOCHS // 2
    for position, epoch in enumerate(epochs):
        if len(epochs) > _SHOWN_EPOCHS and half <= position < len(epochs) - half:
            if position == half:
                table.add_row("...")
            continue
        table.add_row(
            str(epoch.epoch),
            "" if epoch.train_loss is None else figures.loss(epoch.train_loss),
            "" if epoch.train_accuracy is None else figures.accuracy(epoch.train_accuracy),
            "" if epoch.val_loss is None else figures.loss(epoch.val_loss),
            "" if epoch.val_accuracy is None else figures.accuracy(epoch.val_accuracy),
            "" if epoch.seconds is None else figures.seconds(epoch.seconds),
        )
    return table


def _note(placed: Placed) -> Text:
    if placed.epoch is not None:
        place = f", during epoch {placed.epoch}"
    elif placed.phase is not None:
        place = f", during the run ({plain(placed.phase)})"
    elif placed.when == "apart":
        place = ""
    else:
        place = f", {placed.when} the run"
    text = Text(f"{placed.note.kind}{place}: ", style="dim")
    return text.append(plain(placed.note.text), style="not dim")


def _finding(finding: Finding) -> Text:
    style = "yellow" if finding.kind == "warning" else ""
    text = Text(f"{finding.kind} {finding.id}: ", style=style)
    return text.append(plain(str(finding.statement)), style="default")
