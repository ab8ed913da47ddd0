"""What a number in the student's words claims, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from journal.analysis.statement import Evidence

Verdict = Literal[
    "match",
    "match_rounded",
    "match_truncated",
    "unit_slip",
    "wrong_epoch",
    "wrong_split",
    "direction_error",
    "mismatch",
    "conclusion_error",
    "impossible",
    "ambiguous",
    "not_in_record",
]
ERRORS: frozenset[str] = frozenset(
    {
        "mismatch",
        "wrong_epoch",
        "wrong_split",
        "direction_error",
        "conclusion_error",
        "impossible",
    }
)
"""The verdicts that are errors; all others find no fault."""


@dataclass(frozen=True)
class Number:
    """A number as it is written.

    Attributes:
        start, end: where it stands, unit included.
        value: in ``unit``; a percentage as a fraction in 0..1, a time in seconds, a size in bytes.
        step: the worth of its last written digit, in the same unit.
        unit: ``%``, ``points``, ``s``, ``bytes``, ``times``, ``fold``, ``share`` for a fraction in
            words, or nothing.
        ordinal: "fourth", "17th".
        whole: written without decimals, scale or unit.
        factor: what the unit multiplies by: 0.01 for %, 60 for minutes.
    """

    start: int
    end: int
    value: float
    step: float
    unit: str = ""
    ordinal: bool = False
    whole: bool = False
    factor: float = 1.0


@dataclass(frozen=True)
class Claim:
    """A number that may be a figure of a run, and what the record makes of it.

    Attributes:
        text: the number as written, with its unit.
        start, end: where it stands in the student's Markdown.
        line: the line of the Markdown it stands on, from 1.
        sentence: the words around it, as typed.
        at: where in ``sentence`` the number begins.
        metric: what it is a figure of; empty where that cannot be told with confidence.
        epoch: which it is said of, None for a figure of the whole run.
        to_epoch: of a change, the epoch that it ends at.
        name: of a label, a phase or a baseline.
        run: the run's id, empty where it is bound to none.
        recorded: the figure of the record, in its own unit; of a change the change.
        verdict: one of :data:`Verdict`; :mod:`~journal.analysis.claims.words` has them in words.
        evidence: the events that it was compared with.
    """

    text: str
    start: int
    end: int
    line: int
    sentence: str
    at: int = 0
    metric: str = ""
    epoch: int | None = None
    to_epoch: int | None = None
    name: str = ""
    run: str = ""
    recorded: float | int | None = None
    verdict: Verdict = "ambiguous"
    evidence: tuple[Evidence, ...] = ()

    @property
    def error(self) -> bool:
        """Whether the record contradicts it."""
        return self.verdict in ERRORS

    @property
    def bound(self) -> bool:
        """Whether it is known what it is a figure of."""
        return bool(self.metric)
