"""The picture of what went wrong, and what it says to those who cannot see it."""

from __future__ import annotations

from pathlib import Path

from journal.analysis.timeline import timeline
from journal.record import events as ev
from journal.record.run import Run, numbered
from journal.report import charts

HOSTILE = "<script>alert(1)</script>\u202e " + "x" * 500


def run_with(tried: str) -> Run:
    events: list[ev.AnyEvent] = [
        ev.RunStarted(time=100, run_id="one", engine="cached", program="test"),
        ev.OutOfMemory(
            time=110, phase="training", tried=tried, error="e", changed="8", seconds_lost=4.2
        ),
        ev.RunFinished(time=140, status="completed", seconds=40, seal="0" * 64),
    ]
    return Run(Path("runs/one/record.jsonl"), numbered(events))


def test_without_trouble_there_is_no_picture() -> None:
    assert charts.timeline_chart(()) is None


def test_the_picture_its_words_and_its_table_tell_the_same() -> None:
    figure = charts.timeline_chart(timeline((run_with("batch of 32 reviews"),), ()))
    assert figure is not None
    for words in ("memory ran out while training: batch of 32 reviews", "4.20 s lost"):
        assert words in figure.alt
        assert words in figure.svg
        assert any(words in str(cell) for row in figure.data.rows for cell in row)
    assert "one of these three moments" in str(figure.caption)


def test_a_records_hostile_words_stay_words_of_one_line() -> None:
    figure = charts.timeline_chart(timeline((run_with(HOSTILE),), ()))
    assert figure is not None
    assert "<script" not in figure.svg
    assert "\u202e" not in figure.svg + figure.alt
    assert all(len(str(cell)) < 300 for row in figure.data.rows for cell in row)
