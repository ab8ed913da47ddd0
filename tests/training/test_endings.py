"""What is said of a run that ended before its time."""

from __future__ import annotations

from pathlib import Path

from journal.record import Writer
from training.config import LabConfig
from training.endings import interruption


def test_the_way_on_names_the_files_that_a_record_cannot(tmp_path: Path) -> None:
    reviews = tmp_path / "my reviews.csv"
    reviews.write_text("reviewText,isPositive\n")
    writer = Writer.create(tmp_path / "runs", engine="cached", seed=1, config={})
    writer.close("interrupted")
    said = str(interruption(writer.path, LabConfig(data=str(reviews), model="minilm")))
    assert f"--resume {writer.run_id} --data '{reviews}', or build" in said


def test_embedded_reviews_need_no_name(tmp_path: Path) -> None:
    writer = Writer.create(tmp_path / "runs", engine="cached", seed=1, config={})
    writer.close("interrupted")
    assert "--data" not in str(interruption(writer.path, LabConfig(data="amazon-snippets")))
