"""Whether the figures of the records can be at all."""

from __future__ import annotations

from journal.analysis import plausible
from journal.report.checks.model import Cause, Context, Result, failed

_KINDS = (
    plausible.off_grid,
    plausible.out_of_order,
    plausible.back_in_time,
    plausible.loss_against_accuracy,
)
_SHOWN = 3


def record(context: Context) -> Result:
    """No figure of any record contradicts another of it.

    It says only that much: a record that was made up with care passes as well.
    """
    name, what = "record", "The figures of each record can be true together."
    found = [
        f"{run.id}: {one!s}" for run in context.plan.runs for find in _KINDS for one in find(run)
    ]
    if not found:
        return Result(name, what, True)
    more = f" And {len(found) - _SHOWN} more." if len(found) > _SHOWN else ""
    return failed(
        name,
        what,
        Cause(
            " ".join(found[:_SHOWN]) + more,
            "Restore the record as the run wrote it, or run again.",
            "figures that go together",
            f"{len(found)} that do not",
        ),
    )
