"""Writing into one field of the student's file leaves every other byte of it alone."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from journal.report.fields import Change, Field, HidingError, apply, fields, replaced, trimmed
from journal.report.words import merge, parse

OUTLINE = (
    (
        "learning",
        "Learning Insights",
        (("frozen", "Which layers stayed frozen?"), ("pieces", "What became of a word?")),
    ),
    ("growth", "Personal Growth", (("next", "What next?"),)),
)
FRESH = merge(None, OUTLINE)


def field(text: str, key: str) -> Field:
    return next(found for found in fields(text, OUTLINE) if found.key == key)


def change(key: str, base: str, words: str) -> list[Change]:
    return [Change(key, base, words)]


def test_a_new_file_has_a_field_for_each_heading_and_question() -> None:
    assert [(f.key, f.text, f.question) for f in fields(FRESH, OUTLINE)] == [
        ("section learning", "", ""),
        ("prompt frozen", "", "Which layers stayed frozen?"),
        ("prompt pieces", "", "What became of a word?"),
        ("section growth", "", ""),
        ("prompt next", "", "What next?"),
    ]


def test_first_words_stand_apart_from_the_question_and_from_what_follows() -> None:
    text = replaced(FRESH, OUTLINE, "prompt frozen", "All but the head.")
    assert "frozen?\n\nAll but the head.\n\n<!-- prompt: pieces" in text


def test_the_last_field_of_a_file_ends_with_the_end_of_a_line() -> None:
    text = replaced(FRESH, OUTLINE, "prompt next", "More data.")
    assert text.endswith("> What next?\n\nMore data.\n")
    cut = FRESH.rstrip("\n")
    assert replaced(cut, OUTLINE, "prompt next", "More data.") == text


def test_a_field_reads_back_what_was_written_whatever_the_browser_made_of_line_ends() -> None:
    text = replaced(FRESH, OUTLINE, "prompt frozen", "\r\n\n  Two spaces.\r\rAnd a tab\t\n\n")
    assert field(text, "prompt frozen").text == "  Two spaces.\n\nAnd a tab"


def test_emptying_and_writing_again_does_not_grow_the_file() -> None:
    text = FRESH
    lengths = set()
    for _ in range(5):
        text = replaced(text, OUTLINE, "prompt frozen", "Words.")
        text = replaced(text, OUTLINE, "prompt frozen", "")
        lengths.add(len(text))
    assert len(lengths) == 1
    assert len(text) <= len(FRESH) + 1


def test_a_file_with_windows_line_ends_keeps_them() -> None:
    text = replaced(FRESH.replace("\n", "\r\n"), OUTLINE, "prompt frozen", "One.\nTwo.")
    assert "\n" not in text.replace("\r\n", "")
    assert "One.\r\nTwo.\r\n" in text


def test_lines_that_were_not_changed_keep_their_own_line_ends_and_spaces() -> None:
    text = FRESH.replace("frozen?\n\n", "frozen?\n\nfirst \r\nsecond\rthird\nfourth  \t\n")
    base = field(text, "prompt frozen").text
    assert base == "first \nsecond\nthird\nfourth"
    edited = replaced(text, OUTLINE, "prompt frozen", base.replace("third", "3rd\n3 1/2"))
    assert "first \r\nsecond\r3rd\n3 1/2\nfourth  \t\n" in edited


@pytest.mark.parametrize(
    "words",
    [
        "<!-- prompt: pieces -->",
        "mine\n<!-- section: growth -->\nmore",
        "a\n<!-- prompt: made-up 12345678 -->",
    ],
)
def test_words_that_look_like_a_marker_are_refused(words: str) -> None:
    with pytest.raises(HidingError):
        replaced(FRESH, OUTLINE, "prompt frozen", words)


def test_a_code_block_that_is_not_closed_yet_does_not_swallow_what_follows() -> None:
    text = replaced(FRESH, OUTLINE, "prompt next", "```\ncode\n```")
    text = replaced(text, OUTLINE, "prompt frozen", "```\nhalf")
    assert [f.text for f in fields(text, OUTLINE)] == ["", "```\nhalf", "", "", "```\ncode\n```"]


def test_a_heading_that_would_begin_a_lost_section_is_refused() -> None:
    lost = re.sub(r"<!-- section: growth \w+ -->\n# Personal Growth\n", "", FRESH)
    with pytest.raises(HidingError):
        replaced(lost, OUTLINE, "prompt frozen", "# Personal Growth")


def test_a_field_that_is_not_there_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        replaced(FRESH, OUTLINE, "prompt nothing", "words")


def test_words_in_no_section_and_under_questions_no_longer_asked_are_fields_too() -> None:
    text = "\ufeffBefore.\n" + FRESH + "\n<!-- prompt: old 12345678 -->\n> Old?\n\nKept.\n"
    assert field(text, "stray").text.startswith("Before.")
    assert field(text, "prompt old").text == "> Old?\n\nKept."
    assert replaced(text, OUTLINE, "prompt old", "Kept!").startswith("\ufeffBefore.\n")


def test_a_marker_that_stands_twice_makes_two_fields() -> None:
    text = FRESH + "\n<!-- prompt: next -->\nsecond\n"
    text = replaced(text, OUTLINE, "prompt next 2", "Second!")
    text = replaced(text, OUTLINE, "prompt next", "First.")
    (answer,) = (a for p in parse(text, OUTLINE).sections for a in p.answers if a.id == "next")
    assert [piece.text.strip() for piece in answer.pieces] == ["First.", "Second!"]


def test_changes_of_different_fields_are_both_made() -> None:
    theirs = replaced(FRESH, OUTLINE, "prompt next", "Theirs.")
    outcome = apply(theirs, OUTLINE, change("prompt frozen", "", "Mine."))
    assert (outcome.conflicts, outcome.hiding) == ({}, [])
    assert field(outcome.text, "prompt next").text == "Theirs."
    assert field(outcome.text, "prompt frozen").text == "Mine."


def test_of_two_changes_of_one_field_the_file_keeps_its_own_and_the_other_is_told() -> None:
    theirs = replaced(FRESH, OUTLINE, "prompt frozen", "Theirs.")
    outcome = apply(theirs, OUTLINE, change("prompt frozen", "", "Mine."))
    assert outcome.conflicts == {"prompt frozen": "Theirs."}
    assert outcome.text == theirs


@pytest.mark.parametrize(("base", "words"), [("Same.", "Same."), ("", "Same."), ("Same.\n", "")])
def test_there_is_no_conflict_where_both_want_the_same(base: str, words: str) -> None:
    theirs = replaced(FRESH, OUTLINE, "prompt frozen", "Same.")
    outcome = apply(theirs, OUTLINE, change("prompt frozen", base, words))
    assert (outcome.conflicts, outcome.hiding) == ({}, [])
    assert field(outcome.text, "prompt frozen").text == words


def test_a_field_that_is_gone_is_told_and_one_that_is_asked_comes_back() -> None:
    outcome = apply(
        "", OUTLINE, [Change("prompt frozen", "", "Mine."), Change("prompt x", "", "y")]
    )
    assert outcome.conflicts == {"prompt x": None}
    assert field(outcome.text, "prompt frozen").text == "Mine."


def test_a_change_that_would_hide_a_field_holds_up_no_other() -> None:
    outcome = apply(
        FRESH,
        OUTLINE,
        [Change("prompt frozen", "", "<!-- section: growth -->"), Change("prompt next", "", "a")],
    )
    assert outcome.hiding == ["prompt frozen"]
    assert field(outcome.text, "prompt next").text == "a"


LINES = st.one_of(
    st.sampled_from(
        [
            *("<!-- section: learning -->", "# Learning Insights", "## personal  growth"),
            *(
                "<!-- section: other -->",
                "<!-- prompt: frozen -->",
                "<!-- prompt: gone 12345678 -->",
            ),
            *("> Which layers stayed frozen?", "> quote", "```", "~~~~", "``` py", "    code", ""),
        ]
    ),
    st.text(max_size=12).filter(lambda line: not re.search(r"[\ud800-\udfff]", line)),
)
ENDS = st.sampled_from(["\n", "\n", "\r\n", "\r"])


@st.composite
def files(draw: st.DrawFn) -> str:
    lines = draw(st.lists(st.tuples(LINES, ENDS), max_size=14))
    text = "".join(line + end for line, end in lines)
    text = draw(st.sampled_from(["", "\ufeff"])) + text
    return merge(text, OUTLINE) if draw(st.booleans()) else text


@given(files(), st.lists(LINES, max_size=4).map("\n".join), st.data())
def test_only_the_field_that_was_written_changes(
    text: str, words: str, data: st.DataObject
) -> None:
    before = fields(text, OUTLINE)
    assume(before)
    number = data.draw(st.integers(0, len(before) - 1))
    target = before[number]
    try:
        made = replaced(text, OUTLINE, target.key, words)
    except HidingError:
        return
    after = {found.key: found.text for found in fields(made, OUTLINE)}
    expected = {found.key: found.text for found in before} | {target.key: trimmed(words)}
    if target.kind == "stray" and not trimmed(words):
        del expected["stray"]
    assert after == expected

    # Byte for byte: what stands before and after the words of the field is as it was.
    shared = 0
    while shared < min(len(text), len(made)) and text[shared] == made[shared]:
        shared += 1
    back = 0
    while back < min(len(text), len(made)) - shared and text[-1 - back] == made[-1 - back]:
        back += 1
    cut = text[shared : len(text) - back]
    assert cut == "" or target.text.replace("\n", "") != ""
    assert re.sub(r"[\r\n]", "", cut) in re.sub(r"[\r\n]", "", target.text)


@given(files(), st.lists(LINES, max_size=4).map("\n".join))
def test_what_was_written_survives_a_build_and_writing_it_again_changes_nothing(
    text: str, words: str
) -> None:
    made = apply(text, OUTLINE, change("prompt frozen", "", words)).text
    assert merge(made, OUTLINE) == made
    standing = field(made, "prompt frozen").text
    assert apply(made, OUTLINE, change("prompt frozen", standing, standing)).text == made
    assert replaced(made, OUTLINE, "prompt frozen", standing) == made
