"""A run as ``journal show --json`` gives it: the contract that other programs rely on.

Accuracies are fractions in 0..1, sizes bytes, times seconds. What was not recorded is null; a
non-finite number is the string ``NaN``, ``Infinity`` or ``-Infinity``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from journal.analysis.finding import Finding
from journal.analysis.statement import Evidence
from journal.record import events as ev
from journal.record.placed import Placed
from journal.record.run import Run

Object = dict[str, Any]

_EPOCH = ("epoch", "train_loss", "train_accuracy", "val_loss", "val_accuracy", "seconds")
_MODEL = ("name", "source", "parameters", "trainable_parameters")
_DATA = ("name", "rows", "dropped", "train", "validation")


def run_object(run: Run, notes: Iterable[Placed], findings: Iterable[Finding]) -> Object:
    """The whole object, ready for a strict JSON writer."""
    return {
        "run_id": run.id,
        "status": run.status,
        "engine": run.header.engine,
        "seed": run.header.seed,
        "model": _fields(run.model, _MODEL),
        "data": _fields(run.data, _DATA),
        "epochs": [_fields(epoch, _EPOCH) for epoch in run.epochs],
        "memory": {"peak_rss_bytes": run.peak_rss_bytes, "events": _memory(run)},
        "notes": [_note(note) for note in notes],
        "findings": [_finding(finding) for finding in findings],
    }


def _fields(event: ev.Event | None, names: Iterable[str]) -> Object:
    """Some fields of an event; all null when there is no such event."""
    known = event.model_dump(mode="json") if event is not None else {}
    return {name: known.get(name) for name in names}


def _memory(run: Run) -> list[Object]:
    """Samples, phases with their peaks, and out-of-memory events, as recorded and in order."""
    kinds = (ev.Memory, ev.PhaseFinished, ev.OutOfMemory)
    return [
        line.event.model_dump(mode="json") for line in run.lines if isinstance(line.event, kinds)
    ]


def _note(placed: Placed) -> Object:
    return {
        **placed.note.model_dump(mode="json"),
        "when": placed.when,
        "phase": placed.phase,
        "epoch": placed.epoch,
    }


def _finding(finding: Finding) -> Object:
    return {
        "id": finding.id,
        "kind": finding.kind,
        "section": finding.section,
        "statement": str(finding.statement),
        "evidence": [_evidence(evidence) for evidence in finding.evidence],
        "prompts": [str(question) for question in finding.questions],
    }


def _evidence(evidence: Evidence) -> Object:
    value = evidence.value
    return {
        "metric": evidence.metric,
        "epoch": evidence.epoch,
        "value": ev.number_to_json(value) if isinstance(value, float) else value,
    }
