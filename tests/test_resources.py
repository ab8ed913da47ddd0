"""The templates that the program ships are found wherever it is installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from journal.errors import RenderError
from journal.resources import templates


def test_templates_are_found_in_a_checkout() -> None:
    assert (templates() / "packs" / "lab" / "pack.toml").is_file()


def test_templates_inside_the_package_come_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "journal"
    (package / "templates").mkdir(parents=True)
    (tmp_path / "templates").mkdir()
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.setattr("journal.resources.__file__", str(package / "resources.py"))

    assert templates() == package / "templates"


def test_a_folder_named_templates_beside_an_installed_package_is_not_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "journal").mkdir()
    (tmp_path / "templates").mkdir()
    monkeypatch.setattr("journal.resources.__file__", str(tmp_path / "journal" / "resources.py"))

    with pytest.raises(RenderError, match="templates is missing"):
        templates()
