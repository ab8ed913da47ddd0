"""Numbers in the student's words, held against the record.

:func:`check` reads every number of a stretch of Markdown, binds it to what the record holds and
says whether the two agree. Precision comes first: what cannot be bound with confidence is never
called wrong.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from journal.analysis.claims.comparing import compare
from journal.analysis.claims.facts import Facts
from journal.analysis.claims.judging import judge
from journal.analysis.claims.model import ERRORS as ERRORS
from journal.analysis.claims.model import Claim as Claim
from journal.analysis.claims.model import Verdict as Verdict
from journal.analysis.claims.prose import stretches
from journal.analysis.claims.ranges import whole_ranges
from journal.analysis.claims.reader import Reader
from journal.record.run import Run

_AROUND = 300


class Checker:
    """Holds the figures of some runs ready for any number of texts.

    Args:
        runs: the one that the student writes about first.
    """

    def __init__(self, runs: Sequence[Run]) -> None:
        self._facts = [Facts(run) for run in runs]

    def check(self, markdown: str, line: int = 1) -> tuple[Claim, ...]:
        """Every number that may be a figure of a run, in order.

        Args:
            markdown: the student's words as typed.
            line: the line of their file that the words begin on.
        """
        if not self._facts:
            return ()
        main = self._facts[0]
        labels = sorted({label for facts in self._facts for label in facts.labels})
        reader = Reader(labels, [facts.run.id for facts in self._facts], main.last)
        breaks = [at for at, sign in enumerate(markdown) if sign == "\n"]
        made: list[Claim] = []
        for stretch in stretches(markdown):
            readings = reader.read(stretch)
            judged = [judge(reading, self._facts) for reading in readings]
            judged = whole_ranges(readings, judged, self._facts)
            judged = compare(stretch.text, readings, judged)
            whole = markdown[stretch.start : stretch.start + len(stretch.text) - stretch.before]
            for reading, judgment in zip(readings, judged, strict=True):
                offset = stretch.start - stretch.before
                start, end = reading.number.start + offset, reading.number.end + offset
                facts = judgment.facts
                shown, at = _around(whole, start - stretch.start)
                made.append(
                    Claim(
                        text=markdown[start:end],
                        start=start,
                        end=end,
                        line=line + bisect_right(breaks, start - 1),
                        sentence=shown,
                        at=at,
                        metric=judgment.metric,
                        epoch=facts[0].epoch if facts else None,
                        to_epoch=facts[1].epoch if len(facts) > 1 else None,
                        name=judgment.name,
                        run=judgment.run if judgment.metric else "",
                        recorded=judgment.recorded,
                        verdict=judgment.verdict,
                        evidence=tuple(e for fact in facts for e in fact.evidence),
                    )
                )
        return tuple(made)


def _around(sentence: str, at: int) -> tuple[str, int]:
    """The sentence around a place of it, without white space at its ends, and the place in that."""
    begin = max(0, at - _AROUND)
    shown = sentence[begin : at + _AROUND]
    left = len(shown) - len(shown.lstrip())
    return shown.strip(), at - begin - left


def check(markdown: str, runs: Sequence[Run], line: int = 1) -> tuple[Claim, ...]:
    """The claims of one text; see :meth:`Checker.check`."""
    return Checker(runs).check(markdown, line)


def coverage(claims: Sequence[Claim]) -> float | None:
    """Claims bound to the record per number that could be one; None where there is no number."""
    return sum(claim.bound for claim in claims) / len(claims) if claims else None


__all__ = ["ERRORS", "Checker", "Claim", "Verdict", "check", "coverage"]
