"""``journal predict``: take down what is expected of the next run."""

from __future__ import annotations

import click

from journal.cli.options import folder_option
from journal.record.folder import Folder
from journal.record.notes import METRICS, append_note, parse_expectation


@click.command("predict", epilog='Example:  journal predict "val_accuracy>=85%" "best_epoch=12"')
@click.argument("expectations", nargs=-1, required=True, metavar="METRIC=VALUE...")
@folder_option
def command(expectations: tuple[str, ...], folder: Folder) -> None:
    """Take down what you expect of the next run, before it begins.

    Each expectation is a metric, one of = < <= > >=, and a value; quote it, or the shell takes <
    and > for its own.
    """
    folder.require_settings()
    parsed = [parse_expectation(text) for text in expectations]
    for text, (metric, relation, value) in zip(expectations, parsed, strict=True):
        append_note(folder.notes_path, "expectation", text)
        click.echo(f"Expected of the next run: {metric} {relation} {value:.12g}")
    record = folder.run_under_way()
    if record is not None:
        click.echo(
            f"Run {record.parent.name} began before this was said; it counts for the run after it."
        )


assert command.help is not None
command.help += f"\n\nMetrics: {', '.join(METRICS)}."
