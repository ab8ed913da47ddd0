"""What differs between runs: how they were set up, the model, the data, the machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from journal.record import events as ev
from journal.record.run import Run

Group = Literal["run", "configuration", "model", "data", "machine"]
GROUPS: tuple[Group, ...] = ("run", "configuration", "model", "data", "machine")

_LEFT_OUT = {"time", "event", "layer_groups", "labels"}
_SAID_ELSEWHERE = {"model", "data"}
_CHANGES_NOTHING = {"program", "differences", "frozen", "test_data", "baselines", "cache_limit"}
"""Settings that follow from others, or that do not touch what is trained."""
_IDENTITY = {"name", "checksum"}
"""What makes a model or data another; the rest of their figures follow from settings too."""
_HARDWARE = {"platform", "processor", "threads", "processes", "memory_bytes", "device", "gpu"}


@dataclass(frozen=True)
class Difference:
    """A setting or a figure that is not the same in all runs.

    Attributes:
        group: what it belongs to.
        name: its name in the record, dotted for what lies deeper (``versions.torch``).
        values: as recorded, one for each run in order; None where a run has none.
    """

    group: Group
    name: str
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Differences:
    """All of them.

    Attributes:
        found: in the order of the record.
        missing: for each run in order, the groups that its record says nothing of.
    """

    found: tuple[Difference, ...]
    missing: tuple[tuple[Group, ...], ...]

    def several_at_once(self, place: int) -> bool:
        """Whether more than one thing changed from the first run to the one at ``place``.

        False where :meth:`unknown` holds: what changed is then not known at all.
        """
        if self.unknown(place):
            return False
        changed = {
            d.name if d.group in {"run", "configuration"} else d.group
            for d in self.found
            if _is_change(d) and _changed(d, place)
        }
        return len(changed) > 1

    def changes(self, place: int) -> tuple[Difference, ...]:
        """What somebody changed from the first run to the one at ``place``."""
        found = (d for d in self.found if _is_change(d) and _changed(d, place))
        named: dict[tuple[Group, str], Difference] = {}
        for d in found:
            # Of a model or data that is another, its name says more than its checksum.
            key = (d.group, "" if d.group in {"model", "data"} else d.name)
            if key not in named or d.name == "name":
                named[key] = d
        return tuple(named.values())

    def unknown(self, place: int) -> bool:
        """Whether the record of the run at ``place``, or of the first, tells no settings."""
        return "configuration" in {*self.missing[0], *self.missing[place]}

    @property
    def hardware(self) -> bool:
        """Whether the runs were not made on the same machine, as far as is known."""
        return any(d.group == "machine" and d.name in _HARDWARE for d in self.found)


def _is_change(difference: Difference) -> bool:
    """Whether it is a thing that somebody changed, and not what became of that."""
    if difference.group in {"model", "data"}:
        return difference.name in _IDENTITY
    return difference.group != "machine" and difference.name not in _CHANGES_NOTHING


def _changed(difference: Difference, place: int) -> bool:
    """Whether a value is another than the first run's, as far as both are known."""
    before, after = difference.values[0], difference.values[place]
    known = difference.group == "configuration" or None not in (before, after)
    return known and bool(before != after)


def differences(runs: Sequence[Run]) -> Differences:
    """What is not the same in all of these runs.

    A setting counts as different also where one run has it and another does not; for the rest, what
    was not recorded is no difference.
    """
    found: list[Difference] = []
    missing: list[list[Group]] = [[] for _ in runs]
    for group in GROUPS:
        tables = [_recorded(run, group) for run in runs]
        for gaps, table in zip(missing, tables, strict=True):
            if not table:
                gaps.append(group)
        names = dict.fromkeys(name for table in tables for name in table)
        for name in names:
            values = tuple(table.get(name) for table in tables)
            there = [
                value
                for value, table in zip(values, tables, strict=True)
                if table and (value is not None or group == "configuration")
            ]
            if any(value != there[0] for value in there[1:]):
                found.append(Difference(group, name, values))
    return Differences(tuple(found), tuple(tuple(gaps) for gaps in missing))


def _recorded(run: Run, group: Group) -> dict[str, Any]:
    """What a run's record says of a group, by dotted name; empty when nothing."""
    header = run.header
    if group == "run":
        return {"engine": header.engine, "seed": header.seed, "program": header.program}
    if group == "configuration":
        known = {"model": run.model, "data": run.data}
        left_out = {name for name in _SAID_ELSEWHERE if known[name] is not None}
        return {k: v for k, v in _flat(header.config) if k not in left_out}
    events: dict[Group, ev.Event | None] = {
        "model": run.model,
        "data": run.data,
        "machine": run.environment,
    }
    event = events[group]
    return {} if event is None else dict(_flat(event.model_dump(mode="json", exclude=_LEFT_OUT)))


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
