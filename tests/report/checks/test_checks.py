"""What is checked of a journal: its words, its records, its build, and what the course asks for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from journal.packs.model import Check, Criterion, Pack
from journal.record import Folder, Writer, append_note
from journal.record import events as ev
from journal.report import checks
from journal.report.assemble import assemble, plan
from journal.report.checks import Result, course
from journal.report.words import merge

LOSSES = [(0.69, 0.68), (0.55, 0.50), (0.45, 0.42), (0.33, 0.50), (0.22, 0.61), (0.12, 0.74)]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A journal whose run ran out of memory once, and then overfitted."""
    (tmp_path / "journal.toml").write_text('title = "My lab"\n')
    with Writer.create(
        tmp_path / "runs", engine="cached", seed=1, config={"epochs": 6}, run_id="lab5"
    ) as writer:
        writer.write(ev.Data(name="reviews", rows=2000, train=1800, validation=200))
        writer.write(ev.OutOfMemory(phase="training", tried="batch of 16", error="too large"))
        for epoch, (train, val) in enumerate(LOSSES, 1):
            writer.write(
                ev.Epoch(
                    epoch=epoch, train_loss=train, val_loss=val, train_accuracy=0.9,
                    val_accuracy=0.75, seconds=1.5,
                )
            )  # fmt: skip
    return Folder(tmp_path)


SAID = "It memorized the reviews once memory had run out and I took a smaller batch."


def answer(folder: Folder, said: Callable[[str], str] = lambda _: SAID, above: str = "") -> None:
    """Write the file with these words under every prompt, by its id."""
    planned = plan(folder)
    lines = merge(None, planned.outline).split("\n")
    written = []
    name = ""
    for line in lines:
        written.append(line)
        if line.startswith("<!-- prompt: "):
            name = line.split()[2]
        elif line.startswith("> ") and name:
            written += ["", said(name)]
            name = ""
        elif line.startswith("# "):
            written += ["", above]
    folder.reflections_path.write_text("\n".join(written))


def results(folder: Folder) -> dict[str, Result]:
    context = checks.look(folder, plan(folder))
    return {result.name: result for result in checks.run_checks(context)}


def rationale(result: Result) -> str:
    assert result.cause is not None
    return result.cause.rationale


def test_a_journal_that_says_it_all_passes_every_check(folder: Folder) -> None:
    answer(folder, lambda _: f"{SAID} Validation loss ended at 0.74, training loss at 0.12.")
    planned = plan(folder)
    page = f'<meta name="made-from" content="{_stamp(folder)}">'
    folder.build_dir.mkdir()
    (folder.build_dir / "journal.html").write_text(page)
    context = checks.look(folder, planned)
    found = checks.run_checks(context)
    assert {result.name: result.passed for result in found} == dict.fromkeys(
        [result.name for result in found], True
    )
    assert checks.short(found, planned.pack) == []


def _stamp(folder: Folder) -> str:
    return assemble(plan(folder), folder.reflections_path.read_text()).made_from


def test_a_journal_without_a_word_falls_short_where_words_are_asked_for(folder: Folder) -> None:
    found = results(folder)
    assert [name for name, result in found.items() if result.passed is False] == [
        "sections",
        "prompts",
        "unreflected",
        "all-answered",
        "events-reflected",
        "insights-cite",
    ]


def test_what_is_skipped_on_purpose_is_not_missing(folder: Folder) -> None:
    answer(folder, lambda _: "(skipped: I was ill)")
    found = results(folder)
    assert found["sections"].passed
    assert found["prompts"].passed
    assert found["events-reflected"].passed is False


def test_a_section_without_words_is_named_and_notes_are_words(folder: Folder) -> None:
    planned = plan(folder)
    empty = {prompt.id for prompt in planned.prompts["challenges"]}
    answer(folder, lambda name: "" if name in empty else SAID)
    assert "Challenges and Struggles" in rationale(results(folder)["sections"])
    append_note(folder.notes_path, "challenge", "It stopped.")
    assert results(folder)["sections"].passed


@pytest.mark.parametrize(
    "left",
    ["TODO: say more", "Lorem ipsum dolor", "[your answer here]", "Write your text here.", "...",
     "n/a"],
)  # fmt: skip
def test_placeholders_are_found_with_their_line(folder: Folder, left: str) -> None:
    answer(folder, lambda name: left if name == "surprise" else SAID)
    found = results(folder)["placeholders"]
    assert found.passed is False
    lines = folder.reflections_path.read_text().split("\n")
    assert f"(line {lines.index(left) + 1})" in rationale(found) or left in {"...", "n/a"}


@pytest.mark.parametrize(
    "fine",
    ["```python\n# TODO faster\n```\nMy code.", "My `TODO` list grew.", "The to-do list helped.",
     "I typed the words here and there."],
)  # fmt: skip
def test_code_and_ordinary_words_are_no_placeholders(folder: Folder, fine: str) -> None:
    answer(folder, lambda name: fine if name == "surprise" else SAID)
    assert results(folder)["placeholders"].passed


def test_the_question_copied_as_an_answer_is_template_text(folder: Folder) -> None:
    question = next(
        str(p.question) for p in plan(folder).prompts["growth"] if p.id == "surprise"
    )  # fmt: skip
    answer(folder, lambda name: question if name == "surprise" else SAID)
    assert "the question" in rationale(results(folder)["placeholders"])


@pytest.mark.parametrize(
    ("words", "passed_over"),
    [
        ("All went well.", {"out_of_memory", "overfitting"}),
        ("My laptop said OOM.", {"overfitting"}),
        ("It began to overfit.", {"out_of_memory"}),
        ("Validation loss went up again; I chose a batch size of 8.", set()),
        ("The loss rose from the fourth epoch on. The kernel was killed.", set()),
    ],
)
def test_what_went_wrong_must_be_spoken_of(
    folder: Folder, words: str, passed_over: set[str]
) -> None:
    answer(folder, lambda _: words)
    found = results(folder)["unreflected"]
    assert found.passed is (not passed_over)
    actual = found.cause.actual if found.cause else ""
    assert set(actual.removeprefix("passed over: ").split(", ")) - {""} == passed_over


def test_another_language_is_not_judged_by_english_words(folder: Folder) -> None:
    folder.settings_path.write_text('language = "de"\n')
    answer(folder, lambda _: "Alles lief gut.")
    assert results(folder)["unreflected"].passed is None


def test_a_record_edited_after_sealing_is_told(folder: Folder) -> None:
    assert results(folder)["seal"].passed
    record = folder.find_run("lab5")
    record.write_text(record.read_text().replace('"val_loss":0.74', '"val_loss":0.24'))
    assert "lab5" in rationale(results(folder)["seal"])


def test_a_record_without_a_seal_is_not_judged(folder: Folder) -> None:
    record = folder.find_run("lab5")
    record.write_text("".join(record.read_text().splitlines(keepends=True)[:-1]))
    assert results(folder)["seal"].passed is None


@pytest.mark.parametrize("change", ["words", "notes", "record"])
def test_a_build_fits_until_words_notes_or_records_change(folder: Folder, change: str) -> None:
    answer(folder)
    assert results(folder)["build"].passed is None
    folder.build_dir.mkdir()
    page = folder.build_dir / "journal.html"
    page.write_text(f'<meta name="made-from" content="{_stamp(folder)}">')
    assert results(folder)["build"].passed
    if change == "words":
        folder.reflections_path.write_text(folder.reflections_path.read_text() + "\nMore.\n")
    elif change == "notes":
        append_note(folder.notes_path, "note", "x")
    else:
        record = folder.find_run("lab5")
        record.write_text(record.read_text().replace('"val_loss":0.61', '"val_loss":0.62'))
    assert results(folder)["build"].passed is False


def test_a_number_that_the_record_contradicts_is_named(folder: Folder) -> None:
    answer(folder, lambda _: SAID + " The final validation loss was 0.12.")
    found = results(folder)["numbers"]
    assert found.passed is False
    assert "0.12" in rationale(found)


def counted(folder: Folder, check: Check) -> Result:
    planned = plan(folder)
    pack = planned.pack
    made = Pack(pack.name, pack.title, pack.sections, pack.folder, checks=(check,))
    context = checks.look(folder, planned)
    object.__setattr__(context.plan, "pack", made)
    return course.of_pack(context)[0]


def test_a_pack_asks_for_a_number_of_words_in_a_section(folder: Folder) -> None:
    answer(folder, lambda _: "one two three", above="four")
    asked = len(plan(folder).prompts["growth"])
    least = 3 * asked + 1
    assert counted(folder, Check("w", "words", "growth", least)).passed
    short = counted(folder, Check("w", "words", "growth", least + 1))
    assert short.passed is False
    assert short.cause is not None
    assert (short.cause.expected, short.cause.actual) == (str(least + 1), str(least))


def test_a_pack_asks_for_answers_and_for_those_that_the_run_raised(folder: Folder) -> None:
    answer(folder, lambda name: SAID if "/" in name else "")
    assert counted(folder, Check("e", "events")).passed
    assert counted(folder, Check("a", "answered")).passed is False
    raised = sum("/" in p.id for found in plan(folder).prompts.values() for p in found)
    assert counted(folder, Check("a", "answered", at_least=raised)).passed
    assert not counted(folder, Check("a", "answered", at_least=raised + 1)).passed


def test_figures_count_only_where_the_record_bears_them_out(folder: Folder) -> None:
    answer(
        folder,
        lambda name: (
            "The validation loss ended at 0.74." if name == "frozen-layers" else "It learned."
        ),
    )
    assert counted(folder, Check("c", "claims", "learning-insights", 1)).passed
    assert not counted(folder, Check("c", "claims", "learning-insights", 2)).passed
    assert not counted(folder, Check("c", "claims", "growth", 1)).passed


def test_the_rubric_says_what_must_pass_and_the_record_always_must(folder: Folder) -> None:
    pack = plan(folder).pack
    bare = Pack("x", "x", pack.sections, pack.folder)
    assert "placeholders" in checks.must_pass(bare)
    strict = Pack(
        "x", "x", pack.sections, pack.folder, rubric=(Criterion("c", "C", requires=("build",)),)
    )
    assert checks.must_pass(strict) == {"build", "numbers", "record", "seal"}


def test_fences_that_are_never_closed_hide_no_placeholder(folder: Folder) -> None:
    answer(folder, lambda name: "~~~x\n```` a\nTODO" if name == "surprise" else SAID)
    assert results(folder)["placeholders"].passed is False
