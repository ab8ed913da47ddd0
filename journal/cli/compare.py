"""``journal compare``: runs beside one another, and whether they can be told apart.

``--json`` prints one object::

    {"runs": [{"run_id", "status", "engine", "seed",
               "model": {"name", "parameters", "trainable_parameters"},
               "data": {"name", "rows", "train", "validation"},
               "curves": {"train_loss": [{"epoch", "value"}], "train_accuracy": [...],
                          "val_loss": [...], "val_accuracy": [...]},
               "final": {"epoch", "train_loss", "train_accuracy", "val_loss", "val_accuracy",
                         "val_accuracy_interval": [lower, upper], "validation_reviews"},
               "best": {"epoch", "val_loss"},
               "seconds", "epoch_seconds", "peak_rss_bytes", "peak_cuda_bytes",
               "baselines": [{"name", "val_accuracy", "val_loss", "parameters", "seconds",
                              "reviews", "only_model_right", "only_baseline_right"}]}],
     "differences": [{"group": "run|configuration|model|data|machine", "name",
                      "values" (one a run)}],
     "not_recorded": [{"run_id", "groups"}],
     "pairs": [{"first", "second" (run ids), "reviews", "both_right", "only_first_right",
                "only_second_right", "neither_right", "gain", "gain_interval": [lower, upper],
                "p", "p_adjusted", "verdict": "first|second|not distinguishable", "statement"}],
     "remarks": [...]}

Runs stand in the order in which they were named; each after the first is held against the first.
``gain`` is the second's accuracy minus the first's, a fraction; ``p`` is that of the exact McNemar
test, two-sided, and ``p_adjusted`` the same by Holm's procedure for all pairs. Intervals are of
95 %. Accuracies are fractions in 0..1, sizes bytes, times seconds. What was not recorded, and in a
pair what cannot be said, is null (``statement`` then tells why); a non-finite number is the string
"NaN", "Infinity" or "-Infinity".
"""

from __future__ import annotations

import json
import os

import click

from journal.cli.options import folder_option
from journal.errors import UsageError
from journal.record.folder import Folder
from journal.record.reader import read_run
from journal.record.run import Run


@click.command("compare", epilog="Example:  journal compare 2026-11-23-191512 2026-11-23-194020")
@click.argument("runs", nargs=-1, metavar="RUN RUN...")
@click.option(
    "--whatif",
    metavar="[NAME]",
    is_flag=False,
    flag_value="",
    help="Show what each setting of a what-if did, the newest if none is named.",
)
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@folder_option
def command(runs: tuple[str, ...], whatif: str | None, as_json: bool, folder: Folder) -> None:
    """Show runs beside one another and test whether they can be told apart.

    A RUN is an id, the beginning of one, or a path. The others are held against the first, review
    by review where both validated on the same reviews.
    """
    if whatif is not None:
        _whatif(folder, whatif or None, runs, as_json)
        return
    read = _read(folder, runs)
    from journal.analysis.comparison import compare

    if as_json:
        from journal.cli.compare_json import comparison_object

        whole = comparison_object(compare(read))
        click.echo(json.dumps(whole, indent=2, allow_nan=False))
    else:
        from journal.cli.compare_text import letters, print_comparison

        print_comparison(compare(read, letters(len(read))))
    for run in read:
        if run.torn:
            click.echo(f"journal: the last line of {run.path} was torn and is left out.", err=True)


def _whatif(folder: Folder, name: str | None, runs: tuple[str, ...], as_json: bool) -> None:
    from journal.cli.compare_whatif import find_whatif, print_whatif, whatif_object

    if runs:
        raise UsageError("--whatif compares the runs of a what-if", "name no runs beside it")
    found = find_whatif(folder, name)
    if as_json:
        click.echo(json.dumps(whatif_object(found), indent=2, allow_nan=False))
    else:
        print_whatif(found)


def _read(folder: Folder, specs: tuple[str, ...]) -> list[Run]:
    if len(specs) < 2:
        named = "only one run was named" if specs else "no run was named"
        raise UsageError(f"{named}, and it takes two to compare", "name the runs, two or more")
    paths = [folder.find_run(spec) for spec in specs]
    seen: dict[str, str] = {}
    for spec, path in zip(specs, paths, strict=True):
        place = os.path.realpath(path)
        if place in seen:
            raise UsageError(f"{seen[place]!r} and {spec!r} are the same run", "name each run once")
        seen[place] = spec
    return [read_run(path) for path in paths]
