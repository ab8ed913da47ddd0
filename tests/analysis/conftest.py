"""Runs made of events, as a reader would give them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from journal.record import events as ev
from journal.record.run import Run, numbered

MakeRun = Callable[..., Run]


def _series(values: Sequence[float | None] | None, length: int) -> list[float | None]:
    return [*(values or []), *[None] * (length - len(values or []))]


@pytest.fixture(scope="session")
def make_run() -> MakeRun:
    """``make_run(val_loss=[...], ...)``: a run with these curves from epoch 1 on, then ``events``.

    ``seconds`` is what each epoch took; ``validation`` and ``labels`` fill the data event.
    """

    def make(
        *events: ev.AnyEvent,
        train_loss: Sequence[float | None] | None = None,
        train_accuracy: Sequence[float | None] | None = None,
        val_loss: Sequence[float | None] | None = None,
        val_accuracy: Sequence[float | None] | None = None,
        seconds: float | None = None,
        validation: int | None = None,
        data: dict[str, Any] | None = None,
        config: dict[str, Any] | None = None,
        closed: bool = True,
        engine: str = "cached",
    ) -> Run:
        curves = (train_loss, train_accuracy, val_loss, val_accuracy)
        length = max(len(values or []) for values in curves)
        columns = [_series(values, length) for values in curves]
        made: list[ev.AnyEvent] = [
            ev.RunStarted(time=0, run_id="r1", engine=engine, program="test", config=config or {})
        ]
        if validation is not None or data is not None:
            made.append(ev.Data(time=1, name="reviews", validation=validation, **(data or {})))
        made += [
            ev.Epoch(
                time=10.0 + number,
                epoch=number,
                train_loss=row[0],
                train_accuracy=row[1],
                val_loss=row[2],
                val_accuracy=row[3],
                seconds=seconds,
            )
            for number, row in enumerate(zip(*columns, strict=True), 1)
        ]
        made += events
        if closed:
            made.append(ev.RunFinished(time=1000, status="completed", seconds=1000, seal="0" * 64))
        return Run(Path("runs/r1/record.jsonl"), numbered(made))

    return make


@pytest.fixture(scope="session")
def finding() -> Callable[[Run, str], Any]:
    """``finding(run, id)``: the finding of that id, or None."""
    from journal.analysis.findings import find

    def one(run: Run, name: str) -> Any:
        found = [item for item in find(run) if item.id == name]
        assert len(found) <= 1
        return found[0] if found else None

    return one
