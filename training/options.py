"""The options of ``journal train`` that take more than a number, and the headings over all."""

from __future__ import annotations

import click

from journal.record import UsageError
from training.config import Unfreeze

SECTIONS: dict[str, tuple[str, ...]] = {
    "Data": ("data", "text_column", "label_column", "limit", "test_data"),
    "Model": ("model", "unfreeze", "engine", "precision"),
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


class InSections(click.Command):
    """A command whose options ``--help`` shows under headings; what has none comes last."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options under :data:`SECTIONS`, in the order given there."""
        left = {param.name: param for param in self.get_params(ctx)}
        for title, names in SECTIONS.items():
            _section(ctx, formatter, title, [left.pop(name) for name in names])
        _section(ctx, formatter, _REST, list(left.values()))


def _section(
    ctx: click.Context, formatter: click.HelpFormatter, title: str, params: list[click.Parameter]
) -> None:
    records = [record for param in params if (record := param.get_help_record(ctx)) is not None]
    with formatter.section(title):
        formatter.write_dl(records)


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
