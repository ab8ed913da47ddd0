"""The table of the reviews holds each split's counts, and leaves out what was not counted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from journal.record import events as ev
from journal.record.run import Run, numbered
from journal.report.model import Table
from journal.report.reviews_table import reviews_table


def table_of(**data: Any) -> Table | None:
    header = ev.RunStarted(time=1.0, run_id="r-1", engine="cached", program="p")
    event = ev.Data(time=2.0, name="reviews", **data)
    return reviews_table(Run(Path("record.jsonl"), numbered([header, event])))


def counted(split: Any, **changes: Any) -> ev.SplitText:
    scripts = (
        ev.ScriptLetters(script="Latin", letters=900),
        ev.ScriptLetters(script="Greek", letters=100),
    )
    base: dict[str, Any] = {
        "reviews": 90, "words": 200, "pieces": 300, "unknown": 3, "reviews_with_unknown": 2,
        "scripts": scripts,
    }  # fmt: skip
    return ev.SplitText(split=split, **base | changes)


def test_both_splits_stand_side_by_side() -> None:
    table = table_of(
        train=90,
        validation=10,
        labels=(ev.LabelCount(label="good", train=50, validation=6),),
        tokens=ev.TokenLengths(mean=22.17, median=20, longest=129, truncated=0),
        texts=(
            counted("train"),
            counted("validation", words=10, pieces=60, unknown=0, scripts=()),
        ),
    )
    assert table is not None
    assert str(table.caption) == (
        "The reviews, by split. To the model a review has 22.2 tokens on average and 129 at most, "
        "special ones included; none lost the end."
    )
    assert [[str(cell) for cell in row] for row in table.rows] == [
        ["Reviews", "90", "10"],
        ["Labeled good", "50", "6"],
        ["Words", "200", "10"],
        ["Pieces", "300", "60"],
        ["Pieces per word", "1.50", "6.00"],
        ["Pieces unknown to the tokenizer", "1.0%", "0.0%"],
        ["Reviews with an unknown piece", "2", "2"],
        ["Letters that are Latin", "90%", "–"],
        ["Letters that are Greek", "10%", "–"],
    ]
    (greek,) = table.rows[-1][1].values
    assert {e.metric for e in greek.evidence} == {
        "data.texts.0.scripts.0.letters", "data.texts.0.scripts.1.letters",
    }  # fmt: skip


def test_a_record_from_before_there_were_such_counts_still_has_its_table() -> None:
    table = table_of(train=90, validation=10)
    assert table is not None
    assert [str(row[0]) for row in table.rows] == ["Reviews"]
    assert table_of(rows=100) is None
