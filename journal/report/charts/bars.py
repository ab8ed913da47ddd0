"""Bars: seconds by phase, and parameters by layer group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from journal.analysis import figures
from journal.analysis.statement import Evidence, Statement, Value, evidence_of, state, text
from journal.record import events as ev
from journal.record.run import Run
from journal.report.charts import scale
from journal.report.charts.palette import ACCENT, FROZEN, INK, MUTED
from journal.report.charts.sheet import CHARACTER, WIDTH, Sheet, plain
from journal.report.model import Column, Figure, Table

_Key = TypeVar("_Key", str, int)

_BAR, _ROW = 16.0, 27.0
_MOST = 24
"""More bars than this are not drawn; the largest are."""


@dataclass(frozen=True)
class _Bar:
    name: str
    lengths: tuple[tuple[float, str], ...]
    """Each piece of the bar from the left, with its color."""
    shown: str


def phases(run: Run) -> Figure:
    """Seconds by phase, in the order in which they first ended; a repeated phase is one bar."""
    finished: dict[str, list[ev.PhaseFinished]] = {}
    for event in run.all(ev.PhaseFinished):
        finished.setdefault(event.phase, []).append(event)
    spent = {phase: sum(event.seconds for event in events) for phase, events in finished.items()}
    kept = _largest(list(spent), spent)
    bars = [
        _Bar(plain(phase, 24), ((spent[phase], ACCENT),), figures.seconds(spent[phase]))
        for phase in kept
    ]
    longest = max(kept, key=lambda phase: spent[phase])
    whole = sum(spent.values())

    def time(phase: str) -> Value:
        places = tuple(evidence_of(run, event, "seconds") for event in finished[phase])
        return Value(figures.seconds(spent[phase]), places)

    alt = (
        f"Bar chart of {_counted(len(bars), 'phase')}, "
        f"{figures.seconds(whole)} in all{_some(kept, spent)}. By phase: "
        + "; ".join(f"{bar.name} {bar.shown}" for bar in bars)
        + "."
    )
    share = f", {figures.percent(spent[longest] / whole)} of the time in phases" if whole else ""
    caption = state(
        "Seconds by phase. The longest is {phase}, {time}{share}.",
        phase=plain(longest),
        time=time(longest),
        share=share,
    )
    rows = tuple(
        (
            text(plain(phase)),
            Statement((time(phase),)),
            text(figures.percent(spent[phase] / whole) if whole else "–"),
        )
        for phase in kept
    )
    columns = (Column("Phase"), Column("Time", numeric=True), Column("Share", numeric=True))
    name = f"phases-{run.id}"
    table = Table(f"{name}-data", text("Seconds by phase"), columns, rows)
    return Figure(name, caption, alt, _sheet(bars, ()).svg(alt), table)


def parameters(run: Run, model: ev.Model) -> Figure:
    """Parameters by layer group, in the model's own order; what trains is in the accent."""
    groups = dict(enumerate(model.layer_groups))
    kept = _largest(list(groups), {n: group.parameters for n, group in groups.items()})
    bars = []
    for n in kept:
        group = groups[n]
        trained = min(group.trainable_parameters, group.parameters)
        pieces = (
            (scale.bounded(trained), ACCENT),
            (scale.bounded(group.parameters - trained), FROZEN),
        )
        bars.append(
            _Bar(plain(group.name, 24), pieces, _parameters_shown(trained, group.parameters))
        )
    total = sum(group.parameters for group in model.layer_groups)
    trained = sum(group.trainable_parameters for group in model.layer_groups)

    def places(n: int, metric: str) -> Evidence:
        return evidence_of(run, model, f"layer_groups.{n}.{metric}")

    def counted(n: int, metric: str) -> Statement:
        recorded = getattr(groups[n], metric)
        return Statement((Value(figures.count(recorded), (places(n, metric),)),))

    share = figures.percent(trained / total) if total else "0%"
    alt = (
        f"Bar chart of parameters in {_counted(len(model.layer_groups), 'layer group')}: "
        f"{figures.count(trained)} of {figures.count(total)} train ({share})"
        f"{_some(kept, groups)}. By group: "
        + "; ".join(f"{bar.name}: {bar.shown}" for bar in bars)
        + "."
    )
    caption = state(
        "Parameters by layer group. {trained} of {total} train ({share}); the others are frozen.",
        trained=Value(
            figures.count(trained), tuple(places(n, "trainable_parameters") for n in groups)
        ),
        total=Value(figures.count(total), tuple(places(n, "parameters") for n in groups)),
        share=share,
    )
    rows = tuple(
        (
            text(plain(groups[n].name)),
            counted(n, "parameters"),
            counted(n, "trainable_parameters"),
        )
        for n in kept
    )
    columns = (
        Column("Layer group"),
        Column("Parameters", numeric=True),
        Column("Trained", numeric=True),
    )
    name = f"parameters-{run.id}"
    table = Table(f"{name}-data", text("Parameters by layer group"), columns, rows)
    sheet = _sheet(bars, (("trained", ACCENT), ("frozen", FROZEN)))
    return Figure(name, caption, alt, sheet.svg(alt), table)


def _counted(number: int, name: str) -> str:
    return f"{figures.word(number)} {name}{'' if number == 1 else 's'}"


def _parameters_shown(trained: int, parameters: int) -> str:
    if trained == 0:
        return f"{figures.count(parameters)} frozen"
    if trained == parameters:
        return f"{figures.count(parameters)} trained"
    return f"{figures.count(trained)} of {figures.count(parameters)} trained"


def _largest(keys: Sequence[_Key], sizes: Mapping[_Key, float]) -> list[_Key]:
    largest = sorted(keys, key=lambda key: -sizes[key])[:_MOST]
    return [key for key in keys if key in largest]


def _some(kept: Sequence[object], every: Mapping[_Key, object]) -> str:
    return f"; the {len(kept)} largest are shown" if len(kept) < len(every) else ""


def _sheet(bars: Sequence[_Bar], key: Sequence[tuple[str, str]]) -> Sheet:
    top = 30.0 if key else 6.0
    sheet = Sheet(top + _ROW * len(bars) + 6)
    # A page for a phone sets the words larger than they are drawn.
    left = min(220.0, 16 + 1.25 * CHARACTER * max(len(bar.name) for bar in bars))
    room = 14 + 1.4 * CHARACTER * max(len(bar.shown) for bar in bars)
    largest = max(sum(length for length, _ in bar.lengths) for bar in bars)
    across = scale.Scale(0.0, max(largest, 1e-9), left, WIDTH - room)
    x = left
    for words, color in key:
        sheet.box(x, 6, 12, 12, color)
        sheet.text(x + 18, 17, words, MUTED)
        x += 40 + CHARACTER * len(words)
    sheet.line([(left, top), (left, top + _ROW * len(bars))], INK, 1.0)
    for number, bar in enumerate(bars):
        y = top + _ROW * number + (_ROW - _BAR) / 2
        sheet.text(left - 8, y + 13, bar.name, anchor="end")
        begin, reached = left, 0.0
        for length, color in bar.lengths:
            if length > 0:
                reached += length
                # What is there at all is seen.
                end = max(across(reached), begin + 2.0)
                sheet.box(begin, y, end - begin, _BAR, color)
                begin = end
        sheet.text(begin + 8, y + 13, bar.shown, MUTED)
    return sheet
