"""The truth set: records of known runs with what must and what must not be found in them.

``runs.jsonl`` holds one record a line: the figures that a record of it has, and the ids that are
true of it and those that are open (:mod:`definitions`; all others are false). More than half are
real training runs of small models under faults put there on purpose (:mod:`plans`,
:mod:`trained`), the rest curve models with noise (:mod:`drawn`, :mod:`shapes`). ``python make.py``
makes the file anew.

The set is split in two by a hash of the record's id. Rules are built on the half ``development``;
the half ``unseen`` is only for the benchmark. Its figures were read four times while the rules
were made, its records never: what the first reading said of ``unstable_validation``, half of ten
found, was mended on new runs that are in neither half, as was its definition, for which one large
jump had been enough.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from journal.analysis.findings import DETECTORS, find
from journal.record import events as ev
from journal.record.run import Run, numbered

FILE = Path(__file__).parent / "runs.jsonl"
VOCABULARY = frozenset(detector.__name__ for detector in DETECTORS) - {"unfamiliar_text"}
"""All but what rests on the letters of the reviews, of which the set keeps none."""
WARNINGS = frozenset(
    {
        "non_finite_loss",
        "divergence",
        "overfitting",
        "chance_level",
        "unstable_validation",
        "still_improving",
        "class_imbalance",
        "leakage",
        "truncated_text",
        "overconfident",
        "not_better_than_baseline",
        "out_of_memory",
        "restart",
        "exception",
    }
)


@dataclass(frozen=True)
class Known:
    """A record with its truth."""

    line: dict[str, Any] = field(repr=False)

    @property
    def id(self) -> str:
        return str(self.line["id"])

    @property
    def half(self) -> str:
        """``development`` or ``unseen``, by the parity of the id's SHA-256."""
        return ("development", "unseen")[hashlib.sha256(self.id.encode()).digest()[-1] % 2]

    @property
    def must(self) -> frozenset[str]:
        return frozenset(self.line["must"])

    @property
    def must_not(self) -> frozenset[str]:
        return VOCABULARY - self.must - frozenset(self.line["open"])

    @property
    def is_healthy(self) -> bool:
        """No warning is true of it, and none is open."""
        faultless = self.line["fault"] in ("healthy", "expectations")
        return faultless and self.applicable <= self.must_not

    @property
    def applicable(self) -> frozenset[str]:
        """The warnings that the record has any figures for."""
        without = set()
        data = self.line.get("data", {})
        if "truncated" not in data:
            without.add("truncated_text")
        return WARNINGS - without

    @property
    def run(self) -> Run:
        """The record as a reader gives it."""
        return Run(Path(f"runs/{self.id}/record.jsonl"), numbered(list(_events(self.line))))


def load(half: str) -> list[Known]:
    """The records of one half."""
    with FILE.open(encoding="utf-8") as file:
        every = [Known(json.loads(line)) for line in file]
    return [known for known in every if known.half == half]


@dataclass
class Score:
    """How often a word was said rightly, wrongly, and not when it should have been."""

    right: int = 0
    wrong: int = 0
    missed: int = 0
    false: int = 0
    """Records of which the word is known to be false."""

    @property
    def precision(self) -> float:
        said = self.right + self.wrong
        return self.right / said if said else 1.0

    @property
    def recall(self) -> float:
        true = self.right + self.missed
        return self.right / true if true else 1.0


def score(said: Iterable[tuple[Known, frozenset[str]]]) -> dict[str, Score]:
    """By id of the vocabulary."""
    scores = {name: Score() for name in sorted(VOCABULARY)}
    for known, ids in said:
        for name, own in scores.items():
            own.right += name in ids and name in known.must
            own.wrong += name in ids and name in known.must_not
            own.missed += name not in ids and name in known.must
            own.false += name in known.must_not
    return scores


def findings(every: Iterable[Known]) -> Iterator[tuple[Known, frozenset[str]]]:
    """What the detectors say of each record."""
    for known in every:
        yield known, frozenset(finding.id for finding in find(known.run))


def false_warnings(said: Iterable[tuple[Known, frozenset[str]]]) -> tuple[Counter[str], int, int]:
    """Which warnings healthy runs got, how many runs got any, and how many are healthy."""
    by_id: Counter[str] = Counter()
    warned = healthy = 0
    for known, ids in said:
        if known.is_healthy:
            healthy += 1
            warned += bool(ids & WARNINGS)
            by_id.update(ids & WARNINGS)
    return by_id, warned, healthy


def _events(line: dict[str, Any]) -> Iterator[ev.AnyEvent]:
    yield ev.RunStarted(
        time=0, run_id=line["id"], engine=line.get("engine", "cached"), program="truth set"
    )
    if "data" in line:
        yield _data(line["data"])
    for event in line.get("events", ()):
        if event["event"] == "expectation":
            yield ev.EVENT.validate_python(event)
    names = ("train_loss", "train_accuracy", "val_loss", "val_accuracy")
    columns = [line[name] for name in names if name in line]
    present = [name for name in names if name in line]
    for number, row in enumerate(zip(*columns, strict=True), 1):
        figures = dict(zip(present, row, strict=True))
        yield ev.Epoch.model_validate({"time": number, "epoch": number, "seconds": 2.0, **figures})
    for event in line.get("events", ()):
        if event["event"] != "expectation":
            yield ev.EVENT.validate_python(event)
    if line.get("calibration"):
        yield _predictions(line)
    if "baseline" in line:
        right, only_model, only_baseline, n = line["baseline"]
        yield ev.Baseline(
            time=900,
            name="majority",
            val_accuracy=right / n,
            seconds=0.1,
            reviews=n,
            only_model_right=only_model,
            only_baseline_right=only_baseline,
        )
    yield ev.RunFinished(time=999, status="completed", seconds=999, seal="0" * 64)


def _data(data: dict[str, Any]) -> ev.Data:
    labels = [
        {"label": name, "train": counts[0], "validation": counts[1]}
        for name, counts in zip(("negative", "positive"), data.get("labels", ()), strict=False)
    ]
    plain = ("train", "validation", "rows", "shared_texts", "label_count", "majority_share")
    event: dict[str, Any] = {
        "time": 0,
        "name": "reviews",
        "labels": labels,
        **{key: data[key] for key in plain if key in data},
    }
    if "truncated" in data:
        mean, median, longest = data["lengths"]
        event["tokens"] = {
            "mean": mean,
            "median": median,
            "longest": longest,
            "truncated": data["truncated"],
        }
    return ev.Data.model_validate(event)


def _predictions(line: dict[str, Any]) -> ev.Predictions:
    return ev.Predictions(
        time=900,
        labels=("negative", "positive"),
        confusion=((0, 0), (0, 0)),
        calibration=tuple(
            ev.CalibrationBin(
                lower=place / 10,
                upper=(place + 1) / 10,
                count=count,
                confidence=confidence,
                accuracy=accuracy,
            )
            for place, count, confidence, accuracy in line["calibration"]
        ),
    )
