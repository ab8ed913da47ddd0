"""Token ids are the notebook's, whatever a review's length; what was cut off is counted."""

import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.tokens import PICTURED, Tokens, pieces, telling_review, token_lengths, tokenize

LONGEST = 64


@pytest.fixture(scope="module")
def tokenizer(tiny_model: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(tiny_model)


def lists(tokens: Tokens) -> list[list[int]]:
    return [own.tolist() for own in tokens.ids]


def test_ids_are_those_of_the_notebooks_call(
    tokenizer: Any, sample_rows: list[tuple[str, int]]
) -> None:
    texts = [text for text, _ in sample_rows] + [" ".join(t for t, _ in sample_rows[:20])]
    tokens = tokenize(tokenizer, texts)
    assert lists(tokens) == tokenizer(texts, truncation=True)["input_ids"]
    assert tokens.truncated.tolist() == [False] * 240 + [True]
    assert tokens.read[:240].tolist() == [len(text) for text in texts[:240]]
    assert tokenizer(texts[240][: tokens.read[240]])["input_ids"] == lists(tokens)[240]


WORDS = ("kettle", "great", "unheardofwordwithoutend" * 8, "!", "好", "  ", "don't", "\n", "é")


@given(st.lists(st.sampled_from(WORDS), max_size=40), st.integers(1, 400), st.booleans())
def test_a_text_read_in_part_gives_the_same_ids_as_the_whole(
    tokenizer: Any, words: list[str], times: int, spaced: bool
) -> None:
    text = (" " if spaced else "").join(words) * times
    tokens = tokenize(tokenizer, [text, "short"])
    whole = tokenizer([text, "short"], truncation=True)
    assert lists(tokens) == whole["input_ids"]
    assert tokens.truncated.tolist() == [bool(encoding.overflowing) for encoding in whole.encodings]


def test_five_million_characters_cost_no_more_than_what_is_kept(tokenizer: Any) -> None:
    text = "great kettle, terrible lamp! " * 172_414
    assert len(text) > 5_000_000
    start = time.perf_counter()
    tokens = tokenize(tokenizer, [text])
    assert time.perf_counter() - start < 1.0
    assert len(tokens.ids[0]) == LONGEST
    assert tokens.truncated.tolist() == [True]
    assert lists(tokens) == lists(tokenize(tokenizer, [text[:5000]]))


def test_reviews_tokenized_together_can_be_cut_and_joined(tokenizer: Any, tmp_path: Path) -> None:
    texts = [f"great kettle {'lamp ' * turn}" for turn in range(90)]
    tokens = tokenize(tokenizer, iter(texts), tmp_path)
    assert list(tmp_path.iterdir()) == []
    joined = tokens.first(10) + tokens.part(70, 90)
    assert lists(joined) == lists(tokens)[:10] + lists(tokens)[70:]
    assert [own.tolist() for own in joined.ids] == [joined.ids[i].tolist() for i in range(30)]
    assert joined.truncated.tolist() == [False] * 10 + [True] * 20
    assert joined.read[9:11].tolist() == [len(texts[9]), tokens.read[70]]
    with pytest.raises(ValueError, match="two files"):
        tokens + tokenize(tokenizer, texts)


def test_lengths_are_those_that_the_model_reads() -> None:
    lengths = token_lengths([[2, 5, 3], [2, 3], [2, 7, 8, 3]], truncated=1)
    assert (lengths.mean, lengths.median, lengths.longest, lengths.truncated) == (3.0, 3.0, 4, 1)


def test_a_review_is_shown_piece_by_piece_with_special_tokens(tokenizer: Any) -> None:
    event = pieces(tokenizer, "Great kettles!")
    assert event.text == "Great kettles!"
    assert event.pieces == ("[CLS]", "great", "kettle", "##s", "!", "[SEP]")
    assert list(event.ids) == tokenizer.convert_tokens_to_ids(list(event.pieces))


def test_of_a_truncated_review_the_part_that_is_read_is_shown(tokenizer: Any) -> None:
    event = pieces(tokenizer, "great kettle " * 100_000)
    assert len(event.pieces) == len(event.ids) == LONGEST
    assert event.text == ("great kettle " * 31).strip()


def test_pieces_know_their_word_and_where_in_the_text_they_stand(tokenizer: Any) -> None:
    event = pieces(tokenizer, "Great kettles!")
    assert event.words == (None, 0, 1, 1, 2, None)
    places = zip(event.starts, event.ends, strict=True)
    assert [event.text[start:end] for start, end in places] == [
        "", "Great", "kettle", "s", "!", "",
    ]  # fmt: skip


def test_the_review_that_is_shown_fits_a_picture_and_has_a_cut_word(tokenizer: Any) -> None:
    long, cut, whole = "great kettles " * 20, "Great kettles!", "great kettle"
    assert telling_review(tokenizer, [long, whole, cut, cut]) == cut
    assert telling_review(tokenizer, [long, whole]) == whole
    assert telling_review(tokenizer, [long]) == long
    assert telling_review(tokenizer, [whole] * 300 + [cut]) == whole
    assert len(pieces(tokenizer, cut).pieces) <= PICTURED
    with pytest.raises(ValueError, match="no reviews"):
        telling_review(tokenizer, [])
