"""The rows of a class in files: a spreadsheet executes nothing, a page loads nothing."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journal.grading import sheets
from journal.grading.rows import Row

HOSTILE = "<script>alert(1)</script>"


def cells(rows: list[Row]) -> list[list[str]]:
    text = sheets.to_csv(rows).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


@given(st.text(max_size=20), st.sampled_from(["", " ", "  "]))
def test_no_cell_begins_as_a_formula_does(text: str, before: str) -> None:
    for sign in ("", "=", "+", "-", "@", "\t", "\r", "\n", "＝"):
        who = f"{before}{sign}{text}"
        made = cells([Row(who, Path("x"), built=who, same_record=(who,))])
        assert len(made) == 2
        for cell in made[1]:
            assert not cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝"))


def test_a_broken_submission_has_no_counts_and_says_why() -> None:
    header, row = cells([Row("ada", Path("ada"), "It is damaged.")])
    told = dict(zip(header, row, strict=True))
    assert told["problem"] == "It is damaged."
    assert told["checks passed"] == told["errors in numbers"] == ""
    [whole] = sheets.to_json([Row("ada", Path("ada"), "It is damaged.")])["submissions"]
    assert whole["checks"] is None
    assert whole["errors"] is None
    assert whole["fine"] is False


def test_the_page_links_into_the_built_journal_and_escapes_every_name(tmp_path: Path) -> None:
    page = tmp_path / "in" / "a #1?%" / "build" / "journal.html"
    rows = [
        Row(HOSTILE, Path("x"), built=HOSTILE, pack=HOSTILE, page=page, checks=3),
        Row("bo", Path("x"), HOSTILE),
    ]
    made = sheets.to_html(rows, tmp_path / "out", "who").decode()
    assert "<script" not in made
    assert 'href="./../in/a%20%231%3F%25/build/journal.html"' in made
    assert made.count("&lt;script&gt;") == 4
    assert "default-src 'none'" in made


def test_a_name_that_looks_like_a_scheme_stays_a_path(tmp_path: Path) -> None:
    page = tmp_path / "javascript:x" / "build" / "journal.html"
    made = sheets.to_html([Row("a", Path("x"), page=page)], tmp_path, "who").decode()
    assert re.findall(r'href="([^"]*)"', made) == ["./javascript%3Ax/build/journal.html"]


@pytest.mark.browser
def test_the_page_is_styled_and_its_links_open(tmp_path: Path, chromium: object) -> None:
    target = tmp_path / "ada" / "build" / "journal.html"
    target.parent.mkdir(parents=True)
    target.write_text("<title>Hers</title>")
    place = tmp_path / "class.html"
    place.write_bytes(sheets.to_html([Row("ada", Path("x"), page=target)], tmp_path, "who"))
    page = chromium.new_page()  # type: ignore[attr-defined]
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(place.as_uri())
    collapse = "getComputedStyle(document.querySelector('table')).borderCollapse"
    assert page.evaluate(collapse) == "collapse"
    page.click("text=ada")
    assert page.title() == "Hers"
    assert said == []
    page.close()
