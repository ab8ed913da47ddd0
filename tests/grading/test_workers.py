"""Many submissions over several processes: each is a row, also where a worker dies."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from journal.grading import workers
from journal.grading.rows import Row, row
from journal.grading.submissions import find_submissions

from .samples import members, write_journal, zipped


@pytest.fixture
def crowd(tmp_path: Path) -> Path:
    folder = tmp_path / "class"
    whole = zipped(members(write_journal(tmp_path / "one").root))
    folder.mkdir()
    for number in range(12):
        (folder / f"s{number:02}.zip").write_bytes(whole if number % 4 else whole[:100])
    return folder


def rows(folder: Path, jobs: int) -> list[Row]:
    found = workers.check(find_submissions([folder]), jobs=jobs)
    return sorted(found, key=lambda made: made.who)


def test_two_processes_give_the_rows_that_one_gives(crowd: Path) -> None:
    one = rows(crowd, 1)
    assert rows(crowd, 2) == one
    assert [made.who for made in one if made.problem] == ["s00", "s04", "s08"]


def die_on_three(submission: object, scratch: Path, pack: None) -> Row:
    """What a worker does that the system kills for lack of memory on one submission."""
    if submission.name == "s03":  # type: ignore[attr-defined]
        os.kill(os.getpid(), signal.SIGKILL)
    return row(submission, scratch, pack)  # type: ignore[arg-type]


def test_a_submission_that_kills_its_worker_costs_only_its_own_row(
    crowd: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = rows(crowd, 1)
    monkeypatch.setattr(workers, "row", die_on_three)
    found = rows(crowd, 2)
    assert len(found) == 12
    for made, whole in zip(found, expected, strict=True):
        if made.who == "s03":
            assert "The system ended its check" in made.problem
        else:
            assert made == whole
