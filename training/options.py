"""The options of ``journal train`` that take more than a number, and the headings over all."""

from __future__ import annotations

from typing import Any

import click

from journal.record import UsageError
from training.config import BASELINES, BaselineName, Unfreeze
from training.sizes import parse_size

SECTIONS: dict[str, tuple[str, ...]] = {
    "Data": ("data", "text_column", "label_column", "limit", "train_size", "test_data"),
    "Model": ("model", "unfreeze", "engine", "precision", "cache_limit"),
    "Training": (
        "epochs",
        "learning_rate",
        "batch_size",
        "validation_batch_size",
        "optimizer",
        "schedule",
        "warmup",
        "weight_decay",
        "class_weights",
        "early_stopping",
        "seed",
    ),
}
"""The parameters of ``journal train`` by the heading that ``--help`` shows them under."""

_REST = "Other options"
_OWN = "Options"


class InSections(click.Command):
    """A command whose options ``--help`` shows under headings; what has none comes last.

    Attributes:
        own_first: what has no heading comes first.
    """

    own_first = False

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options under :data:`SECTIONS`, in the order given there."""
        left = {param.name: param for param in self.get_params(ctx)}
        sections = {
            title: [left.pop(name) for name in names if name in left]
            for title, names in SECTIONS.items()
        }
        if not self.own_first:
            sections[_REST] = list(left.values())
        else:
            sections = {_OWN: list(left.values()), **sections}
        for title, params in sections.items():
            _section(ctx, formatter, title, params)


def _section(
    ctx: click.Context, formatter: click.HelpFormatter, title: str, params: list[click.Parameter]
) -> None:
    records = [record for param in params if (record := param.get_help_record(ctx)) is not None]
    with formatter.section(title):
        formatter.write_dl(records)


OF_THIS_MACHINE = ("data", "model", "test_data", "cache_limit")
"""What may be given anew for a run that goes on: where things are, and the room for them."""


def for_resume(context: click.Context) -> dict[str, Any]:
    """The options on the command line that may stand beside ``--resume``, by name.

    Raises:
        UsageError: there is one that may not, for a run goes on as it began.
    """
    given = {
        param.name: param
        for param in context.command.params
        if param.name is not None
        and context.get_parameter_source(param.name) is click.core.ParameterSource.COMMANDLINE
    }
    for name in ("resume", "plan", "folder", "as_json"):
        given.pop(name, None)
    for name, param in given.items():
        if name not in OF_THIS_MACHINE:
            raise UsageError(
                f"a run goes on as it began, so {param.opts[0]} cannot be given with --resume",
                "leave it out, or start another run without --resume",
            )
    return {name: context.params[name] for name in given}


def rows(_context: click.Context, parameter: click.Parameter, value: str) -> int | None:
    """Read ``--limit`` or ``--train-size``: a number of reviews, or all.

    Raises:
        UsageError: it is neither.
    """
    if value.strip().lower() == "all":
        return None
    try:
        return int(value)
    except ValueError:
        raise UsageError(
            f"{parameter.opts[0]} cannot be {value!r}", "give a whole number, or all"
        ) from None


def unfreeze(_context: click.Context, _parameter: click.Parameter, value: str) -> Unfreeze:
    """Read ``--unfreeze``: a number of layers, or all.

    Raises:
        UsageError: it is neither.
    """
    if value.strip().lower() == "all":
        return "all"
    try:
        return int(value)
    except ValueError:
        raise UsageError(
            f"--unfreeze cannot be {value!r}", "give a whole number from 0, or all"
        ) from None


def cache_limit(_context: click.Context, _parameter: click.Parameter, value: str) -> int:
    """Read ``--cache-limit``, in bytes.

    Raises:
        UsageError: it is not a size with its unit.
    """
    size = parse_size(value)
    if size is None:
        raise UsageError(
            f"--cache-limit cannot be {value!r}", "give a size with its unit, such as 4GB or 500MB"
        )
    return size


def baselines(
    _context: click.Context, _parameter: click.Parameter, value: str | None
) -> tuple[BaselineName, ...]:
    """Read ``--baseline``: names with commas between them, in the order in which they are run.

    Raises:
        UsageError: one is not the name of a baseline, or none is named.
    """
    if value is None:
        return ()
    asked = {name.strip().lower() for name in value.split(",")} - {""}
    if not asked:
        raise UsageError("--baseline names no baseline", f"choose from {', '.join(BASELINES)}")
    if unknown := sorted(asked.difference(BASELINES)):
        raise UsageError(
            f"--baseline cannot be {unknown[0]!r}", f"choose from {', '.join(BASELINES)}"
        )
    return tuple(name for name in BASELINES if name in asked)
