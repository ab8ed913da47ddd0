"""What is left of a checkpoint once it is no longer needed."""

from __future__ import annotations

from pathlib import Path

from training.checkpoint import CHECKPOINT_NAME, remove_checkpoint


def test_what_a_kill_left_half_written_goes_with_the_checkpoint(tmp_path: Path) -> None:
    left = [CHECKPOINT_NAME, f".{CHECKPOINT_NAME}.0a1b2c3d.part", ".tmpfYl8nV"]
    for name in [*left, "record.jsonl", ".tmp"]:
        (tmp_path / name).touch()
    remove_checkpoint(tmp_path / CHECKPOINT_NAME)
    assert {path.name for path in tmp_path.iterdir()} == {"record.jsonl", ".tmp"}
