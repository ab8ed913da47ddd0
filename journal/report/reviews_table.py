"""The reviews of a run by split: how many, which labels, what the tokenizer made of them."""

from __future__ import annotations

from collections.abc import Callable

from journal.analysis import figures
from journal.analysis.language import Language, Share
from journal.analysis.statement import Statement, Value, evidence_of, state, text
from journal.record import events as ev
from journal.record.run import Run
from journal.report.charts.sheet import plain
from journal.report.model import Column, Table
from journal.report.tables import ABSENT

_SCRIPTS = 5
_LABELS = 12

_Row = tuple[Statement, Statement, Statement]


def reviews_table(run: Run) -> Table | None:
    """Reviews, labels, words, pieces and scripts of both splits; None without a split."""
    data = run.data
    if data is None or data.train is None or data.validation is None:
        return None
    rows = [_reviews(run, data), *_labels(run, data), *_language(run, data)]
    columns = (Column("What"), Column("Training", numeric=True), Column("Validation", numeric=True))
    return Table("reviews", _caption(run, data), columns, tuple(rows))


def _caption(run: Run, data: ev.Data) -> Statement:
    lengths = data.tokens
    if lengths is None:
        return text("The reviews, by split.")

    def value(metric: str, shown: str) -> Value:
        return Value(shown, (evidence_of(run, data, f"tokens.{metric}"),))

    return state(
        "The reviews, by split. To the model a review has {mean} tokens on average and {longest} "
        "at most, special ones included; {truncated} lost the end.",
        mean=value("mean", f"{lengths.mean:.1f}"),
        longest=value("longest", figures.count(lengths.longest)),
        truncated=value(
            "truncated", figures.count(lengths.truncated) if lengths.truncated else "none"
        ),
    )


def _reviews(run: Run, data: ev.Data) -> _Row:
    def cell(metric: str) -> Statement:
        shown = figures.count(getattr(data, metric))
        return Statement((Value(shown, (evidence_of(run, data, metric),)),))

    return text("Reviews"), cell("train"), cell("validation")


def _labels(run: Run, data: ev.Data) -> list[_Row]:
    def cell(place: int, split: str) -> Statement:
        shown = figures.count(getattr(data.labels[place], split))
        return Statement((Value(shown, (evidence_of(run, data, f"labels.{place}.{split}"),)),))

    return [
        (
            text(f"Labeled {plain(own.label, 24)}"),
            cell(place, "train"),
            cell(place, "validation"),
        )
        for place, own in enumerate(data.labels[:_LABELS])
    ]


def _language(run: Run, data: ev.Data) -> list[_Row]:
    places = {own.split: place for place, own in enumerate(data.texts)}
    if places.keys() != {"train", "validation"}:
        return []
    train, validation = (Language(run, data, [places[s]]) for s in ("train", "validation"))

    def row(title: str, cell: Callable[[Language], Statement]) -> _Row:
        return text(title), cell(train), cell(validation)

    def shown(share: Share | None, write: Callable[[float], str]) -> Statement:
        if share is None or not share.whole or not share.evidence:
            return ABSENT
        return Statement((Value(write(share.value), share.evidence),))

    def counted(name: str) -> Callable[[Language], Statement]:
        def cell(own: Language) -> Statement:
            split = places["train" if own is train else "validation"]
            where = evidence_of(run, data, f"texts.{split}.{name}")
            return Statement((Value(figures.count(getattr(data.texts[split], name)), (where,)),))

        return cell

    scripts = Language(run, data, list(places.values())).scripts[:_SCRIPTS]
    return [
        row("Words", counted("words")),
        row("Pieces", counted("pieces")),
        row("Pieces per word", lambda own: shown(own.pieces_per_word, lambda v: f"{v:.2f}")),
        row("Pieces unknown to the tokenizer", lambda own: shown(own.unknown, figures.percent)),
        row("Reviews with an unknown piece", counted("reviews_with_unknown")),
        *(row(f"Letters that are {name}", _script_cell(name, shown)) for name in scripts),
    ]


def _script_cell(
    name: str, shown: Callable[[Share, Callable[[float], str]], Statement]
) -> Callable[[Language], Statement]:
    return lambda own: shown(own.script(name), figures.percent)
