"""``journal import``: make a record from another tool's figures."""

from __future__ import annotations

import contextlib
import json
import math
import re
from decimal import Decimal
from pathlib import Path

import click

from journal.cli.options import folder_option
from journal.errors import UsageError
from journal.record import events as ev
from journal.record.folder import Folder
from journal.record.importers.metrics_csv import Metrics, read_metrics
from journal.record.writer import Writer

_COUNT = click.IntRange(min=1, max=2**63 - 1)
_ROUNDED = 0.01
"""How far a share may lie below what it can be because it was rounded: 0.33 of three labels."""
_SHARE = re.compile(r"(\d{0,9}\.?\d{0,18})[ ]?(%?)", re.ASCII)


def _share(_context: click.Context, _parameter: click.Parameter, value: str | None) -> float | None:
    """A share as it is written in a CSV of figures: a fraction, or with a percent sign."""
    if value is None:
        return None
    found = _SHARE.fullmatch(value.strip())
    if found is None or not any(map(str.isdigit, found[1])):
        raise UsageError(f"--majority: {value!r} is not a share", "write it as 0.586 or 58.6%")
    share = float(Decimal(found[1]) / (100 if found[2] else 1))
    if not 0 < share <= 1:
        raise UsageError(
            f"--majority: {value} does not lie between 0 and 1", "write it as 0.586 or 58.6%"
        )
    return share


@click.command("import", epilog='Example:  journal import metrics.csv --model "distilbert"')
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--name", metavar="ID", help="The new run's id (default: made from the time).")
@click.option("--model", metavar="NAME", help="The model that was trained.")
@click.option("--parameters", type=_COUNT, help="How many parameters the model has.")
@click.option("--trainable", type=_COUNT, help="How many of them were trained.")
@click.option("--data", metavar="NAME", help="The data it was trained on.")
@click.option("--rows", type=_COUNT, help="How many reviews were used.")
@click.option("--validation-size", type=_COUNT, help="How many of them were for validation.")
@click.option("--labels", type=click.IntRange(2, 1_000_000), help="How many labels there are.")
@click.option(
    "--majority",
    metavar="SHARE",
    callback=_share,
    help="The commonest label's share of the validation reviews: 0.586 or 58.6%.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the run's id as JSON.")
@folder_option
def command(
    file: Path,
    name: str | None,
    model: str | None,
    parameters: int | None,
    trainable: int | None,
    data: str | None,
    rows: int | None,
    validation_size: int | None,
    labels: int | None,
    majority: float | None,
    as_json: bool,
    folder: Folder,
) -> None:
    """Make a record from FILE, a CSV with one line an epoch.

    Columns: epoch, train_loss, train_accuracy, val_loss, val_accuracy, seconds, of which all but
    epoch may be absent and any cell may be empty. What the file does not say stays unknown.
    """
    known = [
        _model(model, parameters, trainable),
        _data(data, rows, validation_size, labels, majority),
    ]
    metrics = read_metrics(file)
    run_id = _record(folder, name, [event for event in known if event], metrics)
    if metrics.ignored:
        names = ", ".join(repr(column) for column in metrics.ignored)
        click.echo(f"journal: left out what has no place in a record: {names}.", err=True)
    click.echo(json.dumps({"run_id": run_id}) if as_json else run_id)


def _model(name: str | None, parameters: int | None, trainable: int | None) -> ev.Model | None:
    if name is None:
        if parameters is not None or trainable is not None:
            raise UsageError("--parameters and --trainable need the model's name", "add --model")
        return None
    if trainable is not None and trainable > (parameters or math.inf):
        raise UsageError("--trainable is more than --parameters", "check the two numbers")
    return ev.Model(name=name, parameters=parameters, trainable_parameters=trainable)


def _data(
    name: str | None,
    rows: int | None,
    validation: int | None,
    labels: int | None,
    majority: float | None,
) -> ev.Data | None:
    if all(told is None for told in (name, rows, validation, labels, majority)):
        return None
    if validation is not None and validation >= (rows or math.inf):
        raise UsageError(
            "--validation-size leaves none of --rows for training", "check the two numbers"
        )
    if majority is not None and labels is not None and majority * labels < 1 - _ROUNDED:
        raise UsageError(
            f"the commonest of {labels} labels cannot have a share of only {majority:g}",
            "check --labels and --majority",
        )
    train = rows - validation if rows is not None and validation is not None else None
    return ev.Data(
        name=name or "unnamed data",
        rows=rows,
        train=train,
        validation=validation,
        label_count=labels,
        majority_share=majority,
    )


def _record(folder: Folder, name: str | None, known: list[ev.Event], metrics: Metrics) -> str:
    """Write the record, or leave nothing of it."""
    writer = Writer.create(folder.runs_dir, engine="import", seed=None, config={}, run_id=name)
    try:
        for event in [*known, *metrics.epochs]:
            writer.write(event)
        writer.close("completed", timed=False)
    except BaseException:
        with contextlib.suppress(OSError):
            writer.path.unlink()
            writer.directory.rmdir()
        raise
    return writer.run_id
