"""A pack's templates replace ours block by block, and can do nothing but write a document."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from journal import packs
from journal.errors import PackError, RenderError
from journal.packs import Wording
from journal.render import renderer, sandbox
from journal.render.templates import Templates
from journal.report.model import Report
from journal.resources import templates

Rendered = Callable[..., str]

HTML = '{% extends "ours/journal.html.j2" %}\n'
MARKDOWN = '{% extends "ours/journal.md.j2" %}\n'


@pytest.fixture
def rendered(tmp_path: Path, rich: Report) -> Rendered:
    """The document that a pack with this template makes of a report."""

    def made(template: str, format_name: str = "html", report: Report = rich) -> str:
        name = {"html": "html/journal.html.j2", "md": "markdown/journal.md.j2"}[format_name]
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(template, "utf-8")
        return renderer(format_name, tmp_path).render(report).decode()

    return made


@pytest.mark.parametrize(("format_name", "start"), [("html", HTML), ("md", MARKDOWN)])
def test_a_template_that_changes_nothing_gives_the_same_bytes(
    rendered: Rendered, format_name: str, start: str, rich: Report
) -> None:
    assert rendered(start, format_name) == renderer(format_name).render(rich).decode()


def blocks(name: str, checkout: Path) -> list[str]:
    source = (checkout / "templates" / name).read_text("utf-8")
    return re.findall(r"{% block (\w+)", source)


@pytest.mark.parametrize(
    ("format_name", "name", "start"),
    [("html", "html/journal.html.j2", HTML), ("md", "markdown/journal.md.j2", MARKDOWN)],
)
def test_every_block_can_be_wrapped_and_is_shown_as_often_as_what_it_stands_for(
    rendered: Rendered, checkout: Path, rich: Report, format_name: str, name: str, start: str
) -> None:
    found = blocks(name, checkout)
    assert {"title_page", "section", "facts", "question", "appendix", "footer"} <= set(found)
    wrapped = [f"{{% block {b} %}}[{b}]{{{{ super() }}}}{{% endblock %}}" for b in found]
    page = rendered(start + "\n".join(wrapped), format_name)
    often = dict.fromkeys(found, 1)
    for block in ("section", "facts", "words", "figures", "tables", "notes"):
        often[block] = len(rich.sections)
    often["question"] = sum(len(section.questions) for section in rich.sections)
    often["appendix"] = len(rich.appendices)
    assert {block: page.count(f"[{block}]") for block in found} == often


def test_a_block_sees_the_section_it_stands_in(rendered: Rendered, rich: Report) -> None:
    page = rendered(
        HTML
        + "{% block facts %}<p>{{ section.title }}: {{ section.facts|length }}</p>{% endblock %}"
    )
    for section in rich.sections:
        assert f"<p>{section.title}: {len(section.facts)}</p>" in page


def test_a_style_sheet_of_the_pack_comes_after_ours_and_the_policy_still_fits(
    rendered: Rendered, tmp_path: Path
) -> None:
    (tmp_path / "html").mkdir()
    (tmp_path / "html" / "journal.css").write_text("h1 { color: teal }\n")
    page = rendered(HTML)
    assert "h1 { color: teal }\n</style>" in page
    assert page.count("Content-Security-Policy") == 1


@pytest.mark.parametrize("format_name", ["html", "md"])
def test_the_wording_of_a_pack_stands_in_place_of_ours(format_name: str, rich: Report) -> None:
    phrases = {f.name: f"<my {f.name}>" for f in dataclasses.fields(Wording)}
    # Those that need a report of another kind, or that no report of these tests has.
    absent = {"glances", "whose_words", "numbers"}
    absent |= {"course", "module"} if format_name == "html" else {"contents", "question"}
    absent |= set() if format_name == "html" else {"question_gone", "student_words"}
    absent |= set() if format_name == "html" else {"student_answer"}
    report = dataclasses.replace(rich, wording=Wording(**phrases))
    page = renderer(format_name).render(report).decode()
    shown = {name for name in phrases if f"&lt;my {name}>" in page or f"&lt;my {name}&gt;" in page}
    assert set(phrases) - shown == absent
    assert not [phrase for phrase in phrases.values() if phrase in page]


@pytest.mark.parametrize("format_name", ["html", "md"])
def test_what_a_template_writes_is_escaped_without_being_asked(
    rendered: Rendered, hostile: Report, format_name: str
) -> None:
    name = "{{ report.head.title }} {{ report.stray.markdown }} {{ '<b>' ~ report.head.title }}"
    page = rendered(name, format_name, hostile).partition("<body>")[
        -1 if format_name == "html" else 0
    ]
    assert len(page) > 1000
    assert "<script" not in page
    assert "<b>" not in page
    assert "<img" not in page
    if format_name == "md":
        assert not re.search(r"(?<!\\)\]\(", page)


NAMED = [
    ("{{ nothing }}", "'nothing' is undefined"),
    ("{{ report.nothing }}", "has no attribute 'nothing'"),
    ("{% if %}", "Expected an expression"),
    ("{{ 1 + 'a' }}", "cannot be reckoned"),
    ("{{ 1 / 0 }}", "division by zero"),
    ("{{ prose(7, 1) }}", "'int' object has no attribute"),
    ("{{ report.head.title|nothing }}", "No filter named 'nothing'"),
    ("{% include 'nothing.j2' %}", "there is no template 'nothing.j2'"),
]


@pytest.mark.parametrize(("mistake", "said"), NAMED)
def test_a_mistake_names_the_file_and_the_line(
    rendered: Rendered, tmp_path: Path, mistake: str, said: str
) -> None:
    with pytest.raises(PackError) as caught:
        rendered(f"{HTML}\n{{% block footer %}}\n\n{mistake}\n{{% endblock %}}\n")
    assert str(caught.value).startswith(f"{tmp_path}/html/journal.html.j2, line 5: ")
    assert said in str(caught.value)


REACHING = [
    "{{ report.__class__ }}",
    "{{ report._anchors }}",
    "{{ ''.__class__.__mro__ }}",
    "{{ report['__class__'] }}",
    "{{ report.head.title.format }}",
    "{{ '{0.__class__}'.format(report) }}",
    "{{ report.head|attr('__class__') }}",
    "{{ linked.__globals__ }}",
    "{{ linked.__closure__ }}",
    "{{ self._TemplateReference__context }}",
    "{{ piece.__class__ }}",
    "{{ piece._body_stream }}",
    "{{ report.anchor.__func__ }}",
    "{{ report.anchor(none) }}",
    "{{ range.__class__ }}",
    "{{ lipsum() }}",
    "{{ cycler }}",
    "{{ report.head.title|safe }}",
    "{{ report.head.title|pprint }}",
    "{% autoescape false %}{{ report.head.title }}{% endautoescape %}",
    "{% include '../pack.toml' %}",
    "{% include '/etc/passwd' %}",
    "{% include 'linked.j2' %}",
    "{% import 'ours/../../pyproject.toml' as x %}",
    "{% set x = report.head.__setattr__('title', 'x') %}",
    "{{ (report.sections|list).append(1) }}",
    "{{ [].__class__.__base__.__subclasses__() }}",
    "{{ [report]|map(attribute='__class__')|first }}",
    "{{ [report]|join(attribute='__class__') }}",
    "{{ [report]|groupby('__class__') }}",
    "{{ [report]|map('attr', '__class__')|first }}",
    "{{ [report]|selectattr('__class__')|list }}",
]


@pytest.mark.parametrize("reach", REACHING)
def test_a_template_cannot_reach_beyond_the_report(
    rendered: Rendered, tmp_path: Path, reach: str
) -> None:
    (tmp_path / "pack.toml").write_text("SECRET")
    (tmp_path / "html").mkdir()
    (tmp_path / "html" / "linked.j2").symlink_to("/etc/passwd")
    with pytest.raises(PackError) as caught:
        rendered(f"{HTML}{{% block footer %}}{reach}{{% endblock %}}")
    assert "journal.html.j2, line 2" in str(caught.value) or "a link leads out" in str(caught.value)


def test_a_folder_of_templates_that_is_a_link_leads_nowhere(tmp_path: Path, rich: Report) -> None:
    secret = tmp_path / "elsewhere"
    secret.mkdir()
    (secret / "journal.html.j2").write_text("SECRET")
    (secret / "journal.css").write_text("SECRET")
    pack = tmp_path / "mine"
    (pack / "templates").mkdir(parents=True)
    (pack / "pack.toml").write_text(((templates() / "starter") / "pack.toml").read_text("utf-8"))
    (pack / "templates" / "html").symlink_to(secret)
    with pytest.raises(PackError, match="a link leads out of the pack"):
        renderer("html", packs.read(pack).templates).render(rich)
    (secret / "journal.html.j2").unlink()
    with pytest.raises(PackError, match="a link leads out of the pack"):
        renderer("html", packs.read(pack).templates).render(rich)
    (pack / "templates" / "html").unlink()
    (pack / "templates").rmdir()
    (secret / "html").mkdir()
    (pack / "templates").symlink_to(secret)
    with pytest.raises(PackError, match="a link leads out of the pack"):
        _ = packs.read(pack).templates


ENDLESS = [
    "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "{% macro m(n) %}{{ m(n) }}{{ m(n) }}{% endmacro %}{{ m(1) }}",
    "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(60) }}",
    "{% include 'journal.html.j2' %}",
    "{% set a = 'x' %}" + "{% set a = a ~ a %}" * 60 + "{{ a }}",
    "{% set a = 'x' %}" + "{% set a = a + a %}" * 60 + "{{ a }}",
    "{% set a = ['x'] %}" + "{% set a = a + a %}" * 60 + "{{ a }}",
    "{% set a = 'x' %}" + "{% set a %}{{ a }}{{ a }}{% endset %}" * 60 + "{{ a }}",
    "{% set a = 'x' %}" + "{% set a = [a, a]|join %}" * 60 + "{{ a }}",
    "{% set a = 'xyz' %}" + "{% set a = range(99)|join(a) %}" * 60 + "{{ a }}",
    "{{ range(1000000000)|list }}",
    "{{ 'x' * 1000000000 }}",
    "{{ 9 ** 999999999 }}",
    "{{ '%0999999999d' % 1 }}",
    "{{ 'x'.ljust(1000000000) }}",
    "{{ 'x'|center(1000000000) }}",
    "{{ '%0999999999d'|format(1) }}",
    "{{ 'x'|replace('x', 'y') }}",
    "{{ range(9)|batch(1000000000, 'x')|list }}",
    "{{ range(9)|slice(1000000000)|list }}",
    "{{ range(99999)|map('string')|map('upper')|list|join(report.sections|string) }}",
]


@pytest.mark.parametrize("endless", ENDLESS, ids=range(len(ENDLESS)))
def test_a_template_without_end_is_ended(
    rendered: Rendered, endless: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "MOST_STEPS", 100_000)
    monkeypatch.setattr(sandbox, "MOST_CHARACTERS", 4_000_000)
    with pytest.raises(PackError, match=r"journal\.html\.j2, line \d+: "):
        rendered(f"{HTML}{{% block footer %}}{endless}{{% endblock %}}")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("<script>1</script>", "has a <script> element"),
        ("<SCRIPT src=x>", "has a <script> element"),
        ('<meta http-equiv="refresh" content="0;url=https://example.org">', "a <meta> element"),
        ("<style>h1 { }</style>", "has a <style> element"),
        ("<iframe></iframe>", "has a <iframe> element"),
        ("<p onclick='x()'>", "has a script in onclick"),
        ("<p style='color: red'>", "a style of its own"),
        ("<a href=' JavaScript:x()'>a</a>", "the href of a <a> leads to 'JavaScript:x()'"),
        ("<img src='https://example.org/spy.png'>", "the src of a <img> leads to"),
    ],
)
def test_a_page_that_would_do_more_than_be_read_is_refused(
    rendered: Rendered, written: str, said: str
) -> None:
    with pytest.raises(PackError, match=re.escape(said)):
        rendered(f"{HTML}{{% block footer %}}{written}{{% endblock %}}")


@pytest.mark.parametrize("sheet", ["</style>", "@import 'x';", "h1 { background: url(//x/y) }"])
def test_a_style_sheet_that_loads_something_is_refused(
    rendered: Rendered, tmp_path: Path, sheet: str
) -> None:
    (tmp_path / "html").mkdir()
    (tmp_path / "html" / "journal.css").write_text(sheet)
    with pytest.raises(PackError, match="style sheet loads something or holds markup"):
        rendered(HTML)


def test_a_long_journal_takes_a_small_part_of_what_is_allowed(
    rendered: Rendered, long: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "MOST_STEPS", sandbox.MOST_STEPS // 50)
    monkeypatch.setattr(sandbox, "MOST_CHARACTERS", sandbox.MOST_CHARACTERS // 50)
    assert "</html>" in rendered(HTML, "html", long)


def test_what_a_journal_itself_holds_is_never_refused(rendered: Rendered, hostile: Report) -> None:
    assert "</html>" in rendered(HTML, "html", hostile)


def test_a_fault_of_our_own_is_not_called_the_packs(rich: Report) -> None:
    with pytest.raises(RenderError, match=r"pieces\.html\.j2, line \d+: 'report' is undefined"):
        Templates("html").render("journal.html.j2")
