"""Reads the labelled sentences; README.md says how they are written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent

CURVES = ("train_loss", "train_accuracy", "val_loss", "val_accuracy")
METRICS = frozenset(
    [
        *CURVES,
        *("best_epoch", "best_accuracy_epoch", "epochs", "epoch", "learning_rate", "batch_size"),
        *("validation_batch_size", "seed", "parameters", "trainable_parameters"),
        *("frozen_parameters", "trainable_share", "rows", "rows_read", "dropped", "train_rows"),
        *("val_rows", "label_count", "majority_share", "max_length", "mean_tokens"),
        *("median_tokens", "longest_tokens", "truncated", "run_seconds", "epoch_seconds"),
        *("phase_seconds", "peak_rss_bytes", "out_of_memory_count", "restart_count"),
        *("seconds_lost", "precision", "recall", "mistakes", "correct", "layers", "threads"),
        *("baseline_accuracy", "change"),
    ]
)
ERRORS = frozenset(
    {
        "mismatch",
        "wrong_epoch",
        "wrong_split",
        "direction_error",
        "conclusion_error",
        "impossible",
    }
)
VERDICTS = ERRORS | {
    "match",
    "match_rounded",
    "match_truncated",
    "unit_slip",
    "ambiguous",
    "not_in_record",
}

_HEAD = re.compile(r"@ ([a-z-]+) ([a-z ]+)")
_LABEL = re.compile(r"⟦([^|⟦⟧]+)\|([^|⟦⟧]+)(?:\|([a-z_]+))?⟧")
_OF = re.compile(
    r"(?P<metric>[a-z_]+)(?::(?P<changed>[a-z_]+))?(?:@(?P<epoch>\d+)(?:-(?P<to>\d+))?)?"
    r"(?:#(?P<name>[\w. ]+))?(?:/(?P<run>\w+))?"
)


@dataclass(frozen=True)
class Number:
    """A labelled number.

    Attributes:
        start, end: where it stands in the entry's text.
        text: as written.
        claim: whether it states something of a run.
        metric: what it is a figure of; empty when it is no claim, or nobody could tell.
        epoch, to_epoch: the epoch it is said of; a change is between two.
        changed: of a change, the metric that changed.
        name: of a label, a phase, a layer group or a baseline.
        run: which of two runs; empty where there is one.
        verdict: empty when it is no claim.
    """

    start: int
    end: int
    text: str
    claim: bool
    metric: str = ""
    epoch: int | None = None
    to_epoch: int | None = None
    changed: str = ""
    name: str = ""
    run: str = ""
    verdict: str = ""


@dataclass(frozen=True)
class Entry:
    """A stretch of a student's Markdown with its labels.

    Attributes:
        place: file and line, for messages.
        style: how it is written.
        records: the run or the two runs it is about.
        text: as typed, without labels.
        numbers: in the order of the text.
    """

    place: str
    style: str
    records: tuple[str, ...]
    text: str
    numbers: tuple[Number, ...]


def read(half: str) -> list[Entry]:
    """The entries of ``dev`` or ``unseen``.

    Raises:
        ValueError: a line that is not as README.md says.
    """
    return [entry for file in sorted(HERE.glob(f"{half}-*.txt")) for entry in _entries(file)]


def _entries(file: Path) -> Iterator[Entry]:
    head, start, body = None, 0, list[str]()
    for number, line in enumerate([*file.read_text(encoding="utf-8").splitlines(), "@"], 1):
        if not line.startswith("@"):
            body.append(line)
            continue
        if head is not None:
            yield _entry(f"{file.name}:{start}", head, "\n".join(body).strip("\n"))
        head, start, body = _HEAD.fullmatch(line), number, []
        if head is None and line != "@":
            raise ValueError(f"{file.name}:{number}: {line}")


def _entry(place: str, head: re.Match[str], marked: str) -> Entry:
    text, numbers, after = "", list[Number](), 0
    for label in _LABEL.finditer(marked):
        text += marked[after : label.start()]
        numbers.append(_number(place, label, len(text)))
        text += label[1]
        after = label.end()
    text += marked[after:]
    if "⟦" in text or "⟧" in text:
        raise ValueError(f"{place}: a label is not closed or not as it should be")
    return Entry(place, head[1], tuple(head[2].split()), text, tuple(numbers))


def _number(place: str, label: re.Match[str], start: int) -> Number:
    written, of, verdict = label[1], label[2], label[3] or ""
    end = start + len(written)
    if of == "-":
        if verdict:
            raise ValueError(f"{place}: {written} claims nothing and has a verdict")
        return Number(start, end, written, claim=False)
    if verdict not in VERDICTS:
        raise ValueError(f"{place}: {written} has the verdict '{verdict}'")
    if of == "?":
        return Number(start, end, written, claim=True, verdict=verdict)
    found = _OF.fullmatch(of)
    if found is None or found["metric"] not in METRICS:
        raise ValueError(f"{place}: {written} is a figure of '{of}'")
    return Number(
        start,
        end,
        written,
        claim=True,
        metric=found["metric"],
        epoch=int(found["epoch"]) if found["epoch"] else None,
        to_epoch=int(found["to"]) if found["to"] else None,
        changed=found["changed"] or "",
        name=found["name"] or "",
        run=found["run"] or "",
        verdict=verdict,
    )
