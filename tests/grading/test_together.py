"""What is said of all rows together: likeness, order, pseudonyms."""

from __future__ import annotations

import dataclasses
import stat
from pathlib import Path

import pytest

from journal.errors import UsageError
from journal.grading import together
from journal.grading.rows import Row


def made(who: str, **fields: object) -> Row:
    return dataclasses.replace(Row(who, Path(who)), **fields)  # type: ignore[arg-type]


def test_the_same_record_and_the_same_figures_are_told_apart() -> None:
    rows = [
        made("ada", records=frozenset({"r1"}), figures=frozenset({"f1"})),
        made("bo", records=frozenset({"r1", "r2"}), figures=frozenset({"f1", "f2"})),
        made("cy", records=frozenset({"r3"}), figures=frozenset({"f1"})),
        made("di", records=frozenset({"r4"}), figures=frozenset({"f4"})),
        made("ed", problem="It is broken."),
    ]
    linked = {row.who: (row.same_record, row.same_figures) for row in together.link(rows)}
    assert linked == {
        "ada": (("bo",), ("cy",)),
        "bo": (("ada",), ("cy",)),
        "cy": ((), ("ada", "bo")),
        "di": ((), ()),
        "ed": ((), ()),
    }


def test_of_many_alike_some_are_named_and_that_there_are_others() -> None:
    rows = [made(f"s{n}", figures=frozenset({"f"})) for n in range(30)]
    first, *_, last = together.link(rows)
    assert first.same_figures == ("s1", "s2", "s3", "s4", "s5", "others")
    assert last.same_figures == ("s0", "s1", "s2", "s3", "s4", "others")


def names(rows: list[Row], by: str) -> list[str]:
    return [row.who for row in together.sort(rows, by)]


def test_names_sort_as_people_count_and_all_else_puts_first_what_needs_a_look() -> None:
    rows = [
        made("s10", errors=1, unanswered=3, passed=9, checks=10),
        made("s9", errors=4, unanswered=0, passed=5, checks=10, unreflected=("overfitting",)),
        made("S1", problem="It is broken."),
    ]
    assert names(rows, "who") == ["S1", "s9", "s10"]
    assert names(rows, "errors") == ["S1", "s9", "s10"]
    assert names(rows, "unanswered") == ["S1", "s10", "s9"]
    assert names(rows, "checks") == ["S1", "s9", "s10"]
    assert names(rows, "unreflected") == ["S1", "s9", "s10"]


@pytest.mark.parametrize("by", together.ORDERS)
def test_every_order_takes_any_names(by: str) -> None:
    rows = [made(name) for name in ("", "1", "a1", "1a", "²", "9" * 50, "a", "٣", "A")]
    assert sorted(names(rows, by)) == sorted(row.who for row in rows)


def test_pseudonyms_depend_on_name_and_key_and_nothing_else() -> None:
    key, other = b"k" * 32, b"l" * 32
    rows = [made("ada", problem="It holds ada.", page=Path("ada/build")), made("bo", errors=2)]
    hidden = together.hide([*rows, made("a", problem="It is a link.")], key)
    assert hidden[:2] == together.hide(rows, key)
    assert hidden[2].problem == "It is a link."
    assert [row.errors for row in hidden] == [0, 2, 0]
    assert "ada" not in repr(hidden)
    assert {row.who for row in hidden}.isdisjoint(row.who for row in together.hide(rows, other))


def test_a_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "class.key"
    key = together.read_key(path, make=True)
    assert len(key) == 64
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert together.read_key(path, make=True) == key
    path.write_text("short")
    with pytest.raises(UsageError, match="fewer than 16"):
        together.read_key(path, make=False)
