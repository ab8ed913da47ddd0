"""A run as its record tells it: the events sorted by kind, each with the line it stands on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal, TypeVar

from journal.record import events as ev

E = TypeVar("E", bound=ev.Event)


@dataclass(frozen=True)
class Line:
    """An event and the line of the record it stands on, from 1."""

    number: int
    event: ev.AnyEvent


@dataclass(frozen=True)
class Run:
    """Everything one record says. Built by the reader; never changed.

    Attributes:
        path: the ``record.jsonl`` it was read from.
        lines: every event in the order it was written.
        torn: the file ended inside a line, which was dropped.
        seal: ``intact`` or ``broken`` for a closed record whose seal was verified, ``absent`` for
            one without a closing event.
        digest: SHA-256 of its whole lines, in hexadecimal digits; empty for a run that was read
            from no file.
    """

    path: Path
    lines: Sequence[Line]
    torn: bool = False
    seal: Literal["intact", "broken", "absent"] = "absent"
    digest: str = ""
    _numbers: dict[int, int] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._numbers.update({id(line.event): line.number for line in self.lines})

    def line_of(self, event: ev.Event) -> int:
        """The line of the record that ``event``, one of this run's own, stands on."""
        return self._numbers[id(event)]

    def all(self, kind: type[E]) -> tuple[E, ...]:
        """Every event of a kind, in order."""
        return tuple(line.event for line in self.lines if isinstance(line.event, kind))

    def last(self, kind: type[E]) -> E | None:
        """The last event of a kind, or None: after a resume the later one holds."""
        for line in reversed(self.lines):
            if isinstance(line.event, kind):
                return line.event
        return None

    @cached_property
    def header(self) -> ev.RunStarted:
        """The first event, always there."""
        first = self.lines[0].event
        assert isinstance(first, ev.RunStarted)
        return first

    @property
    def id(self) -> str:
        """The run's id, unique in a student's folder."""
        return self.header.run_id

    @cached_property
    def closing(self) -> ev.RunFinished | None:
        """The footer, or None for a run that was cut off."""
        last = self.lines[-1].event
        return last if isinstance(last, ev.RunFinished) else None

    @property
    def status(self) -> ev.Status:
        """``completed``, ``interrupted`` (also when no footer was written) or ``failed``."""
        return self.closing.status if self.closing else "interrupted"

    @cached_property
    def model(self) -> ev.Model | None:
        """The model, once it was loaded."""
        return self.last(ev.Model)

    @cached_property
    def data(self) -> ev.Data | None:
        """The data, once it was read and split."""
        return self.last(ev.Data)

    @cached_property
    def environment(self) -> ev.Environment | None:
        """The machine, if it was recorded."""
        return self.last(ev.Environment)

    @cached_property
    def epochs(self) -> tuple[ev.Epoch, ...]:
        """Epochs in order. Where a resumed run wrote one twice, the later stands."""
        latest = {event.epoch: event for event in self.all(ev.Epoch)}
        return tuple(latest[number] for number in sorted(latest))

    @cached_property
    def predictions(self) -> ev.Predictions | None:
        """Predictions on the validation split."""
        found = [event for event in self.all(ev.Predictions) if event.split == "validation"]
        return found[-1] if found else None

    @cached_property
    def baselines(self) -> tuple[ev.Baseline, ...]:
        """Simple classifiers on the same split. Where one was run twice, the later stands."""
        return tuple({event.name: event for event in self.all(ev.Baseline)}.values())

    @property
    def started(self) -> float:
        """When the run began, seconds since the epoch."""
        return self.header.time

    @property
    def ended(self) -> float:
        """When the last event was written, seconds since the epoch."""
        return self.lines[-1].event.time

    @property
    def seconds(self) -> float | None:
        """How long the run took, as far as the record reaches; None for imported figures."""
        return self.closing.seconds if self.closing else max(0.0, self.ended - self.started)

    @cached_property
    def peak_rss_bytes(self) -> int | None:
        """The largest resident memory seen in any sample or phase."""
        peaks = [m.rss_bytes for m in self.all(ev.Memory)]
        peaks += [p.peak_rss_bytes for p in self.all(ev.PhaseFinished) if p.peak_rss_bytes]
        return max(peaks, default=None)

    def moment(self, time: float) -> tuple[str | None, int | None]:
        """The phase and the epoch that a time fell in; None outside of any.

        An epoch is under way from the end of the one before it (or the start of its phase).
        """
        phase: str | None = None
        in_training = False
        for line in self.lines:
            event = line.event
            if event.time > time:
                break
            if isinstance(event, ev.PhaseStarted):
                phase, in_training = event.phase, event.phase == "training"
            elif isinstance(event, ev.PhaseFinished) and event.phase == phase:
                phase, in_training = None, False
        if not in_training:
            return phase, None
        upcoming = [e.epoch for e in self.epochs if e.time >= time]
        done = [e.epoch for e in self.epochs if e.time < time]
        return phase, min(upcoming) if upcoming else max(done, default=0) + 1


def numbered(events: Iterable[ev.AnyEvent]) -> tuple[Line, ...]:
    """Events with line numbers from 1, as a reader would give them."""
    return tuple(Line(number, event) for number, event in enumerate(events, 1))
