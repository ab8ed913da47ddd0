"""The student's file of words, ``reflections.md``: read it, and add to it without touching a word.

Sections and prompts are told by marker lines, which Markdown does not show::

    <!-- section: learning-insights e37cc4a4 -->
    # Learning Insights

    <!-- prompt: frozen-layers 1a2b3c4d -->
    > Which layers did you train ...?

    What the student writes.

The eight digits are the start of the SHA-256 of the heading or the question. While the line below
a marker still hashes to them it is the tool's; once it was edited it is the student's, like
everything else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from journal.report.changes import Changes
from journal.report.markers import ID, Block, Outline, Scan, digest, one_line

State = Literal["answered", "skipped", "unanswered"]

_ABOUT = """\
This file is yours: what you write here goes into your journal word for word.
Write under a heading or under a question. To leave a question out on purpose, write (skipped).
Building the journal may add questions here, and takes away only questions that no longer apply
and have nothing written under them. It never changes, moves, or deletes your words.
Please leave the lines that look like this one in place: they tell where a question begins."""
_SKIPPED = re.compile(r"skip(?:ped)?[.!]?|\(skip(?:ped)?(?:[^\w()][^()]*)?\)[.!]?", re.IGNORECASE)
_LONGEST_SKIP = 500


@dataclass(frozen=True)
class Piece:
    """A stretch of the student's file, exactly as it stands there.

    Attributes:
        line: the line of the file that it begins on, from 1.
        text: every character, line ends included.
    """

    line: int
    text: str


@dataclass(frozen=True)
class Answer:
    """What stands under one prompt.

    Attributes:
        id: the prompt's id.
        question: as it stands in the file; when the student has edited it there, as the prompt now
            asks it (empty for a prompt that has gone): the edited line is among the words.
        pieces: the student's words; more than one piece when the marker stands in the file twice.
        state: ``skipped`` when the words are no more than ``(skipped)`` or ``(skipped: why)``.
        gone: the prompt is no longer asked.
    """

    id: str
    question: str
    pieces: tuple[Piece, ...]
    state: State
    gone: bool

    @property
    def words(self) -> str:
        """All pieces, one after the other, exactly as typed."""
        return "".join(piece.text for piece in self.pieces)

    @property
    def line(self) -> int:
        """The line of the file that the words begin on, from 1."""
        return self.pieces[0].line


@dataclass(frozen=True)
class Part:
    """One section: what stands under its heading and under no prompt, then its prompts in order.

    A section that is not asked for has the title that its marker vouches for; without one, its
    heading is among its words.
    """

    id: str
    title: str
    pieces: tuple[Piece, ...]
    answers: tuple[Answer, ...]

    @property
    def words(self) -> str:
        """The words under no prompt, exactly as typed."""
        return "".join(piece.text for piece in self.pieces)


@dataclass(frozen=True)
class Reflections:
    """A whole file, its sections in the order they stand there.

    ``stray`` holds the words that stand in no section.
    """

    sections: tuple[Part, ...]
    stray: tuple[Piece, ...]

    @property
    def stray_words(self) -> str:
        """The words in no section, exactly as typed."""
        return "".join(piece.text for piece in self.stray)


@dataclass
class _Draft:
    """What was found so far of one section or one prompt."""

    title: str
    pieces: list[Piece] = field(default_factory=list)
    prompts: list[str] = field(default_factory=list)
    said: bool = False
    skipped: bool = False


def parse(text: str, sections: Outline) -> Reflections:
    """What a student's file says.

    Args:
        text: the file, decoded without translating line ends.
        sections: what is asked now. It tells which prompts have gone, and finds a section whose
            marker was deleted by its heading.

    Words under a prompt that stands in no section belong to the section that asks it; where none
    does, they are stray.
    """
    scan = Scan(text, sections)
    titles = {name: one_line(title) for name, title, _ in sections}
    home = {prompt: name for name, _, prompts in sections for prompt, _ in prompts}
    asked = {prompt: one_line(words) for _, _, prompts in sections for prompt, words in prompts}
    parts: dict[str, _Draft] = {}
    answers: dict[str, _Draft] = {}
    stray: list[Piece] = []
    where = ""
    for block in scan.blocks:
        piece = Piece(block.body + 1, scan.words(block))
        if block.kind == "section":
            where = block.id
            parts.setdefault(where, _Draft(block.title)).pieces.append(piece)
        elif block.kind == "prompt" and (place := where or home.get(block.id)):
            draft = answers.get(block.id)
            if draft is None:
                draft = answers[block.id] = _Draft(block.title or asked.get(block.id, ""))
                parts.setdefault(place, _Draft(titles.get(place, ""))).prompts.append(block.id)
            draft.pieces.append(piece)
            _note_state(draft, block, piece.text)
        elif block.kind == "prompt":
            stray.append(Piece(block.start + 2, scan.text(block.start + 1, block.end)))
        elif piece.text.strip("\ufeff \t\r\n"):
            stray.append(piece)

    def answer(name: str) -> Answer:
        draft = answers[name]
        state: State = "answered" if draft.said else "skipped" if draft.skipped else "unanswered"
        return Answer(name, draft.title, tuple(draft.pieces), state, name not in asked)

    return Reflections(
        tuple(
            Part(name, part.title, tuple(part.pieces), tuple(answer(p) for p in part.prompts))
            for name, part in parts.items()
        ),
        tuple(stray),
    )


def state(words: str, *, intact: bool = True) -> State:
    """What the words under a question make of it; ``intact``: the question is as we wrote it."""
    said = words.strip()
    if not intact and said.startswith(">"):
        # The question with the student's corrections is no answer yet.
        said = "".join(said.splitlines(keepends=True)[1:]).strip()
    if not said:
        return "unanswered"
    skipped = len(said) <= _LONGEST_SKIP and _SKIPPED.fullmatch(said.strip("*_ "))
    return "skipped" if skipped else "answered"


def _note_state(draft: _Draft, block: Block, words: str) -> None:
    found = state(words, intact=block.intact)
    draft.skipped |= found == "skipped"
    draft.said |= found == "answered"


def merge(current: str | None, sections: Outline) -> str:
    """The file with what is missing from it added, and no word of the student's touched.

    Missing sections come in the order of ``sections``, missing prompts at the end of their section.
    A prompt that is no longer asked is taken away if its question is as the tool wrote it and
    nothing but white space stands under it, and so is one whose question now reads otherwise, for
    the new question to take its place. A section that is no longer asked for goes with the last of
    what stood in it, and one that has another title now gets that. Merging the result again
    changes nothing.

    Args:
        current: the file as it stands, decoded without translating line ends; None to begin one.
        sections: what the file should have.

    Raises:
        ValueError: an id holds white space or angle brackets.
    """
    for name in (
        n for section, _, prompts in sections for n in (section, *(p for p, _ in prompts))
    ):
        if not ID.fullmatch(name):
            raise ValueError(f"'{name}' cannot stand in a marker line")
    if current is None or not current.strip("\ufeff \t\r\n"):
        current = f"<!-- about: {digest(_ABOUT)}\n{_ABOUT}\n-->\n"
    scan = Scan(current, sections)
    changes = Changes(scan)
    changes.take_away(sections)
    changes.add(sections)
    changes.name_anew(sections)
    return changes.result()
