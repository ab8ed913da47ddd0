"""What a course pack says. It is data: nothing of it is ever run."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from journal.errors import PackError
from journal.packs.wording import Wording
from journal.record.files import is_inside

Subject = Literal["learning-insights", "challenges", "growth", "critical-reflection"]
"""What the tool has to say falls under one of four subjects, which bear the names of the lab's
sections: curves and how the model learned; what went wrong; expectations and earlier runs; what
the model gets right and wrong, and for whom."""

SUBJECTS: tuple[Subject, ...] = get_args(Subject)

CheckKind = Literal["answered", "words", "claims", "events"]
"""``answered``: prompts with an answer. ``words``: words of the student's. ``claims``: figures in
the student's prose that the record bears out. ``events``: answered questions that this very run
raised."""

GENERAL_CHECKS = frozenset(
    {"sections", "prompts", "placeholders", "unreflected", "seal", "record", "build", "numbers"}
)
"""What is checked of every journal. A rubric may require these by name, as a pack's own."""


@dataclass(frozen=True)
class Prompt:
    """A question that stands for every run; ``id`` is unique in its pack and never changes."""

    id: str
    question: str


@dataclass(frozen=True)
class Section:
    """A section of the reflection with its standing prompts, in order.

    Attributes:
        takes: the subjects whose facts, figures and raised questions are shown here.
    """

    id: str
    title: str
    prompts: tuple[Prompt, ...] = ()
    takes: tuple[Subject, ...] = ()


@dataclass(frozen=True)
class Check:
    """Something about a journal that a program can count.

    Attributes:
        section: the section that it looks at; empty for the whole journal.
        at_least: how many there must be; None for all that there are.
    """

    id: str
    kind: CheckKind
    section: str = ""
    at_least: int | None = None
    description: str = ""


@dataclass(frozen=True)
class Level:
    """A level of a criterion, as a person who marks chooses it."""

    title: str
    points: float
    description: str = ""


@dataclass(frozen=True)
class Criterion:
    """One line of a rubric.

    Attributes:
        levels: best first, as they stand in the file.
        requires: ids of the checks, the pack's or :data:`GENERAL_CHECKS`, that must pass before the
            criterion counts as met.
    """

    id: str
    title: str
    description: str = ""
    levels: tuple[Level, ...] = ()
    requires: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pack:
    """A course pack.

    Attributes:
        name: what ``journal.toml`` calls it.
        title: what it is for.
        source: the model of reflection that it follows: author, year, title, publisher.
        folder: where its files lie.
        origin: where it comes from, in words: ``built in``, ``folder``, or the distribution.
    """

    name: str
    title: str
    sections: tuple[Section, ...]
    folder: Path = field(compare=False)
    source: str = ""
    checks: tuple[Check, ...] = ()
    rubric: tuple[Criterion, ...] = ()
    wording: Wording = field(default_factory=Wording)
    origin: str = "built in"

    @property
    def outline(self) -> list[tuple[str, str, list[tuple[str, str]]]]:
        """Its sections and standing prompts, as :func:`journal.report.words.merge` takes them."""
        return [(s.id, s.title, [(p.id, p.question) for p in s.prompts]) for s in self.sections]

    @property
    def templates(self) -> Path | None:
        """The folder of its own templates, None where it has none.

        Raises:
            PackError: a link leads out of the pack.
        """
        folder = self.folder / "templates"
        if folder.exists() and not is_inside(self.folder, folder):
            raise PackError("a link leads out of the pack", "put a folder there", path=folder)
        return folder if folder.is_dir() else None

    def home(self, subject: str) -> str:
        """The id of the section that shows a subject; the last one where none takes it."""
        taking = (section.id for section in self.sections if subject in section.takes)
        return next(taking, self.sections[-1].id)
