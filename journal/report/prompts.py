"""Which questions a journal asks: those of the pack, and those that this very run raises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from journal.analysis.finding import Finding
from journal.analysis.statement import Statement, text
from journal.packs import Pack

MOST = 12
"""More questions than this, standing and raised, are not answered; the most telling come first."""
FEWEST_RAISED = 4
"""So many are left to the run, however many stand in the pack."""


@dataclass(frozen=True)
class Prompt:
    """A question with its place. ``id`` is stable: a run's questions carry the run's id.

    ``section`` is the subject that a run's question falls under, or the pack's section.
    """

    id: str
    section: str
    question: Statement
    by: Literal["pack", "tool"] = "tool"
    """Whose words the question is in."""


def raised(findings: Sequence[tuple[str, Finding]], standing: int) -> tuple[Prompt, ...]:
    """The questions of findings, given with the id of their run, heaviest first.

    No question is asked twice, nor is a second one about the same subject, be it in another run:
    that validation loss rose and where it was lowest ask for one answer. Each finding asks its
    first question before any asks another. With ``standing`` questions of the pack there are no
    more than :data:`MOST`, but for those that :data:`FEWEST_RAISED` grants the run.
    """
    asking: dict[str, tuple[str, Finding]] = {}
    for run_id, finding in findings:
        asking.setdefault(finding.subject, (run_id, finding))
    most = max((len(finding.questions) for _, finding in asking.values()), default=0)
    prompts: dict[str, Prompt] = {}
    for number in range(most):
        for run_id, finding in asking.values():
            if number < len(finding.questions):
                question = finding.questions[number]
                name = f"{finding.id}/{run_id}/{number + 1}"
                prompts.setdefault(str(question), Prompt(name, finding.section, question))
    return tuple(prompts.values())[: max(FEWEST_RAISED, MOST - standing)]


def arrange(pack: Pack, raised_prompts: Sequence[Prompt]) -> dict[str, tuple[Prompt, ...]]:
    """Prompts by section of the pack: what this run raises first, then what stands for every run.

    A question that a run raises stands where the pack wants its subject.
    """
    found: dict[str, list[Prompt]] = {section.id: [] for section in pack.sections}
    for prompt in raised_prompts:
        found[pack.home(prompt.section)].append(prompt)
    for section in pack.sections:
        found[section.id] += [
            Prompt(p.id, section.id, text(p.question), "pack") for p in section.prompts
        ]
    return {name: tuple(prompts) for name, prompts in found.items()}


def outline(
    pack: Pack, prompts: dict[str, tuple[Prompt, ...]]
) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """What the student's file should have, for :mod:`journal.report.words`."""
    return [
        (section.id, section.title, [(p.id, str(p.question)) for p in prompts[section.id]])
        for section in pack.sections
    ]
