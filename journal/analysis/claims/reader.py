"""Reads the sentences of a text one after the other, and which run each number is said of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from journal.analysis.claims.binding import readings
from journal.analysis.claims.numbers import MAY_HOLD, numbers
from journal.analysis.claims.prose import Stretch
from journal.analysis.claims.reading import Reading
from journal.analysis.claims.sentence import Sentence, Topic

MOST = 60
"""Numbers of a sentence; one with more is no prose and is passed over."""

_INSTEAD = re.compile(r"(?:instead\sof|against|versus|vs\.?|than|compared\s(?:to|with))\s\$?$")


class Reader:
    """Reads sentences one after the other.

    Args:
        labels: the names of the runs' labels.
        runs: the runs' ids, the one that the student writes about first.
    """

    def __init__(self, labels: Sequence[str], runs: Sequence[str], last: int) -> None:
        self._labels = (
            re.compile("|".join(re.escape(name.lower()) for name in labels if name) or "(?!)")
            if labels
            else None
        )
        self._runs = {run.lower(): run for run in runs} if len(runs) > 1 else {}
        names = "|".join(re.escape(run) for run in sorted(self._runs, key=len, reverse=True))
        self._run = (
            re.compile(
                rf"(?<![a-z])run\s[`*\"']?(?P<named>{names})(?![\w-])|(?:^|[|,;.]\s|^\s)(?P<lead>{names})(?=\s?[:(=])"
            )
            if names
            else None
        )
        self._last = last
        self._topic = Topic()

    def read(self, stretch: Stretch) -> list[Reading]:
        """The readings of every number in it that may claim something."""
        if self._topic.block != stretch.block:
            self._topic = Topic(stretch.block)
        found = numbers(stretch.text) if MAY_HOLD.search(stretch.text) else []
        if len(found) > MOST:
            return []
        low = stretch.text.lower()
        if len(low) != len(stretch.text):
            low = stretch.text
        one = Sentence(low, stretch, found, self._topic, self._labels, self._last)
        made = readings(one)
        if self._run is not None:
            made = self._with_runs(low, made)
        self._topic.mention = one.spoken_of or self._topic.mention
        self._topic.epoch = one.last_epoch or self._topic.epoch
        return [r for r in made if r.number.start >= stretch.before]

    def _with_runs(self, low: str, made: list[Reading]) -> list[Reading]:
        """The readings with the runs that are named around them."""
        assert self._run is not None
        named = [
            (m.start(), m.end(), self._runs[m["named"] or m["lead"]])
            for m in self._run.finditer(low)
        ]
        values = [r for r in made if r.metrics and r.metrics[0][0] != "epoch"]
        if len(named) == 2 and len(values) == 2 and named[1][1] <= values[0].number.start:
            pairs = {values[0].number.start: named[0][2], values[1].number.start: named[1][2]}
            return [replace(r, run=pairs.get(r.number.start, "")) for r in made]
        told: list[Reading] = []
        for reading in made:
            number = reading.number
            behind = [run for _, end, run in named if end <= number.start]
            after = re.match(
                r"\s\(?(?:in\s|for\s|of\s|with\s|by\s)?run\s", low[number.end : number.end + 16]
            )
            ahead = [run for start, _, run in named if start >= number.end]
            run = ahead[0] if after and ahead else behind[-1] if behind else self._topic.run
            lead = low[max(0, number.start - 24) : number.start]
            if (
                run
                and len(self._runs) == 2
                and _INSTEAD.search(lead)
                and not [
                    1
                    for start, _, _ in named
                    if start >= number.start - 24 and start < number.start
                ]
            ):
                run = next(other for other in self._runs.values() if other != run)
            told.append(replace(reading, run=run))
        if named:
            self._topic.run = named[-1][2]
        return told
