"""What a check says of a journal, and what it looks at.

A result has the shape that check50 gives one: ``passed`` is None where it could not be judged, and
``cause`` says why in words, with what was expected and what was found.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from journal.analysis.claims import Claim
from journal.record.folder import Folder
from journal.report.assemble import Plan
from journal.report.words import Answer, Part, Piece, Reflections


@dataclass(frozen=True)
class Cause:
    """Why a check did not pass, or could not be judged.

    Attributes:
        rationale: what was seen, in one sentence.
        help: what to do about it, in one sentence.
        expected, actual: what was looked for and what is there; empty where words say it all.
    """

    rationale: str
    help: str
    expected: str = ""
    actual: str = ""


@dataclass(frozen=True)
class Result:
    """What became of one check. ``cause`` is None only where it passed."""

    name: str
    description: str
    passed: bool | None
    cause: Cause | None = None


@dataclass(frozen=True)
class Context:
    """What the checks look at; nothing in it is written to.

    Attributes:
        reflections: the text of ``reflections.md``, empty where there is none.
        parsed: the same text by section and prompt.
        claims: the numbers in it, None where they were not looked up.
    """

    folder: Folder
    plan: Plan
    reflections: str
    parsed: Reflections
    claims: Sequence[Claim] | None = None

    @cached_property
    def answers(self) -> dict[str, Answer]:
        """What stands under each prompt that the file holds, by the prompt's id."""
        return {answer.id: answer for part in self.parsed.sections for answer in part.answers}

    @cached_property
    def parts(self) -> dict[str, Part]:
        """The sections that the file holds, by id."""
        return {part.id: part for part in self.parsed.sections}

    def state(self, prompt: str) -> str:
        """``answered``, ``skipped`` or ``unanswered``, as for a prompt that the file lacks."""
        answer = self.answers.get(prompt)
        return answer.state if answer else "unanswered"

    def asked(self, section: str = "") -> list[str]:
        """The ids of the prompts of a section, or of all."""
        return [
            prompt.id
            for name, prompts in self.plan.prompts.items()
            if section in ("", name)
            for prompt in prompts
        ]

    def pieces(self, section: str) -> Iterator[Piece]:
        """What the student wrote in a section, prompts left out on purpose aside."""
        if section in self.parts:
            yield from self.parts[section].pieces
        asked = set(self.asked(section))
        for part in self.parsed.sections:
            for answer in part.answers:
                # A question that has gone belongs to the section that it stands in.
                here = answer.id in asked or (answer.gone and part.id == section)
                if here and answer.state == "answered":
                    yield from answer.pieces

    def all_pieces(self) -> Iterator[Piece]:
        """Everything that the student wrote, each stretch once, as it stands in the file."""
        yield from self.parsed.stray
        for part in self.parsed.sections:
            yield from part.pieces
            for answer in part.answers:
                if answer.state == "answered":
                    yield from answer.pieces


def failed(name: str, description: str, cause: Cause) -> Result:
    """A check that fell short."""
    return Result(name, description, False, cause)


def unjudged(name: str, description: str, rationale: str, help_: str) -> Result:
    """A check that could not be judged."""
    return Result(name, description, None, Cause(rationale, help_))


def listed(names: Sequence[str], most: int = 5) -> str:
    """Names in a sentence; of many the first, and how many more there are."""
    shown = [*names[:most], *([f"{len(names) - most} more"] if len(names) > most else [])]
    if len(shown) < 2:
        return "".join(shown)
    return f"{', '.join(shown[:-1])} and {shown[-1]}"
