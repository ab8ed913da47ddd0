"""``journal.toml``: what may stand in it, and what is said when something else does."""

from __future__ import annotations

from pathlib import Path

import pytest

from journal.record import FolderError, Settings
from journal.record.settings import read_settings


def settings(tmp_path: Path, text: str | bytes) -> Settings:
    path = tmp_path / "journal.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_settings(path)


def test_every_setting_is_read(tmp_path: Path) -> None:
    found = settings(
        tmp_path,
        """
        title = "My lab"
        course = "DL 101"
        module = "2"
        instructor = "Sample"
        author = "Naïve ☃"
        date = 2026-11-23
        pack = "lab"
        runs = ["2026-11", "b"]
        language = "en"
        """,
    )
    assert found == Settings(
        title="My lab", course="DL 101", module="2", instructor="Sample", author="Naïve ☃",
        date="2026-11-23", pack="lab", runs=("2026-11", "b"), language="en",
    )  # fmt: skip


def test_what_is_left_out_is_empty_and_all_runs_belong(tmp_path: Path) -> None:
    found = settings(tmp_path, "")
    assert (found.title, found.author, found.date, found.pack) == ("", "", "", "lab")
    assert found.runs == "all"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-11-23", "2026-11-23"),
        ("2026-11-23T19:15:12Z", "2026-11-23"),
        ('"23 November"', "23 November"),
        ('""', ""),
    ],
)
def test_a_date_is_a_date_or_words(tmp_path: Path, written: str, read: str) -> None:
    assert settings(tmp_path, f"date = {written}").date == read


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    assert settings(tmp_path, b'\xef\xbb\xbftitle = "x"').title == "x"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('course = "x"\nauther = "x"', "line 2: 'auther' is not a setting; did you mean author."),
        ("zzz = 1", "line 1: 'zzz' is not a setting; the settings are title, course, module, "),
        ('[ author ]\nname = "x"', 'line 1: author must be words; write author = "..." with'),
        ('\nauthor.name = "x"', "line 2: author must be words;"),
        ("title = 5", "line 1: title must be words;"),
        ("date = 5", "line 1: date must be words;"),
        ("title = [", "line 1 is not TOML ("),
        ('title = "a"\ncourse = b', "line 2 is not TOML (invalid value); write settings as name"),
        ('title = "a"\ntitle = "b"', "line 2 is not TOML (cannot overwrite a value);"),
        ("title = 'a\nb'", "line 1 is not TOML ("),
        ('title = "a', "is not TOML ("),
        ('title = """a\nb"""', "line 1: title must be one line of text;"),
        (f'title = "{"x" * 501}"', "line 1: title is longer than 500 characters; shorten it."),
        ('runs = "some"', 'line 1: runs cannot be that; write runs = "all" or a list of run ids.'),
        ("runs = [1]", "line 1: runs cannot be that;"),
        ("title = " + "[" * 5000, "is nested too deeply;"),
        ("title = 'x'\nauthor = 'Zo\xeb'".encode("latin-1"), "line 2 is not UTF-8 text; save"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence_with_the_line(
    tmp_path: Path, text: str | bytes, sentence: str
) -> None:
    with pytest.raises(FolderError) as caught:
        settings(tmp_path, text)
    said = str(caught.value)
    assert f"journal.toml: {sentence}" in said or sentence in said
    assert said.startswith(str(tmp_path / "journal.toml"))
    assert "\n" not in said
