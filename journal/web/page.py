"""The editor's page: every place to write, beside what the record says and asks there."""

from __future__ import annotations

from dataclasses import dataclass, field

from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

import journal
from journal import packs
from journal.analysis.statement import Statement, text
from journal.record.files import read_text
from journal.record.folder import Folder
from journal.render.html import show
from journal.render.templates import Templates
from journal.report import words
from journal.report.assemble import Plan, assemble, plan
from journal.report.counting import count_markdown
from journal.report.fields import Field, fields
from journal.report.markers import Outline
from journal.report.model import Head, Report, Section, Words
from journal.report.prompts import arrange, outline
from journal.resources import templates

_LARGEST = 1 << 20


@dataclass(frozen=True)
class Place:
    """A field as the page shows it.

    Attributes:
        number: its position on the page, from 1.
        below: the level of the heading that the words stand under in the journal.
        gone: a question that is no longer asked.
    """

    number: int
    below: int
    field: Field
    question: Statement | None
    gone: bool
    state: words.State
    words: Words
    count: int


@dataclass
class Part:
    """A section of the page: what the record says in it, and its fields in the file's order."""

    shown: Section
    places: list[Place] = field(default_factory=list)


class Material:
    """What a journal shows and asks, before the student's words are read.

    A journal without a run has its course's questions to answer, and nothing from a record.

    Raises:
        JournalError: something in the folder is missing or cannot be read.
    """

    def __init__(self, folder: Folder) -> None:
        self._settings = folder.settings
        self._plan: Plan | None = plan(folder) if folder.runs() else None
        if self._plan is None:
            pack = packs.load(self._settings.pack, folder.root)
            self._wording = pack.wording
            self.outline: Outline = outline(pack, arrange(pack, ()))
        else:
            self.outline = self._plan.outline

    def report(self, reflections: str) -> Report:
        """The report for the text of ``reflections.md``."""
        if self._plan is not None:
            return assemble(self._plan, reflections)
        return Report(
            head=Head(self._settings.title or "Reflective journal"),
            language=self._settings.language,
            glances=(),
            sections=tuple(Section(name, title, Words("")) for name, title, _ in self.outline),
            stray=Words(""),
            appendices=(),
            index=(),
            program=f"reflective-journal {journal.__version__}",
            wording=self._wording,
        )


def page(material: Material, reflections: str, *, nonce: str, state: dict[str, object]) -> str:
    """The whole page.

    Args:
        reflections: the text of ``reflections.md``.
        nonce: what the page's own script and styles carry.
        state: what the page's script begins with.
    """
    report = material.report(reflections)
    parts = _parts(report, material.outline, reflections)
    places = [place for part in parts for place in part.places]
    asked = [place for place in places if place.field.kind == "prompt" and not place.gone]
    return show(
        Templates("html"),
        "ours/editor.html.j2",
        report,
        parts=parts,
        asked=len(asked),
        open=sum(place.state == "unanswered" for place in asked),
        total=sum(place.count for place in places),
        state=htmlsafe_json_dumps(state),
        nonce=nonce,
        journal_style=Markup(source("html/journal.css")),
        editor_style=Markup(source("web/editor.css")),
    )


def source(name: str) -> str:
    """A file of ours below ``templates``, as it is."""
    return read_text(templates() / name, _LARGEST)


def _parts(report: Report, asked: Outline, reflections: str) -> list[Part]:
    """The sections in the journal's order; last, if need be, one for words in none of them."""
    parts = {section.id: Part(section) for section in report.sections}
    homes = {prompt: name for name, _, prompts in asked for prompt, _ in prompts}
    questions = {q.id: q.text for section in report.sections for q in section.questions}
    questions = {p: text(words) for _, _, prompts in asked for p, words in prompts} | questions
    further = Part(Section("further", "Further words", Words("")))
    standing = ""
    found: list[tuple[Part, Field]] = []
    for place in fields(reflections, asked):
        if place.kind == "section":
            standing = place.id
        home = homes.get(place.id, standing) if place.kind == "prompt" else standing
        found.append((parts.get(home, further), place))
    order = [*parts.values(), further]
    found.sort(key=lambda pair: order.index(pair[0]))
    for number, (part, place) in enumerate(found, 1):
        part.places.append(_place(number, place, questions, gone=place.id not in homes))
    return [part for part in order if part is not further or part.places]


def _place(number: int, place: Field, questions: dict[str, Statement], *, gone: bool) -> Place:
    said = Words(place.text)
    question = None
    if place.kind == "prompt":
        question = questions.get(place.id, text(place.question or place.id))
    return Place(
        number=number,
        below=3 if place.kind == "prompt" else 2,
        field=place,
        question=question,
        gone=gone and place.kind == "prompt",
        state=words.state(place.text, intact=bool(place.question)),
        words=said,
        count=0 if words.state(place.text) == "skipped" else count_markdown(place.text),
    )
