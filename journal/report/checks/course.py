"""The checks that a course's pack asks for."""

from __future__ import annotations

from collections.abc import Sequence

from journal.analysis.claims import Claim
from journal.packs.model import Check
from journal.report.checks.model import Cause, Context, Result, failed, unjudged
from journal.report.counting import count_markdown

_NOUN = {
    "answered": "questions with an answer",
    "words": "words of your own",
    "claims": "figures that the record bears out",
    "events": "answered questions that this run raised",
}


def of_pack(context: Context) -> list[Result]:
    """Each check of the pack, in its order."""
    return [_evaluate(context, check) for check in context.plan.pack.checks]


def _evaluate(context: Context, check: Check) -> Result:
    what = check.description or f"{_NOUN[check.kind]}, at least {check.at_least or 'all'}"
    if check.kind == "claims" and context.claims is None:
        return unjudged(
            check.id,
            what,
            "The numbers in the words were not looked up.",
            "Compare them with journal show.",
        )
    found, there = _count(context, check)
    wanted = there if check.at_least is None else check.at_least
    if found >= wanted:
        return Result(check.id, what, True)
    titles = {section.id: section.title for section in context.plan.pack.sections}
    where = f" in {titles[check.section]}" if check.section else ""
    return failed(
        check.id,
        what,
        Cause(
            f"There are {found} {_NOUN[check.kind]}{where}; the course asks for {wanted}.",
            "Add what is missing in reflections.md.",
            str(wanted),
            str(found),
        ),
    )


def _count(context: Context, check: Check) -> tuple[int, int]:
    """How many there are, and how many there could be."""
    if check.kind == "words":
        sections = [check.section] if check.section else list(context.plan.prompts)
        words = sum(
            count_markdown(piece.text) for name in sections for piece in context.pieces(name)
        )
        return words, 1
    if check.kind == "claims":
        claims = _claims(context, check.section)
        return sum(claim.bound and not claim.error for claim in claims), len(claims)
    if check.kind == "events":
        raised = {
            prompt.id
            for prompts in context.plan.prompts.values()
            for prompt in prompts
            if prompt.by == "tool"
        }
        asked = [name for name in context.asked(check.section) if name in raised]
        return sum(context.state(name) == "answered" for name in asked), len(asked)
    asked = context.asked(check.section)
    states = [context.state(name) for name in asked]
    # Where all are asked for, one that was left out on purpose is not missing.
    enough = {"answered"} if check.at_least is not None else {"answered", "skipped"}
    return sum(state in enough for state in states), len(asked)


def _claims(context: Context, section: str) -> Sequence[Claim]:
    assert context.claims is not None
    if not section:
        return context.claims
    spans = [
        range(piece.line, piece.line + piece.text.count("\n") + 1)
        for piece in context.pieces(section)
    ]
    return [claim for claim in context.claims if any(claim.line in span for span in spans)]
