"""What a finding is. The detectors live beside this module, one subject each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from journal.analysis.statement import Evidence, Statement

Kind = Literal["warning", "fact"]


@dataclass(frozen=True)
class Finding:
    """An observation the record carries, with its evidence and at least one question.

    Attributes:
        id: from the vocabulary: ``overfitting``, ``best_epoch`` …
        kind: ``warning`` or ``fact``.
        section: id of the section of the reflection it belongs to.
        statement: one sentence that a student can check by eye.
        questions: what could only be asked of this run; at least one.
        weight: how telling it is; questions of heavier findings come first.
        about: what its question is about, where other findings ask about the same.
    """

    id: str
    kind: Kind
    section: str
    statement: Statement
    questions: tuple[Statement, ...]
    weight: int = 0
    about: str = ""

    @property
    def subject(self) -> str:
        """What its question is about: of findings with the same subject, one asks."""
        return self.about or self.id

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """The recorded figures it rests on, at least one."""
        return self.statement.evidence
