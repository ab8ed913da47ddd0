"""``journal demo``: a finished journal from nothing, of a real run, with samples that say so."""

import subprocess
import sys
from pathlib import Path

import pytest

from journal.record import Folder, FolderError, Run, read_notes, read_run
from journal.record import events as ev
from training import demo


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a demo, made as a person makes it."""
    root = tmp_path_factory.mktemp("somewhere")
    done = subprocess.run(
        [sys.executable, "-m", "journal", "demo"],
        cwd=root, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "journal-demo/build/journal.html" in done.stdout
    assert "reflections.md" in done.stdout
    return root / "journal-demo"


@pytest.fixture(scope="module")
def run(made: Path) -> Run:
    (record,) = made.glob("runs/*/record.jsonl")
    return read_run(record)


def test_it_ends_in_a_journal_of_a_real_run(made: Path, run: Run) -> None:
    assert run.status == "completed"
    assert [e.epoch for e in run.epochs] == list(range(1, 21))
    assert run.header.engine == "cached"
    assert run.data is not None
    assert (run.data.name, run.data.rows) == ("amazon-snippets", 2000)
    page = (made / "build" / "journal.html").read_text("utf-8")
    assert run.id in page
    assert demo.TITLE in page


def test_something_was_learned(run: Run) -> None:
    first, last = run.epochs[0], run.epochs[-1]
    assert last.val_loss is not None
    assert first.val_loss is not None
    assert last.val_loss < first.val_loss - 0.05
    # 58.6 % of the reviews are positive.
    assert (last.val_accuracy or 0) > 0.7


def test_whatever_a_student_would_have_written_says_that_it_is_a_sample(made: Path) -> None:
    notes = read_notes(Folder(made).notes_path)
    assert [note.kind for note in notes] == ["expectation", "note", "challenge"]
    prediction, *written = notes
    for note in written:
        assert note.text.startswith("Sample ")
        assert "journal demo" in note.text
    assert prediction.text in written[0].text
    page = (made / "build" / "journal.html").read_text("utf-8")
    assert "Sample note" in page
    assert "Sample challenge" in page


def test_the_prediction_was_taken_down_before_the_run_and_the_challenge_during_it(
    made: Path, run: Run
) -> None:
    prediction, _, challenge = read_notes(Folder(made).notes_path)
    assert prediction.time < run.started
    assert run.moment(challenge.time) == ("training", 11)
    assert [event.text for event in run.all(ev.Expectation)] == [prediction.text]


def test_once_more_in_the_same_folder_adds_a_run_and_no_samples(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "EPOCHS", 2)
    with (made / "reflections.md").open("a") as reflections:
        reflections.write("\nWhat I wrote into the sample journal.\n")
    outcome = demo.make_demo(made)
    assert {run.id for run in Folder(made).runs()} > {outcome.run_id}
    assert len(read_notes(Folder(made).notes_path)) == 3
    assert outcome.run_id in (made / "build" / "journal.html").read_text("utf-8")
    assert "What I wrote into the sample journal." in (made / "reflections.md").read_text("utf-8")


def test_a_students_own_journal_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "journal.toml").write_text('title = "My own journal"\n')
    with pytest.raises(FolderError, match="left as it is"):
        demo.make_demo(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["journal.toml"]


def test_what_to_do_next_can_be_pasted_into_a_shell() -> None:
    assert "journal build -C 'my demo'" in demo.next_steps(Path("my demo"))
