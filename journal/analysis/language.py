"""The language of the reviews, counted against what the model's tokenizer knows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from journal.analysis.statement import Evidence, evidence_of
from journal.record import events as ev
from journal.record.run import Run

UNSPACED = frozenset({"Han", "Hiragana", "Katakana", "Thai", "Lao", "Khmer", "Myanmar", "Tibetan"})
"""Scripts that put no space between words, so that words cannot be counted by their spaces."""

_MOST_UNSPACED = 0.05


@dataclass(frozen=True)
class Share:
    """A part of a whole, both counted, with the recorded figures they were added from."""

    part: int
    whole: int
    evidence: tuple[Evidence, ...]

    @property
    def value(self) -> float:
        """The part over the whole; 0 where there is no whole."""
        return self.part / self.whole if self.whole else 0.0


class Language:
    """Counts over some splits of a run's reviews.

    Args:
        run: the run.
        data: its data event.
        splits: which of ``data.texts``, by place.
    """

    def __init__(self, run: Run, data: ev.Data, splits: Sequence[int]) -> None:
        self._run, self._data, self._splits = run, data, splits
        self.letters: Counter[str] = Counter()
        for split in splits:
            for own in data.texts[split].scripts:
                self.letters[own.script] += own.letters

    @property
    def unknown(self) -> Share:
        """Pieces that stand for what the tokenizer does not know, of all pieces."""
        return self._share("unknown", "pieces")

    @property
    def with_unknown(self) -> Share:
        """Reviews with such a piece, of all reviews."""
        return self._share("reviews_with_unknown", "reviews")

    @property
    def pieces_per_word(self) -> Share | None:
        """Pieces, punctuation among them, over words; None where words cannot be counted.

        That measure is called fertility: P. Rust et al. (2021), "How Good is Your Tokenizer?",
        doi:10.18653/v1/2021.acl-long.243; there words come from treebanks, here from spaces.
        """
        share = self._share("pieces", "words")
        unspaced = sum(self.letters[script] for script in UNSPACED)
        if not share.whole or unspaced > _MOST_UNSPACED * sum(self.letters.values()):
            return None
        return share

    @property
    def scripts(self) -> list[str]:
        """The scripts there are letters of, the commonest first."""
        return [script for script, number in self.letters.most_common() if number]

    def script(self, name: str) -> Share:
        """Letters of one script, of all letters."""
        return self._letters({name})

    @property
    def other_scripts(self) -> Share:
        """Letters that are not of the commonest script, of all letters."""
        return self._letters(set(self.scripts[1:]))

    def _letters(self, names: set[str]) -> Share:
        part = sum(self.letters[name] for name in names)
        return Share(part, sum(self.letters.values()), self._script_evidence())

    def _script_evidence(self) -> tuple[Evidence, ...]:
        return tuple(
            evidence_of(self._run, self._data, f"texts.{split}.scripts.{place}.letters")
            for split in self._splits
            for place in range(len(self._data.texts[split].scripts))
        )

    def _share(self, part: str, whole: str) -> Share:
        texts = [self._data.texts[split] for split in self._splits]
        evidence = tuple(
            evidence_of(self._run, self._data, f"texts.{split}.{metric}")
            for split in self._splits
            for metric in (part, whole)
        )
        return Share(
            sum(getattr(own, part) for own in texts),
            sum(getattr(own, whole) for own in texts),
            evidence,
        )
