"""The reader: what a record says, and one plain sentence when it cannot be read."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from journal.record import RecordError, read_header, read_run, reader
from journal.record import events as ev

Write = Callable[..., Path]


@pytest.fixture
def record(write_record: Write) -> Path:
    """Five lines: header, phase, two epochs, closing event."""
    return write_record(
        ev.PhaseStarted(phase="training"),
        ev.Epoch(epoch=1, train_loss=0.5, time=100.0),
        ev.Epoch(epoch=2, train_loss=0.4, time=200.0),
    )


def lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def with_line(path: Path, number: int, line: bytes) -> Path:
    """The record with another line in the place of the one that stands there."""
    changed = lines(path)
    changed[number - 1] = line + b"\n"
    path.write_bytes(b"".join(changed))
    return path


def refusal(path: Path) -> RecordError:
    with pytest.raises(RecordError) as caught:
        read_run(path)
    said = str(caught.value)
    assert "\n" not in said
    assert said.startswith(str(path))
    return caught.value


def test_a_record_of_every_kind_of_event_is_read_as_it_was_written(
    write_record: Write, every_kind: tuple[ev.Event, ...]
) -> None:
    run = read_run(write_record(*every_kind))
    assert [repr(line.event) for line in run.lines[1:-1]] == [repr(event) for event in every_kind]
    assert [line.number for line in run.lines] == list(range(1, len(every_kind) + 3))
    assert (run.status, run.seal, run.torn) == ("completed", "intact", False)


def test_the_folder_of_a_run_names_its_record(record: Path) -> None:
    assert read_run(record.parent).lines == read_run(record).lines


def test_the_header_alone_is_read_without_the_rest(record: Path) -> None:
    header = read_run(record).header
    with_line(record, 3, b"broken")
    assert read_header(record) == read_header(record.parent) == header


def test_a_record_without_a_closing_event_was_interrupted(record: Path) -> None:
    record.write_bytes(b"".join(lines(record)[:-1]))
    run = read_run(record)
    assert (run.status, run.seal, run.torn) == ("interrupted", "absent", False)


def test_a_torn_last_line_is_dropped_and_said(record: Path) -> None:
    record.write_bytes(record.read_bytes()[:-20])
    run = read_run(record)
    assert (run.status, run.seal, run.torn) == ("interrupted", "absent", True)
    assert len(run.lines) == 4


def test_a_last_line_without_its_end_is_torn_even_when_it_could_be_read(record: Path) -> None:
    record.write_bytes(record.read_bytes()[:-1])
    assert read_run(record).torn is True


def test_an_edit_after_closing_breaks_the_seal(record: Path) -> None:
    record.write_bytes(record.read_bytes().replace(b'"train_loss":0.4', b'"train_loss":0.3'))
    run = read_run(record)
    assert run.epochs[-1].train_loss == 0.3
    assert (run.status, run.seal) == ("completed", "broken")


def test_the_seal_is_the_digest_of_every_byte_before_the_closing_line(record: Path) -> None:
    *before, last = lines(record)
    assert json.loads(last)["seal"] == hashlib.sha256(b"".join(before)).hexdigest()


def resumed(path: Path) -> bytes:
    data = path.read_bytes() + ev.Restart(from_epoch=2).model_dump_json().encode() + b"\n"
    seal = hashlib.sha256(data).hexdigest()
    closing = ev.RunFinished(status="completed", seconds=1.0, seal=seal)
    return data + closing.model_dump_json().encode() + b"\n"


def test_a_restart_may_follow_a_closing_event(record: Path) -> None:
    record.write_bytes(resumed(record))
    run = read_run(record)
    assert (run.status, run.seal) == ("completed", "intact")
    assert len(run.all(ev.Restart)) == 1


def test_a_run_that_went_on_and_was_cut_off_again_is_interrupted(record: Path) -> None:
    record.write_bytes(b"".join(resumed(record).splitlines(keepends=True)[:-1]))
    run = read_run(record)
    assert (run.status, run.seal, run.closing) == ("interrupted", "absent", None)


def test_an_edit_before_a_restart_breaks_the_seal_even_when_the_last_one_fits(record: Path) -> None:
    record.write_bytes(record.read_bytes().replace(b'"train_loss":0.4', b'"train_loss":0.3'))
    record.write_bytes(resumed(record))
    assert read_run(record).seal == "broken"


def test_nothing_but_a_restart_may_follow_a_closing_event(record: Path) -> None:
    with record.open("ab") as file:
        file.write(ev.Epoch(epoch=3).model_dump_json().encode() + b"\n")
    error = refusal(record)
    assert error.line == 6
    assert "other than a restart" in str(error)


def test_a_second_header_is_refused(record: Path) -> None:
    error = refusal(with_line(record, 2, lines(record)[0].strip()))
    assert error.line == 2
    assert "the header must come first, and only once" in str(error)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"epoch,train_loss\n1,0.5\n",
        b"{}\n",
        b"[]\n",
        b"null\n",
        b'{"event":"epoch","epoch":1,"time":1}\n',
        b'{"format":"something else","schema_version":1}\n',
        b"PK\x03\x04\x00\xff\xfe binary",
        b"\xef\xbb\xbf{}\n",
        b'{"event":"run_started","format":"reflective-jour',
        b"[" * 100_000 + b"\n",
        b"\x00" * 100,
    ],
)
def test_an_alien_file_does_not_look_like_a_run_record(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "record.jsonl"
    path.write_bytes(data)
    assert "this does not look like a run record" in str(refusal(path))
    with pytest.raises(RecordError, match="does not look like a run record"):
        read_header(path)


def test_a_record_of_a_newer_version_says_so_and_how_to_go_on(record: Path) -> None:
    header = json.loads(lines(record)[0]) | {"schema_version": 99, "brand_new": True}
    error = refusal(with_line(record, 1, json.dumps(header).encode()))
    assert "was written by a newer version of reflective-journal" in str(error)
    assert "pip install --upgrade reflective-journal" in error.remedy


@pytest.mark.parametrize("version", [0, -(10**18)])
def test_a_version_that_never_was_is_refused(record: Path, version: int) -> None:
    header = json.loads(lines(record)[0]) | {"schema_version": version}
    assert f"there never was a schema {version}" in str(
        refusal(with_line(record, 1, json.dumps(header).encode()))
    )


@pytest.mark.parametrize("version", ["1", 1.0, True, None, [1]])
def test_a_version_that_is_no_whole_number_is_refused(record: Path, version: Any) -> None:
    header = json.loads(lines(record)[0]) | {"schema_version": version}
    error = refusal(with_line(record, 1, json.dumps(header).encode()))
    assert (error.line, error.field) == (1, "schema_version")


def test_an_old_record_is_upgraded_step_by_step(
    record: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def from_minus_one(event: dict[str, Any]) -> dict[str, Any]:
        if event["event"] == "lap":
            event["event"] = "round"
        return event

    def from_zero(event: dict[str, Any]) -> dict[str, Any]:
        if event["event"] == "round":
            event = {"event": "epoch", "time": event["time"], "epoch": event["number"]}
        return event

    monkeypatch.setitem(reader.UPGRADES, -1, from_minus_one)
    monkeypatch.setitem(reader.UPGRADES, 0, from_zero)
    header = json.loads(lines(record)[0]) | {"schema_version": -1}
    with_line(record, 1, json.dumps(header).encode())
    with_line(record, 3, b'{"event":"lap","time":5.0,"number":1}')
    run = read_run(record)
    assert run.epochs[0] == ev.Epoch(time=5.0, epoch=1)
    assert run.header.schema_version == ev.SCHEMA_VERSION
    assert read_header(record) == run.header


@pytest.mark.parametrize(
    ("line", "field", "words"),
    [
        (b"not json", None, "the line is not JSON"),
        (b"", None, "the line is not JSON"),
        (b'{"event":"epoch","time":1,"epoch":1', None, "the line is not JSON"),
        (b'"epoch"', None, "this is not an event"),
        (b'{"event":"epoch","time":1,"epoch":1,"note":"\xff"}', None, "is not UTF-8 text"),
        (b'{"event":"epoch","time":1,"epoch":1,"epoch":2}', None, "a field is given twice"),
        (b'{"event":"epoch","time":1,"epoch":1,"val_loss":NaN}', None, "NaN must stand in quot"),
        (b'{"event":"epoch","time":1,"epoch":1,"val_loss":-Infinity}', None, "-Infinity must st"),
        (b'{"event":"epoch","epoch":1}', "time", "is missing"),
        (b'{"event":"epoch","time":null,"epoch":1}', "time", "is missing"),
        (b'{"event":"epoch","time":1e300,"epoch":1}', "time", "should be less than"),
        (b'{"event":"epoch","time":1}', "epoch", "is missing"),
        (b'{"event":"epoch","time":1,"epoch":0}', "epoch", "0 should be greater than"),
        (b'{"event":"epoch","time":1,"epoch":"one"}', "epoch", "'one' should be a valid integer"),
        (b'{"event":"epoch","time":1,"epoch":1,"val_los":0.5}', "val_los", "no such field"),
        (b'{"event":"epoch","time":1,"epoch":1,"val_accuracy":86.5}', "val_accuracy",
         "86.5 must lie between 0 and 1"),
        (b'{"event":"epoch","time":1,"epoch":' + b"9" * 5000 + b"}", None, "is not JSON"),
        (b'{"event":"epoch","time":1,"epoch":' + b"9" * 4000 + b"}", "epoch", "9999"),
        (b'{"time":1,"epoch":1}', "event", "is missing"),
        (b'{"event":[],"time":1,"epoch":1}', "event", "is missing"),
        (b'{"event":"lap","time":1}', "event", "no event is called 'lap'"),
        (b'{"event":"data","time":1,"name":"x","tokens":{"mean":1,"median":1,"longest":-3,'
         b'"truncated":0}}', "tokens.longest", "-3 should be greater than"),
        (b'{"event":"exception","time":1,"type":"\\ud800","message":"x"}', None, "half a char"),
        (b'{"event":"exception","time":1,"type":' + b"[" * 9000 + b"]" * 9000 + b"}", None,
         "is nested too deeply"),
    ],
)  # fmt: skip
def test_a_broken_line_is_named_with_its_field(
    record: Path, line: bytes, field: str | None, words: str
) -> None:
    error = refusal(with_line(record, 3, line))
    assert (error.line, error.field) == (3, field)
    assert words in str(error)
    assert len(str(error)) < 500


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_is_not_finite_is_kept_and_strict_json_reads_it(
    write_record: Write, value: float
) -> None:
    path = write_record(ev.Epoch(epoch=1, val_loss=value, val_accuracy=float("nan")))

    def refuse(name: str) -> None:
        raise AssertionError(name)

    for line in lines(path):
        json.loads(line, parse_constant=refuse)
    assert repr(read_run(path).epochs[0].val_loss) == repr(value)
    assert repr(read_run(path).epochs[0].val_accuracy) == "nan"


def test_a_missing_record_is_told(tmp_path: Path) -> None:
    assert "there is no such file" in str(refusal(tmp_path / "record.jsonl"))


def test_a_folder_without_a_record_is_told(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"record\.jsonl: there is no such file"):
        read_run(tmp_path)


def test_a_pipe_in_the_place_of_a_record_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "record.jsonl")
    assert "not an ordinary file" in str(refusal(tmp_path / "record.jsonl"))
    with pytest.raises(RecordError, match="not an ordinary file"):
        read_header(tmp_path)


def test_a_record_larger_than_the_limit_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "record.jsonl"
    with path.open("wb") as file:
        file.truncate(reader.MAX_BYTES + 1)
    assert "larger than 256 MB" in str(refusal(path))


def test_windows_line_ends_are_read_and_break_the_seal(record: Path) -> None:
    record.write_bytes(record.read_bytes().replace(b"\n", b"\r\n"))
    run = read_run(record)
    assert len(run.epochs) == 2
    assert run.seal == "broken"
