"""*The run at a glance*: what a reader wants to know of a run before anything else."""

from __future__ import annotations

import re

from journal.analysis import curves, figures
from journal.analysis.intervals import wilson
from journal.analysis.sample import validated
from journal.analysis.statement import Statement, Value, evidence_of, state, text
from journal.record import events as ev
from journal.record import locks
from journal.record.run import Run
from journal.report.model import Glance, Item

NOT_RECORDED = text("not recorded")

_ENGINES = {
    "notebook": "{engine}: the lab's own loop, every review through the whole model in every epoch",
    "cached": "{engine}: the frozen encoder ran once, without dropout, in {precision}; "
    "the head trained on what it kept",
    "cached, layers": "{engine}: the frozen layers ran once, without dropout, in {precision}; "
    "the rest trained on what they kept",
    "cached, all": "{engine}: every review through the whole model in every epoch, padded no "
    "longer than the longest of its batch",
    "import": "{engine}: the figures come from another tool's file",
}


def glance(run: Run) -> Glance:
    """The facts of one run; a line whose facts were not recorded says so."""
    items = (
        Item("Model", _model(run)),
        Item("Parameters", _parameters(run)),
        *_trained_layers(run),
        Item("Data", _data(run)),
        Item("Engine", _engine(run)),
        Item("Epochs", _epochs(run)),
        Item("Training loss", _first_and_last(run, "train_loss")),
        Item("Validation loss", _first_and_last(run, "val_loss")),
        Item("Best accuracy", best_accuracy(run)),
        Item("Time", _time(run)),
        Item("Peak memory", _memory(run)),
    )
    return Glance(run.id, run.status, items, tuple(_remarks(run)))


def _value(run: Run, event: ev.Event, metric: str, shown: str, epoch: int | None = None) -> Value:
    return Value(shown, (evidence_of(run, event, metric, epoch),))


def _model(run: Run) -> Statement:
    if run.model is None:
        return NOT_RECORDED
    if run.model.source and run.model.source != run.model.name:
        return state("{name}, from {source}", name=run.model.name, source=run.model.source)
    return text(run.model.name)


def _parameters(run: Run) -> Statement:
    model = run.model
    if model is None or model.parameters is None:
        return NOT_RECORDED
    total = _value(run, model, "parameters", figures.count(model.parameters))
    if model.trainable_parameters is None:
        return state("{total}", total=total)
    trained = _value(run, model, "trainable_parameters", figures.count(model.trainable_parameters))
    if not model.parameters:
        return state("{total}, {trained} of them trained", total=total, trained=trained)
    share = Value(
        figures.percent(model.trainable_parameters / model.parameters),
        total.evidence + trained.evidence,
    )
    return state(
        "{total}, {trained} of them trained ({share})", total=total, trained=trained, share=share
    )


_LAYER = re.compile(r"layer (\d+)$")


def _trained_layers(run: Run) -> list[Item]:
    """How many of the encoder's layers trained; nothing where only the head did, as in the lab."""
    model = run.model
    if model is None:
        return []
    layers = [
        (number, group)
        for number, group in enumerate(model.layer_groups)
        if _LAYER.match(group.name)
    ]
    trained = [(number, group) for number, group in layers if group.trainable_parameters]
    if not trained:
        return []
    count = Value(
        str(len(trained)),
        tuple(
            evidence_of(run, model, f"layer_groups.{number}.trainable_parameters")
            for number, _ in trained
        ),
    )
    depth = Value(
        str(len(layers)),
        tuple(evidence_of(run, model, f"layer_groups.{number}.parameters") for number, _ in layers),
    )
    if len(trained) == len(layers):
        return [Item("Layers trained", state("all {depth}", depth=depth))]
    last = "the last" if len(trained) == 1 else "the last {count}"
    return [Item("Layers trained", state(f"{last} of {{depth}}", count=count, depth=depth))]


def _data(run: Run) -> Statement:
    data = run.data
    if data is None:
        return NOT_RECORDED
    parts = [text(data.name)]
    if data.rows is not None:
        parts.append(state("{n} reviews", n=_value(run, data, "rows", figures.count(data.rows))))
    if data.train is not None and data.validation is not None:
        parts.append(
            state(
                "{train} to train, {validation} to validate",
                train=_value(run, data, "train", figures.count(data.train)),
                validation=_value(run, data, "validation", figures.count(data.validation)),
            )
        )
    if data.dropped:
        parts.append(
            state("{n} dropped", n=_value(run, data, "dropped", figures.count(data.dropped)))
        )
    return _joined(parts)


def _joined(parts: list[Statement]) -> Statement:
    pieces: list[str | Value] = []
    for number, part in enumerate(parts):
        if number:
            pieces.append("; ")
        pieces.extend(part.parts)
    return Statement(tuple(pieces))


def _engine(run: Run) -> Statement:
    engine = run.header.engine
    precision = run.header.config.get("precision")
    unfreeze = run.header.config.get("unfreeze")
    manner = engine
    if engine == "cached" and unfreeze:
        manner = "cached, all" if unfreeze == "all" else "cached, layers"
    template = _ENGINES.get(manner, "{engine}")
    if engine == "cached" and not isinstance(precision, str):
        template = template.replace(", in {precision}", "")
    return state(template, engine=engine, precision=str(precision))


def _epochs(run: Run) -> Statement:
    if not run.epochs:
        return text("none finished")
    count = len(run.epochs)
    done = Value(
        figures.count(count),
        tuple(evidence_of(run, event, "epoch", event.epoch) for event in run.epochs),
    )
    planned = run.header.config.get("epochs")
    last = run.epochs[-1]
    if isinstance(planned, int) and planned != count:
        asked = _value(run, run.header, "config.epochs", figures.count(planned))
        return state("{done} of {asked}", done=done, asked=asked)
    if last.epoch != count:
        upto = _value(run, last, "epoch", figures.count(last.epoch), last.epoch)
        return state("{done} known, the last of them epoch {upto}", done=done, upto=upto)
    return state("{done}", done=done)


def _first_and_last(run: Run, metric: curves.Metric) -> Statement:
    points = curves.recorded(run, metric)
    if not points:
        return NOT_RECORDED
    first, last = points[0], points[-1]
    if first is last:
        return state(
            "{value} at epoch {epoch}",
            value=Value(figures.loss(first.value), (first.evidence,)),
            epoch=Value(str(first.epoch), (first.evidence,)),
        )
    return state(
        "{first} at epoch {start}, {last} at epoch {end}",
        first=Value(figures.loss(first.value), (first.evidence,)),
        start=Value(str(first.epoch), (first.evidence,)),
        last=Value(figures.loss(last.value), (last.evidence,)),
        end=Value(str(last.epoch), (last.evidence,)),
    )


def best_accuracy(run: Run) -> Statement:
    """The best validation accuracy with its 95 % Wilson interval, where the counts are known."""
    points = curves.curve(run, "val_accuracy")
    if not points:
        return NOT_RECORDED
    best = max(points, key=lambda point: (point.value, -point.epoch))
    shown = Value(figures.accuracy(best.value), (best.evidence,))
    at = Value(str(best.epoch), (best.evidence,))
    counted = validated(run)
    if counted is None:
        return state("{best} at epoch {at}", best=shown, at=at)
    size, where = counted
    low, high = wilson(round(best.value * size), size)
    evidence = (best.evidence, *where)
    return state(
        "{best} at epoch {at} (95% interval {low} to {high} on {n} reviews)",
        best=shown,
        at=at,
        low=Value(figures.accuracy(low), evidence),
        high=Value(figures.accuracy(high), evidence),
        n=Value(figures.count(size), where),
    )


def _time(run: Run) -> Statement:
    if run.header.engine == "import":
        timed = [event for event in run.epochs if event.seconds is not None]
        if not timed:
            return NOT_RECORDED
        added = sum(event.seconds or 0.0 for event in timed)
        evidence = tuple(evidence_of(run, event, "seconds", event.epoch) for event in timed)
        return state("{total} in the epochs", total=Value(figures.seconds(added), evidence))
    if run.closing is not None and run.closing.seconds is not None:
        total = run.closing.seconds
        return state("{total}", total=_value(run, run.closing, "seconds", figures.seconds(total)))
    if run.seconds is None:
        return NOT_RECORDED
    ends = tuple(evidence_of(run, event, "time") for event in (run.header, run.lines[-1].event))
    return state(
        "{total}, as far as the record reaches", total=Value(figures.seconds(run.seconds), ends)
    )


def _memory(run: Run) -> Statement:
    peak = run.peak_rss_bytes
    if peak is None:
        return NOT_RECORDED
    for phase in run.all(ev.PhaseFinished):
        if phase.peak_rss_bytes == peak:
            shown = _value(run, phase, "peak_rss_bytes", figures.size(peak))
            return state("{peak}, while {phase}", peak=shown, phase=phase.phase)
    sample = next(m for m in run.all(ev.Memory) if m.rss_bytes == peak)
    shown = _value(run, sample, "rss_bytes", figures.size(peak))
    if sample.phase:
        return state("{peak}, while {phase}", peak=shown, phase=sample.phase)
    return state("{peak}", peak=shown)


def _remarks(run: Run) -> list[Statement]:
    remarks = []
    if run.closing is None:
        under_way = locks.is_held(run.path)
        remarks.append(
            text(
                "This run is still under way."
                if under_way
                else "This run was cut off: its record has no closing event."
            )
        )
    elif run.status != "completed":
        reason = f" ({run.closing.reason})" if run.closing.reason else ""
        word = "was interrupted" if run.status == "interrupted" else "failed"
        remarks.append(text(f"This run {word}{reason}; the figures reach as far as it came."))
    elif run.closing.reason:
        remarks.append(text(f"The run ended by {run.closing.reason}."))
    if run.torn:
        remarks.append(text("The record's last line was torn and has been left out."))
    if run.seal == "broken":
        remarks.append(text("The record was changed after it was sealed."))
    if run.header.engine == "import":
        missing = [
            curves.NAMES[metric]
            for metric in curves.NAMES
            if len(curves.recorded(run, metric)) < len(run.epochs)
        ]
        if missing:
            names = figures.listed(missing)
            remarks.append(text(f"The imported file does not give {names} for every epoch."))
    return remarks
