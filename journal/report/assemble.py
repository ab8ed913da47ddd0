"""From a student's folder to a report: the runs, the notes, and the words brought together.

Nothing is written here; ``journal build`` adds missing prompts to ``reflections.md`` first, with
what :func:`plan` says.
"""

from __future__ import annotations

import dataclasses
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal, TypeVar

import journal
from journal import packs
from journal.analysis.finding import Finding
from journal.analysis.findings import find
from journal.analysis.moments import when
from journal.analysis.statement import Statement, text
from journal.analysis.timeline import timeline
from journal.analysis.whatif import WhatIf
from journal.analysis.whatif import whatifs as answered
from journal.analysis.whatif_words import finding as finding_of
from journal.errors import FolderError
from journal.record.folder import Folder
from journal.record.notes import Note as TakenNote
from journal.record.notes import read_notes
from journal.record.run import Run
from journal.record.settings import Settings
from journal.report import charts, claims, ledger, tables, words
from journal.report.glance import glance
from journal.report.index import build_index, clock
from journal.report.model import (
    Appendix,
    Fact,
    Figure,
    Head,
    Note,
    Report,
    Section,
    Table,
    Words,
)
from journal.report.placing import place
from journal.report.prompts import Prompt, arrange, outline, raised
from journal.report.reviews_table import reviews_table

_Piece = TypeVar("_Piece", Figure, Table)

# What went wrong in an earlier run belongs to the story even when a later one is looked at closely.
_EVENTFUL = frozenset({"out_of_memory", "restart", "exception", "non_finite_loss", "divergence"})

_ATTENTION = (
    "Attention shows what is read together. By itself it gives no reason for an answer: S. Jain and"
    " B. C. Wallace (2019), Attention is not Explanation, doi:10.18653/v1/N19-1357."
)


@dataclass(frozen=True)
class Plan:
    """What a journal will show and ask, before the student's words are read.

    Attributes:
        runs: every run, the one looked at closely first, then the others, oldest first.
        findings: (run, finding), heaviest first, in the order of ``runs``.
        prompts: by section id.
        notes: notes and challenges, oldest first.
        whatifs: what varies the settings of these runs; its runs are not among them.
    """

    settings: Settings
    pack: packs.Pack
    runs: tuple[Run, ...]
    findings: tuple[tuple[Run, Finding], ...]
    prompts: dict[str, tuple[Prompt, ...]]
    notes: tuple[TakenNote, ...]
    whatifs: tuple[WhatIf, ...] = ()

    @property
    def outline(self) -> list[tuple[str, str, list[tuple[str, str]]]]:
        """What ``reflections.md`` should have."""
        return outline(self.pack, self.prompts)


def plan(folder: Folder, pack: packs.Pack | None = None) -> Plan:
    """Read a folder's settings, runs and notes, and find what there is to say.

    Args:
        pack: what to take in place of the one that the settings name.

    Raises:
        JournalError: something in the folder is missing or cannot be read.
    """
    settings = folder.settings
    pack = pack or packs.load(settings.pack, folder.root)
    made = folder.runs()
    if not made:
        raise FolderError(
            f"there is no run in {folder.runs_dir} to build a journal from",
            "make one with journal train or journal import",
        )
    # The newest completed run is the one the student writes about; journal.toml can choose.
    main = next((run for run in reversed(made) if run.status == "completed"), made[-1])
    runs = (main, *(run for run in made if run is not main))
    findings = [(main, finding) for finding in find(main)]
    findings += [
        (run, finding) for run in runs[1:] for finding in find(run) if finding.id in _EVENTFUL
    ]
    whatifs = answered(
        folder.whatif_runs(None if settings.runs == "all" else [run.id for run in made])
    )
    asked = [(run.id, finding) for run, finding in findings]
    for whatif in whatifs:
        # The most telling answer asks early, the others where there is room.
        answers = sorted(
            (
                (f"{whatif.group}-{answer.name}", finding_of(whatif, answer))
                for answer in whatif.answers
            ),
            key=lambda pair: -pair[1].weight,
        )
        findings += [(main, finding) for _, finding in answers]
        asked[1:1] = answers[:1]
        asked += answers[1:]
    standing = sum(len(section.prompts) for section in pack.sections)
    prompts = arrange(pack, raised(asked, standing))
    notes = tuple(n for n in read_notes(folder.notes_path) if n.kind != "expectation")
    return Plan(settings, pack, runs, tuple(findings), prompts, notes, whatifs)


def assemble(plan: Plan, reflections: str) -> Report:
    """The report for a plan and the text of ``reflections.md``."""
    main = plan.runs[0]
    parsed = words.parse(reflections, plan.outline)
    placed, former = place(plan.pack, plan.prompts, parsed)
    number = _Numberer()
    notes = [_note(plan, taken) for taken in plan.notes]
    pins = [
        charts.Pin(
            charts.epoch_position(main, taken.time),
            str(position),
            f"{taken.kind} {note.when!s}",
            taken.time,
        )
        for position, (taken, note) in enumerate(zip(plan.notes, notes, strict=True), 1)
        if main.started <= taken.time <= main.ended
    ]
    in_order = sorted(plan.runs, key=lambda run: (run.started, run.id))
    figures = {
        "challenges": [charts.timeline_chart(timeline(plan.runs, plan.notes))],
        "growth": [charts.runs_chart(in_order, main)],
        "learning-insights": [
            charts.epochs_chart(main, pins),
            charts.parameters_chart(main),
            charts.pieces_chart(main),
        ],
        "critical-reflection": [
            charts.confusion_chart(main),
            charts.reliability_chart(main),
            *(charts.whatif_chart(whatif) for whatif in plan.whatifs),
        ],
    }
    shown = {
        "critical-reflection": [
            tables.baselines_table(main),
            tables.scores_table(main),
            tables.mistakes_table(main),
            tables.unseen_table(main),
        ],
        "growth": [tables.runs_table(in_order)],
    }
    sections = [
        Section(
            id=section.id,
            title=section.title,
            words=placed[section.id].words,
            facts=tuple(
                Fact(finding.id, finding.kind, _told(main, run, finding))
                for run, finding in plan.findings
                if plan.pack.home(finding.section) == section.id
            ),
            figures=number.figures(_under(plan.pack, section.id, figures)),
            tables=number.tables(_under(plan.pack, section.id, shown)),
            notes=tuple(notes) if section.id == plan.pack.home("challenges") else (),
            questions=placed[section.id].questions,
        )
        for section in plan.pack.sections
    ]
    sections += former
    say = plan.pack.wording
    appendices = _appendices(main, pins, number)
    looked_up = claims.appendix(claims.claims_of(plan.runs, parsed), say.numbers)
    if looked_up is not None:
        appendices = (*appendices, _numbered(looked_up, number))
    runs = [*plan.runs, *(run for whatif in plan.whatifs for run in whatif.runs)]
    glances = tuple(glance(run) for run in plan.runs)
    stray = Words(parsed.stray_words)
    told = ledger.ledger(sections, stray, glances, appendices, further_words=say.further_words)
    whose = ledger.appendix(told, plan.pack, say.whose_words)
    appendices = (*appendices, _numbered(whose, number))
    return Report(
        head=_head(plan.settings, main),
        language=plan.settings.language,
        glances=glances,
        sections=tuple(sections),
        stray=stray,
        appendices=appendices,
        index=build_index(runs, (glances, sections, appendices)),
        program=f"reflective-journal {journal.__version__}",
        wording=say,
        ledger=told,
        made_from=made_from(plan, reflections),
    )


def made_from(plan: Plan, reflections: str) -> str:
    """SHA-256 of every record, note and word that a journal is made from.

    A built journal carries it, which tells whether it fits what lies beside it. It is no proof:
    whoever can change the one can change the other.
    """
    runs = [*plan.runs, *(run for whatif in plan.whatifs for run in whatif.runs)]
    notes = [[note.time, note.kind, note.text] for note in plan.notes]
    whole = json.dumps([[run.digest for run in runs], notes, reflections])
    return sha256(whole.encode()).hexdigest()


def _numbered(appendix: Appendix, number: _Numberer) -> Appendix:
    return dataclasses.replace(appendix, tables=number.tables(appendix.tables))


def _head(settings: Settings, main: Run) -> Head:
    return Head(
        title=settings.title or "Reflective journal",
        course=settings.course,
        module=settings.module,
        instructor=settings.instructor,
        author=settings.author,
        # A rebuild must give the same bytes, so today's date is never used.
        date=settings.date or clock(main.started)[:10],
    )


def _under(
    pack: packs.Pack, section: str, by_subject: Mapping[str, Sequence[_Piece | None]]
) -> list[_Piece | None]:
    """What stands in a section of the pack, from pieces given by their subject."""
    taken = (pieces for subject, pieces in by_subject.items() if pack.home(subject) == section)
    return [piece for pieces in taken for piece in pieces]


def _told(main: Run, run: Run, finding: Finding) -> Statement:
    if run is main:
        return finding.statement
    return Statement((f"In run {run.id}: ", *finding.statement.parts))


def _note(plan: Plan, taken: TakenNote) -> Note:
    inside = [run for run in plan.runs if run.started <= taken.time <= run.ended]
    run = inside[0] if inside else plan.runs[0]
    moment = when(run, taken.time)
    if run is not plan.runs[0]:
        moment = Statement((*moment.parts, f", run {run.id}"))
    kind: Literal["note", "challenge"] = "challenge" if taken.kind == "challenge" else "note"
    return Note(taken.time, kind, Words(taken.text), moment)


class _Numberer:
    """Numbers figures and tables in the order a reader meets them."""

    def __init__(self) -> None:
        self._count: dict[str, int] = defaultdict(int)

    def figures(self, found: Sequence[Figure | None]) -> tuple[Figure, ...]:
        return tuple(self._next("figure", f) for f in found if f is not None)

    def tables(self, found: Sequence[Table | None]) -> tuple[Table, ...]:
        return tuple(self._next("table", t) for t in found if t is not None)

    def _next(self, kind: str, piece: _Piece) -> _Piece:
        self._count[kind] += 1
        return dataclasses.replace(piece, number=self._count[kind])


def _appendices(main: Run, pins: Sequence[charts.Pin], number: _Numberer) -> tuple[Appendix, ...]:
    looked_into = charts.attention_charts(main)
    built = (
        Appendix(
            "epoch-by-epoch",
            "Epoch by epoch",
            figures=number.figures([charts.costs_chart(main)]),
            tables=number.tables([tables.epoch_table(main)]),
        ),
        Appendix(
            "memory-and-time",
            "Memory and time",
            figures=number.figures([charts.memory_chart(main, pins), charts.phases_chart(main)]),
        ),
        Appendix(
            "reviews",
            "The reviews",
            tables=number.tables([reviews_table(main)]),
        ),
        Appendix(
            "attention",
            "Where attention goes",
            statements=(text(_ATTENTION),) if looked_into else (),
            figures=number.figures(looked_into),
        ),
        Appendix(
            "environment",
            "Environment",
            tables=number.tables([tables.config_table(main), tables.machine_table(main)]),
        ),
    )
    return tuple(a for a in built if a.figures or a.tables or a.statements)
