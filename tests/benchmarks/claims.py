"""How well and how fast the numbers in prose are looked up.

The scores are those of the labelled sentences under ``tests/analysis/claims/corpus``. Of its unseen
half only totals are printed, so that it stays unseen.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from paired import Row

from journal.analysis.claims import ERRORS, Checker

CORPUS = Path(__file__).parents[1] / "analysis" / "claims" / "corpus"
TARGETS = (("precision", 0.99), ("recall", 0.90), ("bindings", 0.97), ("coverage", 0.90))
WORDS = 10_000
LONG = 1_000_000
FILLER = (
    "I went back to the curve and to my notes, wrote down what I had not understood, and asked "
    "myself why the model had learned so fast in the beginning and so slowly later on. "
)
LINES = {"letters": "a", "digits": "1", "nested brackets": "[(", "numbers": "0.5 "}


def claims(repeats: int) -> Iterator[Row]:
    """Scores of both halves, the time of 10,000 words, and how time grows with a long line."""
    sys.path.insert(0, str(CORPUS))
    import corpus
    import records
    import scores

    with tempfile.TemporaryDirectory() as folder:
        runs = {name: records.write(name, Path(folder)) for name in records.SAMPLES}
    for half in ("dev", "unseen"):
        found = scores.score(corpus.read(half), runs, ERRORS)
        for name, target in TARGETS:
            value = getattr(found, name)
            yield Row(f"claims, {half}: {name}", "", "", f"{value:.3f}", f">= {target}",
                      value >= target)  # fmt: skip
    checker = Checker([runs["course"]])
    entries = [entry.text for entry in corpus.read("dev") if entry.records == ("course",)]
    text = "\n\n".join(f"{FILLER * 2}{entry}" for entry in entries)
    text *= WORDS // len(text.split()) + 1
    text = text[: _place_of_word(text, WORDS)]
    taken = min(_seconds(checker, text) for _ in range(max(3, repeats)))
    numbers = len(checker.check(text))
    yield Row(f"claims: {WORDS:,} words with {numbers} numbers", "", f"{taken * 1000:.0f} ms",
              f"{taken * 1000:.0f} ms", "< 100 ms", taken < 0.1)  # fmt: skip
    for name, piece in LINES.items():
        line = piece * (LONG // len(piece))
        half = min(_seconds(checker, line[: LONG // 2]) for _ in range(2))
        whole = min(_seconds(checker, line) for _ in range(2))
        yield Row(f"claims: a line of {LONG:,} characters, {name}", f"half: {half:.2f} s",
                  f"{whole:.2f} s", f"{whole / half:.2f} times", "< 3 times",
                  whole < 3 * half)  # fmt: skip


def _place_of_word(text: str, number: int) -> int:
    return len(" ".join(text.split(" ")[:number]))


def _seconds(checker: Checker, text: str) -> float:
    begun = time.perf_counter()
    checker.check(text)
    return time.perf_counter() - begun
