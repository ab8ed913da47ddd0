"""The command line as a whole: help, exit codes, and one sentence for whatever goes wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from journal.cli import COMMANDS, Entry, main

Call = Callable[..., tuple[int, str, str]]
Run = Callable[..., subprocess.CompletedProcess[str]]

COMMAND = """
import click
from journal import errors

@click.command()
def command():
    {body}
"""

# Stands in for an environment in which only the base install was made.
WITHOUT_EXTRAS = """
import sys

class Absent:
    names = {"torch", "transformers", "sklearn", "pandas", "psutil", "pyarrow", "safetensors"}

    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in self.names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
from journal.cli import main
main(sys.argv[1:])
"""


@pytest.fixture
def journal(capsys: pytest.CaptureFixture[str]) -> Call:
    """Call the command line in this process: exit code, standard output, standard error."""

    def call(*words: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main(list(words))
        out, err = capsys.readouterr()
        assert isinstance(left.value.code, int)
        return left.value.code, out, err

    return call


@pytest.fixture
def trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Add a command named ``trial`` that does what the given statement says."""

    def add(body: str) -> None:
        (tmp_path / "trial_command.py").write_text(COMMAND.format(body=body), "utf-8")
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, "trial_command", raising=False)
        monkeypatch.setitem(COMMANDS, "trial", Entry("trial_command:command", "A trial."))

    return add


def test_help_names_every_command_in_the_order_a_student_meets_them(journal: Call) -> None:
    code, out, err = journal("--help")
    assert (code, err) == (0, "")
    listed = out.partition("Commands:\n")[2].splitlines()
    assert [line.split()[0] for line in listed if line.startswith("  ") and line[2] != " "] == list(
        COMMANDS
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(journal: Call, name: str) -> None:
    code, out, err = journal(name, "--help")
    assert (code, err) == (0, "")
    assert out.startswith(f"Usage: journal {name}")
    assert out.count(f"journal {name}") > 1, "an example is missing"


def test_no_command_at_all_shows_the_help(journal: Call) -> None:
    code, out, err = journal()
    assert code == 2
    assert "Commands:" in out + err


def test_the_version_is_that_of_the_distribution(journal: Call) -> None:
    code, out, _ = journal("--version")
    assert code == 0
    assert out.startswith("journal, version 0.")


def test_an_unknown_command_is_wrong_usage(journal: Call) -> None:
    code, out, err = journal("biuld")
    assert (code, out) == (2, "")
    assert "biuld" in err
    assert "Traceback" not in err


def test_a_mistyped_command_is_answered_with_the_one_that_was_meant(journal: Call) -> None:
    assert "did you mean 'train'?" in journal("trian")[2]
    assert "did you mean" not in journal("zzz")[2]


@pytest.mark.parametrize("words", [("show", "--nonsense"), ("--nonsense",), ("show", "a", "b")])
def test_what_a_command_does_not_take_is_wrong_usage(journal: Call, words: tuple[str]) -> None:
    code, out, err = journal(*words)
    assert (code, out) == (2, "")
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("kind", "code"), [("UsageError", 2), ("FolderError", 1), ("DataError", 1), ("RenderError", 1)]
)
def test_an_error_is_one_sentence_and_its_exit_code(
    journal: Call, trial: Callable[[str], None], kind: str, code: int
) -> None:
    trial(f"raise errors.{kind}('the folder x is not there', 'check its name')")
    assert journal("trial") == (code, "", "journal: the folder x is not there; check its name.\n")


def test_debug_shows_the_traceback_of_an_error(journal: Call, trial: Callable[[str], None]) -> None:
    trial("raise errors.FolderError('the folder x is not there', 'check its name')")
    code, _, err = journal("--debug", "trial")
    assert code == 1
    assert err.startswith("Traceback")
    assert err.endswith("journal: the folder x is not there; check its name.\n")


def test_a_defect_is_owned_in_one_line(journal: Call, trial: Callable[[str], None]) -> None:
    trial("raise ZeroDivisionError('division by zero')")
    code, out, err = journal("trial")
    assert (code, out) == (1, "")
    assert err.count("\n") == 1
    assert "ZeroDivisionError: division by zero" in err
    assert "--debug" in err


def test_debug_shows_the_traceback_of_a_defect(journal: Call, trial: Callable[[str], None]) -> None:
    trial("raise ZeroDivisionError('division by zero')")
    code, _, err = journal("--debug", "trial")
    assert code == 1
    assert "trial_command.py" in err


@pytest.mark.parametrize("stop", ["KeyboardInterrupt()", "click.Abort()"])
def test_ctrl_c_ends_in_one_word(journal: Call, trial: Callable[[str], None], stop: str) -> None:
    trial(f"raise {stop}")
    code, out, err = journal("trial")
    assert (code, out) == (1, "")
    assert err.strip() == "journal: Stopped."


def test_a_command_whose_library_is_missing_answers_with_the_install_line(
    journal: Call, trial: Callable[[str], None]
) -> None:
    trial("pass\n\nimport a_library_that_nobody_has")
    assert journal("trial") == (
        2,
        "",
        "journal: journal trial needs the 'train' extra, which is not installed; "
        'run: pip install "reflective-journal[train]".\n',
    )


@pytest.mark.parametrize(
    "words",
    [("train", "--data", "amazon-snippets", "--model", "minilm"), ("demo", "here")],
)
def test_without_torch_training_answers_with_the_install_line(
    python: Run, tmp_path: Path, words: tuple[str, ...]
) -> None:
    done = python("-c", WITHOUT_EXTRAS, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "pip install" in done.stderr
    assert "reflective-journal[" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", COMMANDS)
def test_without_torch_every_command_still_shows_its_help(python: Run, name: str) -> None:
    done = python("-c", WITHOUT_EXTRAS, name, "--help")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_reader_that_goes_away_is_not_an_error_to_report(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "journal", "--help"],
            cwd=tmp_path,
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=60,
        )
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (1, "")


def test_the_module_answers_like_the_command(python: Run) -> None:
    as_module = python("-m", "journal", "--help")
    as_script = subprocess.run(
        [Path(sys.executable).with_name("journal"), "--help"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert as_module.stdout == as_script.stdout


def test_the_training_module_trains(python: Run) -> None:
    done = python("-m", "training", "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "--model" in done.stdout
