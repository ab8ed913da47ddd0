"""Packs that are installed are found without being run, and a broken one only costs itself."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from journal import packs
from journal.errors import PackError

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, good: str) -> Install:
    """Put a distribution on the path, as pip would, with an entry point and a package."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))

    def installed(
        name: str,
        points: str | bytes,
        package: str = "",
        toml: str = good,
        code: str = "raise SystemExit('a pack is never imported')",
    ) -> None:
        info = site / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        content = points if isinstance(points, bytes) else f"[journal.packs]\n{points}\n".encode()
        (info / "entry_points.txt").write_bytes(content)
        if package:
            folder = site.joinpath(*package.split("."))
            folder.mkdir(parents=True, exist_ok=True)
            (site / package.split(".")[0] / "__init__.py").write_text(code)
            if toml:
                (folder / "pack.toml").write_text(toml)

    return installed


def test_an_installed_pack_is_found_by_the_name_it_announces_and_never_imported(
    install: Install,
) -> None:
    install("our-packs", "ours = our_packs.deep", "our_packs.deep")
    pack = packs.load("ours")
    assert (pack.name, pack.title, pack.origin) == ("ours", "A pack", "our-packs")
    assert "our_packs" not in sys.modules
    assert [p.name for p in packs.installed()[0]] == ["ours"]


def test_installed_packs_are_not_looked_for_when_a_built_in_one_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def looked() -> None:
        raise AssertionError("looked")

    monkeypatch.setattr("journal.packs.sources.installed", looked)
    assert packs.load("gibbs").name == "gibbs"


def test_broken_ones_are_named_and_left_out_and_cost_no_other(install: Install, good: str) -> None:
    install("a-gone", "gone = not_there_at_all")
    install("b-empty", "empty = b_empty", "b_empty", "")
    install("c-mistaken", "mistaken = c_mistaken", "c_mistaken", good.replace('"Why?"', '"Why"'))
    install("d-unreadable", b"[journal.packs]\nx = \xff\xfe\n")
    install("e-odd", "odd = not a package!")
    install("f-thief", "lab = f_thief", "f_thief")
    install("g-second", "twice = g_second", "g_second")
    install("h-third", "twice = h_third", "h_third")
    install("z-good", "good = z_good", "z_good")
    found, skipped = packs.installed()
    assert [pack.name for pack in found] == ["good", "twice"]
    assert packs.load("twice").origin == "g-second"
    told = {one.origin: str(one.why) for one in skipped}
    assert set(told) == {"a-gone", "b-empty", "c-mistaken", "e-odd", "f-thief", "h-third"}
    assert "there is no package 'not_there_at_all'" in told["a-gone"]
    assert "the package 'b_empty' has no pack.toml" in told["b-empty"]
    assert "line 10: prompt 'why' does not end with a question mark" in told["c-mistaken"]
    assert "which is no package" in told["e-odd"]
    assert "has the name of a built-in one" in told["f-thief"]
    assert "has the name of one of g-second" in told["h-third"]


def test_a_journal_that_names_a_broken_one_is_told_why(install: Install) -> None:
    install("b-empty", "empty = b_empty", "b_empty", "")
    with pytest.raises(PackError, match=r"'empty' of b-empty cannot be used: .* has no pack\.toml"):
        packs.load("empty")
    with pytest.raises(PackError, match="choose one of these: lab, diep, gibbs, kolb, rolfe;"):
        packs.load("other")


def test_a_path_of_a_journal_starts_from_its_folder_and_stays_in_it(
    tmp_path: Path, good: str
) -> None:
    root = tmp_path / "journal"
    for folder in (root / "packs" / "mine", tmp_path / "mine"):
        folder.mkdir(parents=True)
        (folder / "pack.toml").write_text(good)
    assert packs.load("./packs/mine", root).name == "mine"
    for path in ("../mine", f"{tmp_path}/mine", "packs/../../mine"):
        with pytest.raises(PackError, match="lies outside of the journal's folder"):
            packs.load(path, root)
    assert packs.named(str(tmp_path / "mine")).name == "mine"


def test_a_copy_holds_the_pack_and_no_link(tmp_path: Path, good: str) -> None:
    folder = tmp_path / "mine"
    (folder / "templates" / "html").mkdir(parents=True)
    (folder / "pack.toml").write_text(good)
    (folder / "notes.txt").write_text("private")
    (folder / "templates" / "html" / "journal.css").write_text("h1 { }")
    (folder / "templates" / "html" / "x.j2").symlink_to("/etc/passwd")
    packs.copy(packs.read(folder), tmp_path / "copy")
    there = {str(p.relative_to(tmp_path / "copy")) for p in (tmp_path / "copy").rglob("*.*")}
    assert there == {"pack.toml", "templates/html/journal.css"}
