"""The confusion matrix: a grid of counts, the more the darker."""

from __future__ import annotations

from journal.analysis import figures
from journal.analysis.statement import Statement, Value, evidence_of, state, text
from journal.record import events as ev
from journal.record.run import Run
from journal.report.charts.palette import ACCENT, INK, MUTED, RULE
from journal.report.charts.sheet import CHARACTER, WIDTH, Sheet, plain
from journal.report.model import Column, Figure, Table

_MOST = 10
"""Labels that are drawn: the commonest, when there are more."""


def draw(run: Run, predictions: ev.Predictions) -> Figure | None:
    """The figure for a matrix; None for one without reviews or without rows of labels' length."""
    confusion = predictions.confusion
    number = min(len(predictions.labels), len(confusion), *map(len, confusion))
    whole = sum(sum(row) for row in confusion)
    if not number or not whole:
        return None
    common = sorted(range(number), key=lambda n: -sum(confusion[n]))[:_MOST]
    kept = [n for n in range(number) if n in common]
    names = {n: plain(predictions.labels[n], 18) for n in kept}
    right = sum(confusion[n][n] for n in range(number))

    def count(true: int, predicted: int) -> int:
        return confusion[true][predicted]

    def counted(true: int, predicted: int) -> Value:
        place = evidence_of(run, predictions, f"confusion.{true}.{predicted}")
        return Value(figures.count(count(true, predicted)), (place,))

    def share(true: int, predicted: int) -> float:
        return count(true, predicted) / (sum(confusion[true]) or 1)

    some = f" The {_MOST} commonest of {number} labels are shown." if number > _MOST else ""
    alt = (
        f"Confusion matrix of {figures.count(whole)} validation reviews, rows true and columns "
        f"predicted; {figures.count(right)} are right.{some} "
        + " ".join(
            f"Of {figures.count(sum(confusion[true]))} that are {names[true]}, "
            + ", ".join(f"{figures.count(count(true, p))} predicted {names[p]}" for p in kept)
            + "."
            for true in kept
        )
    )
    diagonal = tuple(e for n in kept for e in counted(n, n).evidence)
    every = tuple(e for n in kept for p in kept for e in counted(n, p).evidence)
    caption = state(
        "True and predicted labels of the validation reviews: {right} of {whole} are right.{some}",
        right=Value(figures.count(right), diagonal),
        whole=Value(figures.count(whole), every),
        some=some,
    )
    name = f"confusion-{run.id}"
    rows = tuple(
        (text(names[true]), *(Statement((counted(true, p),)) for p in kept)) for true in kept
    )
    columns = (
        Column("True label"),
        *(Column(f"Predicted {names[p]}", numeric=True) for p in kept),
    )
    table = Table(f"{name}-data", text("Confusion matrix"), columns, rows)
    sheet = _sheet(
        [names[n] for n in kept],
        [[count(t, p) for p in kept] for t in kept],
        [[share(t, p) for p in kept] for t in kept],
    )
    return Figure(name, caption, alt, sheet.svg(alt), table)


def _sheet(names: list[str], counts: list[list[int]], shares: list[list[float]]) -> Sheet:
    number = len(names)
    left = min(170.0, 24 + CHARACTER * max(max(map(len, names)), len("true label")))
    width = min(150.0, (WIDTH - left) / number)
    height = 64.0 if number <= 4 else 44.0
    top = 48.0
    sheet = Sheet(top + height * number + 6)
    sheet.text(left + width * number / 2, 16, "predicted label", MUTED, anchor="middle")
    sheet.text(left - 12, 38, "true label", MUTED, anchor="end")
    fitting = max(3, int(width / CHARACTER))
    for column, name in enumerate(names):
        sheet.text(left + width * (column + 0.5), 38, plain(name, fitting), anchor="middle")
    for row, name in enumerate(names):
        y = top + height * row
        sheet.text(left - 12, y + height / 2 + 5, name, anchor="end")
        for column in range(number):
            x = left + width * column
            # Light enough that ink stays readable on the darkest cell, in light and in dark.
            opacity = round(0.04 + 0.36 * shares[row][column], 2)
            sheet.box(x, y, width, height, ACCENT, opacity=opacity)
            middle = x + width / 2
            sheet.text(
                middle,
                y + height / 2 - 1,
                figures.count(counts[row][column]),
                INK,
                size=17 if number <= 4 else 13,
                anchor="middle",
                bold=row == column,
            )
            sheet.text(
                middle,
                y + height / 2 + 18,
                figures.percent(shares[row][column]),
                INK,
                size=12 if number <= 4 else 11,
                anchor="middle",
            )
    for n in range(number + 1):
        sheet.line([(left, top + height * n), (left + width * number, top + height * n)], RULE)
        sheet.line([(left + width * n, top), (left + width * n, top + height * number)], RULE)
    return sheet
