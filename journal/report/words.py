"""The student's file of words, ``reflections.md``: read it, and add to it without touching a word.

Sections and prompts are told by marker lines, which Markdown does not show::

    <!-- section: learning-insights -->
    # Learning Insights

    <!-- prompt: frozen-layers 1a2b3c4d -->
    > Which layers did you train ...?

    What the student writes.

The eight digits are the start of the SHA-256 of the question. While the line below a marker still
hashes to them it is the tool's; once it was edited it is the student's, like everything else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Outline = Sequence[tuple[str, str, Sequence[tuple[str, str]]]]
"""The sections that a file should have: (section id, title, [(prompt id, question), ...]). The
sections of a :class:`journal.packs.Pack` are one."""

State = Literal["answered", "skipped", "unanswered"]


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
    """One section: what stands under its heading and under no prompt, then its prompts in order."""

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
    """A whole file. ``stray`` holds the words that stand in no section."""

    sections: tuple[Part, ...]
    stray: tuple[Piece, ...]

    @property
    def stray_words(self) -> str:
        """The words in no section, exactly as typed."""
        return "".join(piece.text for piece in self.stray)


def parse(text: str, sections: Outline = ()) -> Reflections:
    """What a student's file says.

    ``sections``, where given, tells which prompts have gone, and finds sections whose marker was
    deleted by their heading. Decode the file without translating line ends.
    """
    raise NotImplementedError


def merge(current: str | None, sections: Outline) -> str:
    """The file with what is missing from it added, and no word of the student's touched.

    Args:
        current: the file as it stands, or None to begin one.
        sections: what the file should have.
    """
    raise NotImplementedError
