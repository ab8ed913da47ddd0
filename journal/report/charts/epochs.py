"""Loss and accuracy by epoch: two panels over one axis, told apart in gray print too."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import groupby, pairwise

from journal.analysis import figures
from journal.record import events as ev
from journal.record.run import Run
from journal.report.charts import scale
from journal.report.charts.epochs_words import (
    Series,
    alternative,
    best_epoch,
    caption,
    gaps_of,
    table,
)
from journal.report.charts.palette import ACCENT, INK, MUTED, PAPER, RULE
from journal.report.charts.pin import Pin, drawn_epochs
from journal.report.charts.sheet import CHARACTER, WIDTH, Point, Sheet
from journal.report.charts.strip import Strip
from journal.report.model import Figure

_LEFT, _RIGHT = 52.0, WIDTH - 104.0
_PANEL = 148.0
_TITLE = 26.0
_GAP = 20.0
_MARKED = 30
"""From more epochs than this on, a line goes without marks."""


def draw(run: Run, pins: Sequence[Pin]) -> Figure:
    """The figure for a run of which some loss or accuracy is known."""
    epochs = drawn_epochs(run)
    loss = _pair(epochs, "train_loss", "val_loss")
    accuracy = _pair(epochs, "train_accuracy", "val_accuracy")
    across = _across(epochs[-1].epoch)
    strip = Strip(pins, lambda pin: across(pin.epoch) if math.isfinite(pin.epoch) else None)
    top = _TITLE + 6.0 + strip.height
    panels = [
        (title, pair, share)
        for title, pair, share in (("Loss", loss, False), ("Accuracy", accuracy, True))
        if any(line.drawn or line.off_scale for line in pair)
    ]
    tops = [top + number * (_PANEL + _GAP + _TITLE) for number in range(len(panels))]
    bottom = tops[-1] + _PANEL
    sheet = Sheet(bottom + 44)
    strip.draw(sheet, 4.0, bottom)
    best = best_epoch(run)
    for (title, pair, share), begin in zip(panels, tops, strict=True):
        down = _panel(sheet, title, pair, across, begin, share=share)
        if pair is loss and best is not None and best.val_loss is not None:
            x = across(best.epoch)
            sheet.line([(x, begin - 4), (x, bottom)], ACCENT, 1.0, (4, 3))
            sheet.marks([(x, down(best.val_loss))], "o", 13, ACCENT, "none")
            words = f"lowest validation loss: epoch {figures.count(best.epoch)}"
            _beside(sheet, x, begin - 9, words, 110 if down.log else 44)
    _epoch_axis(sheet, epochs[-1].epoch, across, bottom)
    gaps = gaps_of(run)
    _say_missing(sheet, gaps, across, bottom)
    alt = alternative(run, loss + accuracy, gaps) + strip.told()
    name = f"epochs-{run.id}"
    told = caption(run, best, gaps, strip.told())
    return Figure(name, told, alt, sheet.svg(alt), table(run))


def _pair(epochs: Sequence[ev.Epoch], train: str, validation: str) -> list[Series]:
    def points(metric: str) -> list[tuple[int, float | None]]:
        return [(epoch.epoch, getattr(epoch, metric)) for epoch in epochs]

    return [
        Series(train, "training", points(train), INK, 1.4, (5, 2.5), "s", PAPER),
        Series(validation, "validation", points(validation), ACCENT, 2.2, None, "o", ACCENT),
    ]


def _across(epoch: int) -> scale.Scale:
    last = scale.bounded(epoch)
    low, high = (0.5, 1.5) if last == 1 else (1.0, last)
    return scale.Scale(low, high, _LEFT + 20, _RIGHT - 4)


def _panel(
    sheet: Sheet,
    title: str,
    lines: Sequence[Series],
    across: scale.Scale,
    top: float,
    *,
    share: bool,
) -> scale.Scale:
    """One panel; returns its vertical scale."""
    write = figures.accuracy if share else figures.loss
    bottom = top + _PANEL
    # What is off the scale is marked along the upper edge, above every line.
    head = 26.0 if any(line.off_scale for line in lines) else 0.0
    known = [figure for line in lines for _, figure in line.drawn]
    down = scale.fitted(known, bottom, top + head, share=share, log=not share)
    sheet.text(0, top - 9, f"{title}, log scale" if down.log else title, bold=True)
    for tick, words in down.ticks():
        y = down(tick)
        sheet.line([(_LEFT, y), (_RIGHT, y)], RULE, 0.8)
        sheet.text(_LEFT - 6, y + 4, words, MUTED, size=12, anchor="end")
    for line in lines:
        _line(sheet, line, across, down)
    for number, line in enumerate(lines):
        _off_scale(sheet, line, across, top + 7 + 12 * number, write)
    _ends(sheet, [line for line in lines if line.drawn], down, write, top, bottom)
    return down


def _line(sheet: Sheet, line: Series, across: scale.Scale, down: scale.Scale) -> None:
    pieces: list[list[Point]] = []
    before: int | None = None
    for epoch, figure in line.drawn:
        point = (across(epoch), down(figure))
        if before is not None and epoch == before + 1:
            pieces[-1].append(point)
        else:
            pieces.append([point])
        before = epoch
    for left, right in pairwise(pieces):
        sheet.line([left[-1], right[0]], line.color, 1.0, (1, 4))
    for piece in pieces:
        if len(piece) > 1:
            sheet.line(piece, line.color, line.width, line.dash)
    alone = [piece[0] for piece in pieces if len(piece) == 1]
    marked = len(line.drawn) <= _MARKED
    points = [point for piece in pieces for point in piece] if marked else alone
    sheet.marks(points, line.shape, 5.5, line.color, line.fill)


def _off_scale(
    sheet: Sheet, line: Series, across: scale.Scale, y: float, write: Callable[[float], str]
) -> None:
    """Crosses along the upper edge where a figure is NaN, infinite or beyond any axis."""
    bad = dict(line.off_scale)
    runs = groupby(enumerate(sorted(bad)), key=lambda pair: pair[1] - pair[0])
    for _, group in runs:
        epochs = [epoch for _, epoch in group]
        ends = sorted({across(epochs[0]), across(epochs[-1])})
        if len(ends) > 1:
            sheet.line([(x, y) for x in ends], line.color, 1.0, line.dash)
        sheet.marks([(x, y) for x in ends], "x", 7, line.color)
        words = f"{line.name} {write(bad[epochs[0]])}"
        if ends[-1] + 8 + CHARACTER * len(words) < WIDTH:
            sheet.text(ends[-1] + 8, y + 4, words, line.color, size=12)
        else:
            sheet.text(ends[0] - 8, y + 4, words, line.color, size=12, anchor="end")


def _ends(
    sheet: Sheet,
    lines: Sequence[Series],
    down: scale.Scale,
    write: Callable[[float], str],
    top: float,
    bottom: float,
) -> None:
    """The name and the last figure of each line, at its right end."""
    wanted = [down(line.drawn[-1][1]) for line in lines]
    for line, y in zip(lines, scale.apart(wanted, 38, top + 8, bottom - 17), strict=True):
        sheet.text(_RIGHT + 8, y + 1, line.name, line.color, bold=True)
        sheet.text(_RIGHT + 8, y + 18, write(line.drawn[-1][1]), line.color)


def _epoch_axis(sheet: Sheet, epoch: int, across: scale.Scale, bottom: float) -> None:
    sheet.line([(_LEFT, bottom), (_RIGHT, bottom)], INK, 1.0)
    last = int(scale.bounded(epoch))
    for tick, words in scale.whole_ticks(1, last):
        x = across(tick)
        sheet.line([(x, bottom), (x, bottom + 4)], INK, 1.0)
        sheet.text(x, bottom + 19, words, MUTED, size=12, anchor="middle")
    sheet.text((_LEFT + _RIGHT) / 2, bottom + 38, "epoch", MUTED, anchor="middle")


def _say_missing(
    sheet: Sheet, gaps: Sequence[tuple[int, int]], across: scale.Scale, bottom: float
) -> None:
    """Words in the widest gap, where it has room for them."""
    low, high = max(gaps, key=lambda gap: gap[1] - gap[0], default=(1, 1))
    begin, end = across(low), across(high)
    words = "not recorded"
    width = CHARACTER * len(words)
    if end - begin > width + 20:
        sheet.box((begin + end - width) / 2, bottom - 20, width, 16, PAPER)
        sheet.text((begin + end) / 2, bottom - 8, words, MUTED, size=12, anchor="middle")


def _beside(sheet: Sheet, x: float, y: float, words: str, left: float) -> None:
    """Words at one side of a vertical line, on the side that has room."""
    if x - CHARACTER * len(words) - 6 > left:
        sheet.text(x - 5, y, words, ACCENT, size=12, anchor="end")
    else:
        sheet.text(max(x + 5, left), y, words, ACCENT, size=12)
