"""``journal packs``: list, show, start and check packs; and a journal that takes one along."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from journal.errors import PackError
from journal.record import Folder

Call = Callable[..., Any]

METRICS = "epoch,train_loss,val_loss\n1,0.69,0.68\n2,0.60,0.61\n"


def test_the_list_names_each_pack_with_its_sections(call: Call) -> None:
    said = call("packs")
    assert said.code == 0
    assert "gibbs" in said.out
    assert "Description · Feelings · Evaluation · Analysis" in said.out
    listed = json.loads(call("packs", "--json").out)
    assert [pack["name"] for pack in listed["packs"]] == ["lab", "diep", "gibbs", "kolb", "rolfe"]
    assert {pack["from"] for pack in listed["packs"]} == {"built in"}


def test_a_pack_is_shown_with_its_source_and_questions(call: Call) -> None:
    said = call("packs", "show", "kolb").out
    assert "David A. Kolb (1984)" in said
    assert "Which rule about fine-tuning would you write down" in said
    whole = json.loads(call("packs", "show", "kolb", "--json").out)
    assert whole["sections"][0]["id"] == "kolb-concrete-experience"
    assert whole["wording"]["evidence"] == "Evidence"


def test_a_new_pack_is_in_order_and_a_journal_can_be_built_with_it(
    call: Call, tmp_path: Path
) -> None:
    assert call("packs", "new", "our course").code == 0
    said = call("packs", "check", "our course")
    assert (said.code, said.out.startswith("Reflection in our course is in order")) == (0, True)

    call("init", "lab5", "--pack", "our course")
    assert Folder(tmp_path / "lab5").settings.pack == "./packs/our course"
    assert (tmp_path / "lab5/packs/our course/templates/html/journal.html.j2").is_file()
    (tmp_path / "metrics.csv").write_text(METRICS)
    call("import", "-C", "lab5", "metrics.csv")
    assert call("build", "lab5").code == 0
    page = (tmp_path / "lab5/build/journal.html").read_text("utf-8")
    assert "What follows from it" in page
    assert "Personal Growth" not in page


def test_what_is_there_is_not_written_over(call: Call, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    said = call("packs", "new", "mine")
    assert said.code == 2
    assert "mine is there already" in said.err
    assert list((tmp_path / "mine").iterdir()) == []


def test_check_tells_every_mistake_and_ends_with_1(call: Call, tmp_path: Path) -> None:
    call("packs", "new", "mine")
    path = tmp_path / "mine" / "pack.toml"
    text = path.read_text().replace('kind = "words"', 'kind = "w"').replace("next time, and", "")
    path.write_text(text.replace("it do?", "it do."))
    page = tmp_path / "mine/templates/html/journal.html.j2"
    page.write_text(page.read_text().replace("super()", "nix"))
    said = call("packs", "check", "mine")
    assert said.code == 1
    assert len(said.out.splitlines()) == 3
    assert said.err == "journal: 3 mistakes in mine.\n"
    whole = json.loads(call("packs", "check", "mine", "--json").out)
    lines = text.splitlines()
    told = {Path(fault["file"]).name: fault["line"] for fault in whole["faults"]}
    assert told["journal.html.j2"] == 8
    assert 'kind = "w"' in lines[told["pack.toml"] - 1]


def test_a_pack_outside_of_the_journal_is_for_the_person_at_the_keyboard_alone(
    call: Call, tmp_path: Path
) -> None:
    call("packs", "new", "outside")
    call("init", "lab5")
    settings = tmp_path / "lab5" / "journal.toml"
    settings.write_text(settings.read_text().replace('"lab"', '"../outside"'))
    (tmp_path / "metrics.csv").write_text(METRICS)
    call("import", "-C", "lab5", "metrics.csv")
    said = call("build", "lab5")
    assert said.code == 1
    assert "lies outside of the journal's folder; copy it into the folder" in said.err
    (tmp_path / "lab5" / "inside").symlink_to(tmp_path / "outside")
    settings.write_text(settings.read_text().replace("../outside", "./inside"))
    assert "lies outside" in call("build", "lab5").err
    assert call("build", "lab5", "--pack", "outside").code == 0
    assert "What happened" in (tmp_path / "lab5/build/journal.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("packs", "show", "nix"), "there is no pack named 'nix'; choose one of these: lab,"),
        (("packs", "show", "./nix"), "there is no folder nix with a pack"),
        (("packs", "check"), "pack.toml: there is no such file"),
        (("init", "x", "--pack", "nix"), "there is no pack named 'nix'"),
        (("build", "--pack", "nix"), "there is no pack named 'nix'"),
    ],
)
def test_what_is_no_pack_is_said_in_one_sentence(
    call: Call, journal_folder: Folder, words: tuple[str, ...], said: str
) -> None:
    told = call(*words)
    assert told.code == PackError.exit_code
    assert said in told.out + told.err
