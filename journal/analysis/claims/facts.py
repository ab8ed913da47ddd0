"""The figures of a run that words may speak of, each with the event it stands in."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

from journal.analysis.statement import Evidence, evidence_of
from journal.record import events as ev
from journal.record.run import Run

CURVES = ("train_loss", "train_accuracy", "val_loss", "val_accuracy")


@dataclass(frozen=True)
class Fact:
    """A recorded figure, or one that follows from some.

    Attributes:
        value: in the record's unit: fractions in 0..1, seconds, bytes.
        share: what it is of a whole, for what is told as a share: mistakes of the reviews.
    """

    metric: str
    value: float
    evidence: tuple[Evidence, ...]
    epoch: int | None = None
    name: str = ""
    share: float | None = None


class Facts:
    """What the record of one run holds."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.curves: dict[str, dict[int, Fact]] = {
            metric: {
                epoch.epoch: Fact(metric, value, (evidence_of(run, epoch, metric, epoch.epoch),),
                                  epoch.epoch)
                for epoch in run.epochs
                if (value := getattr(epoch, metric)) is not None
            }
            for metric in CURVES
        }  # fmt: skip
        self.last = run.epochs[-1].epoch if run.epochs else 0
        self.first = run.epochs[0].epoch if run.epochs else 0

    def all(self, metric: str, name: str = "") -> list[Fact]:
        """Every figure of a metric, those of one label or phase if it is named."""
        found = self.curves.get(metric)
        if found is not None:
            return list(found.values())
        return [f for f in self._single.get(metric, ()) if not name or f.name == name]

    def best(self, metric: str) -> int | None:
        """The epoch with the lowest loss or the highest accuracy."""
        known = {e: f.value for e, f in self.curves[metric].items() if math.isfinite(f.value)}
        if not known:
            return None
        return (min if metric.endswith("loss") else max)(known, key=lambda e: known[e])

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The names of the labels."""
        if self.run.predictions is not None:
            return tuple(self.run.predictions.labels)
        return tuple(c.label for c in self.run.data.labels) if self.run.data else ()

    @cached_property
    def _single(self) -> dict[str, list[Fact]]:
        made: dict[str, list[Fact]] = {}

        def put(
            metric: str, event: ev.Event, field: str, name: str = "", value: float | None = None
        ) -> None:
            evidence = evidence_of(self.run, event, field)
            given = evidence.value if value is None else value
            if isinstance(given, int | float) and not isinstance(given, bool):
                made.setdefault(metric, []).append(Fact(metric, given, (evidence,), name=name))

        run = self.run
        for field in ("epochs", "learning_rate", "batch_size", "validation_batch_size"):
            if field in run.header.config:
                put(field, run.header, f"config.{field}")
        put("seed", run.header, "seed")
        if run.epochs:
            made["epochs"] = []
            put("epochs", run.epochs[-1], "epoch")
        for epoch in run.epochs:
            put("epoch_seconds", epoch, "seconds")
        self._best(made)
        self._model_and_data(put)
        self._happened(put, made)
        self._predicted(put, made)
        return made

    def _best(self, made: dict[str, list[Fact]]) -> None:
        for metric, name in (("val_loss", "best_epoch"), ("val_accuracy", "best_accuracy_epoch")):
            epoch = self.best(metric)
            if epoch is None:
                continue
            top = self.curves[metric][epoch]
            made[name] = [
                Fact(name, fact.epoch or 0, fact.evidence)
                for fact in self.curves[metric].values()
                if fact.value == top.value
            ]

    def _model_and_data(self, put) -> None:  # type: ignore[no-untyped-def]
        model, data, environment = self.run.model, self.run.data, self.run.environment
        if model is not None:
            put("parameters", model, "parameters")
            put("trainable_parameters", model, "trainable_parameters")
            put("max_length", model, "max_length")
            if model.parameters and model.trainable_parameters is not None:
                trained = model.trainable_parameters
                put("frozen_parameters", model, "parameters", "", model.parameters - trained)
                put("trainable_share", model, "trainable_parameters", "",
                    trained / model.parameters)  # fmt: skip
            for place, group in enumerate(model.layer_groups):
                put("group_parameters", model, f"layer_groups.{place}.parameters", group.name)
            layers = sum(group.name.startswith("layer") for group in model.layer_groups)
            if layers:
                put("layers", model, "layer_groups.0.parameters", "", layers)
        if data is not None:
            for metric, field in (
                ("rows", "rows"),
                ("rows_read", "rows_read"),
                ("dropped", "dropped"),
                ("train_rows", "train"),
                ("val_rows", "validation"),
            ):
                put(metric, data, field)
            for place, count in enumerate(data.labels):
                for split in ("train", "validation"):
                    put("label_count", data, f"labels.{place}.{split}", f"{count.label}.{split}")
            if data.tokens is not None:
                for metric, field in (
                    ("mean_tokens", "mean"),
                    ("median_tokens", "median"),
                    ("longest_tokens", "longest"),
                    ("truncated", "truncated"),
                ):
                    put(metric, data, f"tokens.{field}")
        if environment is not None:
            put("threads", environment, "threads")

    def _happened(self, put, made: dict[str, list[Fact]]) -> None:  # type: ignore[no-untyped-def]
        run = self.run
        if run.closing is not None:
            put("run_seconds", run.closing, "seconds")
        peak = run.peak_rss_bytes
        for phase in run.all(ev.PhaseFinished):
            put("phase_seconds", phase, "seconds", phase.phase)
            if peak and phase.peak_rss_bytes == peak and "peak_rss_bytes" not in made:
                put("peak_rss_bytes", phase, "peak_rss_bytes")
        for sample in run.all(ev.Memory):
            if sample.rss_bytes == peak and "peak_rss_bytes" not in made:
                put("peak_rss_bytes", sample, "rss_bytes")
        for metric, events in (
            ("out_of_memory_count", run.all(ev.OutOfMemory)),
            ("restart_count", run.all(ev.Restart)),
        ):
            proof = tuple(evidence_of(run, event, "seconds_lost") for event in events)
            start = (evidence_of(run, run.header, "run_id"),)
            if run.header.engine != "import":
                made[metric] = [Fact(metric, len(events), proof or start)]
            lost = [
                s for event in events if (s := getattr(event, "seconds_lost", None)) is not None
            ]
            if lost:
                made.setdefault("seconds_lost", []).append(
                    Fact("seconds_lost", math.fsum(lost), proof)
                )
                made["seconds_lost"] += [
                    Fact("seconds_lost", float(one.value), (one,))
                    for one in proof
                    if isinstance(one.value, int | float)
                ]
        for event in run.all(ev.OutOfMemory):
            put("tried_size", event, "size")

    def _predicted(self, put, made: dict[str, list[Fact]]) -> None:  # type: ignore[no-untyped-def]
        run = self.run
        predictions = run.predictions
        if predictions is not None:
            for place, score in enumerate(predictions.scores):
                for metric in ("precision", "recall"):
                    put(metric, predictions, f"scores.{place}.{metric}", score.label)
            right = sum(row[place] for place, row in enumerate(predictions.confusion))
            whole = sum(map(sum, predictions.confusion))
            proof = tuple(
                evidence_of(run, predictions, f"confusion.{a}.{b}")
                for a in range(len(predictions.labels))
                for b in range(len(predictions.labels))
            )
            if whole:
                made["correct"] = [Fact("correct", right, proof, share=right / whole)]
                wrong = whole - right
                made["mistakes"] = [Fact("mistakes", wrong, proof, share=wrong / whole)]
        for baseline in run.baselines:
            put("baseline_accuracy", baseline, "val_accuracy", baseline.name)
