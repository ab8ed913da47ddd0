"""The answers of a run, review by review, read as what a stranger may have handed in."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from journal.record import RecordError, Run, Writer, read_run
from journal.record import events as ev
from journal.record.answers import Answers, read_answers

TRUE = ("no", "no", "yes", "yes", "yes")
SAID = ("no", "yes", "yes", "yes", "no")
Make = Callable[..., Run]


def lines(labels: Sequence[str], predicted: Sequence[str]) -> bytes:
    """The side file as a run writes it."""
    return "".join(
        json.dumps({"text": "ü", "label": label, "predicted": said, "confidence": 0.7}) + "\n"
        for label, said in zip(labels, predicted, strict=True)
    ).encode()


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """A run of five reviews with this side file; its record counts TRUE against SAID."""

    def made(data: bytes | None = None, *, file: str | None = "predictions.jsonl") -> Run:
        with Writer.create(tmp_path / "runs", engine="cached", seed=1, config={}) as writer:
            writer.write(
                ev.Predictions(labels=("no", "yes"), confusion=((1, 1), (1, 2)), file=file)
            )
        if data is not None:
            (writer.directory / "predictions.jsonl").write_bytes(data)
        return read_run(writer.directory)

    return made


def refused(run: Run) -> str:
    with pytest.raises(RecordError) as error:
        read_answers(run)
    assert "\n" not in str(error.value)
    return str(error.value).replace(str(run.path.parent), "RUN")


def test_answers_come_back_in_the_order_of_the_split(make: Make) -> None:
    assert read_answers(make(lines(TRUE, SAID))) == Answers(TRUE, SAID)


def test_a_run_without_predictions_or_without_a_file_of_them_has_no_answers(
    make: Make, tmp_path: Path
) -> None:
    with Writer.create(tmp_path / "runs", engine="cached", seed=1, config={}) as writer:
        pass
    assert read_answers(read_run(writer.directory)) is None
    assert read_answers(make(file=None)) is None


def test_answers_that_were_changed_are_held_against_the_record(make: Make) -> None:
    assert refused(make(lines(TRUE, TRUE))) == (
        "RUN/predictions.jsonl: its answers are not those that the record's confusion matrix "
        "counts; restore the file as the run wrote it, or do without it."
    )
    assert "confusion matrix" in refused(make(lines(TRUE[:4], SAID[:4])))
    assert "confusion matrix" in refused(make(b""))
    assert "confusion matrix" in refused(make(lines([*TRUE, "new"], [*SAID, "new"])))


@pytest.mark.parametrize(
    "name", ["../../secret", "/etc/passwd", "a/b", "..\\x", "C:x", "", ".", ".."]
)
def test_a_file_is_looked_for_beside_the_record_and_nowhere_else(make: Make, name: str) -> None:
    sentence = refused(make(lines(TRUE, SAID), file=name))
    assert sentence.startswith("RUN/record.jsonl, line 2, field file: the predictions' file must")


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="this system has no links")
def test_a_link_is_not_followed_out_of_the_runs_folder(make: Make, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.jsonl"
    elsewhere.write_bytes(lines(TRUE, SAID))
    run = make()
    (run.path.parent / "predictions.jsonl").symlink_to(elsewhere)
    assert "a link leads out of the run's folder" in refused(run)


def test_a_missing_file_a_folder_and_a_pipe_are_said(make: Make) -> None:
    run = make()
    place = run.path.parent / "predictions.jsonl"
    assert "there is no such file" in refused(run)
    place.mkdir()
    assert "this is a folder" in refused(run)
    place.rmdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo(place)
        assert "not an ordinary file" in refused(run)


def test_a_file_larger_than_is_ever_read_is_refused(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = lines(TRUE, SAID)
    monkeypatch.setattr("journal.record.answers.MAX_BYTES", len(data))
    assert read_answers(make(data)) is not None
    monkeypatch.setattr("journal.record.answers.MAX_BYTES", len(data) - 1)
    assert "more than is ever read" in refused(make(data))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"[1]\n", "line 1: the line is not a JSON object"),
        (b"\n", "line 1: the line is not a JSON object"),
        (b"\xff\n", "line 1: the line is not a JSON object"),
        (b"[" * 100_000 + b"\n", "line 1: the line is not a JSON object"),
        (b'{"label": "yes"}\n', "line 1, field predicted: is missing"),
        (b'{"label": 1, "predicted": "yes"}\n', "line 1, field label: must be text"),
    ],
)
def test_a_broken_line_is_named_with_its_field(make: Make, line: bytes, said: str) -> None:
    assert f"RUN/predictions.jsonl, {said};" in refused(make(line + lines(TRUE, SAID)))


@given(edits=st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=3)), min_size=1, max_size=3))
@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_damage_is_a_crash(make: Make, edits: list[tuple[float, bytes]]) -> None:
    data = lines(TRUE, SAID)
    for place, new in edits:
        cut = int(place * len(data))
        data = data[:cut] + new + data[cut + len(new) :]
    run = make(data)
    try:
        result: Answers | RecordError | None = read_answers(run)
    except RecordError as error:
        result = error
    assert result == Answers(TRUE, SAID) or (
        isinstance(result, RecordError) and "\n" not in str(result)
    )
