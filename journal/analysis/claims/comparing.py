"""Two true figures whose comparison the record contradicts: "0.331 lies above 0.346"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from journal.analysis.claims.facts import CURVES
from journal.analysis.claims.judging import Judgment
from journal.analysis.claims.reading import Reading

_MORE = re.compile(r"(?<![a-z])(?:higher|above|larger|greater|exceed\w{0,2}|bigger|more)(?![a-z])")
_LESS = re.compile(r"(?<![a-z])(?:lower|below|smaller|less|under)(?![a-z])")
_BETTER = re.compile(r"(?<![a-z])(?:better|beats?|ahead of|outperform\w{0,2}|superior)(?![a-z])")
_WORSE = re.compile(r"(?<![a-z])(?:worse|behind|inferior)(?![a-z])")
_SIDES = re.compile(
    r"(?<![a-z])(?:than|against|versus|vs|above|below|that (?:in|of)|beats?|to)(?![a-z])"
)
_NO = re.compile(r"(?<![a-z])(?:not|no|never|neither|nor|than i|than expected|if)(?![a-z])")


def compare(
    sentence: str, readings: Sequence[Reading], judged: Sequence[Judgment]
) -> list[Judgment]:
    """The judgments with ``conclusion_error`` on the first of two figures told wrong.

    Only a sentence with exactly two figures of the same kind, both as recorded, and one word that
    compares them is judged.
    """
    made = list(judged)
    low = sentence.lower()
    places = [
        at
        for at, judgment in enumerate(made)
        if judgment.metric in CURVES and not readings[at].pair
    ]
    if len(places) != 2 or _NO.search(low) or not _SIDES.search(low):
        return made
    a, b = (made[at] for at in places)
    if not (a.good and b.good) or a.metric.split("_")[1] != b.metric.split("_")[1]:
        return made
    if a.recorded is None or b.recorded is None or (a.metric == b.metric and a.facts == b.facts):
        return made
    words = [(1, _MORE), (-1, _LESS), (2, _BETTER), (-2, _WORSE)]
    found = [way for way, pattern in words if pattern.search(low)]
    if len(found) != 1:
        return made
    way = found[0]
    if abs(way) == 2:
        way = (way // 2) * (-1 if a.metric.endswith("loss") else 1)
    if (a.recorded - b.recorded) * way < 0:
        made[places[0]] = replace(a, verdict="conclusion_error")
    return made
