"""The student's words in the sections of a pack, also those that were written for another pack.

An answer stands under its prompt wherever that is asked now. Words under a heading, and answers
to prompts that nobody asks any more, follow what their section was about; where that cannot be
told, their section comes last, under the name that it had.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from journal import packs
from journal.analysis.statement import Statement
from journal.report import words
from journal.report.model import Question, Section, Words
from journal.report.prompts import Prompt


@dataclass(frozen=True)
class Placed:
    """What a section has of the student's.

    Attributes:
        words: those under its heading.
        questions: what it asks, then what is no longer asked and was answered.
    """

    words: Words
    questions: tuple[Question, ...]


def place(
    pack: packs.Pack, prompts: Mapping[str, Sequence[Prompt]], file: words.Reflections
) -> tuple[dict[str, Placed], tuple[Section, ...]]:
    """What stands in each section of the pack, and the sections that the pack has no place for.

    Args:
        prompts: what is asked, by section id.
    """
    parts: dict[str, list[words.Part]] = {section.id: [] for section in pack.sections}
    # A section's own part of the file comes before what moved there.
    for part in file.sections:
        if part.id in parts:
            parts[part.id].append(part)
    former: list[words.Part] = []
    for part in file.sections:
        if part.id not in parts:
            home = _home(pack, part.id)
            (former if home is None else parts[home]).append(part)
    answers: dict[str, list[words.Answer]] = defaultdict(list)
    for part in file.sections:
        for answer in part.answers:
            answers[answer.id].append(answer)
    placed = {
        name: Placed(
            _joined(part.words for part in found),
            (*(_asked(prompt, answers[prompt.id]) for prompt in prompts[name]), *_gone(found)),
        )
        for name, found in parts.items()
    }
    left = (
        Section(
            f"former-{number}",
            part.title or pack.wording.further_words,
            Words(part.words),
            questions=_gone([part]),
        )
        for number, part in enumerate(former, 1)
    )
    return placed, tuple(s for s in left if s.questions or not s.words.empty)


def _home(pack: packs.Pack, former: str) -> str | None:
    """The section that shows what a section of another pack was about; None if nobody knows."""
    if former in packs.SUBJECTS:
        return pack.home(former)
    for folder in packs.built_in().values():
        for section in packs.read(folder).sections:
            if section.id == former and section.takes:
                return pack.home(section.takes[0])
    return None


def _asked(prompt: Prompt, answers: Sequence[words.Answer]) -> Question:
    found = [answer for answer in answers if answer.state != "unanswered"]
    return Question(
        prompt.id,
        prompt.question,
        _joined(answer.words for answer in found),
        state=found[0].state if found else "unanswered",
        by=prompt.by,
    )


def _gone(parts: Sequence[words.Part]) -> tuple[Question, ...]:
    """The questions that stand in these parts of the file, are no longer asked, and have words."""
    return tuple(
        Question(
            answer.id,
            Statement((answer.question,)),
            Words(answer.words),
            gone=True,
            state=answer.state,
            # Only a run's questions are named after what raised them.
            by="tool" if "/" in answer.id else "pack",
        )
        for part in parts
        for answer in part.answers
        if answer.gone and answer.words.strip()
    )


def _joined(pieces: Iterable[str]) -> Words:
    found = list(pieces)
    if len(found) == 1:
        return Words(found[0])
    return Words("\n\n".join(piece for piece in found if piece.strip()))
