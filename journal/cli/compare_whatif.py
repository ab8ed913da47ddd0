"""``journal compare --whatif``: what each setting did, in a terminal and as JSON.

``--json`` prints one object::

    {"group", "run_id" (the run that is varied, or null), "before" (settings as they were),
     "combinations": [{"settings", "runs": [{"run_id", "seed", "val_accuracy", "val_loss"}],
                       "val_accuracy", "val_loss" (means over the seeds),
                       "val_accuracy_range": [lowest, highest],
                       "against_before": {"seeds", "reviews", "gain", "gain_interval": [lower,
                                          upper], "p", "p_adjusted",
                                          "verdict": "better|worse|not distinguishable"}}],
     "answers": [{"setting", "statement"}], "best": {"settings", "statement"}}

``against_before`` is null for the settings as they were and where nothing can be paired; ``p`` is
that of the exact McNemar test, and of the exact sign-flip test with several seeds. The rest is as
in ``journal compare --json``.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from journal.analysis import figures
from journal.analysis.whatif import Answer, Combination, Held, WhatIf, whatifs
from journal.analysis.whatif_words import shown, signed, title_of, told, told_of_best
from journal.cli.run_summary import plain
from journal.errors import FolderError, UsageError
from journal.record import events as ev
from journal.record.folder import Folder

_WIDEST = 100


def find_whatif(folder: Folder, name: str | None) -> WhatIf:
    """A what-if of a folder by the beginning of its name; None for the newest.

    Raises:
        FolderError: there is none.
        UsageError: none is called that, or several are.
    """
    there = whatifs(folder.whatif_runs())
    if not there:
        raise FolderError(f"there is no what-if in {folder.runs_dir}", "make one: journal whatif")
    if name is None:
        return max(there, key=lambda found: max(run.started for run in found.runs))
    called = [found for found in there if found.group.startswith(name)]
    if len(called) != 1:
        problem = "is the beginning of more than one" if called else "is no"
        names = figures.listed([found.group for found in there])
        raise UsageError(f"{name!r} {problem} what-if", f"name one of those there: {names}")
    return called[0]


def print_whatif(found: WhatIf) -> None:
    """Print a table for each setting, and what can be said of it."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    console = Console(highlight=False, markup=False, emoji=False, soft_wrap=False)
    console.width = min(console.width, _WIDEST)
    of = f" of run {found.run_id}" if found.run_id else ""
    console.print(
        Text(
            plain(
                f"What-if {found.group}{of}: {_many(len(found.combinations), 'combination')},"
                f" {_many(len(found.runs), 'run')}"
            )
        )
    )
    for answer in found.answers:
        console.print()
        console.print(Text(title_of(answer.name), style="bold"))
        console.print(Padding(_table(answer), (0, 0, 0, 2), expand=False))
        console.print(Padding(Text(plain(str(told(found, answer)))), (0, 0, 0, 2)))
    best = told_of_best(found)
    console.print()
    console.print(Text("Best of all", style="bold"))
    said = str(best) if best else "Nothing that was tried reached more than the settings before."
    if found.before is None:
        said = "The settings as they were have not been run, so there is nothing to compare with."
    console.print(Padding(Text(plain(said)), (0, 0, 0, 2)))


def _many(number: int, thing: str) -> str:
    return f"{figures.count(number)} {thing}{'' if number == 1 else 's'}"


def _table(answer: Answer) -> Table:
    rows = answer.combinations
    several = any(len(row.runs) > 1 for row in rows)
    titles = ["", "val. acc.", *(["among seeds"] if several else []), "val. loss", "against before"]
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for place, title in enumerate(titles):
        table.add_column(title, justify="right" if 0 < place < len(titles) - 1 else "left")
    for row in rows:
        ends = [figures.accuracy(end) for end in row.spread or ()]
        own = answer.held(row)
        table.add_row(
            plain(shown(answer.name, row.value(answer.name))),
            "" if row.accuracy is None else figures.accuracy(row.accuracy),
            *([" to ".join(ends)] if several else []),
            "" if row.loss is None else figures.loss(row.loss),
            "(as it was)" if own is None else _against(own),
        )
    return table


def _against(held: Held) -> str:
    together = held.together
    if together is None or held.p is None:
        return "cannot be paired"
    low, high = together.interval
    return (
        f"{signed(together.gain)} points ({signed(low)} to {signed(high)}),"
        f" {figures.p_value(held.p)}"
    )


def whatif_object(found: WhatIf) -> dict[str, Any]:
    """The whole object, ready for a strict JSON writer."""
    best = told_of_best(found)
    return {
        "group": found.group,
        "run_id": found.run_id,
        "before": dict(found.before.settings) if found.before else None,
        "combinations": [_combination(found, own) for own in found.combinations],
        "answers": [
            {"setting": answer.name, "statement": str(told(found, answer))}
            for answer in found.answers
        ],
        "best": {
            "settings": dict(found.best.settings),
            "statement": None if best is None else str(best),
        },
    }


def _combination(found: WhatIf, own: Combination) -> dict[str, Any]:
    held = found.held_against_before(own)
    return {
        "settings": dict(own.settings),
        "runs": [
            {
                "run_id": run.id,
                "seed": run.header.seed,
                **_last(run.epochs),
            }
            for run in own.runs
        ],
        "val_accuracy": own.accuracy,
        "val_loss": own.loss,
        "val_accuracy_range": list(own.spread) if own.spread else None,
        "against_before": _held(held) if held else None,
    }


def _last(epochs: Sequence[ev.Epoch]) -> dict[str, Any]:
    last = epochs[-1].model_dump(mode="json") if epochs else {}
    return {name: last.get(name) for name in ("val_accuracy", "val_loss")}


def _held(held: Held) -> dict[str, Any] | None:
    together = held.together
    if together is None:
        return None
    verdict = "not distinguishable"
    if held.is_told_apart:
        verdict = "better" if together.gain > 0 else "worse"
    return {
        "seeds": together.seeds,
        "reviews": together.n,
        "gain": together.gain,
        "gain_interval": list(together.interval),
        "p": together.p,
        "p_adjusted": held.p,
        "verdict": verdict,
    }
