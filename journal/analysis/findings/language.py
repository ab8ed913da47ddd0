"""What the reviews' language does to a model whose tokenizer was made for another."""

from __future__ import annotations

from collections.abc import Callable

from journal.analysis import figures
from journal.analysis.finding import Finding
from journal.analysis.language import Language
from journal.analysis.statement import Statement, Value, state
from journal.record.run import Run

CUT = 1.75
"""Pieces a word beyond which the reviews' words are called strange to the tokenizer."""
LOST = 0.05
"""Share of reviews, or of letters, beyond which what is lost or foreign is worth a warning; that of
reviews which lost their end."""

_Part = tuple[Statement, Statement]


def unfamiliar_text(run: Run) -> Finding | None:
    """The reviews are in words, signs or scripts that the model's tokenizer was not made for.

    It holds when one of three counts over both splits says so. First, more than 1.75 pieces a word:
    were half of all words cut in two, and a punctuation mark behind every fourth, it would be just
    that; with the embedded English model, English reviews stay below 1.35, and Spanish, German and
    Russian ones lie above it (``tests/training/test_text_counts.py``). Where a script puts no
    spaces between words this stays unsaid. Second, more than 5 % of the reviews hold a piece that
    is unknown. Third, more than 5 % of the letters are not of the commonest script. It counts what
    is there and does not know the language: a vocabulary of many languages may serve a mixture of
    scripts well.
    """
    data = run.data
    if data is None or not data.texts:
        return None
    language = Language(run, data, range(len(data.texts)))
    parts = [part for count in _COUNTS if (part := count(language)) is not None]
    if not parts:
        return None
    said: list[str | Value] = []
    for sentence, _ in parts:
        said += ["; ", *sentence.parts] if said else sentence.parts
    if isinstance(said[0], str):
        said[0] = said[0][0].upper() + said[0][1:]
    return Finding(
        id="unfamiliar_text",
        kind="warning",
        section="critical-reflection",
        statement=Statement((*said, ".")),
        questions=tuple(question for _, question in parts),
        weight=56,
    )


def _cut(language: Language) -> _Part | None:
    share = language.pieces_per_word
    if share is None or share.value <= CUT:
        return None
    pieces = Value(f"{share.value:.2f}", share.evidence)
    return (
        state("the tokenizer makes {pieces} pieces of a word on average", pieces=pieces),
        state(
            "With {pieces} pieces for each word, which words of these reviews does the model still "
            "see whole, and what would a tokenizer made for their language change?",
            pieces=pieces,
        ),
    )


def _lost(language: Language) -> _Part | None:
    share = language.with_unknown
    if not LOST < share.value <= 1:
        return None
    count = Value(figures.count(share.part), share.evidence)
    return (
        state(
            "in {count} of {total} reviews ({share}) something stands that the tokenizer has no "
            "piece for",
            count=count,
            total=Value(figures.count(share.whole), share.evidence),
            share=Value(figures.percent(share.value), share.evidence),
        ),
        state(
            "In {count} reviews the model reads “unknown” where a person wrote something: what was "
            "it, and could it have decided the label?",
            count=count,
        ),
    )


def _foreign(language: Language) -> _Part | None:
    share = language.other_scripts
    if share.value <= LOST:
        return None
    percent = Value(figures.percent(share.value), share.evidence)
    script = language.scripts[0]
    return (
        state("{share} of the letters are not {script}", share=percent, script=script),
        state(
            "Who writes the {share} of these letters that are not {script}, and how would you find "
            "out whether the model serves them as well as the others?",
            share=percent,
            script=script,
        ),
    )


_COUNTS: tuple[Callable[[Language], _Part | None], ...] = (_cut, _lost, _foreign)
