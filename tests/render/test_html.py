"""The page: what it may do, how it is built, where its numbers lead."""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
from collections import Counter
from html.parser import HTMLParser

from journal.render import renderer
from journal.report.charts.palette import PALETTE
from journal.report.model import Report

VOID = {"meta", "br", "hr", "img", "link", "input"}


class Page(HTMLParser):
    """The elements of a page, with the path of open ones above each and the text inside it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None], tuple[int, ...]]] = []
        self.text: list[str] = []
        self._open: list[int] = []
        self.feed(page)
        self.close()
        assert not self._open, "something was left open"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs), tuple(self._open)))
        self.text.append("")
        if tag not in VOID:
            self._open.append(len(self.elements) - 1)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs), tuple(self._open)))
        self.text.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.elements[self._open.pop()][0] == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        for position in self._open:
            self.text[position] += data

    def all(self, *tags: str) -> list[tuple[dict[str, str | None], str]]:
        return [
            (attrs, self.text[n])
            for n, (tag, attrs, _) in enumerate(self.elements)
            if not tags or tag in tags
        ]

    def classes_above(self, position: int) -> set[str]:
        above = self.elements[position][2]
        return {c for n in above for c in (self.elements[n][1].get("class") or "").split()}


PAGES: dict[int, Page] = {}
"""Pages by the identity of their reports, which live as long as the tests."""


def page_of(report: Report) -> Page:
    if id(report) not in PAGES:
        PAGES[id(report)] = Page(renderer("html").render(report).decode())
    return PAGES[id(report)]


def test_every_element_is_closed_and_every_id_is_there_once(any_report: Report) -> None:
    page = page_of(any_report)
    ids = Counter(attrs["id"] for attrs, _ in page.all() if "id" in attrs)
    assert ids
    assert max(ids.values()) == 1


def test_every_link_within_the_page_leads_somewhere(any_report: Report) -> None:
    page = page_of(any_report)
    ids = {attrs.get("id") for attrs, _ in page.all()}
    links = [attrs["href"] or "" for attrs, _ in page.all("a")]
    assert "#journal" in links
    for link in links:
        assert link[1:] in ids if link.startswith("#") else link.startswith("https://example.org")


def test_the_page_can_run_nothing_and_fetch_nothing(any_report: Report) -> None:
    page = page_of(any_report)
    tags = {tag for tag, _, _ in page.elements}
    assert not tags & {
        *("script", "link", "iframe", "object", "embed", "img", "form", "input", "base"),
        *("image", "foreignobject", "animate", "set", "video", "audio", "button"),
    }
    names = {name for attrs, _ in page.all() for name in attrs}
    assert not {name for name in names if name.startswith("on")}
    assert not names & {"src", "srcset", "style", "action", "formaction", "xlink:href", "data"}
    (policy,) = [a["content"] for a, _ in page.all("meta") if "http-equiv" in a]
    ((_, style),) = page.all("style")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; "
        "form-action 'none'"
    )
    assert "url(" not in style
    assert "@import" not in style


def test_headings_begin_with_one_title_and_skip_no_level(any_report: Report) -> None:
    page = page_of(any_report)
    levels = [int(tag[1]) for tag, _, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_the_landmarks_are_there_once_and_everything_said_is_in_one(any_report: Report) -> None:
    page = page_of(any_report)
    tags = Counter(tag for tag, _, _ in page.elements)
    assert (tags["header"], tags["nav"], tags["main"], tags["footer"]) == (1, 1, 1, 1)
    ids = {attrs.get("id") for attrs, _ in page.all()}
    for attrs, _ in page.all("section", "nav"):
        assert attrs["aria-labelledby"] in ids


def test_the_contents_name_every_heading_of_the_second_level(rich: Report) -> None:
    page = page_of(rich)
    headings = {attrs["id"]: words for attrs, words in page.all("h2")}
    listed = {
        (attrs["href"] or "").removeprefix("#"): words
        for n, (tag, attrs, above) in enumerate(page.elements)
        if tag == "a" and "contents" in page.classes_above(n)
        for words in [page.text[n]]
    }
    assert listed == {name: words for name, words in headings.items() if name != "contents"}


def test_every_chart_says_what_it_shows_and_has_its_table(rich: Report) -> None:
    page = page_of(rich)
    charts = page.all("svg")
    assert len(charts) == 9
    assert all(
        attrs["role"] == "img" and len(attrs["aria-label"] or "") > 60 for attrs, _ in charts
    )
    for n, (tag, _, _) in enumerate(page.elements):
        if tag == "figure":
            inside = [t for t, _, above in page.elements if n in above]
            assert {"svg", "figcaption", "details", "summary", "table", "caption"} <= set(inside)


def test_colors_of_charts_follow_the_page(rich: Report) -> None:
    page = renderer("html").render(rich).decode()
    for figure in re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL):
        assert not re.search(r'(fill|stroke)="#', figure)
    style = page[page.index("<style>") : page.index("</style>")]
    for name in PALETTE.values():
        assert f"--chart-{name}:" in style


def test_each_number_leads_to_the_line_it_was_recorded_on(rich: Report) -> None:
    page = page_of(rich)
    entries = {attrs["id"]: words for attrs, words in page.all("li") if attrs.get("id")}
    low = next(
        (attrs, words)
        for attrs, words in page.all("a")
        if attrs.get("class") == "n" and words == "0.366"
    )
    entry = entries[(low[0]["href"] or "")[1:]]
    epoch = rich.index
    (found,) = [e for e in epoch if e.anchor == (low[0]["href"] or "")[1:]]
    assert found.event == "epoch 13"
    assert f"Line {found.line}: epoch 13" in entry
    assert "val_loss 0.36607174925583563" in entry


def test_every_entry_of_the_index_leads_back_to_its_first_use(any_report: Report) -> None:
    page = page_of(any_report)
    order = {attrs.get("id"): n for n, (_, attrs, _) in enumerate(page.elements)}
    back = {
        (page.text[n].split() or [""])[0]: attrs["href"] or ""
        for n, (tag, attrs, _) in enumerate(page.elements)
        if tag == "a" and "index" in page.classes_above(n)
    }
    assert set(back) == {entry.anchor for entry in any_report.index}
    for entry in any_report.index:
        first = next(
            n
            for n, (tag, attrs, _) in enumerate(page.elements)
            if tag == "a"
            and attrs.get("class") == "n"
            and (
                attrs["href"] == f"#{entry.anchor}"
                or entry.anchor in (attrs.get("title") or "").replace(",", "").split()
            )
        )
        assert order[back[entry.anchor][1:]] <= first


def test_a_number_made_of_several_names_them_all(rich: Report) -> None:
    page = page_of(rich)
    titles = {words: attrs.get("title") for attrs, words in page.all("a")}
    by_event = {entry.event: entry.anchor for entry in rich.index}
    assert titles["0.036"] == f"From {by_event['epoch 13']}, {by_event['epoch 20']}"


def test_the_words_of_the_student_stand_apart_and_nothing_else_stands_there(rich: Report) -> None:
    page = page_of(rich)
    theirs = {n for n in range(len(page.elements)) if "words" in page.classes_above(n)}
    for n, (tag, attrs, _) in enumerate(page.elements):
        if attrs.get("class") == "n" or tag in {"svg", "caption"}:
            assert n not in theirs
    (answer,) = [
        n for n, (tag, _, _) in enumerate(page.elements) if tag == "em" and page.text[n] == "bad"
    ]
    assert answer in theirs
    labels = [words for attrs, words in page.all("p") if attrs.get("class") == "by"]
    assert labels.count("Student’s answer") == 4
    assert "Student’s note 1" in labels
    assert "Student’s challenge 2" in labels


def test_hostile_text_stays_text(hostile: Report) -> None:
    page = page_of(hostile)
    shown = " ".join(page.text[n] for n, (tag, _, _) in enumerate(page.elements) if tag == "main")
    for words in ("<script>alert(1)</script>", "<script>alert(0)</script>", "{{ 7*7 }}"):
        assert words in shown
    hrefs = [attrs["href"] or "" for attrs, _ in page.all("a")]
    assert not [link for link in hrefs if not link.startswith(("#", "https://example.org"))]
    assert "a" * 100_000 in shown
    assert shown.count("> > > >") > 0


def test_a_chart_of_a_run_with_hostile_names_cannot_leave_its_svg(hostile: Report) -> None:
    page = page_of(hostile)
    inside = {
        tag
        for n, (tag, _, above) in enumerate(page.elements)
        if any(page.elements[m][0] == "svg" for m in above)
    }
    assert inside <= {"g", "path", "circle", "text"}


def test_the_language_and_the_title_are_the_journals(rich: Report) -> None:
    page = page_of(rich)
    assert page.all("html")[0][0]["lang"] == "en"
    assert page.all("title")[0][1] == "What a frozen model can still learn – Sample Student"


def test_what_the_student_left_out_of_the_head_leaves_no_hole(empty: Report) -> None:
    page = page_of(empty)
    assert page.all("h1")[0][1] == "Reflective journal"
    assert not page.all("dl")
    assert not [attrs for attrs, _ in page.all("p") if attrs.get("class") in {"author", "course"}]
