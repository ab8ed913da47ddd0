"""Memory over time, phases as bands behind it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import pairwise

from journal.analysis import figures
from journal.analysis.statement import Statement, state, text
from journal.record import events as ev
from journal.record.run import Run
from journal.report.charts import scale
from journal.report.charts.cells import MISSING, value
from journal.report.charts.palette import ACCENT, BAND, INK, MUTED, PAPER, RULE
from journal.report.charts.pin import Pin
from journal.report.charts.sheet import CHARACTER, WIDTH, Point, Sheet, plain
from journal.report.charts.strip import Strip
from journal.report.model import Column, Figure, Table

_LEFT, _RIGHT = 58.0, WIDTH - 98.0
_PANEL = 190.0
_LABEL_ROW = 16.0
_LABEL_ROWS = 4
_MOST_BANDS = 40
_MB = 1e6


class _Clock:
    """Seconds since the run began, without the time it lay still before a restart."""

    def __init__(self, run: Run) -> None:
        self._start = run.started
        self._resumed: list[float] = []
        self._still: list[float] = []
        still = 0.0
        for before, line in pairwise(run.lines):
            if isinstance(line.event, ev.Restart):
                still += max(0.0, line.event.time - before.event.time)
                self._resumed.append(line.event.time)
                self._still.append(still)

    def __call__(self, time: float) -> float:
        passed = bisect_right(self._resumed, time)
        still = self._still[passed - 1] if passed else 0.0
        return scale.bounded(max(0.0, time - self._start - still))

    def piece(self, time: float) -> int:
        """How many restarts lie before a time: a line is not drawn across one."""
        return bisect_right(self._resumed, time)


def draw(run: Run, pins: Sequence[Pin]) -> Figure:
    """The figure for a run that has samples of its memory."""
    samples = run.all(ev.Memory)
    clock = _Clock(run)
    last = max(clock(sample.time) for sample in samples)
    unit, word = _unit(last)
    across = scale.Scale(0.0, max(last / unit, 1e-3), _LEFT, _RIGHT)

    def place(time: float) -> float:
        return across(clock(time) / unit)

    strip = Strip(pins, lambda pin: None if pin.time is None else place(pin.time))
    bands = _bands(run, place)
    labels = scale.rows([_span(name, low) for name, low, _ in bands], _LABEL_ROWS)
    top = (
        30.0
        + strip.height
        + _LABEL_ROW * (max((row for row in labels if row is not None), default=-1) + 1)
    )
    bottom = top + _PANEL
    sheet = Sheet(bottom + 44)
    sheet.text(0, 16.0, "Memory, MB", bold=True)
    for number, ((name, low, high), row) in enumerate(zip(bands, labels, strict=True)):
        sheet.box(low, top, max(high - low, 0.6), _PANEL, BAND if number % 2 else PAPER)
        if row is None:
            continue
        label = top - 8 - _LABEL_ROW * row
        sheet.line([(low, label + 3), (low, bottom)], RULE, 0.8)
        start, _ = _span(name, low)
        sheet.text(start, label, name, MUTED, size=12)
    series: list[tuple[str, str, float, tuple[float, ...] | None, list[tuple[ev.Memory, int]]]]
    series = [("resident", ACCENT, 2.0, None, [(m, m.rss_bytes) for m in samples])]
    gpu = [(m, m.cuda_allocated_bytes) for m in samples if m.cuda_allocated_bytes is not None]
    if gpu:
        series.append(("GPU", INK, 1.4, (5.0, 2.5), gpu))
    known = [scale.bounded(size) / _MB for *_, points in series for _, size in points]
    down = scale.fitted([0.0, *known], bottom, top)
    down = scale.Scale(0.0, down.high, bottom, top)
    for tick, words in down.ticks():
        y = down(tick)
        sheet.line([(_LEFT, y), (_RIGHT, y)], RULE, 0.8)
        sheet.text(_LEFT - 6, y + 4, words, MUTED, size=12, anchor="end")
    ends = []
    for _, color, width, dash, points in series:
        pieces: dict[int, list[Point]] = {}
        for sample, size in points:
            spot = (place(sample.time), down(scale.bounded(size) / _MB))
            pieces.setdefault(clock.piece(sample.time), []).append(spot)
        for piece in pieces.values():
            sheet.line(_outline(piece), color, width, dash)
            if len(piece) == 1:
                sheet.marks(piece, "o", 5.5, color)
        ends.append(next(reversed(pieces.values()))[-1])
    wanted = scale.apart([y for _, y in ends], 18, top + 10, bottom - 4)
    for (name, color, *_), y in zip(series, wanted, strict=True):
        sheet.text(_RIGHT + 8, y + 4, name, color, bold=True)
    _time_axis(sheet, across, bottom, word)
    strip.draw(sheet, 26.0, bottom)
    name = f"memory-{run.id}"
    alt = _alt(samples, clock) + strip.told()
    caption = _caption(run, samples, strip)
    return Figure(name, caption, alt, sheet.svg(alt), _table(run, samples, clock))


def _unit(last: float) -> tuple[float, str]:
    if last <= 300:
        return 1.0, "seconds"
    return (60.0, "minutes") if last <= 3 * 3600 else (3600.0, "hours")


def _bands(run: Run, place: Callable[[float], float]) -> list[tuple[str, float, float]]:
    """Each phase with the pixels it begins and ends at; the longest, when there are too many."""
    bands: list[tuple[str, float, float]] = []
    begun: ev.PhaseStarted | None = None
    for line in run.lines:
        event = line.event
        ends = isinstance(event, ev.PhaseFinished | ev.PhaseStarted | ev.Restart | ev.RunFinished)
        if begun is not None and (ends or line is run.lines[-1]):
            bands.append((plain(begun.phase, 24), place(begun.time), place(event.time)))
            begun = None
        if isinstance(event, ev.PhaseStarted):
            begun = event
    longest = sorted(range(len(bands)), key=lambda n: bands[n][1] - bands[n][2])[:_MOST_BANDS]
    return [bands[n] for n in sorted(longest)]


def _span(name: str, low: float) -> tuple[float, float]:
    """The pixels that a band's name takes: from the band's left, or left of the sheet's edge."""
    width = CHARACTER * len(name) * 12 / 13 + 12
    start = min(low, WIDTH - width)
    return start, start + width


def _outline(points: list[Point]) -> list[Point]:
    """The same line with no more than its first, lowest, highest and last point a pixel."""
    if len(points) <= 2 * WIDTH:
        return points
    columns: dict[int, list[Point]] = {}
    for point in points:
        columns.setdefault(int(point[0]), []).append(point)
    kept = []
    for column in columns.values():
        ends = {0, len(column) - 1}
        ends.add(min(range(len(column)), key=lambda n: column[n][1]))
        ends.add(max(range(len(column)), key=lambda n: column[n][1]))
        kept += [column[n] for n in sorted(ends)]
    return kept


def _time_axis(sheet: Sheet, across: scale.Scale, bottom: float, word: str) -> None:
    sheet.line([(_LEFT, bottom), (_RIGHT, bottom)], INK, 1.0)
    for tick, words in across.ticks(7):
        x = across(tick)
        sheet.line([(x, bottom), (x, bottom + 4)], INK, 1.0)
        sheet.text(x, bottom + 19, words, MUTED, size=12, anchor="middle")
    sheet.text((_LEFT + _RIGHT) / 2, bottom + 38, f"{word} since the start", MUTED, anchor="middle")


def _megabytes(size: float) -> str:
    return figures.count(round(scale.bounded(size) / _MB)) + " MB"


def _caption(run: Run, samples: Sequence[ev.Memory], strip: Strip) -> Statement:
    peak = max(samples, key=lambda sample: sample.rss_bytes)
    return state(
        "Memory over time, by phase. The highest sample of resident memory is {peak}{phase}.{pins}",
        peak=value(run, peak, "rss_bytes", _megabytes(peak.rss_bytes)),
        phase=f", while {plain(peak.phase)}" if peak.phase else "",
        pins=strip.told(),
    )


def _alt(samples: Sequence[ev.Memory], clock: _Clock) -> str:
    peak = max(samples, key=lambda sample: sample.rss_bytes)
    told = [
        f"Line chart of memory over {figures.seconds(clock(samples[-1].time))}, "
        f"{figures.count(len(samples))} samples. Resident memory begins at "
        f"{_megabytes(samples[0].rss_bytes)}, is highest with {_megabytes(peak.rss_bytes)} at "
        f"{figures.seconds(clock(peak.time))}, and ends at {_megabytes(samples[-1].rss_bytes)}."
    ]
    gpu = [m.cuda_allocated_bytes for m in samples if m.cuda_allocated_bytes is not None]
    if gpu:
        told.append(f"Memory allocated on the GPU is highest with {_megabytes(max(gpu))}.")
    return " ".join(told)


def _table(run: Run, samples: Sequence[ev.Memory], clock: _Clock) -> Table:
    groups: dict[str | None, list[ev.Memory]] = {}
    for sample in samples:
        groups.setdefault(sample.phase, []).append(sample)
    gpu = any(sample.cuda_allocated_bytes is not None for sample in samples)
    rows = []
    for phase, members in list(groups.items())[:_MOST_BANDS]:
        low = min(members, key=lambda sample: sample.rss_bytes)
        high = max(members, key=lambda sample: sample.rss_bytes)
        cells = [
            text(plain(phase) if phase else "between phases"),
            text(figures.seconds(clock(members[0].time))),
            Statement((value(run, low, "rss_bytes", _megabytes(low.rss_bytes)),)),
            Statement((value(run, high, "rss_bytes", _megabytes(high.rss_bytes)),)),
        ]
        if gpu:
            cells.append(_gpu_cell(run, members))
        rows.append(tuple(cells))
    columns = [
        Column("Phase"),
        Column("First sample at", numeric=True),
        Column("Lowest", numeric=True),
        Column("Highest", numeric=True),
    ]
    if gpu:
        columns.append(Column("Highest on the GPU", numeric=True))
    return Table(f"memory-{run.id}-data", text("Memory by phase"), tuple(columns), tuple(rows))


def _gpu_cell(run: Run, members: Sequence[ev.Memory]) -> Statement:
    known = [m for m in members if m.cuda_allocated_bytes is not None]
    if not known:
        return MISSING
    high = max(known, key=lambda sample: sample.cuda_allocated_bytes or 0)
    size = _megabytes(high.cuda_allocated_bytes or 0)
    return Statement((value(run, high, "cuda_allocated_bytes", size),))
