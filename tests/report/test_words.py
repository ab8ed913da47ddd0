"""The student's file of words: what is theirs is never changed, moved, or dropped."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journal.report.markers import digest
from journal.report.words import Part, merge, parse

SECTIONS = (
    (
        "learning",
        "Learning Insights",
        (("frozen", "Which layers stayed frozen?"), ("pieces", "What became of a word?")),
    ),
    ("challenges", "Challenges and Struggles", (("hardest", "What was hardest?"),)),
    ("growth", "Personal Growth", ()),
)


def with_prompt(prompt: str, question: str, section: int = 0) -> tuple:
    """``SECTIONS`` with one more prompt at the end of a section."""
    name, title, prompts = SECTIONS[section]
    changed = (name, title, (*prompts, (prompt, question)))
    return (*SECTIONS[:section], changed, *SECTIONS[section + 1 :])


def write_under(text: str, prompt: str, words: str) -> str:
    """``text`` as a student leaves it who writes ``words`` below the question of ``prompt``."""
    return re.sub(
        rf"(<!-- prompt: {prompt} \w+ -->\n> .*\n\n)", lambda hit: hit[1] + words, text, count=1
    )


def answer(text: str, prompt: str, sections=SECTIONS):
    found = [a for part in parse(text, sections).sections for a in part.answers if a.id == prompt]
    assert len(found) == 1
    return found[0]


def section(text: str, name: str, sections=SECTIONS) -> Part:
    return next(part for part in parse(text, sections).sections if part.id == name)


def test_a_new_file_has_every_section_and_prompt_in_order_and_no_words():
    reflections = parse(merge(None, SECTIONS), SECTIONS)

    assert [(p.id, p.title) for p in reflections.sections] == [(i, t) for i, t, _ in SECTIONS]
    assert [(a.id, a.question) for p in reflections.sections for a in p.answers] == [
        prompt for _, _, prompts in SECTIONS for prompt in prompts
    ]
    assert reflections.stray == ()
    for part in reflections.sections:
        assert not part.words.strip()
        assert all(a.state == "unanswered" and not a.gone for a in part.answers)


def test_a_new_file_says_how_to_skip_a_question_and_that_words_are_safe():
    opening = merge(None, SECTIONS).partition("<!-- section")[0]

    assert "(skipped)" in opening
    assert "never changes, moves, or deletes" in opening


@pytest.mark.parametrize("blank", ["", "\n\n", "\ufeff", " \r\n\t"])
def test_a_blank_file_becomes_a_new_one(blank):
    assert merge(blank, SECTIONS) == merge(None, SECTIONS)


def test_rebuilding_without_changes_changes_nothing():
    text = write_under(merge(None, SECTIONS), "frozen", "All but the head.\n")

    assert merge(text, SECTIONS) == text


def test_words_come_back_exactly_as_typed_with_their_line():
    words = "  Two spaces,\ta tab \n\n* a star\n"
    text = write_under(merge(None, SECTIONS), "frozen", words)
    found = answer(text, "frozen")

    assert found.words.strip("\n") == words.strip("\n")
    assert found.state == "answered"
    assert "\n".join(text.split("\n")[found.line - 1 :]).startswith(found.words)


def test_free_words_under_a_heading_belong_to_the_section():
    text = merge(None, SECTIONS).replace("# Personal Growth\n", "# Personal Growth\nI grew.\n")

    assert section(text, "growth").words.strip() == "I grew."


def test_a_new_prompt_goes_to_the_end_of_its_section_after_the_students_words():
    text = write_under(merge(None, SECTIONS), "pieces", "It became ##ing")
    more = with_prompt("new", "What happened at epoch 8?")
    merged = merge(text, more)

    assert [a.id for a in section(merged, "learning", more).answers] == ["frozen", "pieces", "new"]
    assert answer(merged, "pieces", more).words.strip() == "It became ##ing"
    assert merged.index("epoch 8") < merged.index("<!-- section: challenges")


def test_an_untouched_prompt_that_has_gone_is_taken_away():
    more = with_prompt("new", "What happened at epoch 8?")

    assert merge(merge(None, more), SECTIONS) == merge(None, SECTIONS)


def test_words_under_a_prompt_that_has_gone_stay_and_are_told():
    more = with_prompt("new", "What happened at epoch 8?")
    text = write_under(merge(None, more), "new", "It overfitted.\n")

    assert merge(text, SECTIONS) == text
    found = answer(text, "new")
    assert found.gone
    assert found.question == "What happened at epoch 8?"
    assert found.words.strip() == "It overfitted."


def test_a_question_that_reads_otherwise_now_replaces_an_untouched_one_in_place():
    old = with_prompt("frozen-2", "Old words?")
    new = with_prompt("frozen-2", "New words?")

    assert merge(merge(None, old), new) == merge(None, new)


def test_a_question_that_was_answered_keeps_the_words_it_was_answered_in():
    old = with_prompt("q", "Old words?")
    text = write_under(merge(None, old), "q", "My answer.\n")
    new = with_prompt("q", "New words?")

    assert merge(text, new) == text
    assert answer(text, "q", new).question == "Old words?"


def test_a_question_that_the_student_edited_is_the_students():
    more = with_prompt("q", "What happened at epoch 8?")
    text = merge(None, more).replace("happened at epoch 8?", "happened to ME at epoch 8?")

    assert merge(text, more) == text
    assert merge(text, SECTIONS) == text
    found = answer(text, "q", more)
    assert found.words.strip() == "> What happened to ME at epoch 8?"
    assert found.question == "What happened at epoch 8?"
    assert found.state == "unanswered"


@pytest.mark.parametrize(
    "words", ["(skipped)", "(Skipped)", "skip", "*skipped*", "(skipped: it did not happen)"]
)
def test_a_prompt_can_be_skipped_on_purpose(words):
    assert answer(write_under(merge(None, SECTIONS), "frozen", words), "frozen").state == "skipped"


@pytest.mark.parametrize("words", ["I skipped this.", "(skipped) No, wait: all.", "(skippedness)"])
def test_other_words_about_skipping_are_an_answer(words):
    assert answer(write_under(merge(None, SECTIONS), "frozen", words), "frozen").state == "answered"


def test_a_file_of_free_text_keeps_it_as_stray_words_before_the_sections():
    text = "My thoughts.\nNo newline at the end"
    merged = merge(text, SECTIONS)

    assert merged.startswith(text)
    assert parse(merged, SECTIONS).stray_words.strip() == text
    assert len(parse(merged, SECTIONS).sections) == len(SECTIONS)


def test_a_section_whose_marker_was_deleted_is_found_by_its_heading():
    text = re.sub("<!-- section: challenges .*\n", "", merge(None, SECTIONS))
    text = write_under(text, "hardest", "Memory.\n")

    assert merge(text, SECTIONS) == text
    assert [a.words.strip() for a in section(text, "challenges").answers] == ["Memory."]


def test_the_students_own_headings_serve_as_sections():
    text = "## personal  growth\n\nI grew.\n"
    merged = merge(text, SECTIONS)

    assert "<!-- section: growth" not in merged
    assert section(merged, "growth").words.strip() == "I grew."


def test_a_byte_order_mark_stays_where_the_file_begins():
    merged = merge("\ufeff# Personal Growth\n\nI grew.\n", SECTIONS)

    assert merged.startswith("\ufeff<!-- section: learning ")
    assert merged.count("\ufeff") == 1
    assert merge(merged, SECTIONS) == merged
    assert section(merged, "growth").words.strip() == "I grew."


def test_a_deleted_section_comes_back_in_its_place():
    text = re.sub(
        r"(?s)<!-- section: challenges.*(?=<!-- section: growth)", "", merge(None, SECTIONS)
    )

    assert merge(text, SECTIONS) == merge(None, SECTIONS)


def test_missing_sections_come_in_order_however_the_student_sorted_the_others():
    text = "<!-- section: growth -->\n# Personal Growth\n\n<!-- section: learning -->\nlearned\n"
    merged = merge(text, SECTIONS)

    assert [part.id for part in parse(merged, SECTIONS).sections] == [
        "growth",
        "learning",
        "challenges",
    ]
    assert [a.id for a in section(merged, "learning").answers] == ["frozen", "pieces"]


def test_a_prompt_goes_to_its_own_section_when_a_new_section_begins_at_the_same_place():
    text = "<!-- section: growth -->\n\n<!-- section: challenges -->\n"
    sections = (*SECTIONS[:2], ("growth", "Personal Growth", (("next", "What next?"),)))
    merged = merge(text, sections)

    assert [a.id for a in section(merged, "growth", sections).answers] == ["next"]
    assert [a.id for a in section(merged, "learning", sections).answers] == ["frozen", "pieces"]


def test_a_prompt_in_no_section_belongs_to_the_one_that_asks_it():
    text = f"<!-- prompt: hardest {digest('What was hardest?')} -->\n> What was hardest?\n\nTime.\n"

    assert [a.words.strip() for a in section(text, "challenges").answers] == ["Time."]


def test_words_under_a_gone_prompt_in_no_section_are_stray_with_their_question():
    text = f"<!-- prompt: old {digest('Old?')} -->\n> Old?\n\nYes.\n"
    reflections = parse(text, SECTIONS)

    assert reflections.stray_words == "> Old?\n\nYes.\n"
    assert reflections.stray[0].line == 2


def test_a_section_that_is_not_asked_for_keeps_its_heading_among_its_words():
    text = "<!-- section: ethics -->\n# Ethics\n\nFair?\n"
    part = section(merge(text, SECTIONS), "ethics")

    assert part.title == ""
    assert part.words.startswith("# Ethics\n\nFair?\n")


def test_words_under_a_marker_that_stands_twice_are_kept_together():
    text = write_under(merge(None, SECTIONS), "frozen", "First.\n")
    copy = text[text.index("<!-- prompt: frozen") : text.index("<!-- prompt: pieces")]
    text += copy.replace("First.", "Second.")

    assert merge(text, SECTIONS) == text
    found = answer(text, "frozen")
    assert found.words.split() == ["First.", "Second."]
    assert [text.split("\n")[piece.line - 1 :] != [] for piece in found.pieces] == [True, True]


def test_a_marker_inside_a_code_fence_is_the_students_text():
    pasted = "```\n<!-- section: growth -->\n<!-- prompt: x 12345678 -->\n```\nSo it works.\n"
    text = write_under(merge(None, SECTIONS), "frozen", pasted)

    assert merge(text, SECTIONS) == text
    assert answer(text, "frozen").words.strip() == pasted.strip()


def test_a_pasted_copy_of_a_gone_prompt_inside_a_code_fence_is_not_taken_away():
    more = with_prompt("new", "New?")
    pasted = f"```\n<!-- prompt: new {digest('New?')} -->\n> New?\n```\n"
    text = write_under(merge(None, more), "frozen", pasted)
    merged = merge(text, SECTIONS)

    assert answer(merged, "frozen").words.strip() == pasted.strip()
    assert merged.count("prompt: new") == 1


@pytest.mark.parametrize("fence", ["```python", "~~~", "`````"])
def test_a_fence_that_is_never_closed_swallows_nothing(fence):
    text = write_under(merge(None, SECTIONS), "frozen", f"{fence}\nprint(1)\n")

    assert merge(text, SECTIONS) == text
    assert answer(text, "pieces").state == "unanswered"


def test_markers_between_two_slips_that_look_like_one_fence_still_count():
    text = write_under(merge(None, SECTIONS), "frozen", "```\nprint(1)\n")
    text = write_under(text, "hardest", "```\nprint(2)\n```\n")

    assert merge(text, SECTIONS) == text
    assert answer(text, "frozen").words.strip() == "```\nprint(1)"
    assert answer(text, "hardest").words.strip() == "```\nprint(2)\n```"


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_added_lines_end_as_the_file_does(newline):
    text = write_under(merge(None, SECTIONS), "frozen", "Yes.\n").replace("\n", newline)
    merged = merge(text, with_prompt("new", "New?"))

    assert merge(text, SECTIONS) == text
    assert "New?" in merged
    assert "\n" not in merged.replace(newline, "")


def test_a_byte_order_mark_stays_and_hides_nothing():
    text = "\ufeff" + merge(None, SECTIONS)

    assert merge(text, SECTIONS) == text
    assert parse(text, SECTIONS).stray == ()


def test_lines_are_those_that_an_editor_counts():
    text = write_under(merge(None, SECTIONS), "frozen", "a\x0bb\x0cc\u2028d\x85e\n")
    found = answer(text, "pieces")

    assert text.split("\n")[found.line - 2] == "> What became of a word?"


def test_half_of_a_surrogate_pair_passes_through():
    text = write_under(merge(None, SECTIONS), "frozen", "broken \udcff byte\n")

    assert "\udcff" in merge(text, with_prompt("new", "New?"))


def test_a_question_of_several_lines_is_asked_on_one():
    sections = with_prompt("q", "Why\n<!-- section: growth -->\nthis?")
    merged = merge(None, sections)

    assert merge(merged, sections) == merged
    assert answer(merged, "q", sections).question == "Why <!-- section: growth --> this?"


def test_an_id_that_cannot_stand_in_a_marker_is_refused():
    with pytest.raises(ValueError, match="cannot stand"):
        merge(None, with_prompt("a b", "Why?"))


@pytest.mark.parametrize(
    "hostile",
    [
        "x" * 1_000_000,
        "<!--" * 250_000,
        "<!-- section: " * 70_000,
        "# " * 500_000,
        " " * 500_000 + "\n" * 500_000 + "x",
        "\n".join("`" * length for length in range(1000, 3, -1)) + "\n```" * 100_000,
        "<!-- prompt: a 12345678 -->\n> q\n" * 20_000,
        "<!-- prompt: frozen 12345678 -->\n(skip" + "(" * 900_000,
    ],
    ids=["long", "comments", "markers", "heading", "blank", "fences", "prompts", "skip"],
)
def test_a_megabyte_of_anything_is_read_in_linear_time(hostile):
    start = time.perf_counter()
    merged = merge(hostile, SECTIONS)
    parse(merged, SECTIONS)

    assert hostile.strip("\n") in merged
    assert time.perf_counter() - start < 8


# Random lives of a file: rebuilds with changing prompts, and edits at any place in between.

QUESTIONS = ("Why?", "What next?", "Who was harmed by epoch 3's errors?")
SNIPPETS = (
    "words of mine",
    "\n",
    "\r\n",
    "  \t",
    "\n```\n",
    "\n~~~ text\n",
    "\n# Learning Insights\n",
    "\n## Own heading\n",
    "\n<!-- section: growth -->\n",
    "\n<!-- section: elsewhere -->\n",
    f"\n<!-- prompt: a {digest('Why?')} -->\n> Why?\n",
    "\n<!-- prompt: a 00000000 -->\n",
    "<!-- ",
    "> ",
    "(skipped)",
    "é\u2028\udc80",
)

outlines = st.lists(
    st.lists(
        st.tuples(st.sampled_from("abcdef"), st.sampled_from(QUESTIONS)),
        max_size=4,
        unique_by=lambda prompt: prompt[0],
    ),
    min_size=3,
    max_size=3,
).map(
    lambda prompts: tuple(
        (name, title, tuple((f"{name[0]}-{p}", q) for p, q in chosen))
        for (name, title, _), chosen in zip(SECTIONS, prompts, strict=True)
    )
)
edits = st.one_of(
    st.tuples(
        st.just("insert"),
        st.floats(0, 1),
        st.one_of(st.sampled_from(SNIPPETS), st.text(max_size=20)),
    ),
    st.tuples(st.just("delete"), st.floats(0, 1), st.integers(1, 80)),
    st.tuples(st.just("copy"), st.floats(0, 1), st.floats(0, 1)),
)


def edit(text: str, change: tuple) -> str:
    kind, place, what = change
    at = round(place * len(text))
    if kind == "insert":
        return text[:at] + what + text[at:]
    if kind == "delete":
        return text[:at] + text[at + what :]
    other = round(what * len(text))
    return text[:at] + text[min(at, other) : max(at, other)][:400] + text[at:]


@st.composite
def lives(draw):
    """A file after some rebuilds and edits, and the outline of the rebuild that comes next."""
    text: str | None = draw(st.sampled_from([None, "", "Only my text", "\ufefftext\r\n"]))
    for _ in range(draw(st.integers(0, 3))):
        text = merge(text, draw(outlines))
        for change in draw(st.lists(edits, max_size=6)):
            text = edit(text, change)
    return text or "", draw(outlines)


OPENING = merge(None, ())


def lines_of(text: str) -> list[str]:
    return [line.removeprefix("\ufeff") for line in re.split(r"\r\n|\r|\n", text)]


def of_the_student(text: str) -> list[str]:
    """The lines that no rule could take for the tool's, in order."""
    tool = re.compile(
        r"\s*|\s*<!--\s*(section|prompt):.*-->\s*|# (Learning Insights|Challenges and Struggles"
        r"|Personal Growth)|\s*>\s*(" + "|".join(map(re.escape, QUESTIONS)) + r")\s*"
    )
    return [line for line in lines_of(text) if not tool.fullmatch(line)]


def follows(part: list[str], whole: list[str]) -> bool:
    """Every item of ``part`` is in ``whole``, in the same order."""
    rest = iter(whole)
    return all(item in rest for item in part)


@given(lives())
@settings(max_examples=150, deadline=None)
def test_every_line_of_the_student_is_in_the_result_in_the_same_order(life):
    text, outline = life
    if not text.strip("\ufeff \t\r\n"):
        return
    assert of_the_student(merge(text, outline)) == of_the_student(text)


@given(lives())
@settings(max_examples=150, deadline=None)
def test_only_whole_untouched_prompts_and_headings_are_ever_taken_away_or_moved(life):
    text, outline = life
    if not text.strip("\ufeff \t\r\n"):
        return
    untouched = re.compile(
        r"(?:(?<=[\r\n\ufeff])|\A) {0,3}<!--[ \t]*(?:prompt|section):[ \t]*\S+[ \t]+\w{8}[ \t]*-->"
        r"[ \t]*(?:\r\n|\r|\n)\s*(?:>[ \t]*(?:"
        + "|".join(map(re.escape, QUESTIONS))
        + r")|#+[ \t]+(?:Learning Insights|Challenges and Struggles|Personal Growth)[# \t]*)"
        r"[ \t]*(?:\r\n|\r|\n|$)"
    )
    kept = untouched.sub("\n", text)
    merged = [line for line in lines_of(merge(text, outline)) if line.strip()]

    assert follows([line for line in lines_of(kept) if line.strip()], merged)


@given(lives())
@settings(max_examples=150, deadline=None)
def test_rebuilding_again_changes_nothing(life):
    text, outline = life
    merged = merge(text, outline)

    assert merge(merged, outline) == merged


@given(lives())
@settings(max_examples=150, deadline=None)
def test_after_a_rebuild_every_prompt_is_asked_and_no_word_is_lost(life):
    text, outline = life
    merged = merge(text, outline)
    reflections = parse(merged, outline)
    pieces = [
        *reflections.stray,
        *(piece for part in reflections.sections for piece in part.pieces),
    ]
    answers = [found for part in reflections.sections for found in part.answers]
    pieces += [piece for found in answers for piece in found.pieces]

    assert {prompt for _, _, prompts in outline for prompt, _ in prompts} == {
        found.id for found in answers if not found.gone
    }
    assert {name for name, _, _ in outline} <= {part.id for part in reflections.sections}
    starts = [0, *(hit.end() for hit in re.finditer(r"\r\n|\r|\n", merged))]
    covered = bytearray(len(merged))
    for piece in pieces:
        start = starts[piece.line - 1] if piece.text else 0
        assert merged[start:].startswith(piece.text)
        assert not any(covered[start : start + len(piece.text)])
        covered[start : start + len(piece.text)] = b"\x01" * len(piece.text)
    left = "".join(char for char, gone in zip(merged, covered, strict=True) if not gone)
    titles = "|".join(re.escape(part.title) for part in reflections.sections if part.title)
    asked = "|".join(map(re.escape, QUESTIONS))
    tool = re.compile(rf"(?i:\s*#+\s+({titles})[#\s]*)|\s*>\s*({asked})\s*")
    assert [
        line
        for line in of_the_student(left.replace(OPENING, ""))
        if not tool.fullmatch(" ".join(line.split()))
    ] == []
