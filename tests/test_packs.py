"""Course packs are read from their files, and refused in one sentence when at fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from journal import packs
from journal.errors import PackError, RenderError
from journal.report.words import merge, parse
from journal.resources import templates

GOOD = """\
title = "A pack"

[[sections]]
id = "one"
title = "One"

[[sections.prompts]]
id = "why"
question = "Why?"
"""


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "mine" / "pack.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_the_lab_has_its_four_sections_in_order():
    assert [section.title for section in packs.load("lab").sections] == [
        "Learning Insights",
        "Challenges and Struggles",
        "Personal Growth",
        "Critical Reflection",
    ]


def test_the_lab_asks_at_least_eight_questions_and_some_in_every_section():
    pack = packs.load("lab")
    questions = [prompt.question for section in pack.sections for prompt in section.prompts]

    assert len(questions) >= 8
    assert len(set(questions)) == len(questions)
    assert all(section.prompts for section in pack.sections)
    assert all(question.endswith("?") for question in questions)


def test_a_pack_is_an_outline_of_the_students_file():
    pack = packs.load("lab")
    reflections = parse(merge(None, pack.sections), pack.sections)

    assert [part.title for part in reflections.sections] == [s.title for s in pack.sections]


def test_a_pack_is_read_as_it_is_written(tmp_path):
    pack = packs.read(written(tmp_path, GOOD))

    assert pack == ("mine", "A pack", (("one", "One", (("why", "Why?"),)),))


@pytest.mark.parametrize("name", ["", "none", "../lab", "lab/../lab", "/etc"])
def test_an_unknown_pack_is_refused_with_those_that_there_are(name):
    with pytest.raises(PackError, match="choose one of these: lab"):
        packs.load(name)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('title = "A pack"\n', "", r"pack\.toml: the pack has no title"),
        ('title = "One"', 'title = " "', "section 'one' has no title"),
        ('"why"', '"Why not"', "line 8: the id 'Why not' holds something other than"),
        ('"why"', '"one"', "line 8: the id 'one' is used twice"),
        ('"Why?"', '"Because."', "line 9: prompt 'why' does not end with a question mark"),
        ('"Why?"', '"Why\\nnot?"', "the question of prompt 'why' runs over more than one line"),
        ('"Why?"', "7", "prompt 'why' has no question"),
        ("question =", "frage =", "line 9: prompt 'why' has an unknown key 'frage'"),
        ('title = "A pack"', "title = ", "not valid TOML: Invalid value (at line 1"),
        ("[[sections]]", "[sections]", "'sections' of pack is not a list of tables"),
    ],
)
def test_a_fault_is_told_with_its_place(tmp_path, old, new, said):
    text = GOOD.replace(old, new)
    if "[sections]" in new:
        text = text.replace("[[sections.prompts]]", "[[sections.more]]")
    assert text != GOOD
    with pytest.raises(PackError) as caught:
        packs.read(written(tmp_path, text))
    message = str(caught.value)
    assert said.replace("\\", "") in message
    assert "\n" not in message


def test_a_pack_without_sections_is_refused(tmp_path):
    with pytest.raises(PackError, match="has no sections"):
        packs.read(written(tmp_path, 'title = "A pack"'))


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"\xff", "is not UTF-8"), (b"#" * 1_000_001, "is larger than 1 MB")],
)
def test_what_is_no_text_of_a_pack_is_refused(tmp_path, content, said):
    with pytest.raises(PackError, match=said):
        packs.read(written(tmp_path, content))


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(PackError, match="cannot be read"):
        packs.read(tmp_path / "pack.toml")


def test_templates_are_found_in_a_checkout():
    assert (templates() / "packs" / "lab" / "pack.toml").is_file()


def test_templates_inside_the_package_come_first(tmp_path, monkeypatch):
    package = tmp_path / "journal"
    (package / "templates").mkdir(parents=True)
    (tmp_path / "templates").mkdir()
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.setattr("journal.resources.__file__", str(package / "resources.py"))

    assert templates() == package / "templates"


def test_a_folder_named_templates_beside_an_installed_package_is_not_ours(tmp_path, monkeypatch):
    (tmp_path / "journal").mkdir()
    (tmp_path / "templates").mkdir()
    monkeypatch.setattr("journal.resources.__file__", str(tmp_path / "journal" / "resources.py"))

    with pytest.raises(RenderError, match="templates is missing"):
        templates()
