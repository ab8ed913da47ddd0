"""Charts kept from build to build: the same bytes, and nothing that was not drawn here."""

from __future__ import annotations

from pathlib import Path

import pytest

from journal.report.charts import kept
from journal.report.charts.sheet import Sheet


def sheet(words: str = "loss") -> Sheet:
    """A small drawing with something of each kind."""
    made = Sheet(60)
    made.box(0, 0, 20, 10, "#f1efe8", edge="#5d6266", opacity=0.5)
    made.line([(0, 30), (100, 40), (200, 20)], dash=(4, 2))
    made.marks([(10, 10), (20, 20)], "o", 5, "#0b6188", "none")
    made.text(5, 50, words, bold=True, anchor="middle")
    return made


def drawings(folder: Path) -> list[Path]:
    return sorted(folder.glob("*"))


def never() -> str:
    raise AssertionError("it was drawn again")


def test_a_kept_drawing_has_the_bytes_of_one_drawn_anew(tmp_path: Path) -> None:
    anew = sheet().svg("words")
    with kept.keeping(tmp_path / "charts"):
        assert sheet().svg("words") == anew
        assert len(drawings(tmp_path / "charts")) == 1
        assert sheet().svg("words") == anew
    assert len(drawings(tmp_path / "charts")) == 1


def test_the_same_content_is_drawn_once_and_other_content_anew(tmp_path: Path) -> None:
    with kept.keeping(tmp_path):
        assert kept.drawn([1.5, "a"], lambda: "<g/>") == "<g/>"
        assert kept.drawn([1.5, "a"], never) == "<g/>"
        assert kept.drawn([1.5000000000000002, "a"], lambda: "<path/>") == "<path/>"


def test_what_anything_on_the_sheet_changes_is_drawn_anew(tmp_path: Path) -> None:
    with kept.keeping(tmp_path):
        for made in (sheet(), sheet("accuracy"), Sheet(60)):
            made.svg("words")
        other = sheet()
        other.line([(0, 0), (1, 1)])
        other.svg("words")
    assert len(drawings(tmp_path)) == 4


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(path.read_bytes()[:-20]),
        lambda path: path.write_bytes(path.read_bytes().replace(b"path", b"foul")),
        lambda path: path.write_bytes(b""),
        lambda path: path.unlink() or path.mkdir(),
    ],
    ids=["torn", "changed", "empty", "a folder"],
)
def test_a_spoiled_drawing_is_not_used(tmp_path: Path, spoil) -> None:
    anew = sheet().svg("words")
    with kept.keeping(tmp_path):
        sheet().svg("words")
        spoil(drawings(tmp_path)[0])
        assert sheet().svg("words") == anew


def test_where_nothing_can_be_kept_charts_are_drawn_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with kept.keeping(tmp_path / "file"):
        assert sheet().svg("words") == sheet().svg("words")
    assert (tmp_path / "file").read_text() == "in the way"


def test_outside_of_keeping_nothing_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REFLECTIVE_JOURNAL_CACHE", str(tmp_path))
    sheet().svg("words")
    assert drawings(tmp_path) == []


def test_the_cache_is_readable_by_its_owner_alone_and_does_not_grow_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "MOST", 6)
    folder = tmp_path / "charts"
    with kept.keeping(folder):
        for number in range(20):
            kept.drawn([number], lambda: "<g/>")
    assert 1 < len(drawings(folder)) <= 6
    assert folder.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in drawings(folder))


def test_what_was_used_lately_stays_when_room_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "MOST", 6)
    with kept.keeping(tmp_path):
        kept.drawn([0], lambda: "<g/>")
        for number in range(1, 20):
            kept.drawn([number], lambda: "<g/>")
            kept.drawn([0], never)
