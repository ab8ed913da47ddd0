"""What is said of a claim to a reader."""

from __future__ import annotations

from journal.analysis import figures
from journal.analysis.claims.model import Claim
from journal.analysis.statement import Statement, Value, state, text

VERDICTS = {
    "match": "as recorded",
    "match_rounded": "as recorded, rounded",
    "match_truncated": "as recorded, cut off",
    "unit_slip": "right figure, wrong unit",
    "wrong_epoch": "figure of another epoch",
    "wrong_split": "figure of the other split",
    "direction_error": "the other direction",
    "mismatch": "not what was recorded",
    "conclusion_error": "the comparison is the other way round",
    "impossible": "no count of reviews gives this",
    "ambiguous": "not looked up: unclear what it is a figure of",
    "not_in_record": "not in the record",
}
"""Each verdict in words."""

_NAMES = {
    "train_loss": "training loss",
    "val_loss": "validation loss",
    "train_accuracy": "training accuracy",
    "val_accuracy": "validation accuracy",
    "best_epoch": "epoch of the lowest validation loss",
    "best_accuracy_epoch": "epoch of the highest validation accuracy",
    "rows": "reviews used",
    "rows_read": "rows read",
    "dropped": "rows dropped",
    "train_rows": "training reviews",
    "val_rows": "validation reviews",
    "correct": "validation reviews predicted right",
    "mistakes": "validation reviews predicted wrong",
    "out_of_memory_count": "times out of memory",
    "restart_count": "restarts",
    "seconds_lost": "time lost",
    "run_seconds": "time of the run",
    "epoch_seconds": "time of an epoch",
    "phase_seconds": "time of a phase",
    "peak_rss_bytes": "peak memory",
    "baseline_accuracy": "accuracy of the baseline",
    "trainable_share": "share of the parameters that train",
}
_SHARES = frozenset({"train_accuracy", "val_accuracy", "precision", "recall", "baseline_accuracy"})


def metric_name(claim: Claim) -> str:
    """What a claim is a figure of: ``validation loss, epoch 20``."""
    changed = claim.metric.removeprefix("change:")
    name = _NAMES.get(changed, changed.replace("_", " "))
    if changed != claim.metric:
        name = f"change of the {name}"
    if claim.name:
        name += f", {claim.name}"
    if claim.to_epoch is not None:
        return f"{name}, epoch {claim.epoch} to {claim.to_epoch}"
    return (
        name if claim.epoch is None or claim.metric == "epoch" else f"{name}, epoch {claim.epoch}"
    )


def recorded(claim: Claim) -> Statement:
    """The figure of the record with its evidence; a dash where there is none."""
    if claim.recorded is None or not claim.evidence:
        return text("–")
    return state("{figure}", figure=Value(_shown(claim), claim.evidence))


def _shown(claim: Claim) -> str:
    value, metric = claim.recorded, claim.metric
    assert value is not None
    if metric.startswith("change:"):
        sign = "+" if value > 0 else "\u2212" if value < 0 else ""
        size = abs(value)
        return sign + (figures.points(size) if metric.endswith("accuracy") else figures.loss(size))
    if metric.endswith("loss"):
        return figures.loss(value)
    if metric in _SHARES:
        return figures.accuracy(value)
    if metric == "trainable_share":
        return figures.percent(value)
    if metric.endswith("seconds") or metric == "seconds_lost":
        return figures.seconds(value)
    if metric.endswith("bytes"):
        return figures.size(value)
    if metric == "learning_rate":
        return figures.rate(value)
    return figures.count(int(value)) if float(value).is_integer() else f"{value:,.1f}"
