"""A comparison as ``journal compare --json`` gives it; the contract stands in that command."""

from __future__ import annotations

from typing import Any

from journal.analysis.comparison import Comparison, Outcome
from journal.analysis.curves import NAMES, recorded
from journal.analysis.pairing import Pair
from journal.record import events as ev

Object = dict[str, Any]

_MODEL = {"name", "parameters", "trainable_parameters"}
_DATA = {"name", "rows", "train", "validation"}
_FINAL = ("epoch", "train_loss", "train_accuracy", "val_loss", "val_accuracy")


def comparison_object(found: Comparison) -> Object:
    """The whole object, ready for a strict JSON writer."""
    return {
        "runs": [_run(outcome) for outcome in found.outcomes],
        "differences": [
            {"group": d.group, "name": d.name, "values": [_strict(value) for value in d.values]}
            for d in found.differences.found
        ],
        "not_recorded": [
            {"run_id": one.run.id, "groups": list(groups)}
            for one, groups in zip(found.contestants, found.differences.missing, strict=True)
            if groups
        ],
        "pairs": [_pair(pair) for pair in found.pairs],
        "remarks": [str(remark) for remark in found.remarks],
    }


def _run(outcome: Outcome) -> Object:
    run, last, best = outcome.run, outcome.last, outcome.best
    sample = outcome.accuracy
    final = last.model_dump(mode="json") if last else {}
    return {
        "run_id": run.id,
        "status": run.status,
        "engine": run.header.engine,
        "seed": run.header.seed,
        "model": _fields(run.model, _MODEL),
        "data": _fields(run.data, _DATA),
        "curves": {
            metric: [
                {"epoch": point.epoch, "value": ev.number_to_json(point.value)}
                for point in recorded(run, metric)
            ]
            for metric in NAMES
        },
        "final": {
            **{name: final.get(name) for name in _FINAL},
            "val_accuracy_interval": list(sample.interval) if sample else None,
            "validation_reviews": sample.n if sample else None,
        }
        if last
        else None,
        "best": {"epoch": best.epoch, "val_loss": best.value} if best else None,
        "seconds": run.seconds,
        "epoch_seconds": outcome.epoch_seconds,
        "peak_rss_bytes": run.peak_rss_bytes,
        "peak_cuda_bytes": outcome.peak_cuda_bytes,
        "baselines": [
            event.model_dump(mode="json", exclude={"event", "time"}) for event in run.baselines
        ],
    }


def _fields(event: ev.Model | ev.Data | None, names: set[str]) -> Object | None:
    return event.model_dump(mode="json", include=names) if event else None


def _strict(value: Any) -> Any:
    """A setting as strict JSON can hold it."""
    if isinstance(value, float):
        return ev.number_to_json(value)
    if isinstance(value, list):
        return [_strict(item) for item in value]
    return value


def _pair(pair: Pair) -> Object:
    counted = pair.agreement
    return {
        "first": pair.first.run.id,
        "second": pair.second.run.id,
        "reviews": counted.n if counted else None,
        "both_right": counted.both if counted else None,
        "only_first_right": counted.only_first if counted else None,
        "only_second_right": counted.only_second if counted else None,
        "neither_right": counted.neither if counted else None,
        "gain": counted.gain if counted else None,
        "gain_interval": list(counted.gain_interval) if counted else None,
        "p": counted.p if counted else None,
        "p_adjusted": pair.p_adjusted,
        "verdict": pair.verdict,
        "statement": str(pair.statement),
    }
