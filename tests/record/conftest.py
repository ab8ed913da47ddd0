"""Records to read: one with an event of every kind, and strategies for events of every kind."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pytest
from hypothesis import strategies as st
from pydantic import BaseModel, JsonValue

from journal.record import Writer
from journal.record import events as ev
from journal.record.numbers import Count, Fraction, Number, Seconds, Time

Write = Callable[..., Path]


@pytest.fixture
def write_record(tmp_path: Path) -> Write:
    """Write a closed record of the given events into ``runs`` and return its path."""

    def write(
        *events: ev.Event, run_id: str | None = None, status: ev.Status = "completed"
    ) -> Path:
        writer = Writer.create(
            tmp_path / "runs", engine="cached", seed=324, config={"epochs": 2}, run_id=run_id
        )
        for event in events:
            writer.write(event)
        writer.close(status)
        return writer.path

    return write


@pytest.fixture
def every_kind() -> tuple[ev.Event, ...]:
    """One event of every kind that may stand between the header and the closing event."""
    return (
        ev.Environment(versions={"python": "3.11"}, threads=2),
        ev.Model(name="minilm", layer_groups=(
            ev.LayerGroup(name="encoder", parameters=10, trainable_parameters=0),
        )),
        ev.Data(name="reviews", labels=(ev.LabelCount(label="0", train=9, validation=1),)),
        ev.Expectation(
            text="val_loss<0.3", metric="val_loss", relation="<", value=0.3, stated=1.0
        ),
        ev.PhaseStarted(phase="training"),
        ev.Memory(rss_bytes=1_000_000, phase="training", epoch=1),
        ev.Epoch(epoch=1, train_loss=float("nan"), val_loss=float("inf"), val_accuracy=0.5),
        ev.OutOfMemory(phase="training", tried="batch of 32 reviews", size=32, error="no memory"),
        ev.PhaseFinished(phase="training", seconds=1.5),
        ev.ExceptionRaised(type="ValueError", message="snow ☃ and\nlines"),
        ev.Predictions(labels=("0", "1"), confusion=((1, 0), (0, 1))),
        ev.UnseenPredictions(source="test.csv", reviews=(
            ev.UnseenPrediction(text="good", predicted="1", confidence=0.9),
        )),
        ev.Pieces(text="good", pieces=("good",), ids=(204,), words=(0,), starts=(0,), ends=(4,)),
        ev.Attention(
            text="good", predicted="1", confidence=0.9, pieces=("good",), words=(0,), heads=2,
            received=((1.0,),), weights=((1.0,),),
        ),
    )  # fmt: skip


_text = st.text(st.characters(codec="utf-8"), max_size=20)
_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | _text
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_text, inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
_KNOWN: list[tuple[Any, st.SearchStrategy[Any]]] = [
    (str, _text),
    (int, st.integers(-(10**30), 10**30)),
    (Number, st.floats()),
    (Count, st.integers(0, 2**63 - 1)),
    (Fraction, st.floats(0, 1) | st.just(float("nan"))),
    (Seconds, st.floats(0, allow_infinity=False)),
    (Time, st.floats(0, 253_000_000_000)),
    (JsonValue, _json),
]


def _values(hint: Any) -> st.SearchStrategy[Any]:
    for known, strategy in _KNOWN:
        if hint == known:
            return strategy
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return st.one_of([_values(argument) for argument in arguments])
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin is tuple:
        return st.lists(_values(arguments[0]), max_size=3).map(tuple)
    if origin is dict:
        return st.dictionaries(_text, _values(arguments[1]), max_size=3)
    if origin is Annotated:  # the places with bounds of their own: an epoch's number, of labels
        least = next(bound.ge for bound in arguments[1].metadata if hasattr(bound, "ge"))
        return st.integers(least, 2**63 - 1)
    if hint is type(None):
        return st.none()
    assert issubclass(hint, BaseModel)
    return _models(hint)


def _models(kind: type[BaseModel]) -> st.SearchStrategy[Any]:
    hints = typing.get_type_hints(kind, include_extras=True)
    fields = {name: hints[name] for name in kind.model_fields}
    return st.builds(kind, **{name: _values(hint) for name, hint in fields.items()})


_BETWEEN = [
    kind
    for kind in get_args(get_args(ev.AnyEvent)[0])
    if kind not in (ev.RunStarted, ev.RunFinished)
]


@pytest.fixture(scope="session")
def any_event() -> st.SearchStrategy[ev.Event]:
    """Any event that may stand between the header and the closing event."""
    return st.one_of([_models(kind) for kind in _BETWEEN])
