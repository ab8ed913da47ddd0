"""What the epochs cost in time, and what each did to validation loss."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from journal.analysis import figures
from journal.analysis.statement import Evidence, Statement, Value, evidence_of, state, text
from journal.record import events as ev
from journal.record.run import Run
from journal.report.charts import scale
from journal.report.charts.palette import ACCENT, FROZEN, INK, MUTED, PAPER, RULE
from journal.report.charts.sheet import WIDTH, Sheet
from journal.report.model import Column, Figure, Table

_LEFT, _RIGHT = 72.0, WIDTH - 12.0
_TITLE, _PANEL, _GAP = 26.0, 104.0, 22.0
_MOST = 60
"""More bars than this are not told apart; neighboring epochs then share one."""


@dataclass(frozen=True)
class _Bar:
    """Some neighboring epochs: what they took, and what they changed."""

    epochs: tuple[ev.Epoch, ...]
    before: ev.Epoch

    @property
    def seconds(self) -> float:
        return sum(epoch.seconds or 0.0 for epoch in self.epochs)

    @property
    def change(self) -> float:
        """Of the validation loss, negative where it fell."""
        return (self.epochs[-1].val_loss or 0.0) - (self.before.val_loss or 0.0)

    @property
    def name(self) -> str:
        first, last = self.epochs[0].epoch, self.epochs[-1].epoch
        return f"{first}" if first == last else f"{first} to {last}"


def draw(run: Run) -> Figure | None:
    """The figure for a run with three or more epochs in a row of known seconds and losses."""
    epochs = _known(run)
    if len(epochs) < 3:
        return None
    each = -(-(len(epochs) - 1) // _MOST)
    bars = [
        _Bar(tuple(epochs[start : start + each]), epochs[start - 1])
        for start in range(1, len(epochs), each)
    ]
    name = f"costs-{run.id}"
    caption, alt = _caption(run, epochs, each), _alt(bars)
    return Figure(name, caption, alt, _sheet(bars).svg(alt), _table(run, bars, name))


def _known(run: Run) -> list[ev.Epoch]:
    """The epochs from the first on, as long as each follows the other with all its figures."""
    found: list[ev.Epoch] = []
    for epoch in run.epochs:
        follows = not found or epoch.epoch == found[-1].epoch + 1
        if not (follows and scale.drawable(epoch.val_loss) and scale.drawable(epoch.seconds)):
            break
        found.append(epoch)
    return found


def _loss(run: Run, epoch: ev.Epoch) -> Evidence:
    return evidence_of(run, epoch, "val_loss", epoch.epoch)


def _spent(run: Run, epochs: Sequence[ev.Epoch]) -> Value:
    places = tuple(evidence_of(run, epoch, "seconds", epoch.epoch) for epoch in epochs)
    return Value(figures.seconds(sum(epoch.seconds or 0.0 for epoch in epochs)), places)


def _bought(run: Run, before: ev.Epoch, last: ev.Epoch) -> Statement:
    change = (last.val_loss or 0.0) - (before.val_loss or 0.0)
    shown = Value(figures.loss(abs(change)), (_loss(run, before), _loss(run, last)))
    return state("lowered it by {v}" if change <= 0 else "raised it by {v}", v=shown)


def _span(epochs: Sequence[ev.Epoch]) -> str:
    first, last = epochs[0].epoch, epochs[-1].epoch
    return f"epoch {first}" if first == last else f"epochs {first} to {last}"


def _caption(run: Run, epochs: Sequence[ev.Epoch], each: int) -> Statement:
    half = len(epochs) // 2
    return state(
        "What the epochs cost, and what each did to validation loss against the epoch before."
        "{several} {before} took {early} and {fell}; {after} took {late} and {rest}.",
        several=f" A bar is {each} epochs." if each > 1 else "",
        before=_span(epochs[1 : half + 1]).capitalize(),
        early=_spent(run, epochs[1 : half + 1]),
        fell=_bought(run, epochs[0], epochs[half]),
        after=_span(epochs[half + 1 :]),
        late=_spent(run, epochs[half + 1 :]),
        rest=_bought(run, epochs[half], epochs[-1]),
    )


def _alt(bars: Sequence[_Bar]) -> str:
    slow = max(bars, key=lambda bar: bar.seconds)
    best = min(bars, key=lambda bar: bar.change)
    rises = sum(bar.change > 0 for bar in bars)
    return (
        f"Two rows of {len(bars)} bars, over epochs {bars[0].epochs[0].epoch} to "
        f"{bars[-1].epochs[-1].epoch}. Time: at most {figures.seconds(slow.seconds)}, epoch "
        f"{slow.name}. Change in validation loss: the largest fall is {_signed(best.change)} at "
        f"epoch {best.name}; {figures.word(rises)} of the bars rise."
    )


def _signed(change: float) -> str:
    """A change with its sign: ``−0.012``."""
    return f"{'−' if change < 0 else '+'}{figures.loss(abs(change))}"


def _table(run: Run, bars: Sequence[_Bar], name: str) -> Table:
    rows = tuple(
        (
            text(bar.name),
            Statement((_spent(run, bar.epochs),)),
            Statement(
                (
                    Value(
                        _signed(bar.change),
                        (_loss(run, bar.before), _loss(run, bar.epochs[-1])),
                    ),
                )
            ),
        )
        for bar in bars
    )
    columns = (
        Column("Epochs" if len(bars[0].epochs) > 1 else "Epoch", numeric=True),
        Column("Time", numeric=True),
        Column("Change in validation loss", numeric=True),
    )
    return Table(f"{name}-data", text("Time and validation loss by epoch"), columns, rows)


def _change_tick(tick: float) -> str:
    return "0" if tick == 0 else f"{'−' if tick < 0 else '+'}{abs(tick):.3g}"


def _sheet(bars: Sequence[_Bar]) -> Sheet:
    tops = [_TITLE, _TITLE + _PANEL + _GAP + _TITLE]
    sheet = Sheet(tops[1] + _PANEL + 42)
    pitch = (_RIGHT - _LEFT) / len(bars)
    width = max(1.5, min(26.0, pitch * 0.72))

    def panel(
        title: str, top: float, values: Sequence[float], write: Callable[[float], str]
    ) -> scale.Scale:
        down = scale.fitted([0.0, *values], top + _PANEL, top)
        if min(values) >= 0:
            down = scale.Scale(0.0, down.high, top + _PANEL, top)
        sheet.text(0, top - 10, title, bold=True)
        for tick, _ in down.ticks(5):
            sheet.line([(_LEFT, down(tick)), (_RIGHT, down(tick))], RULE, 0.8)
            sheet.text(_LEFT - 6, down(tick) + 4, write(tick), MUTED, size=12, anchor="end")
        return down

    seconds = [scale.bounded(bar.seconds) for bar in bars]
    changes = [bar.change for bar in bars]
    down = panel("Seconds", tops[0], seconds, lambda tick: f"{tick:.3g}")
    for n, value in enumerate(seconds):
        x = _LEFT + pitch * (n + 0.5) - width / 2
        sheet.box(x, down(value), width, max(down(0.0) - down(value), 0.5), FROZEN)
    base = down(0.0)
    sheet.line([(_LEFT, base), (_RIGHT, base)], INK, 1.0)
    down = panel("Change in validation loss", tops[1], changes, _change_tick)
    base = down(0.0)
    for n, value in enumerate(changes):
        x, y = _LEFT + pitch * (n + 0.5) - width / 2, down(value)
        # A rise is hollow, so that it is told apart in gray too.
        fill, edge = (ACCENT, None) if value <= 0 else (PAPER, INK)
        sheet.box(x, min(y, base), width, max(abs(base - y), 0.5), fill, edge=edge)
    sheet.line([(_LEFT, base), (_RIGHT, base)], INK, 1.0)
    bottom = tops[1] + _PANEL
    first, last = bars[0].epochs[0].epoch, bars[-1].epochs[-1].epoch
    for tick, words in scale.whole_ticks(first, last):
        place = min((tick - first) / max(1, len(bars[0].epochs)), len(bars) - 1)
        x = _LEFT + pitch * (int(place) + 0.5)
        sheet.text(x, bottom + 19, words, MUTED, size=12, anchor="middle")
    sheet.text((_LEFT + _RIGHT) / 2, bottom + 38, "epoch", MUTED, anchor="middle")
    return sheet
