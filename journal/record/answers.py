"""What a run's model answered, review by review: the file beside the record, read with suspicion.

One JSON object a line, in the order of the validation split; of its fields only ``label`` and
``predicted``, both names of labels, are read here.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from journal.errors import RecordError
from journal.record import events as ev
from journal.record.files import is_inside, read_limited
from journal.record.run import Run

MAX_BYTES = 256 << 20

_RESTORE = "restore the file as the run wrote it, or do without it"


@dataclass(frozen=True)
class Answers:
    """The answers to a validation split.

    Attributes:
        labels: the true label of each review, by name, in the order of the split.
        predicted: the label that the model gave it, by name.
    """

    labels: tuple[str, ...]
    predicted: tuple[str, ...]


class _Line(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")

    label: str
    predicted: str


def read_answers(run: Run) -> Answers | None:
    """The answers of a run to its validation split; None where the record names no file of them.

    Raises:
        RecordError: the file is missing, lies outside the run's folder, is broken or larger than
            256 MB, or its answers are not those that the record counts.
    """
    event = run.predictions
    if event is None or event.file is None:
        return None
    path = _beside(run, event.file)
    raw = read_limited(path, MAX_BYTES, blame=RecordError)
    lines = [_read(path, number, line) for number, line in enumerate(raw.splitlines(), 1)]
    answers = Answers(tuple(x.label for x in lines), tuple(x.predicted for x in lines))
    _check_counts(path, answers, event)
    return answers


def _beside(run: Run, name: str) -> Path:
    """The file called ``name`` in the run's own folder, and in no other."""
    folder = run.path.parent
    if "/" in name or "\\" in name or ":" in name or name in {"", ".", ".."}:
        raise RecordError(
            run.path,
            "the predictions' file must lie beside the record and be named by its name alone",
            _RESTORE,
            line=run.line_of(run.predictions) if run.predictions else None,
            field="file",
        )
    path = folder / name
    if not is_inside(folder, path):
        raise RecordError(path, "a link leads out of the run's folder", "put the file itself there")
    return path


def _read(path: Path, number: int, line: bytes) -> _Line:
    try:
        return _Line.model_validate_json(line)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        place = str(fault["loc"][0]) if fault["loc"] else None
        problem = "must be text" if place else "the line is not a JSON object"
        if fault["type"] == "missing":
            problem = "is missing"
        raise RecordError(path, problem, _RESTORE, line=number, field=place) from None


def _check_counts(path: Path, answers: Answers, event: ev.Predictions) -> None:
    """Hold the answers against the confusion matrix, which the record's seal covers."""
    found = Counter(zip(answers.labels, answers.predicted, strict=True))
    recorded = Counter(
        {
            (label, predicted): count
            for label, row in zip(event.labels, event.confusion, strict=False)
            for predicted, count in zip(event.labels, row, strict=False)
            if count
        }
    )
    if found != recorded:
        raise RecordError(
            path,
            "its answers are not those that the record's confusion matrix counts",
            _RESTORE,
        )
