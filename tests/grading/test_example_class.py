"""The example class: each mistake that was put in is seen, and nothing else."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Python = Callable[..., subprocess.CompletedProcess[str]]

EXPECTED: dict[str, dict[str, Any]] = {
    "group-01": {"same_record": ["group-05"], "same_figures": ["group-06"]},
    "group-02": {"failed": ["numbers"], "errors": 1},
    "group-03": {
        "failed": ["sections", "prompts", "all-answered", "events-reflected"],
        "unanswered": 9,
    },
    "group-04": {"failed": ["unreflected"]},
    "group-05": {"same_record": ["group-01"], "same_figures": ["group-06"]},
    "group-06": {"same_figures": ["group-01", "group-05"]},
    "group-07": {"failed": ["seal", "record"]},
    "group-08": {"failed": ["build"]},
    "group-09": {"failed": ["placeholders"]},
    "group-10": {"failed": ["unreflected"]},
    "group-11": {"problem": "It is a zip file that was cut off."},
    "group-12.docx": {"problem": "It is neither a folder nor a zip file."},
}
NOTHING = {"failed": [], "errors": 0, "unanswered": 0, "same_record": [], "same_figures": []}


def test_every_mistake_in_the_example_class_is_seen_and_no_other(
    python: Python, checkout: Path, tmp_path: Path
) -> None:
    pytest.importorskip("torch", reason="the train extra is not installed")
    script = checkout / "examples" / "class" / "make_class.py"
    made = python(script, "class")
    assert made.returncode == 0, made.stderr
    said = python("-m", "journal", "check", "class", "--json")
    assert said.returncode == 1
    rows = {row["who"]: row for row in json.loads(said.stdout)["submissions"]}
    assert list(rows) == list(EXPECTED)
    for who, wanted in EXPECTED.items():
        whole = wanted if "problem" in wanted else NOTHING | wanted
        assert {name: rows[who][name] for name in whole} == whole, who
    assert {"divergence", "chance_level"} <= set(rows["group-04"]["unreflected"])
    assert "restart" in rows["group-10"]["unreflected"]
    size = sum(file.stat().st_size for file in (tmp_path / "class").rglob("*") if file.is_file())
    assert size < 4 << 20
