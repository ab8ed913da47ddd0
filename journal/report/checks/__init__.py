"""What ``journal check`` looks at. To add a check, add a function of a context to ``CHECKS``.

The pack's own checks follow those. Which must pass says :func:`must_pass`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from journal.packs.model import GENERAL_CHECKS, Pack
from journal.record.folder import Folder
from journal.report import words, words_file
from journal.report.assemble import Plan
from journal.report.checks import course, figures, kept, records, spoken, written
from journal.report.checks.model import Cause as Cause
from journal.report.checks.model import Context as Context
from journal.report.checks.model import Result as Result
from journal.report.claims import claims_of

CHECKS: tuple[Callable[[Context], Result], ...] = (
    written.sections,
    written.prompts,
    written.placeholders,
    spoken.spoken_of,
    kept.seal,
    records.record,
    kept.build,
    figures.numbers,
)

ALWAYS = frozenset({"numbers", "record", "seal"})
"""What must pass whatever a course asks for: the record's truth, and the words' fit to it."""


def look(folder: Folder, plan: Plan) -> Context:
    """What there is to check in a student's folder; reads ``reflections.md`` and writes nothing.

    Raises:
        FolderError: ``reflections.md`` cannot be read.
    """
    reflections = words_file.read(folder) or ""
    context = Context(folder, plan, reflections, words.parse(reflections, plan.outline))
    return dataclasses.replace(context, claims=claims_of(plan.runs, context.parsed))


def run_checks(context: Context) -> list[Result]:
    """Every check, the general ones first, then the pack's."""
    return [*(check(context) for check in CHECKS), *course.of_pack(context)]


def must_pass(pack: Pack) -> frozenset[str]:
    """The names of the checks that must pass: those that the rubric requires, and :data:`ALWAYS`.

    A pack whose rubric requires nothing leaves the choice to this program: all must pass.
    """
    required = {name for criterion in pack.rubric for name in criterion.requires}
    named = required or {*GENERAL_CHECKS, *(check.id for check in pack.checks)}
    return ALWAYS | named


def short(results: Sequence[Result], pack: Pack) -> list[Result]:
    """The checks that must pass and did not; what could not be judged is not among them."""
    needed = must_pass(pack)
    return [result for result in results if result.passed is False and result.name in needed]


__all__ = [
    "ALWAYS",
    "CHECKS",
    "Cause",
    "Context",
    "Result",
    "look",
    "must_pass",
    "run_checks",
    "short",
]
