"""Reviews in words, signs or scripts that the tokenizer was not made for are told, others not."""

from __future__ import annotations

from typing import Any

import pytest

from journal.analysis.language import Language
from journal.record import events as ev


def split(
    name: Any = "train",
    words: int = 1000,
    pieces: int = 1260,
    lost: int = 0,
    reviews: int = 100,
    **letters: int,
) -> ev.SplitText:
    scripts = letters or {"Latin": 5000}
    return ev.SplitText(
        split=name,
        reviews=reviews,
        words=words,
        pieces=pieces,
        unknown=2 * lost,
        reviews_with_unknown=lost,
        scripts=tuple(ev.ScriptLetters(script=s, letters=n) for s, n in scripts.items()),
    )


def texts(*splits: ev.SplitText) -> dict[str, Any]:
    return {"texts": splits}


def test_words_that_are_cut_small_are_told_with_a_question(make_run: Any, finding: Any) -> None:
    run = make_run(
        data=texts(
            split(pieces=5900, Cyrillic=5000),
            split("validation", words=100, pieces=500, Cyrillic=400),
        )
    )
    found = finding(run, "unfamiliar_text")
    assert str(found.statement) == "The tokenizer makes 5.82 pieces of a word on average."
    assert {e.metric for e in found.evidence} == {
        "data.texts.0.pieces", "data.texts.0.words", "data.texts.1.pieces", "data.texts.1.words",
    }  # fmt: skip
    assert str(found.questions[0]).startswith("With 5.82 pieces for each word, which words")


def test_unknown_pieces_and_other_scripts_are_told_together(make_run: Any, finding: Any) -> None:
    run = make_run(data=texts(split(lost=12, Latin=900, Han=80, Greek=20)))
    found = finding(run, "unfamiliar_text")
    assert str(found.statement) == (
        "In 12 of 100 reviews (12%) something stands that the tokenizer has no piece for; 10% of "
        "the letters are not Latin."
    )
    assert len(found.questions) == 2
    assert "In 12 reviews the model reads “unknown”" in str(found.questions[0])


@pytest.mark.parametrize(
    "data",
    [
        {},
        texts(split()),
        texts(split(pieces=1750, lost=5, Latin=95, Greek=5)),
        texts(split(words=0, pieces=0, reviews=0, Latin=0)),
    ],
    ids=["nothing recorded", "English", "at the limits", "empty"],
)
def test_familiar_or_unknown_text_is_left_alone(
    make_run: Any, finding: Any, data: dict[str, Any]
) -> None:
    assert finding(make_run(data=data), "unfamiliar_text") is None


def test_words_are_not_counted_where_a_script_has_no_spaces(make_run: Any, finding: Any) -> None:
    run = make_run(data=texts(split(words=100, pieces=1700, Han=1700)))
    assert run.data is not None
    assert Language(run, run.data, [0]).pieces_per_word is None
    assert finding(run, "unfamiliar_text") is None
