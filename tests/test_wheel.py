"""The wheel holds all that a journal needs: built, installed and used outside the checkout."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

# Every file that is opened while `journal` runs, one a line on standard error.
WATCHED = """
import sys
sys.addaudithook(
    lambda event, about: event == "open"
    and isinstance(about[0], str)
    and print("opened", about[0], file=sys.__stderr__)
)
from journal.cli import main
main(sys.argv[1:])
"""


@pytest.fixture(scope="module")
def wheel(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from what git would give to somebody who clones the repository.

    A copy is built, for hatchling writes beside its sources and a checkout may be read-only.
    """
    source = tmp_path_factory.mktemp("source")
    for name in ("journal", "training", "templates"):
        shutil.copytree(
            checkout / name, source / name, ignore=shutil.ignore_patterns("__pycache__")
        )
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(checkout / name, source)
    out = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, source]
    done = subprocess.run(build, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment with the wheel in it; gives back its folder.

    Dependencies come from the environment of the tests by a path file, which spares the download.
    A path file inside a folder named by a path file is not followed, so the editable install of
    this checkout stays out.
    """
    folder = tmp_path_factory.mktemp("environment") / "venv"
    venv.create(folder, with_pip=False, symlinks=os.name != "nt")
    paths = {"base": str(folder), "platbase": str(folder)}
    site = Path(sysconfig.get_path("purelib", "venv", vars=paths))
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
    python = Path(sysconfig.get_path("scripts", "venv", vars=paths)) / "python"
    pip = [sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check"]
    install = [*pip, "install", "--quiet", "--no-index", "--no-deps", "--ignore-installed", wheel]
    done = subprocess.run(install, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_the_wheel_ships_the_templates_and_both_packages(wheel: Path, checkout: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    templates = {
        f"journal/templates/{path.relative_to(checkout / 'templates').as_posix()}"
        for path in (checkout / "templates").rglob("*")
        if path.is_file()
    }
    assert templates
    assert templates <= names
    assert {"journal/cli/__init__.py", "training/__init__.py"} <= names
    assert not [name for name in names if name.startswith(("tests/", "examples/"))]


def test_a_journal_is_built_from_the_wheel_outside_of_the_checkout(
    installed: Path, checkout: Path, tmp_path: Path
) -> None:
    python = installed / ("Scripts" if os.name == "nt" else "bin") / "python"
    (tmp_path / "metrics.csv").write_text(
        "epoch,train_loss,val_loss,val_accuracy\n1,0.69,0.68,0.55\n2,0.6,0.61,0.7\n", "utf-8"
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "COV"))}

    def journal(*words: str) -> tuple[str, list[Path]]:
        done = subprocess.run(
            [python, "-I", "-c", WATCHED, *words],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        lines = done.stderr.splitlines()
        said = [line for line in lines if not line.startswith("opened ")]
        assert done.returncode == 0, said
        return done.stdout, [Path(line[7:]) for line in lines if line.startswith("opened ")]

    journal("init", ".", "--title", "From a wheel", "--author", "Sample")
    out, _ = journal("import", "metrics.csv", "--json")
    run_id = json.loads(out)["run_id"]
    _, opened = journal("build")

    page = (tmp_path / "build" / "journal.html").read_text("utf-8")
    assert run_id in page
    assert "From a wheel" in page
    assert (tmp_path / "build" / "journal.md").read_text("utf-8").startswith("# From a wheel")
    assert (tmp_path / "build" / "journal.pdf").read_bytes().startswith(b"%PDF-")
    with zipfile.ZipFile(tmp_path / "build" / "journal.docx") as document:
        # A style of ours, which lies among the templates.
        assert b"StudentWords" in document.read("word/styles.xml")

    here = installed.resolve()
    templates = [path.resolve() for path in opened if "templates" in path.parts]
    assert templates, "no template was opened"
    assert [path for path in templates if not path.is_relative_to(here)] == []
    sources = [checkout / name for name in ("journal", "training", "templates")]
    strayed = [p for p in opened if any(p.resolve().is_relative_to(s) for s in sources)]
    assert strayed == []
