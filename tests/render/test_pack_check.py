"""Every mistake in a pack's templates is found at once, with its file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from journal import packs
from journal.render import pack_check
from journal.resources import templates

HTML = '{% extends "ours/journal.html.j2" %}\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A pack without templates."""
    (tmp_path / "pack.toml").write_text((templates() / "starter" / "pack.toml").read_text("utf-8"))
    return tmp_path


def found(folder: Path, **files: str) -> list[tuple[str, int, str]]:
    for name, text in files.items():
        path = folder / "templates" / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    faults = pack_check.faults(packs.read(folder))
    return [(str(f.path.relative_to(folder / "templates")), f.line, f.problem) for f in faults]


@pytest.mark.parametrize("name", ["lab", "gibbs"])
def test_a_pack_without_templates_has_no_mistakes_in_them(name: str) -> None:
    assert pack_check.faults(packs.load(name)) == []


def test_what_a_new_pack_starts_with_is_in_order() -> None:
    assert pack_check.faults(packs.read(templates() / "starter")) == []


def test_every_mistake_is_found_at_once(folder: Path) -> None:
    page = (
        HTML + "{% block quesiton %}{% endblock %}\n"
        "{% block footer %}\n"
        "{{ report.nothing }} {{ report.nothing.more }}\n"
        "{% if report.head.autor == 1 %}{{ nix|upper }}{% endif %}\n"
        "{% for x in reprot.sections %}{{ x }}{% endfor %}\n"
        "{% if report.stray.markdown == 'never' %}{{ nowhere }}{% endif %}\n"
        "{{ super() }}{% endblock %}\n"
    )
    told = found(
        folder,
        html__journal_html_j2=page,
        markdown__journal_md_j2='{% extends "ours/journal.md.j2" %}\n{% if %}\n',
        markdown__other_j2="\n\n{{ 1 | nothing }}",
        typst__journal_typ="",
    )
    assert [(name, line) for name, line, _ in told] == [
        *(("html/journal.html.j2", line) for line in (2, 4, 5, 5, 6, 7)),
        ("markdown/journal.md.j2", 2),
        ("markdown/other.j2", 3),
        ("typst", 0),
    ]
    said = "\n".join(problem for *_, problem in told)
    for part in (
        "there is no block 'quesiton' to replace",
        "the report has no attribute 'nothing'",
        "the head has no attribute 'autor'",
        "'nix' is undefined",
        "'reprot' is undefined",
        "'nowhere' is undefined",
        "No filter named 'nothing'",
    ):
        assert part in said


def test_words_of_the_students_that_a_page_leaves_out_are_missed(folder: Path) -> None:
    for block in ("words", "notes", "question", "stray"):
        told = found(folder, html__journal_html_j2=f"{HTML}{{% block {block} %}}{{% endblock %}}")
        assert ("html", 0, "some of the student's words are not shown") in told, block


def test_a_link_that_leads_nowhere_is_told(folder: Path) -> None:
    told = found(folder, html__journal_html_j2=HTML + "{% block evidence %}{% endblock %}")
    assert ("html", 0, "the link to '#evidence' leads nowhere in a journal") in told


def test_an_endless_template_and_a_script_are_told(folder: Path) -> None:
    page = HTML + "{% block footer %}{{ self.footer() }}{% endblock %}"
    assert ("html/journal.html.j2", 2) in [f[:2] for f in found(folder, html__journal_html_j2=page)]
    page = HTML + "{% block footer %}<script></script>{% endblock %}"
    (told,) = set(found(folder, html__journal_html_j2=page))
    assert "has a <script> element" in told[2]
