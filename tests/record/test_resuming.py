"""A record that stopped is gone on with in the same file, and stays as honest as it was."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from journal.record import Folder, RecordError, Writer, read_run, resume_record
from journal.record import events as ev
from journal.record.resuming import seconds_at_work

Write = Callable[..., Path]


@pytest.mark.parametrize("torn", [b"", b'{"event":"epo', b"x" * 200_000], ids=len)
def test_a_killed_run_goes_on_behind_its_last_whole_line(tmp_path: Path, torn: bytes) -> None:
    path = killed(tmp_path, torn)
    before = path.read_bytes()
    writer, run = resume_record(path.parent)
    assert run.torn is bool(torn)
    with writer:
        writer.write(ev.Restart(from_epoch=1, reason="killed"))
        writer.write(ev.Epoch(epoch=2, train_loss=0.25))
    assert path.read_bytes().startswith(before.removesuffix(torn))
    again = read_run(path)
    assert (again.status, again.seal, again.torn) == ("completed", "intact", False)
    assert [epoch.epoch for epoch in again.epochs] == [1, 2]
    assert again.id == run.id


def killed(folder: Path, torn: bytes = b"") -> Path:
    """The record of a run that SIGKILL ended after its first epoch."""
    code = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom journal.record import Writer\n"
        "from journal.record import events as ev\n"
        "writer = Writer.create(Path(sys.argv[1]), engine='cached', seed=1, config={})\n"
        "writer.write(ev.Epoch(epoch=1, train_loss=0.5))\nos.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code, str(folder / "runs")], check=False)
    path = Folder(folder).find_run()
    with path.open("ab") as file:
        file.write(torn)
    return path


@pytest.mark.parametrize("status", ["interrupted", "failed"])
def test_a_closing_event_may_stand_before_a_restart_and_the_new_seal_covers_it(
    write_record: Write, status: str
) -> None:
    path = write_record(ev.Epoch(epoch=1), status=status)
    writer, _ = resume_record(path)
    writer.write(ev.Restart(from_epoch=1))
    writer.close("completed")
    run = read_run(path)
    assert len(run.all(ev.RunFinished)) == 2
    assert (run.status, run.seal) == ("completed", "intact")
    text = path.read_text()
    path.write_text(text.replace('"epoch":1', '"epoch":3', 1))
    assert read_run(path).seal == "broken"


def test_a_complete_run_is_refused_and_left_as_it_was(write_record: Write) -> None:
    path = write_record(ev.Epoch(epoch=1))
    before = path.read_bytes()
    with pytest.raises(RecordError, match="complete"):
        resume_record(path)
    assert path.read_bytes() == before


def test_a_run_under_way_is_refused_until_it_stops(tmp_path: Path) -> None:
    writer = Writer.create(tmp_path / "runs", engine="cached", seed=1, config={})
    with pytest.raises(RecordError, match="under way"):
        resume_record(writer.path)
    assert Folder(tmp_path).newest_unfinished() is None
    writer.close("interrupted")
    again, _ = resume_record(writer.path)
    with pytest.raises(RecordError, match="under way"):
        resume_record(writer.path)
    again.write(ev.Restart(from_epoch=0))
    again.close("completed")


def test_an_error_after_a_restart_is_told_with_the_epoch_that_was_under_way(
    write_record: Write,
) -> None:
    path = write_record(ev.Epoch(epoch=1), ev.Epoch(epoch=2), status="interrupted")
    writer, _ = resume_record(path)
    writer.write(ev.Restart(from_epoch=1))
    with pytest.raises(ZeroDivisionError), writer, writer.phase("training"):
        _ = 1 / 0
    error = read_run(path).last(ev.ExceptionRaised)
    assert error is not None
    assert error.epoch == 2


def test_only_the_time_at_work_counts(tmp_path: Path, write_record: Write) -> None:
    path = write_record(ev.Epoch(epoch=1, time=2e9 + 10), status="interrupted")
    lines = [line for line in path.read_text().splitlines() if "run_finished" not in line]
    path.write_text("\n".join(lines) + "\n")
    run = read_run(path)
    assert seconds_at_work(run) == pytest.approx(2e9 + 10 - run.started)
    restart = ev.Restart(from_epoch=1, time=3e9)
    epoch = ev.Epoch(epoch=2, time=3e9 + 5)
    path.write_text("".join(
        [path.read_text(), restart.model_dump_json(), "\n", epoch.model_dump_json(), "\n"]
    ))  # fmt: skip
    spent = 2e9 + 10 - run.started + 5
    assert seconds_at_work(read_run(path)) == pytest.approx(spent)
    writer, _ = resume_record(path)
    writer.write(ev.Restart(from_epoch=2))
    writer.close("completed")
    closing = read_run(path).closing
    assert closing is not None
    assert closing.seconds == pytest.approx(spent, abs=5)


def test_the_newest_unfinished_run_is_found_among_the_others(tmp_path: Path) -> None:
    for name, engine, status in (
        ("a", "cached", "interrupted"),
        ("b", "notebook", "failed"),
        ("c", "import", "interrupted"),
        ("d", "cached", "completed"),
    ):
        writer = Writer.create(tmp_path / "runs", engine=engine, seed=1, config={}, run_id=name)
        writer.close(status)  # type: ignore[arg-type]
    found = Folder(tmp_path).newest_unfinished()
    assert found is not None
    assert found.parent.name == "b"
    assert Folder(tmp_path / "elsewhere").newest_unfinished() is None
