"""A journal that changes its pack keeps every word, each where its prompt or its subject went."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journal import packs
from journal.record import Folder, Writer
from journal.record import events as ev
from journal.report.assemble import Plan, assemble, plan
from journal.report.model import Report, Section
from journal.report.words import merge, parse

LOSSES = [(0.69, 0.68), (0.60, 0.58), (0.52, 0.50), (0.45, 0.46), (0.39, 0.50), (0.33, 0.58)]

OWN = """\
title = "A pack that nobody else knows"

[[sections]]
id = "all-of-it"
title = "All of it"

[[sections.prompts]]
id = "anything"
question = "Anything?"

[[sections]]
id = "growth"
title = "Growing"

[[sections.prompts]]
id = "surprise"
question = "Surprised?"
"""


@pytest.fixture(scope="module")
def plans() -> Iterator[dict[str, Plan]]:
    """One run, planned with each of the packs, and with one that knows none of the others."""
    with tempfile.TemporaryDirectory() as root:
        folder = Folder(Path(root))
        folder.settings_path.write_text('title = "x"\n')
        with Writer.create(
            folder.runs_dir, engine="cached", seed=1, config={}, run_id="lab"
        ) as writer:
            for number, (train, val) in enumerate(LOSSES, 1):
                writer.write(ev.Epoch(epoch=number, train_loss=train, val_loss=val))
        own = folder.root / "own"
        own.mkdir()
        (own / "pack.toml").write_text(OWN)
        chosen = [*(packs.load(name) for name in packs.built_in()), packs.read(own)]
        yield {pack.name: plan(folder, pack) for pack in chosen}


def section(report: Report, title: str) -> Section:
    return next(found for found in report.sections if found.title == title)


def write_under(text: str, line: str, words: str) -> str:
    """The file with words under the heading or question that begins with ``line``."""
    assert re.search(rf"(?m)^{re.escape(line)}.*$", text), line
    return re.sub(rf"(?m)^{re.escape(line)}.*$", lambda hit: f"{hit[0]}\n\n{words}", text, count=1)


def asked(report: Report) -> dict[str, str]:
    return {
        q.id: q.answer.markdown.strip() for s in report.sections for q in s.questions if not q.gone
    }


def test_a_file_without_words_becomes_that_of_the_new_pack(plans: dict[str, Plan]) -> None:
    for first in plans.values():
        for second in plans.values():
            old = merge(None, first.outline)
            changed = merge(old, second.outline)
            fresh = merge(None, second.outline)
            assert sorted(filter(None, changed.split("\n"))) == sorted(
                filter(None, fresh.split("\n"))
            )
            assert merge(changed, second.outline) == changed


def test_facts_charts_and_raised_questions_stand_where_the_pack_wants_them(
    plans: dict[str, Plan],
) -> None:
    reports = {name: assemble(p, merge(None, p.outline)) for name, p in plans.items()}
    assert section(reports["gibbs"], "Analysis").figures
    assert section(reports["kolb"], "Reflective Observation").facts
    assert [q.id for q in section(reports["rolfe"], "What?").questions if q.by == "tool"]
    everything = {
        (
            frozenset(f.id for s in report.sections for f in s.facts),
            frozenset(f.id for s in report.sections for f in s.figures),
            frozenset(q.id for s in report.sections for q in s.questions if q.by == "tool"),
        )
        for report in reports.values()
    }
    assert len(everything) == 1


def test_an_answer_to_a_question_that_a_run_raised_goes_to_where_that_is_asked_now(
    plans: dict[str, Plan],
) -> None:
    raised = next(p for p in plans["lab"].prompts["learning-insights"] if p.by == "tool")
    text = merge(None, plans["lab"].outline)
    text = write_under(text, f"> {raised.question}", "It was the fourth.")
    report = assemble(plans["gibbs"], merge(text, plans["gibbs"].outline))
    (told,) = [q for q in section(report, "Analysis").questions if q.id == raised.id]
    assert told.answer.markdown.strip() == "It was the fourth."
    assert str(report).count("It was the fourth.") == 1


def test_words_without_a_prompt_follow_what_their_section_was_about(
    plans: dict[str, Plan],
) -> None:
    text = write_under(merge(None, plans["lab"].outline), "# Challenges", "The kernel died.")
    text = write_under(text, "> Which moment of this lab cost", "An evening.")
    for name, title in (
        ("gibbs", "Description"),
        ("kolb", "Concrete Experience"),
        ("rolfe", "What?"),
        ("diep", "Describe"),
    ):
        report = assemble(plans[name], merge(text, plans[name].outline))
        found = section(report, title)
        assert found.words.markdown.strip() == "The kernel died."
        (gone,) = [q for q in found.questions if q.gone]
        assert str(gone.text).startswith("Which moment of this lab cost")
        assert gone.answer.markdown.strip() == "An evening."
        assert (gone.by, gone.state) == ("pack", "answered")
        assert report.stray.empty


def test_words_of_a_section_that_nobody_knows_come_last_under_its_name(
    plans: dict[str, Plan],
) -> None:
    text = write_under(merge(None, plans["own"].outline), "# All of it", "All that I know.")
    text = write_under(text, "> Anything?", "Nothing.")
    report = assemble(plans["rolfe"], merge(text, plans["rolfe"].outline))
    last = report.sections[-1]
    assert last.title == "All of it"
    assert last.words.markdown.strip() == "All that I know."
    assert [(str(q.text), q.answer.markdown.strip()) for q in last.questions] == [
        ("Anything?", "Nothing.")
    ]


WORDS = st.sampled_from(
    ["mine", "two\n\nparagraphs", "- a\n- list", "*em*", "é\u2028x", "(skipped)"]
)


LIVES = st.lists(
    st.tuples(
        st.sampled_from(["lab", "gibbs", "kolb", "rolfe", "diep", "own"]),
        st.lists(st.tuples(st.floats(0, 0.999), WORDS), max_size=3),
    ),
    min_size=2,
    max_size=5,
)


@given(LIVES)
@settings(max_examples=60)
def test_whatever_packs_follow_on_each_other_no_word_is_lost(
    plans: dict[str, Plan], life: list[tuple[str, list[tuple[float, str]]]]
) -> None:
    text: str | None = None
    said: list[str] = []
    for name, written in life:
        before = text
        text = merge(text, plans[name].outline)
        if before is not None:
            lines = iter(text.split("\n"))
            assert all(line in lines for line in _theirs(before, said))
        for place, typed in written:
            rows = text.split("\n")
            under = [n for n, line in enumerate(rows) if re.match(r"# |> ", line)]
            at = under[int(place * len(under))] + 1
            words = f"{typed} number{len(said)}x"
            said.append(words)
            text = "\n".join([*rows[:at], "", words, "", *rows[at:]])
    assert text is not None
    report = assemble(plans[life[-1][0]], text)
    shown = [s.words.markdown for s in report.sections] + [report.stray.markdown]
    shown += [q.answer.markdown for s in report.sections for q in s.questions]
    for words in said:
        assert words in text
        # Once, and nowhere twice.
        assert sum(piece.count(words.split("\n")[-1]) for piece in shown) == 1, words
        assert any(words in piece for piece in shown)


def _theirs(text: str, said: list[str]) -> list[str]:
    mine = {line for words in said for line in words.split("\n") if line.strip()}
    return [line for line in text.split("\n") if line in mine]


def test_going_back_to_the_first_pack_finds_every_answer_at_its_prompt(
    plans: dict[str, Plan],
) -> None:
    text = merge(None, plans["lab"].outline)
    for number, prompt in enumerate(p for _, _, ps in plans["lab"].outline for p, _ in ps):
        part = next(
            a
            for s in parse(text, plans["lab"].outline).sections
            for a in s.answers
            if a.id == prompt
        )
        text = write_under(text, f"> {part.question}", f"answer {number}")
    first = asked(assemble(plans["lab"], text))
    assert all(first.values())
    for name in ("kolb", "own", "gibbs"):
        text = merge(text, plans[name].outline)
    text = merge(text, plans["lab"].outline)
    assert asked(assemble(plans["lab"], text)) == first
