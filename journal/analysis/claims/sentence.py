"""One sentence: its numbers, the metrics that it mentions, the epochs that it names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from journal.analysis.claims import cues
from journal.analysis.claims.model import Number
from journal.analysis.claims.prose import Stretch

CURVE = frozenset({"loss", "accuracy"})
"""The families that have a figure for every epoch and split."""
_CLAUSE = re.compile(
    r"[,;:()\[\]|\u2014](?=\s|$)|\s[(]|\sbut\s|\swhile\s|\swhereas\s|\salthough\s|\ssince\s"
)


@dataclass(frozen=True)
class Mention:
    """A word for a metric; ``split`` is ``val``, ``train``, ``test`` or not said.

    ``told``: the split stands beside the word, and was not taken from elsewhere.
    """

    start: int
    end: int
    family: str
    split: str = ""
    name: str = ""
    told: bool = True


@dataclass
class Topic:
    """What the sentences of one block spoke of last."""

    block: int = -1
    mention: Mention | None = None
    epoch: int | None = None
    run: str = ""


class Sentence:
    """One sentence with its numbers, its mentions and the epochs that it names."""

    def __init__(
        self,
        low: str,
        stretch: Stretch,
        found: Sequence[Number],
        topic: Topic,
        labels: re.Pattern[str] | None,
        last: int,
    ) -> None:
        self.low, self.stretch, self.all, self.topic, self.last = low, stretch, found, topic, last
        self.breaks = [0, *(m.end() for m in _CLAUSE.finditer(low)), len(low) + 1] if found else [0]
        self.spoken_of: Mention | None = None
        self.last_epoch: int | None = None
        if not found:
            self.mentions = self._mentions() if "loss" in low or "acc" in low else []
            self.spoken_of = next((m for m in reversed(self.mentions) if m.family in CURVE), None)
            return
        self.labels = list(labels.finditer(low)) if labels else []
        self.mentions = self._mentions()
        self.places = [n for n in found if self.is_place(n)]
        self.whens = list(cues.WHEN.finditer(low))
        self.others = list(cues.OTHERS.finditer(low))
        self.plans = list(cues.PLANS.finditer(low))
        curve = [m for m in self.mentions if m.family in CURVE]
        self.spoken_of = curve[-1] if curve else None

    def clause(self, at: int) -> tuple[int, int]:
        """Begin and end of the clause around a place."""
        low, high = 0, len(self.breaks) - 1
        while high - low > 1:
            middle = (low + high) // 2
            if self.breaks[middle] <= at:
                low = middle
            else:
                high = middle
        return self.breaks[low], self.breaks[high]

    def before(self, number: Number, length: int = 48) -> str:
        """What stands right before a number."""
        return self.low[max(0, number.start - length) : number.start]

    def after(self, number: Number, length: int = 60) -> str:
        """What stands right after it."""
        return self.low[number.end : number.end + length]

    def is_place(self, number: Number) -> bool:
        """Whether it names an epoch."""
        if number.ordinal:
            return cues.EPOCH_AFTER.match(self.after(number, 16)) is not None
        if not number.whole or number.unit or number.value < 0 or number.value > 1e6:
            return False
        if re.match(r"\s(?:epochs?|more)(?![a-z])", self.after(number, 10)):
            return False
        return cues.EPOCH_BEFORE.search(self.before(number, 32)) is not None

    def _mentions(self) -> list[Mention]:
        made: list[Mention] = []
        splits = list(cues.SPLIT.finditer(self.low))
        for found in cues.FAMILY.finditer(self.low):
            family = found.lastgroup or ""
            if family == "eta":
                family = "learning_rate"
            split = name = ""
            told = True
            if family == "curve":
                family, split = "loss", "val" if "val" in found[0] else "train"
            elif family in CURVE:
                split = self._split(found.start(), found.end())
                told = bool(split)
                if not split:
                    own = {s.lastgroup or "" for s in splits}
                    earlier = [m.split for m in made if m.family in CURVE and m.split]
                    if earlier:
                        split = earlier[-1]
                    elif len(own) == 1 and self.low.count("training set") == 0:
                        split = own.pop()
                    elif self.topic.mention is not None:
                        split = self.topic.mention.split
            elif family == "baseline":
                name = {"t": "tfidf", "m": "majority", "l": "lstm"}.get(found[0][0], "")
            made.append(Mention(found.start(), found.end(), family, split, name, told))
        return made

    def _split(self, start: int, end: int) -> str:
        found = cues.SPLIT_BEFORE.search(self.low[max(0, start - 30) : start])
        found = found or cues.SPLIT_AFTER.match(self.low[end : end + 36])
        return (found.lastgroup or "") if found else ""

    def way(self, number: Number, *, inside: bool = False) -> int:
        """What the nearest verb before the number says; ``inside``: the number may be the verb."""
        text = self.low[: number.end if inside else number.start]
        found: list[tuple[int, int, int]] = []
        for pattern, way in ((cues.UP, 1), (cues.DOWN, -1), (cues.BETTER, 2), (cues.WORSE, -2)):
            found += [(m.start(), m.end(), way) for m in pattern.finditer(text)]
        if not found:
            return 0
        start, _, way = max(found)
        near = text[max(0, start - 24) : start].rsplit(",", 1)[-1]
        if cues.NEGATED.search(near) or re.search(r"(?:increas|reduc|rais|lower)\w*\sthe\s$", near):
            return 0
        return way
