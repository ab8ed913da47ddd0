"""Which questions a journal asks: those of the pack, and those that this very run raises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from journal.analysis.finding import Finding
from journal.analysis.statement import Statement, text
from journal.packs import Pack

MOST_RAISED = 12
"""More questions than this are not read; the most telling come first."""


@dataclass(frozen=True)
class Prompt:
    """A question with its place. ``id`` is stable: a run's questions carry the run's id.

    ``section`` is the subject that a run's question falls under, or the pack's section.
    """

    id: str
    section: str
    question: Statement


def raised(findings: Sequence[tuple[str, Finding]]) -> tuple[Prompt, ...]:
    """The questions of findings, given with the id of their run, heaviest first.

    No question is asked twice, and no more than :data:`MOST_RAISED` are.
    """
    prompts: list[Prompt] = []
    asked: set[str] = set()
    for run_id, finding in findings:
        for number, question in enumerate(finding.questions, 1):
            if str(question) not in asked and len(prompts) < MOST_RAISED:
                asked.add(str(question))
                prompts.append(Prompt(f"{finding.id}/{run_id}/{number}", finding.section, question))
    return tuple(prompts)


def arrange(pack: Pack, raised_prompts: Sequence[Prompt]) -> dict[str, tuple[Prompt, ...]]:
    """Prompts by section of the pack: what this run raises first, then what stands for every run.

    A question that a run raises stands where the pack wants its subject.
    """
    found: dict[str, list[Prompt]] = {section.id: [] for section in pack.sections}
    for prompt in raised_prompts:
        found[pack.home(prompt.section)].append(prompt)
    for section in pack.sections:
        found[section.id] += [Prompt(p.id, section.id, text(p.question)) for p in section.prompts]
    return {name: tuple(prompts) for name, prompts in found.items()}


def outline(
    pack: Pack, prompts: dict[str, tuple[Prompt, ...]]
) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """What the student's file should have, for :mod:`journal.report.words`."""
    return [
        (section.id, section.title, [(p.id, str(p.question)) for p in prompts[section.id]])
        for section in pack.sections
    ]
