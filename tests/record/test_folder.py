"""The student's folder: which run is meant, which belong to the journal, and no way out of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from journal.record import Folder, FolderError, RecordError, UsageError, Writer
from journal.record import events as ev

Write = Callable[..., Path]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture
def three(write_record: Write, folder: Folder) -> Folder:
    """Runs begun in the order c, a1, a2."""
    for run_id, started in (("c", 100.0), ("a1", 200.0), ("a2", 300.0)):
        path = write_record(run_id=run_id)
        first, rest = path.read_text().split("\n", 1)
        header = ev.RunStarted.model_validate_json(first)
        path.write_text(header.model_copy(update={"time": started}).model_dump_json() + "\n" + rest)
    return folder


def names(folder: Folder) -> list[str]:
    return [run.id for run in folder.runs()]


def test_the_places_in_a_folder_have_their_names(folder: Folder) -> None:
    places = [folder.settings_path, folder.reflections_path, folder.notes_path]
    assert [path.name for path in places] == ["journal.toml", "reflections.md", "notes.jsonl"]
    assert [folder.runs_dir.name, folder.build_dir.name] == ["runs", "build"]


def test_a_folder_without_settings_says_how_to_make_them(folder: Folder) -> None:
    assert folder.has_settings is False
    with pytest.raises(FolderError, match=r"it has no journal\.toml; run: journal init "):
        _ = folder.settings
    with pytest.raises(FolderError, match="journal init"):
        folder.require_settings()


def test_a_folder_with_settings_reads_them_once(folder: Folder) -> None:
    folder.settings_path.write_text('title = "x"')
    folder.require_settings()
    assert folder.settings.title == "x"
    folder.settings_path.write_text('title = "y"')
    assert folder.settings.title == "x"


def test_without_a_name_the_newest_run_is_meant(three: Folder) -> None:
    assert three.find_run() == three.runs_dir / "a2" / "record.jsonl"


def test_a_run_is_found_by_its_id_the_beginning_of_one_or_a_path(
    three: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = three.runs_dir / "a1" / "record.jsonl"
    assert three.find_run("a1") == record
    assert three.find_run("c") == three.runs_dir / "c" / "record.jsonl"
    assert three.find_run(str(record)) == record
    assert three.find_run(str(record.parent)) == record
    monkeypatch.chdir(three.root)
    assert three.find_run("runs/a1").resolve() == record.resolve()


def test_a_whole_id_is_meant_even_when_another_begins_with_it(
    three: Folder, write_record: Write
) -> None:
    write_record(run_id="a")
    assert three.find_run("a").parent.name == "a"


def test_a_beginning_of_several_names_them(three: Folder) -> None:
    with pytest.raises(UsageError, match="'a' is the beginning of more than one run: a1 and a2;"):
        three.find_run("a")


@pytest.mark.parametrize("spec", ["nope", "", "x" * 5000, "a\0b"])
def test_a_name_that_is_not_there_lists_those_that_are(three: Folder, spec: str) -> None:
    with pytest.raises(UsageError, match="name one of those there: a1, a2, and c"):
        three.find_run(spec)


def test_of_very_many_runs_only_some_are_listed(write_record: Write, folder: Folder) -> None:
    for number in range(10):
        write_record(run_id=f"run{number}")
    with pytest.raises(UsageError, match="run0, run1, run2, run3, run4, run5, and 4 more"):
        folder.find_run("nope")


def test_where_there_is_no_run_the_ways_to_make_one_are_said(folder: Folder) -> None:
    with pytest.raises(FolderError, match=r"there is no run in .*; make one with journal train"):
        folder.find_run()
    with pytest.raises(UsageError, match="make one with journal train or journal import"):
        folder.find_run("a")
    assert folder.runs() == []


def test_a_folder_without_a_record_is_no_run(three: Folder) -> None:
    (three.runs_dir / "zz").mkdir()
    (three.runs_dir / "note.txt").write_text("")
    assert names(three) == ["c", "a1", "a2"]
    with pytest.raises(RecordError, match="there is no such file; name the folder of a run"):
        three.find_run(str(three.runs_dir / "zz"))


def test_all_runs_come_oldest_first(three: Folder) -> None:
    assert names(three) == ["c", "a1", "a2"]
    three.settings_path.write_text('runs = "all"')
    assert names(Folder(three.root)) == ["c", "a1", "a2"]


def test_only_the_runs_that_the_settings_name_belong(three: Folder) -> None:
    three.settings_path.write_text('runs = ["a2", "c", "a2"]')
    assert names(three) == ["c", "a2"]


def test_a_journal_may_have_no_run_at_all(three: Folder) -> None:
    three.settings_path.write_text("runs = []")
    assert names(three) == []


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ("nope", "runs: there is no run 'nope'"),
        ("a", "runs: 'a' is the beginning of more than one run"),
        ("../other/runs/x", "runs: there is no run"),
        ("", "runs: there is no run ''"),
    ],
)
def test_settings_that_name_no_run_are_at_fault(three: Folder, chosen: str, words: str) -> None:
    three.settings_path.write_text(f"runs = ['{chosen}']")
    with pytest.raises(FolderError) as caught:
        three.runs()
    assert str(caught.value).startswith(f"{three.settings_path}: {words}")


def test_settings_cannot_name_a_path_although_there_is_a_record(
    three: Folder, tmp_path: Path
) -> None:
    record = three.runs_dir / "a1" / "record.jsonl"
    three.settings_path.write_text(f"runs = ['{record}']")
    with pytest.raises(FolderError, match="there is no run"):
        three.runs()


def test_a_broken_run_is_not_hidden(three: Folder) -> None:
    broken = three.runs_dir / "zz"
    broken.mkdir()
    (broken / "record.jsonl").write_text("broken\n")
    with pytest.raises(RecordError, match="does not look like a run record"):
        three.runs()
    # It is the newest by the time of its file.
    assert three.find_run() == broken / "record.jsonl"


def outside(tmp_path: Path) -> Path:
    """A run in somebody else's folder."""
    elsewhere = tmp_path / "elsewhere"
    Writer.create(elsewhere, engine="cached", seed=1, config={}, run_id="x").close("completed")
    return elsewhere


@pytest.mark.parametrize("linked", ["runs", "run", "record", "settings"])
def test_a_link_that_leads_out_of_the_folder_is_refused(tmp_path: Path, linked: str) -> None:
    elsewhere = outside(tmp_path)
    folder = Folder(tmp_path / "student")
    folder.root.mkdir()
    if linked == "runs":
        folder.runs_dir.symlink_to(elsewhere)
    elif linked == "run":
        folder.runs_dir.mkdir()
        (folder.runs_dir / "x").symlink_to(elsewhere / "x")
    elif linked == "record":
        (folder.runs_dir / "x").mkdir(parents=True)
        (folder.runs_dir / "x" / "record.jsonl").symlink_to(elsewhere / "x" / "record.jsonl")
    else:
        (tmp_path / "secret.toml").write_text('title = "secret"')
        folder.settings_path.symlink_to(tmp_path / "secret.toml")
    with pytest.raises(FolderError, match="a link leads out of the journal's folder"):
        folder.runs()
    if linked != "settings":
        for spec in (None, "x"):
            with pytest.raises(FolderError, match="a link leads out of the journal's folder"):
                folder.find_run(spec)


def test_runs_that_lie_elsewhere_are_not_even_looked_for(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "student")
    folder.root.mkdir()
    (tmp_path / "nothing-here").mkdir()
    folder.runs_dir.symlink_to(tmp_path / "nothing-here")
    with pytest.raises(FolderError, match="runs: a link leads out of the journal's folder"):
        folder.find_run()


def test_a_link_within_the_folder_is_followed(three: Folder) -> None:
    (three.runs_dir / "latest").symlink_to(three.runs_dir / "a2")
    assert three.find_run("latest").resolve() == (three.runs_dir / "a2" / "record.jsonl").resolve()


def test_the_whole_folder_may_be_reached_by_a_link(three: Folder, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(three.root)
    assert names(Folder(link)) == ["c", "a1", "a2"]


def test_a_run_under_way_is_told_from_one_that_was_cut_off(three: Folder) -> None:
    cut_off = three.find_run("a1")
    cut_off.write_text(cut_off.read_text().splitlines(keepends=True)[0])
    assert three.run_under_way() is None
    with Writer.create(three.runs_dir, engine="cached", seed=1, config={}) as writer:
        assert three.run_under_way() == writer.path
    assert three.run_under_way() is None


def cell(three: Folder, run_id: str, *, of: str | None, status: ev.Status = "completed") -> Path:
    """A cell of a what-if, newer than every run."""
    writer = Writer.create(
        three.runs_dir, engine="cached", seed=1, config={}, run_id=run_id,
        whatif=ev.WhatIf(group="abc", run_id=of, settings={"learning_rate": 0.005}),
    )  # fmt: skip
    writer.close(status)
    return writer.path


def test_the_cells_of_a_what_if_are_told_from_the_students_own_runs(three: Folder) -> None:
    own = [run.id for run in three.runs()]
    made = cell(three, "zz-cell", of=own[0])
    cell(three, "zz-stopped", of=own[0], status="interrupted")
    assert three.find_run() != made
    assert three.find_run("zz-cell") == made
    assert [run.id for run in three.runs()] == own
    assert [run.id for run in three.whatif_runs()] == ["zz-cell"]
    assert [run.id for run in three.whatif_runs(own[:1])] == ["zz-cell"]
    assert three.whatif_runs(own[1:]) == []


def test_where_there_are_only_cells_the_newest_of_them_is_meant(folder: Folder) -> None:
    made = cell(folder, "cell", of=None)
    assert folder.find_run() == made
    assert folder.runs() == []


def test_a_stopped_cell_is_no_run_to_be_resumed(folder: Folder) -> None:
    cell(folder, "cell", of=None, status="interrupted")
    assert folder.newest_unfinished() is None
