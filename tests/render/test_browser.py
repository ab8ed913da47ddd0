"""The page in a real browser: what it fetches, how it fits, and whom it leaves out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from journal.render import renderer
from journal.report.model import Report

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe_module = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is missing")

pytestmark = pytest.mark.browser

Opened = tuple[playwright.Page, list[str]]


@pytest.fixture
def page(chromium: playwright.Browser) -> Iterator[playwright.Page]:
    with chromium.new_context() as context:
        yield context.new_page()


@pytest.fixture
def open_page(page: playwright.Page, tmp_path: Path) -> Callable[..., Opened]:
    """Open a report; gives the page, and what it asked for or complained about."""

    def opened(
        report: Report,
        *,
        scheme: str = "light",
        width: int = 1000,
        templates: Path | None = None,
    ) -> Opened:
        path = tmp_path / "journal.html"
        path.write_bytes(renderer("html", templates).render(report))
        told: list[str] = []

        def route(found: playwright.Route) -> None:
            if found.request.url == path.as_uri():
                found.continue_()
            else:
                told.append(found.request.url)
                found.abort()

        page.route("**/*", route)
        page.on("console", lambda message: told.append(message.text))
        page.on("pageerror", lambda error: told.append(str(error)))
        page.on("dialog", lambda dialog: told.append(dialog.message))
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)
        page.goto(path.as_uri())
        return page, told

    return opened


@pytest.mark.parametrize("name", ["rich", "hostile", "worldly"])
def test_the_page_asks_for_nothing_and_complains_of_nothing(
    name: str, open_page: Callable[..., Opened], request: pytest.FixtureRequest
) -> None:
    page, told = open_page(request.getfixturevalue(name))
    for summary in page.query_selector_all("summary"):
        summary.click()
    page.wait_for_load_state("networkidle")
    assert told == []


@pytest.mark.parametrize("width", [320, 360])
@pytest.mark.parametrize("name", ["rich", "hostile", "long", "worldly"])
def test_nothing_has_to_be_scrolled_sideways_on_a_phone(
    name: str, width: int, open_page: Callable[..., Opened], request: pytest.FixtureRequest
) -> None:
    page, _ = open_page(request.getfixturevalue(name), width=width)
    for summary in page.query_selector_all("summary"):
        summary.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.documentElement.clientWidth") == width


@pytest.mark.parametrize(
    ("name", "scheme", "width"),
    [
        ("rich", "light", 1200),
        ("rich", "dark", 360),
        ("hostile", "light", 360),
        ("worldly", "dark", 360),
    ],
)
def test_axe_finds_no_violation(
    name: str,
    scheme: str,
    width: int,
    open_page: Callable[..., Opened],
    request: pytest.FixtureRequest,
) -> None:
    page, _ = open_page(request.getfixturevalue(name), scheme=scheme, width=width)
    for summary in page.query_selector_all("summary"):
        summary.click()
    options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}
    found = axe_module.Axe().run(page, options=options)
    assert found.violations_count == 0, found.generate_report()


def test_light_and_dark_are_two_papers(open_page: Callable[..., Opened], rich: Report) -> None:
    def color(part: str, what: str) -> str:
        shown: str = page.evaluate(
            "([part, what]) => getComputedStyle(document.querySelector(part))[what]", [part, what]
        )
        return shown

    page, _ = open_page(rich)
    light = color("html", "backgroundColor"), color("svg text", "fill")
    page.emulate_media(color_scheme="dark")
    dark = color("html", "backgroundColor"), color("svg text", "fill")
    assert light == ("rgb(253, 252, 249)", "rgb(31, 35, 38)")
    assert dark == ("rgb(22, 25, 27)", "rgb(228, 225, 218)")


def test_words_in_a_chart_keep_a_readable_size_on_a_phone(
    open_page: Callable[..., Opened], rich: Report
) -> None:
    page, _ = open_page(rich, width=360)
    sizes: list[float] = page.evaluate(
        """[...document.querySelectorAll("svg text")].map((text) =>
            parseFloat(getComputedStyle(text).fontSize) * text.ownerSVGElement.clientWidth / 600)"""
    )
    assert sizes
    assert min(sizes) >= 8


def test_a_number_leads_to_its_entry_and_the_entry_back(
    open_page: Callable[..., Opened], rich: Report
) -> None:
    page, told = open_page(rich)
    number = page.locator("a.n", has_text="0.366").first
    place = number.get_attribute("id")
    number.click()
    entry = page.locator(":target")
    assert "epoch 13" in entry.inner_text()
    assert entry.evaluate("e => e.getBoundingClientRect().top < innerHeight")
    entry.locator("a").click()
    assert page.url.endswith("#use-" + entry.get_attribute("id")) or place is None
    assert told == []


def test_the_keyboard_reaches_the_journal_first(
    open_page: Callable[..., Opened], rich: Report
) -> None:
    page, _ = open_page(rich)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the journal"
    assert page.evaluate("document.activeElement.getBoundingClientRect().top") >= 0
    page.keyboard.press("Enter")
    assert page.url.endswith("#journal")


def test_a_chart_that_is_folded_away_comes_back_as_a_table(
    open_page: Callable[..., Opened], rich: Report
) -> None:
    page, _ = open_page(rich)
    cell = page.locator("figure details td").first
    assert not cell.is_visible()
    page.locator("figure summary").first.click()
    assert cell.is_visible()


def test_it_prints_as_a_book_of_a_few_pages(open_page: Callable[..., Opened], rich: Report) -> None:
    page, _ = open_page(rich)
    printed = page.pdf(prefer_css_page_size=True)
    assert printed.startswith(b"%PDF-")
    assert 8 <= printed.count(b"/Type /Page\n") <= 14
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == (
        "rgb(255, 255, 255)"
    )
    assert not page.locator("summary").first.is_visible()


def test_a_packs_style_is_heeded_and_nothing_that_it_slips_in_is_run_or_fetched(
    open_page: Callable[..., Opened],
    rich: Report,
    checkout: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pack = checkout / "examples" / "course-pack" / "field_notes_pack" / "templates"
    page, told = open_page(rich, templates=pack)
    spacing = "getComputedStyle(document.querySelector('.course-pack')).letterSpacing"
    assert page.evaluate(spacing) != "normal"
    assert told == []

    # What would get past the check of the page meets the page's own policy.
    monkeypatch.setattr("journal.render.guard.check", lambda *_: None)
    (tmp_path / "html").mkdir()
    (tmp_path / "html" / "journal.html.j2").write_text(
        '{% extends "ours/journal.html.j2" %}{% block footer %}'
        "<script>document.title = 'run'</script><p onclick='1' style='color: red'>x</p>"
        "<img src='https://example.org/x.png' onerror='document.title = 1'>{% endblock %}"
    )
    page, told = open_page(rich, templates=tmp_path)
    page.wait_for_load_state("networkidle")
    assert page.title().startswith(rich.head.title)
    assert told
    assert all("Content Security Policy" in complaint for complaint in told)


def test_a_paragraph_in_hebrew_runs_from_the_right_and_a_formula_is_drawn(
    open_page: Callable[..., Opened], worldly: Report
) -> None:
    page, _ = open_page(worldly)
    sides: dict[str, float] = page.evaluate(
        """() => {
            const found = [...document.querySelectorAll(".words p")]
                .find((p) => p.textContent.startsWith("התיקון"))
            const range = document.createRange()
            range.selectNodeContents(found)
            const last = [...range.getClientRects()].at(-1), box = found.getBoundingClientRect()
            return {left: last.left - box.left, right: box.right - last.right}
        }"""
    )
    assert sides["right"] < sides["left"]
    heights: list[float] = page.evaluate(
        """[...document.querySelectorAll("math mfrac")]
            .map((fraction) => fraction.getBoundingClientRect().height)"""
    )
    assert len(heights) >= 4
    assert min(heights) > 15
