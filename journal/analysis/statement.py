"""Sentences whose numbers know where they came from.

A :class:`Statement` is text with :class:`Value` pieces in it; each value carries the evidence it
rests on, so that every format can turn the number into a link.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from string import Formatter

from journal.record.run import Run


@dataclass(frozen=True)
class Evidence:
    """One recorded figure.

    Attributes:
        run_id: the run.
        line: the line of ``record.jsonl`` the event stands on, from 1.
        metric: what was recorded, such as ``val_loss`` or ``data.rows``.
        value: the recorded figure, unrounded: a number in the record's own unit, or a word.
        epoch: the epoch it belongs to, None when it belongs to none.
    """

    run_id: str
    line: int
    metric: str
    value: float | int | str | None
    epoch: int | None = None


@dataclass(frozen=True)
class Value:
    """A number as the reader sees it, with the recorded figures it was made from (at least one)."""

    text: str
    evidence: tuple[Evidence, ...]

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Statement:
    """A sentence or a cell: plain text and values in turn. ``str()`` gives it as plain text."""

    parts: tuple[str | Value, ...]

    def __str__(self) -> str:
        return "".join(str(part) for part in self.parts)

    @property
    def values(self) -> Iterator[Value]:
        """The linked numbers, in order."""
        return (part for part in self.parts if isinstance(part, Value))

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """Every figure the sentence rests on, once each, in order."""
        return tuple(dict.fromkeys(e for value in self.values for e in value.evidence))


def state(template: str, /, **values: Value | Statement | str | int) -> Statement:
    """A statement from a template: ``state("Best at epoch {epoch}.", epoch=value)``.

    Text of the record (a label, a model's name) goes in as a string and stays plain text.

    Raises:
        KeyError: the template names a value that was not given.
    """
    parts: list[str | Value] = []
    for literal, name, _, _ in Formatter().parse(template):
        if literal:
            parts.append(literal)
        if name is not None:
            value = values[name]
            if isinstance(value, Statement):
                parts.extend(value.parts)
            else:
                parts.append(value if isinstance(value, Value) else str(value))
    merged: list[str | Value] = []
    for part in parts:
        if isinstance(part, str) and merged and isinstance(merged[-1], str):
            merged[-1] += part
        else:
            merged.append(part)
    return Statement(tuple(merged))


def text(words: str) -> Statement:
    """A statement without numbers from the record."""
    return Statement((words,))


def evidence_of(run: Run, event: object, metric: str, epoch: int | None = None) -> Evidence:
    """The evidence for one field of one event of ``run``.

    ``metric`` is the field's name on the event, dotted for what lies deeper
    (``tokens.truncated``, ``config.epochs``, ``scores.0.recall``).
    """
    value: object = event
    for name in metric.split("."):
        if isinstance(value, Mapping):
            value = value.get(name)
        elif isinstance(value, tuple):
            value = value[int(name)]
        else:
            value = getattr(value, name)
    assert value is None or isinstance(value, (int, float, str))
    kind = getattr(event, "event", "")
    shown = metric if kind == "epoch" else f"{kind}.{metric}"
    return Evidence(run.id, run.line_of(event), shown, value, epoch)  # type: ignore[arg-type]
