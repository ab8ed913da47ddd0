"""A comparison as ``journal compare`` prints it in a terminal.

Runs go by letters, since their ids are long. Of a record nothing is taken as markup, and no control
character of it reaches the terminal.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Sequence
from string import ascii_uppercase
from typing import Any

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from journal.analysis import figures
from journal.analysis.comparison import Comparison, Outcome
from journal.analysis.differences import Difference
from journal.analysis.findings.baselines import held_against
from journal.analysis.pairing import Contestant
from journal.cli.compare_curves import learning
from journal.cli.run_summary import plain

_WIDEST = 100
_LONGEST = 60
_CHECKSUM = 12


def letters(number: int) -> list[str]:
    """Names for so many runs: A to Z, then AA, AB …"""
    base = len(ascii_uppercase)
    return [
        (ascii_uppercase[place // base - 1] if place >= base else "")
        + ascii_uppercase[place % base]
        for place in range(number)
    ]


def print_comparison(found: Comparison) -> None:
    """Print the runs, what differed, the figures together, and what the tests say."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal without a letter of the record shows a question mark for it.
        sys.stdout.reconfigure(errors="replace")
    console = Console(highlight=False, markup=False, emoji=False, soft_wrap=False)
    console.width = min(console.width, _WIDEST)
    names = [one.name for one in found.contestants]
    _part(console, "Runs", _runs(found.contestants), first=True)
    _part(console, "What differed", *_differences(found, names))
    _part(console, "At the end", _final(found.outcomes, names))
    _part(console, "Cost", _cost(found.outcomes, names))
    bars = console.encoding.lower().startswith("utf")
    for title, table in learning(found.outcomes, names, bars):
        _part(console, title, table)
    if any(outcome.run.baselines for outcome in found.outcomes):
        _part(
            console,
            "Simple baselines, and the reviews that only one has right",
            _baselines(found.outcomes, names),
        )
    # Where the first run has no answers, every pair says the same.
    said = dict.fromkeys(plain(str(pair.statement)) for pair in found.pairs)
    _part(console, "Review by review", *map(Text, said))
    if found.remarks:
        _part(console, "To be kept in mind", *(Text(plain(str(r))) for r in found.remarks))


def _part(console: Console, title: str, *pieces: RenderableType, first: bool = False) -> None:
    if not first:
        console.print()
    console.print(Text(title, style="bold"))
    for piece in pieces:
        console.print(Padding(piece, (0, 0, 0, 2), expand=False))


def _table_of(titles: Iterable[str]) -> Table:
    """A table of figures, flush right, whose first column names the run."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for position, title in enumerate(titles):
        table.add_column(title, justify="right" if position else "left", no_wrap=True)
    return table


def _runs(contestants: Sequence[Contestant]) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for one in contestants:
        run = one.run
        words = [run.status, f"engine {run.header.engine}"]
        words += [run.model.name] if run.model else []
        words += [run.data.name] if run.data else []
        grid.add_row(one.name, Text(plain(f"{run.id}  {', '.join(words)}")))
    return grid


def _differences(found: Comparison, names: Sequence[str]) -> list[RenderableType]:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", overflow="fold", max_width=34)
    grid.add_column(overflow="fold")
    for difference in found.differences.found:
        prefix = "" if difference.group in {"run", "configuration"} else f"{difference.group} "
        having = [
            (name, value)
            for name, value, missing in zip(
                names, difference.values, found.differences.missing, strict=True
            )
            if difference.group not in missing
        ]
        grid.add_row(Text(plain(prefix + difference.name)), Text(_values(difference, having)))
    pieces: list[RenderableType] = [grid] if found.differences.found else []
    if not pieces:
        pieces.append(Text("Nothing, as far as it was recorded."))
    for name, groups in zip(names, found.differences.missing, strict=True):
        if groups:
            pieces.append(Text(f"Not recorded of {name}: {figures.listed(groups)}."))
    return pieces


def _values(difference: Difference, having: Iterable[tuple[str, Any]]) -> str:
    """Each value once, with the runs that have it: ``0.005 (A, C), 0.05 (B)``."""
    runs: dict[str, list[str]] = {}
    for name, value in having:
        runs.setdefault(_shown(difference, value), []).append(name)
    return ", ".join(f"{value} ({', '.join(named)})" for value, named in runs.items())


def _shown(difference: Difference, value: Any) -> str:
    if value is None:
        return "none" if difference.group == "configuration" else "not recorded"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        if difference.name.endswith("bytes"):
            return figures.size(value)
        return str(value) if difference.name.endswith("seed") else figures.count(value)
    if isinstance(value, float):
        return figures.rate(value)
    words = plain("; ".join(map(str, value)) if isinstance(value, list) else str(value))
    most = _CHECKSUM if difference.name.endswith("checksum") else _LONGEST
    return words if len(words) <= most else f"{words[:most]}..."


def _final(outcomes: Sequence[Outcome], names: Sequence[str]) -> Table:
    table = _table_of(
        ("", "epoch", "val. loss", "val. acc.", "95% interval", "lowest val. loss", "train loss")
    )
    for name, outcome in zip(names, outcomes, strict=True):
        last, best, sample = outcome.last, outcome.best, outcome.accuracy
        interval = [figures.accuracy(end) for end in sample.interval] if sample else []
        table.add_row(
            name,
            "" if last is None else str(last.epoch),
            "" if last is None or last.val_loss is None else figures.loss(last.val_loss),
            ""
            if last is None or last.val_accuracy is None
            else figures.accuracy(last.val_accuracy),
            " to ".join(interval),
            "" if best is None else f"{figures.loss(best.value)} at {best.epoch}",
            "" if last is None or last.train_loss is None else figures.loss(last.train_loss),
        )
    return table


def _cost(outcomes: Sequence[Outcome], names: Sequence[str]) -> Table:
    cuda = any(outcome.peak_cuda_bytes for outcome in outcomes)
    titles = ["", "parameters", "trained", "time", "an epoch", "peak memory"]
    table = _table_of([*titles, "on the GPU"] if cuda else titles)
    for name, outcome in zip(names, outcomes, strict=True):
        run, model = outcome.run, outcome.run.model
        cells = [
            _count(model.parameters if model else None),
            _count(model.trainable_parameters if model else None),
            "" if run.seconds is None else figures.seconds(run.seconds),
            "" if outcome.epoch_seconds is None else figures.seconds(outcome.epoch_seconds),
            _size(run.peak_rss_bytes),
        ]
        table.add_row(name, *cells, *([_size(outcome.peak_cuda_bytes)] if cuda else []))
    return table


def _count(value: int | None) -> str:
    return "" if value is None else figures.count(value)


def _size(value: int | None) -> str:
    return "" if value is None else figures.size(value)


def _baselines(outcomes: Sequence[Outcome], names: Sequence[str]) -> Table:
    table = _table_of(
        ("", "baseline", "val. acc.", "time", "model only", "baseline only", "exact test")
    )
    for name, outcome in zip(names, outcomes, strict=True):
        paired = {held.event.name: held.agreement for held in held_against(outcome.run)}
        for event in outcome.run.baselines:
            counts = paired.get(event.name)
            table.add_row(
                name,
                event.name,
                figures.accuracy(event.val_accuracy),
                figures.seconds(event.seconds),
                _count(counts.only_first if counts else None),
                _count(counts.only_second if counts else None),
                figures.p_value(counts.p) if counts else "",
            )
    return table
