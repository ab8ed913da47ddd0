"""What holds for every record: events come back as they went in, and no damage is a crash."""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from journal.record import RecordError, Run, Writer, read_run
from journal.record import events as ev

Write = Callable[..., Path]

# Each example makes its own file; the fixtures they share are never changed.
shared = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def read(data: bytes) -> Run | RecordError:
    """The run in these bytes, or the one sentence on why there is none."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "record.jsonl")
        path.write_bytes(data)
        try:
            return read_run(path)
        except RecordError as error:
            refused = error
    assert str(refused).startswith(str(path))
    assert "\n" not in str(refused)
    return refused


@pytest.fixture
def valid(write_record: Write, every_kind: tuple[ev.Event, ...]) -> bytes:
    return write_record(*every_kind).read_bytes()


@given(data=st.data())
@settings(max_examples=150)
def test_any_event_comes_back_as_it_went_in(
    any_event: st.SearchStrategy[ev.Event], data: st.DataObject
) -> None:
    events = data.draw(st.lists(any_event, min_size=1, max_size=4))
    with tempfile.TemporaryDirectory() as folder:
        with Writer.create(Path(folder), engine="cached", seed=None, config={}) as writer:
            for event in events:
                writer.write(event)
        run = read_run(writer.path)
    # repr, because NaN is not equal to itself
    assert [repr(line.event) for line in run.lines[1:-1]] == [repr(event) for event in events]
    assert run.seal == "intact"


def test_every_prefix_of_a_record_reads_as_interrupted_or_gives_one_error(valid: bytes) -> None:
    whole = read(valid)
    assert isinstance(whole, Run)
    first = valid.index(b"\n") + 1
    for end in range(len(valid)):
        result = read(valid[:end])
        if end < first:
            assert isinstance(result, RecordError)
            continue
        assert isinstance(result, Run)
        assert (result.status, result.seal) == ("interrupted", "absent")
        assert result.torn == (valid[end - 1] != ord("\n"))
        assert len(result.lines) == valid[:end].count(b"\n")


@given(
    edits=st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 3), st.binary(max_size=3)),
        min_size=1,
        max_size=4,
    )
)
@settings(parent=shared, max_examples=300)
def test_damaged_bytes_give_a_run_or_one_error_and_no_false_seal(
    valid: bytes, edits: list[tuple[float, int, bytes]]
) -> None:
    damaged = valid
    for place, dropped, added in edits:
        at = math.floor(place * len(damaged))
        damaged = damaged[:at] + added + damaged[at + dropped :]
    result = read(damaged)
    if isinstance(result, Run) and result.seal == "intact":
        sealed = valid[: valid[:-1].rindex(b"\n")]
        assert damaged.startswith(sealed)


odd = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(10**300, 10**310)
    | st.floats(allow_nan=False)
    | st.text(max_size=5)
    | st.sampled_from(["NaN", "Infinity", "-Infinity", "nan", "1", "1e999", "", "\ud800"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(data=st.data())
@settings(parent=shared, max_examples=300)
def test_any_field_with_any_value_gives_a_run_or_one_error(
    valid: bytes, data: st.DataObject
) -> None:
    lines = valid.splitlines()
    number = data.draw(st.integers(0, len(lines) - 1))
    event: dict[str, Any] = json.loads(lines[number])
    field = data.draw(st.sampled_from([*event, "unheard_of"]))
    event[field] = data.draw(odd)
    lines[number] = json.dumps(event).encode()
    result = read(b"\n".join(lines) + b"\n")
    if isinstance(result, Run):
        # What was read can be written again and shown.
        for line in result.lines:
            line.event.model_dump_json()
        assert result.status in {"completed", "interrupted", "failed"}
