"""Course packs are read from their files, and every mistake in one is told with its line."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journal import packs
from journal.errors import PackError
from journal.packs.toml_lines import lines_of

Write = Callable[..., Path]


def test_a_pack_is_read_as_it_is_written(write: Write) -> None:
    pack = packs.read(write())

    assert (pack.name, pack.title, pack.origin) == ("mine", "A pack", "folder")
    assert pack.sections[0] == packs.Section(
        "one", "One", (packs.Prompt("why", "Why?"),), ("growth",)
    )
    assert pack.checks == (packs.Check("long", "words", "one", 80),)
    assert pack.rubric == (
        packs.Criterion("depth", "Depth", "", (packs.Level("Much", 2.5),), ("long",)),
    )
    assert pack.wording == packs.Wording(question="Asked")
    assert pack.outline == [("one", "One", [("why", "Why?")]), ("two", "Two", [])]


def test_a_subject_goes_to_the_section_that_takes_it_and_else_to_the_last(write: Write) -> None:
    pack = packs.read(write())

    assert pack.home("growth") == "one"
    assert pack.home("challenges") == "two"


def test_a_section_with_the_name_of_a_subject_takes_it_unless_it_says_otherwise(
    write: Write, good: str
) -> None:
    text = good.replace('id = "two"', 'id = "challenges"')
    assert packs.read(write(text)).home("challenges") == "challenges"
    text = text.replace('title = "Two"', 'title = "Two"\ntakes = []')
    assert packs.read(write(text)).sections[1].takes == ()


MISTAKES = [
    ('title = "A pack"\n', "", 0, "the pack has no title"),
    ('title = "A pack"', "title = 7", 1, "the title of the pack is no text"),
    ('title = "One"', 'title = " "', 5, "the title of section 'one' is empty"),
    ('title = "One"', f'title = "{"o" * 201}"', 5, "the title of section 'one' is longer than"),
    ('"why"', '"Why not"', 9, "the id 'Why not' holds something other than"),
    ('"why"', '""', 9, "the id of prompt 1 is empty"),
    ('id = "two"', 'id = "one"', 13, "the id 'one' is used twice"),
    ('"Why?"', '"Because."', 10, "prompt 'why' does not end with a question mark"),
    ('"Why?"', '"Why\\nnot?"', 10, "the question of prompt 'why' runs over more than one line"),
    ('"Why?"', "7", 10, "the question of prompt 'why' is no text"),
    ("question =", "qestion =", 10, "prompt 'why' has an unknown key 'qestion'; did you mean ques"),
    ('"growth"', '"grwth"', 6, "'takes' of section 'one' names 'grwth', which is not there"),
    ('["growth"]', '"growth"', 6, "'takes' of section 'one' is not a list of words"),
    ('title = "Two"', 'title = "Two"\ntakes = ["growth"]', 15, "'growth' is taken by two"),
    ('"words"', '"letters"', 18, "the kind of check 'long' cannot be 'letters'; choose one"),
    ("at_least = 80", "at_least = true", 20, "at_least is no whole number"),
    ("at_least = 80", "", 16, "check 'long' has no at_least"),
    ('section = "one"', 'section = "on"', 19, "there is no section 'on'"),
    ('["long"]', '["short"]', 25, "'requires' of criterion 'depth' names 'short'"),
    ("points = 2.5", "points = -1", 29, "level 'Much' has no number of points"),
    ("points = 2.5", "points = nan", 29, "level 'Much' has no number of points"),
    ("[[rubric.levels]]", "[[rubric.level]]", 27, "criterion 'depth' has an unknown key 'level'"),
    ('question = "Asked"', 'qustion = "Asked"', 32, "[wording] has an unknown key 'qustion'"),
    ('question = "Asked"', "question = []", 32, "the question of [wording] is no text"),
]


@pytest.mark.parametrize(("old", "new", "line", "said"), MISTAKES)
def test_a_mistake_is_told_with_its_line(
    write: Write, good: str, old: str, new: str, line: int, said: str
) -> None:
    text = good.replace(old, new, 1)
    assert text != good
    _, faults = packs.examine(write(text))
    told = [fault for fault in faults if said in str(fault)]
    assert [fault.line for fault in told] == [line], faults
    assert "\n" not in str(told[0])


def test_every_mistake_is_told_at_once_in_the_order_of_the_file(write: Write, good: str) -> None:
    text = good
    for old, new, *_ in (MISTAKES[2], MISTAKES[4], MISTAKES[7], MISTAKES[14], MISTAKES[22]):
        text = text.replace(old, new, 1)
    _, faults = packs.examine(write(text))

    assert [fault.line for fault in faults] == [5, 9, 10, 18, 32]
    with pytest.raises(PackError, match=r"line 5: .* journal packs check .* shows 4 more"):
        packs.read(write(text))


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("title = ", 1, "not valid TOML (invalid value)"),
        ('title = "x"\n\n[[sections]\n', 3, "not valid TOML"),
        ('title = "x"\ntitle = "y"\n', 2, "not valid TOML"),
        ('title = """x\n', 1, "not valid TOML"),
        ("a = " + "[" * 100_000, 0, "nested too deeply"),
        ('title = "A pack"', 0, "the pack has no sections"),
        ('title = "A pack"\nsections = 3', 2, "'sections' of the pack is not a list of tables"),
        ('title = "A pack"\nwording = 3', 2, "'wording' is not a table"),
        (b"title = \xff", 0, "line 1 is not UTF-8 text"),
        (b"#" * (1 << 20) + b"#", 0, "larger than 1 MB"),
    ],
)
def test_what_is_no_pack_at_all_is_told(
    write: Write, text: str | bytes, line: int, said: str
) -> None:
    _, faults = packs.examine(write(text))
    assert [fault.line for fault in faults if said in str(fault)] == [line], faults


def test_a_folder_without_a_pack_is_told(tmp_path: Path) -> None:
    with pytest.raises(PackError, match=r"pack\.toml: there is no such file"):
        packs.read(tmp_path)


def test_a_link_or_a_pipe_in_place_of_the_file_is_not_read(tmp_path: Path, write: Write) -> None:
    (tmp_path / "secret.toml").write_text('title = "secret"')
    folder = tmp_path / "linked"
    folder.mkdir()
    (folder / "pack.toml").symlink_to(tmp_path / "secret.toml")
    with pytest.raises(PackError, match="a link leads out of the pack"):
        packs.read(folder)
    (folder / "pack.toml").unlink()
    os.mkfifo(folder / "pack.toml")
    with pytest.raises(PackError, match="not an ordinary file"):
        packs.read(folder)


LINES = """\
# [not.a.table]
a = 1
"b c" . d = [
  "x = 1",  # ]
  { y = 2 },
]
text = '''
[[sections]]
z = 3
'''

[one.two]
e = "\\" # [" # x

[[one.more]]
[[one.more]]
f = { g = 1 }
  [one.more.deep]
  h = \"\"\"\"quoted\"\"\"\"
[[one.more.deepest]]
i = 1
"""


def test_the_line_of_every_key_is_known_whatever_stands_around_it() -> None:
    tomllib.loads(LINES)
    assert lines_of(LINES) == {
        ("a",): 2,
        ("b c", "d"): 3,
        ("text",): 7,
        ("one", "two"): 12,
        ("one", "two", "e"): 13,
        ("one", "more", 0): 15,
        ("one", "more", 1): 16,
        ("one", "more", 1, "f"): 17,
        ("one", "more", 1, "deep"): 18,
        ("one", "more", 1, "deep", "h"): 19,
        ("one", "more", 1, "deepest", 0): 20,
        ("one", "more", 1, "deepest", 0, "i"): 21,
    }


@given(st.text(st.sampled_from("[]{}=\"'#\\\n .ab1"), max_size=80))
def test_no_text_stops_the_search_for_lines(text: str) -> None:
    assert all(1 <= line <= text.count("\n") + 1 for line in lines_of(text).values())


def test_a_rubric_may_require_what_is_checked_of_every_journal(tmp_path: Path) -> None:
    text = (
        'title = "T"\n[[sections]]\nid = "a"\ntitle = "A"\n'
        'takes = ["learning-insights", "challenges", "growth", "critical-reflection"]\n'
        '[[rubric]]\nid = "r"\ntitle = "R"\nrequires = ["unreflected"]\n'
        '[[rubric.levels]]\ntitle = "L"\npoints = 1\n'
    )
    folder = tmp_path / "p"
    folder.mkdir()
    (folder / "pack.toml").write_text(text)
    pack, faults = packs.examine(folder)
    assert faults == []
    assert pack is not None
    assert pack.rubric[0].requires == ("unreflected",)
    (folder / "pack.toml").write_text(
        text + '[[checks]]\nid = "seal"\nkind = "answered"\ndescription = "x"\n'
    )
    _, faults = packs.examine(folder)
    assert "is what a check of every journal is called" in str(faults[0])
