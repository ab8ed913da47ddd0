"""The report brings together the runs, the notes, and the words of a student's folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from journal.errors import FolderError
from journal.record import Folder, Writer, append_note, read_run
from journal.record import events as ev
from journal.report.assemble import assemble, plan
from journal.report.index import evidence_in
from journal.report.model import Report
from journal.report.words import merge

WriteCell = Callable[..., Path]

LOSSES = [(0.69, 0.68), (0.60, 0.58), (0.52, 0.50), (0.45, 0.46), (0.39, 0.47), (0.33, 0.52)]


def write_run(folder: Folder, losses: list[tuple[float, float]] = LOSSES, note: str = "") -> str:
    with Writer.create(
        folder.runs_dir,
        engine="cached",
        seed=1,
        config={"epochs": len(losses), "batch_size": 16, "validation_batch_size": 8},
    ) as writer:
        writer.write(ev.Model(name="tiny", parameters=1000, trainable_parameters=100))
        writer.write(ev.Data(name="reviews", rows=2000, dropped=3, train=1800, validation=200))
        with writer.phase("training"):
            for epoch, (train, val) in enumerate(losses, 1):
                if note and epoch == 3:
                    append_note(folder.notes_path, "challenge", note)
                writer.write(
                    ev.Epoch(
                        epoch=epoch,
                        train_loss=train,
                        val_loss=val,
                        train_accuracy=0.8,
                        val_accuracy=0.75 + epoch / 100,
                        seconds=1.5,
                        learning_rate=0.005,
                    )
                )
    return writer.run_id


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    (tmp_path / "journal.toml").write_text('title = "My lab"\nauthor = "Sample"\n')
    return Folder(tmp_path)


def build(folder: Folder, reflections: str | None = None) -> Report:
    planned = plan(folder)
    return assemble(planned, merge(reflections, planned.outline))


def test_the_four_sections_stand_in_the_order_of_the_pack(folder: Folder) -> None:
    write_run(folder)
    report = build(folder)
    assert [section.title for section in report.sections] == [
        "Learning Insights",
        "Challenges and Struggles",
        "Personal Growth",
        "Critical Reflection",
    ]


def test_a_journal_without_a_run_says_how_to_make_one(folder: Folder) -> None:
    with pytest.raises(FolderError, match=r"no run in .* journal train or journal import"):
        plan(folder)


def test_every_linked_number_has_an_entry_in_the_evidence_index(folder: Folder) -> None:
    write_run(folder)
    report = build(folder)
    evidence = list(evidence_in((report.glances, report.sections, report.appendices)))
    assert len(evidence) > 50
    anchors = {entry.anchor for entry in report.index}
    assert {report.anchor(found) for found in evidence} == anchors


def test_an_index_entry_names_the_line_that_holds_the_figure(folder: Folder) -> None:
    run_id = write_run(folder)
    report = build(folder)
    lines = (folder.runs_dir / run_id / "record.jsonl").read_text().splitlines()
    entry = next(entry for entry in report.index if entry.event == "epoch 4")
    assert dict(entry.figures)["val_loss"] == "0.46"
    assert '"val_loss":0.46' in lines[entry.line - 1]


def test_a_rise_after_the_minimum_is_told_with_a_question_under_learning_insights(
    folder: Folder,
) -> None:
    write_run(folder)
    report = build(folder)
    told = {fact.id: fact for section in report.sections for fact in section.facts}
    assert "epoch 4" in str(told["best_epoch"].statement)
    raised = [q.id.partition("/")[0] for q in report.sections[0].questions if "/" in q.id]
    assert "overfitting" in raised
    assert "best_epoch" not in raised, "it asks about the same"


def test_what_a_run_raises_is_asked_before_what_stands_for_every_run(folder: Folder) -> None:
    write_run(folder)
    for section in build(folder).sections:
        kinds = ["/" in question.id for question in section.questions]
        assert kinds == sorted(kinds, reverse=True)


def test_a_challenge_stands_with_the_epoch_it_fell_in_and_is_pinned(folder: Folder) -> None:
    write_run(folder, note="the kernel died")
    report = build(folder)
    challenges = next(section for section in report.sections if section.id == "challenges")
    (note,) = challenges.notes
    assert note.words.markdown == "the kernel died"
    assert note.kind == "challenge"
    assert "epoch 3" in str(note.when)
    chart = report.sections[0].figures[0]
    assert "challenge" in chart.alt or "challenge" in chart.svg


def test_the_words_of_the_student_come_through_as_typed(folder: Folder) -> None:
    write_run(folder)
    planned = plan(folder)
    empty = merge(None, planned.outline)
    marker = next(line for line in empty.splitlines() if line.startswith("<!-- prompt: surprise"))
    begin = empty.index("\n\n", empty.index(marker)) + 2
    words = "I expected *more* from it.  \n"
    report = assemble(planned, empty[:begin] + words + empty[begin:])
    answers = {q.id: q for section in report.sections for q in section.questions}
    assert answers["surprise"].answer.markdown.strip() == words.strip()
    assert answers["surprise"].state == "answered"


def test_words_under_a_question_of_a_run_that_was_taken_out_are_kept(folder: Folder) -> None:
    old = write_run(folder)
    planned = plan(folder)
    text = merge(None, planned.outline)
    marker = next(
        line for line in text.splitlines() if line.startswith("<!-- prompt: overfitting/")
    )
    begin = text.index("\n\n", text.index(marker)) + 2
    text = text[:begin] + "It learned the training reviews by heart.\n" + text[begin:]
    new = write_run(folder)
    folder.settings_path.write_text(f'runs = ["{new}"]\n')
    report = build(Folder(folder.root), text)
    gone = [q for section in report.sections for q in section.questions if q.gone]
    assert [question.id for question in gone] == [f"overfitting/{old}/1"]
    assert "by heart" in gone[0].answer.markdown


def test_an_answer_moved_to_another_section_stays_with_its_question(folder: Folder) -> None:
    write_run(folder)
    planned = plan(folder)
    text = merge(None, planned.outline)
    begin = text.index("<!-- prompt: surprise")
    end = text.index("<!-- prompt:", begin + 1)
    moved = text[begin:end].rstrip() + "\n\nThat it works at all.\n\n"
    heading = text.index("<!-- prompt:", text.index("<!-- section: challenges"))
    text = text[:begin] + text[end:]
    report = assemble(planned, text[:heading] + moved + text[heading:])
    questions = {
        (section.id, question.id): question
        for section in report.sections
        for question in section.questions
    }
    assert questions["growth", "surprise"].answer.markdown.strip() == "That it works at all."
    assert ("challenges", "surprise") not in questions


def test_the_newest_completed_run_is_looked_at_and_the_others_are_listed(folder: Folder) -> None:
    first = write_run(folder)
    second = write_run(folder)
    with Writer.create(folder.runs_dir, engine="cached", seed=1, config={}) as writer:
        writer.close("interrupted", "Ctrl-C")
    report = build(folder)
    assert report.glances[0].run_id == second
    table = next(t for section in report.sections for t in section.tables if t.id == "runs")
    assert [str(row[0]) for row in table.rows] == [
        f"1: {first}", f"2: {second}", f"3: {writer.run_id}, interrupted",
    ]  # fmt: skip


def test_an_interrupted_run_says_so_at_a_glance(folder: Folder) -> None:
    run_id = write_run(folder)
    path = folder.runs_dir / run_id / "record.jsonl"
    path.write_bytes(path.read_bytes()[:-40])
    report = build(folder)
    remarks = " ".join(str(remark) for remark in report.glances[0].remarks)
    assert "cut off" in remarks
    assert "torn" in remarks


def test_a_run_changed_after_it_was_sealed_says_so_at_a_glance(folder: Folder) -> None:
    run_id = write_run(folder)
    path = folder.runs_dir / run_id / "record.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"val_loss":0.52', b'"val_loss":0.25'))
    assert read_run(path).seal == "broken"
    remarks = " ".join(str(remark) for remark in build(folder).glances[0].remarks)
    assert "changed after it was sealed" in remarks


def test_a_run_of_two_known_epochs_says_what_is_missing(folder: Folder) -> None:
    with Writer.create(folder.runs_dir, engine="import", seed=None, config={}) as writer:
        writer.write(ev.Epoch(epoch=1, val_loss=0.635))
        writer.write(ev.Epoch(epoch=20, val_loss=0.331, val_accuracy=0.865))
    report = build(folder)
    items = {item.label: str(item.value) for item in report.glances[0].items}
    assert items["Model"] == "not recorded"
    assert items["Epochs"] == "2 known, the last of them epoch 20"
    assert items["Validation loss"] == "0.635 at epoch 1, 0.331 at epoch 20"
    assert items["Best accuracy"] == "0.865 at epoch 20"
    assert "training loss" in str(report.glances[0].remarks[0])


def test_the_interval_counts_the_reviews_that_the_loop_really_validated(folder: Folder) -> None:
    write_run(folder)
    items = {item.label: str(item.value) for item in build(folder).glances[0].items}
    assert "on 200 reviews" in items["Best accuracy"]
    assert "95% interval" in items["Best accuracy"]


def test_baselines_stand_beside_the_run_they_were_held_against(folder: Folder) -> None:
    with Writer.create(folder.runs_dir, engine="cached", seed=1, config={}) as writer:
        writer.write(ev.Epoch(epoch=1, val_loss=0.5, val_accuracy=0.79))
        writer.write(
            ev.Baseline(name="tfidf", val_accuracy=0.82, val_loss=0.42, reviews=200, seconds=0.6)
        )
    report = build(folder)
    tables = [table for section in report.sections for table in section.tables]
    (table,) = [table for table in tables if table.id == "baselines"]
    assert [[str(cell) for cell in row[:3]] for row in table.rows] == [
        ["TF-IDF with logistic regression", "0.820", "0.420"],
        ["this run, last epoch", "0.790", "0.500"],
    ]


def test_the_date_of_a_journal_that_gives_none_is_that_of_its_run(folder: Folder) -> None:
    run_id = write_run(folder)
    assert build(folder).head.date == run_id[:10]


def vary(folder: Folder, write_cell: WriteCell, of: str, cells: int = 48) -> None:
    """A what-if of so many cells, all of them newer than any run."""
    for number in range(cells):
        write_cell(
            folder.runs_dir, {"learning_rate": 0.005 * (1 + number // 3)},
            {"learning_rate": 0.005}, of=of, wrong=60 - number, seed=number % 3,
            run_id=f"zz-{number}", started=9e9,
        )  # fmt: skip


def test_what_ifs_are_answers_and_never_the_run_that_is_written_about(
    folder: Folder, write_cell: WriteCell
) -> None:
    run_id = write_run(folder)
    before = build(folder)
    vary(folder, write_cell, run_id)
    report = build(folder)
    assert [glance.run_id for glance in report.glances] == [run_id]
    assert report.head == before.head
    section = next(s for s in report.sections if s.id == "critical-reflection")
    (fact,) = [fact for fact in section.facts if fact.id == "what_if"]
    assert "instead of 0.005?" in str(fact.statement)
    assert any(figure.id == "whatif-abcd1234" for figure in section.figures)
    (asked,) = [q for q in section.questions if q.id.startswith("what_if/")]
    assert asked.id == "what_if/abcd1234-learning_rate/1"
    linked = {evidence.run_id for evidence in evidence_in(section)}
    assert any(name.startswith("zz-") for name in linked)


def test_a_journal_of_chosen_runs_shows_the_what_ifs_of_these_alone(
    folder: Folder, write_cell: WriteCell
) -> None:
    first, second = write_run(folder), write_run(folder)
    vary(folder, write_cell, first, cells=6)
    for chosen, shown in ((first, True), (second, False)):
        (folder.root / "journal.toml").write_text(f'runs = ["{chosen}"]')
        ids = {fact.id for s in build(Folder(folder.root)).sections for fact in s.facts}
        assert ("what_if" in ids) == shown
