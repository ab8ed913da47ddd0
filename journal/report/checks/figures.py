"""Whether the numbers in the student's words are those of the record."""

from __future__ import annotations

from journal.report.checks.model import Cause, Context, Result, failed, listed, unjudged


def numbers(context: Context) -> Result:
    """No number in the words contradicts the record.

    A number that cannot be told to be a figure of the run is never called wrong.
    """
    name, what = "numbers", "No number in the words contradicts the record."
    if context.claims is None:
        return unjudged(
            name, what, "The numbers were not looked up.", "Compare them with journal show."
        )
    wrong = [claim for claim in context.claims if claim.error]
    if not wrong:
        return Result(name, what, True)
    shown = [f"“{claim.text}” (line {claim.line})" for claim in wrong]
    return failed(
        name,
        what,
        Cause(
            f"The record says otherwise: {listed(shown)}.",
            "Look at the figure in journal show, and correct the sentence or say why it differs.",
            "no number that the record contradicts",
            str(len(wrong)),
        ),
    )
