"""What trainlens, epochix and trainspotter say of curves: a JSON list of them comes on standard
input, and by each peer's name a list of words, ours, goes out. Exit code 3: they are not installed.

Each is asked by the functions that its own reports are made with, at its defaults. A word of theirs
counts as ours where it means the same (an "overfit" of theirs as ``overfitting``); what has no like
here is left out, and so is a plateau as a warning.
"""

from __future__ import annotations

import json
import math
import sys

try:
    from epochix.story_engine.warnings import WarningDetector, standing_warnings
    from trainlens.heuristics import (
        detect_convergence,
        detect_overfitting,
        detect_validation_instability,
    )
    from trainlens.models.metric import MetricSeries
    from trainspotter import Run, run_all
except ImportError:
    sys.exit(3)

Curves = dict[str, list[float]]


def trainlens(curves: Curves) -> set[str]:
    """As its analyzer of training runs asks: accuracies first, then losses."""
    series = {
        name: MetricSeries(name, tuple(filter(math.isfinite, values)))
        for name, values in curves.items()
    }
    train, validation = series.get("train_accuracy"), series.get("val_accuracy")
    losses = series["train_loss"], series["val_loss"]
    said = set()
    if detect_overfitting(train, validation) or detect_overfitting(*losses):
        said.add("overfitting")
    if detect_validation_instability(validation or losses[1]):
        said.add("unstable_validation")
    if detect_convergence(validation or losses[1]):
        said.add("converged")
    return said


def epochix(curves: Curves) -> set[str]:
    """Its warnings that still stand after the last epoch."""
    detector = WarningDetector()
    found = []
    for epoch, (train, validation) in enumerate(
        zip(curves["train_loss"], curves["val_loss"], strict=True), 1
    ):
        found += detector.update(epoch, train, validation, primary_value=validation)
    words = {"overfit": "overfitting", "divergence": "divergence", "plateau": "converged"}
    said = {words[w.kind] for w in standing_warnings(found) if w.kind in words}
    if "divergence" in said and not all(map(math.isfinite, curves["train_loss"])):
        said.add("non_finite_loss")
    return said


def trainspotter(curves: Curves) -> set[str]:
    """Every finding of its default detectors."""
    run = Run()
    for metric, name in (("train/loss", "train_loss"), ("eval/loss", "val_loss")):
        for step, value in enumerate(curves[name], 1):
            run.add_point(metric, step, value)
    words = {
        "overfitting": "overfitting",
        "divergence": "divergence",
        "eval_noise": "unstable_validation",
        "plateau": "converged",
    }
    said = {words[found.detector] for found in run_all(run) if found.detector in words}
    if "divergence" in said and not all(map(math.isfinite, curves["train_loss"])):
        said.add("non_finite_loss")
    return said


def main() -> None:
    """Ask all three about all curves."""
    every = [
        {name: [float(value) for value in values] for name, values in curves.items()}
        for curves in json.load(sys.stdin)
    ]
    peers = {"trainlens": trainlens, "epochix": epochix, "trainspotter": trainspotter}
    print(
        json.dumps({name: [sorted(ask(curves)) for curves in every] for name, ask in peers.items()})
    )


if __name__ == "__main__":
    main()
