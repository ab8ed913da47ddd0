"""The writer: what is in the file, and when; who may write; how a run's end is told."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from journal.record import RecordError, UsageError, Writer, locks, new_run_id, read_run
from journal.record import events as ev

Python = Callable[..., subprocess.CompletedProcess[str]]


def begin(folder: Path, **options: object) -> Writer:
    given = {"engine": "cached", "seed": 1, "config": {}} | options
    return Writer.create(folder / "runs", **given)  # type: ignore[arg-type]


def kinds(path: Path) -> list[str]:
    return [json.loads(line)["event"] for line in path.read_text("utf-8").splitlines()]


def test_an_event_is_in_the_file_before_write_returns(tmp_path: Path) -> None:
    writer = begin(tmp_path)
    assert kinds(writer.path) == ["run_started"]
    writer.write(ev.Epoch(epoch=1, train_loss=0.5))
    assert kinds(writer.path) == ["run_started", "epoch"]
    writer.close("completed")


def test_a_run_id_tells_its_time_in_utc_and_never_comes_twice() -> None:
    ids = {new_run_id() for _ in range(20)}
    assert len(ids) > 15
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d-\d{6}-[0-9a-f]{4}", name) for name in ids)


def test_the_header_names_the_program_and_the_configuration(tmp_path: Path) -> None:
    with begin(tmp_path, config={"learning_rate": 0.005}, run_id="lab5") as writer:
        pass
    header = read_run(writer.directory).header
    assert header.run_id == writer.run_id == writer.directory.name == "lab5"
    assert header.config == {"learning_rate": 0.005}
    assert header.program.startswith("reflective-journal ")


def test_a_configuration_that_is_not_finite_is_kept_in_words(tmp_path: Path) -> None:
    with begin(tmp_path, config={"learning_rate": float("nan")}) as writer:
        pass
    assert read_run(writer.path).header.config == {"learning_rate": "NaN"}


@pytest.mark.parametrize("name", ["", ".", "..", "../up", "a/b", "-x", "a\n", "x" * 101, "naïve"])
def test_a_run_cannot_be_called_what_no_folder_should_be(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="cannot be the name of a run"):
        begin(tmp_path, run_id=name)
    assert not (tmp_path / "runs").exists()


def test_leaving_the_block_closes_the_record_as_completed_and_sealed(tmp_path: Path) -> None:
    with begin(tmp_path) as writer:
        writer.write(ev.Epoch(epoch=1))
    run = read_run(writer.path)
    assert (run.status, run.seal, run.torn) == ("completed", "intact", False)
    assert run.seconds is not None
    assert run.seconds >= 0


def test_ctrl_c_closes_the_record_as_interrupted_and_goes_on(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), begin(tmp_path) as writer:
        raise KeyboardInterrupt
    run = read_run(writer.path)
    assert (run.status, run.seal) == ("interrupted", "intact")
    assert run.closing is not None
    assert run.closing.reason == "stopped from the keyboard"


def test_an_error_is_recorded_with_the_phase_and_epoch_it_fell_in(tmp_path: Path) -> None:
    writer = begin(tmp_path)

    def fail() -> None:
        with writer, writer.phase("training"):
            writer.write(ev.Epoch(epoch=1))
            raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        fail()
    run = read_run(writer.path)
    (raised,) = run.all(ev.ExceptionRaised)
    assert (raised.type, raised.message) == ("ValueError", "no more")
    assert (raised.phase, raised.epoch) == ("training", 2)
    assert (run.status, run.seal) == ("failed", "intact")


def test_an_error_that_was_dealt_with_lends_its_phase_to_no_later_one(tmp_path: Path) -> None:
    writer = begin(tmp_path)

    def fail() -> None:
        with writer:
            with pytest.raises(MemoryError), writer.phase("encoding"):
                raise MemoryError
            raise ValueError("later")

    with pytest.raises(ValueError, match="later"):
        fail()
    (raised,) = read_run(writer.path).all(ev.ExceptionRaised)
    assert (raised.phase, raised.epoch) == (None, None)


def test_an_error_with_bytes_that_are_no_text_and_no_end_is_still_recorded(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="x"), begin(tmp_path) as writer:
        raise ValueError("\udcff" + "x" * 100_000)
    run = read_run(writer.path)
    (raised,) = run.all(ev.ExceptionRaised)
    assert raised.message.startswith("?x")
    assert len(raised.message) <= 2000
    assert run.status == "failed"


def test_a_phase_tells_its_seconds_and_the_peaks_it_was_given(tmp_path: Path) -> None:
    with begin(tmp_path) as writer, writer.phase("encoding") as phase:
        phase.peak_rss_bytes = 7_000_000
    run = read_run(writer.path)
    assert [event.phase for event in run.all(ev.PhaseStarted)] == ["encoding"]
    (finished,) = run.all(ev.PhaseFinished)
    assert finished.peak_rss_bytes == 7_000_000
    assert 0 <= finished.seconds < 5


def test_a_phase_that_an_error_ends_tells_its_seconds_too(tmp_path: Path) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        begin(tmp_path) as writer,
        writer.phase("loading model"),
    ):
        _ = 1 / 0
    assert kinds(writer.path)[1:] == [
        "phase_started", "phase_finished", "exception", "run_finished",
    ]  # fmt: skip


def test_closing_twice_writes_one_closing_event(tmp_path: Path) -> None:
    with begin(tmp_path) as writer:
        writer.close("failed", "gave up")
    assert kinds(writer.path) == ["run_started", "run_finished"]
    assert read_run(writer.path).status == "failed"


def test_nothing_can_be_added_to_a_closed_record(tmp_path: Path) -> None:
    with begin(tmp_path) as writer:
        pass
    before = writer.path.read_bytes()
    with pytest.raises(RecordError, match="is closed"):
        writer.write(ev.Epoch(epoch=1))
    assert writer.path.read_bytes() == before


def test_threads_write_whole_lines(tmp_path: Path) -> None:
    with begin(tmp_path) as writer, ThreadPoolExecutor(8) as pool:
        for worker in range(8):
            for number in range(100):
                pool.submit(writer.write, ev.Memory(rss_bytes=number, epoch=worker))
    samples = read_run(writer.path).all(ev.Memory)
    written = {(sample.epoch, sample.rss_bytes) for sample in samples}
    assert len(samples) == len(written) == 800


def test_a_signal_handler_may_write_while_the_run_is_writing(tmp_path: Path) -> None:
    writer = begin(tmp_path)

    def write_again(*_: object) -> None:
        writer.write(ev.Memory(rss_bytes=2))

    former = signal.signal(signal.SIGALRM, write_again)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
        for _ in range(2000):
            writer.write(ev.Memory(rss_bytes=1))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)
    writer.close("completed")
    run = read_run(writer.path)
    assert {sample.rss_bytes for sample in run.all(ev.Memory)} == {1, 2}
    assert run.seal == "intact"


def test_ctrl_c_between_two_steps_of_a_write_leaves_an_honest_seal(tmp_path: Path) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    def write_until_interrupted(writer: Writer) -> None:
        with writer:
            signal.setitimer(signal.ITIMER_REAL, 0.002)
            while True:
                writer.write(ev.Memory(rss_bytes=1))

    former = signal.signal(signal.SIGALRM, interrupt)
    try:
        for trial in range(20):
            writer = begin(tmp_path, run_id=f"run{trial}")
            with pytest.raises(KeyboardInterrupt):
                write_until_interrupted(writer)
            run = read_run(writer.path)
            assert (run.status, run.seal, run.torn) == ("interrupted", "intact", False)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)


def test_a_second_writer_of_the_same_run_is_refused(tmp_path: Path) -> None:
    with begin(tmp_path, run_id="lab5") as writer:
        with pytest.raises(RecordError, match="has a record already"):
            begin(tmp_path, run_id="lab5")
        writer.write(ev.Epoch(epoch=1))
    assert kinds(writer.path) == ["run_started", "epoch", "run_finished"]


def test_of_many_that_begin_the_same_run_at_once_one_wins(tmp_path: Path) -> None:
    start = threading.Barrier(8)

    def attempt(number: int) -> bool:
        start.wait()
        try:
            begin(tmp_path, run_id="lab5", seed=number).close("completed")
        except RecordError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(8))) == 1
    assert read_run(tmp_path / "runs" / "lab5").status == "completed"


def test_a_run_under_way_holds_its_record_and_a_closed_one_lets_go(tmp_path: Path) -> None:
    with begin(tmp_path) as writer:
        assert locks.is_held(writer.path) is True
    assert locks.is_held(writer.path) is False


def test_a_place_that_cannot_be_written_to_is_told_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file")
    with pytest.raises(RecordError, match="cannot be written"):
        begin(tmp_path)


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from journal.record import Writer, events as ev, RecordError

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
errors = set()
try:
    with Writer.create(Path("runs"), engine="cached", seed=1, config={}, run_id="full") as writer:
        with writer.phase("training"):
            for epoch in range(1, 100):
                try:
                    writer.write(ev.Epoch(epoch=epoch, train_loss=0.5))
                except RecordError as error:
                    errors.add(str(error))
                    if len(errors) > 1 or epoch > 90:
                        raise
except RecordError as error:
    print(error)
print(len(errors))
"""


def test_a_disk_that_is_full_gives_one_clear_error_and_keeps_what_was_written(
    tmp_path: Path, python: Python
) -> None:
    result = python("-c", FULL_DISK, "2000")
    assert result.stderr == ""
    message, count = result.stdout.splitlines()
    assert count == "1"
    assert message == (
        f"{Path('runs/full/record.jsonl')}: cannot be written: file too large; make space on the "
        "disk and run again; what was recorded so far is kept."
    )
    run = read_run(tmp_path / "runs" / "full")
    assert run.status == "interrupted"
    assert [epoch.epoch for epoch in run.epochs] == list(range(1, len(run.epochs) + 1))
    assert len(run.epochs) > 5


def test_a_run_that_cannot_even_begin_leaves_nothing(tmp_path: Path, python: Python) -> None:
    result = python("-c", FULL_DISK, "10")
    assert "cannot be written: file too large" in result.stdout
    assert result.stderr == ""
    assert list((tmp_path / "runs").iterdir()) == []


KILLED = """
import itertools, os, sys
from pathlib import Path
from journal.record import Writer, events as ev

writer = Writer.create(Path(sys.argv[1]), engine="cached", seed=1, config={}, run_id="killed")
for epoch in itertools.count(1):
    writer.write(ev.Epoch(epoch=epoch, train_loss=1 / epoch))
    os.write(1, b"%d\\n" % epoch)
"""


@pytest.mark.parametrize("patience", [1, 40, 400])
def test_a_writer_killed_at_any_moment_leaves_every_event_that_it_wrote(
    tmp_path: Path, patience: int
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        for _ in range(patience):
            process.stdout.readline()
        assert locks.is_held(tmp_path / "killed" / "record.jsonl") is True
        os.kill(process.pid, signal.SIGKILL)
        told = patience + process.stdout.read().count(b"\n")
    run = read_run(tmp_path / "killed")
    assert (run.status, run.seal) == ("interrupted", "absent")
    assert len(run.epochs) >= told
    assert [epoch.epoch for epoch in run.epochs] == list(range(1, len(run.epochs) + 1))
    assert locks.is_held(run.path) is False


def test_writing_a_record_touches_no_random_number_generator(tmp_path: Path) -> None:
    random.seed(324)
    before = random.getstate()
    with begin(tmp_path) as writer, writer.phase("training"):
        writer.write(ev.Epoch(epoch=1))
    assert random.getstate() == before


def test_a_run_that_is_recorded_afterwards_tells_when_it_was(tmp_path: Path) -> None:
    cell = ev.WhatIf(group="abc", settings={"batch_size": 16, "early_stopping": None})
    with Writer.create(
        tmp_path, engine="cached", seed=1, config={}, whatif=cell, started=12.5, before=600.0
    ) as writer:
        pass
    run = read_run(writer.path)
    assert (run.started, run.header.whatif) == (12.5, cell)
    assert run.seconds is not None
    assert 600 <= run.seconds < 660
