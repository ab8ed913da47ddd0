"""The editor in a real browser: no word is lost, and nobody is left out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from journal.record import Folder
from journal.report import fields, words_file
from journal.web.page import Material
from journal.web.server import LocalServer

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe_module = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is missing")

pytestmark = pytest.mark.browser
expect = playwright.expect

Open = Callable[[LocalServer], playwright.Page]
Serving = Callable[..., AbstractContextManager[LocalServer]]


@pytest.fixture
def context(chromium: playwright.Browser) -> Iterator[playwright.BrowserContext]:
    """A browser without a memory, in which no request may leave for elsewhere."""
    with chromium.new_context(viewport={"width": 1200, "height": 800}) as made:
        made.set_default_timeout(8000)
        yield made


@pytest.fixture
def told() -> list[str]:
    """What the pages asked for elsewhere or complained about."""
    return []


@pytest.fixture
def open_page(context: playwright.BrowserContext, told: list[str]) -> Open:
    def opened(server: LocalServer) -> playwright.Page:
        page = context.new_page()
        own = f"http://127.0.0.1:{server.server_port}/"
        page.on("request", lambda r: r.url.startswith(own) or told.append(r.url))
        page.on("console", lambda m: "ERR_CONNECTION" in m.text or told.append(m.text))
        page.on("pageerror", lambda error: told.append(str(error)))
        page.goto(server.url)
        page.wait_for_selector("[data-ready]")
        assert page.url == own
        return page

    return opened


def key_of(number: int, folder: Folder) -> str:
    """The key of the question at this position, from 0."""
    text = words_file.read(folder) or ""
    found = fields.fields(text, Material(folder).outline)
    return [field.key for field in found if field.kind == "prompt"][number]


def area(page: playwright.Page, key: str) -> playwright.Locator:
    return page.locator(f'[data-key="{key}"] textarea')


def elsewhere(folder: Folder, key: str, words: str) -> None:
    """Write into a field with another editor."""
    outline = Material(folder).outline
    text = fields.replaced(words_file.read(folder) or "", outline, key, words)
    folder.reflections_path.write_bytes(text.encode())


def look(page: playwright.Page) -> None:
    """Let the page look at the file now, as it does every other second."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def saved(folder: Folder) -> str:
    return folder.reflections_path.read_text()


def status(page: playwright.Page) -> playwright.Locator:
    return page.locator("#status")


def settled(page: playwright.Page) -> None:
    """Wait until all is saved."""
    expect(page.locator('#status[data-state="saved"]')).to_have_count(1)


def test_what_is_typed_is_saved_shown_and_counted(
    server: LocalServer, folder: Folder, open_page: Open, told: list[str]
) -> None:
    page = open_page(server)
    key = key_of(0, folder)
    before = saved(folder)
    area(page, key).press_sequentially("I saw *two* things.\n\n- a **list**")
    settled(page)
    expect(page.locator(f'[data-key="{key}"] .preview em')).to_have_text("two")
    expect(page.locator(f'[data-key="{key}"] .preview li')).to_have_text("a list")
    expect(page.locator(f'[data-key="{key}"] .under p')).to_have_text("6 words · answered")
    expect(page.locator("#total")).to_have_text("6")
    assert saved(folder).replace("I saw *two* things.\n\n- a **list**\n", "", 1) == before
    assert told == []


def test_words_typed_before_the_server_was_killed_are_offered_again(
    folder: Folder, open_page: Open, serving: Serving
) -> None:
    key = key_of(0, folder)
    with serving(folder) as server:
        port = server.server_port
        page = open_page(server)
    area(page, key).fill("Typed into the void.")
    expect(status(page)).to_contain_text("Your words are kept in this browser")
    page.close()
    assert "Typed into the void." not in saved(folder)
    with serving(folder, port) as server:
        page = open_page(server)
        offer = page.locator(f'[data-key="{key}"] .other')
        expect(offer).to_contain_text("Kept in this browser, not saved")
        expect(offer).to_contain_text("Typed into the void.")
        assert area(page, key).input_value() == ""
        offer.get_by_role("button", name="Take these").click()
        settled(page)
        assert "Typed into the void." in saved(folder)
        page.reload()
        page.wait_for_selector("[data-ready]")
        expect(page.locator(".other")).to_have_count(0)


def test_an_open_page_goes_on_when_the_server_comes_back(
    folder: Folder, open_page: Open, serving: Serving
) -> None:
    key = key_of(0, folder)
    with serving(folder) as server:
        page = open_page(server)
        port = server.server_port
    area(page, key).fill("Typed into the void.")
    expect(status(page)).to_contain_text("journal edit has been stopped")
    with serving(folder, port) as server:
        look(page)
        expect(status(page)).to_contain_text("open the address that it printed")
        open_page(server)
        look(page)
        settled(page)
        assert "Typed into the void." in saved(folder)


def test_a_page_that_is_left_at_once_has_saved_the_last_word(
    server: LocalServer, folder: Folder, open_page: Open
) -> None:
    page = open_page(server)
    area(page, key_of(0, folder)).fill("The last word.")
    page.goto("about:blank")
    for _ in range(100):
        if "The last word." in saved(folder):
            return
        page.wait_for_timeout(30)
    pytest.fail("it was lost")


def test_two_tabs_see_each_other_and_keep_both_texts_where_they_differ(
    server: LocalServer, folder: Folder, open_page: Open, told: list[str]
) -> None:
    one, two = open_page(server), open_page(server)
    first, second = key_of(0, folder), key_of(1, folder)
    area(one, first).fill("From the first tab.")
    settled(one)
    look(two)
    expect(area(two, first)).to_have_value("From the first tab.")

    area(two, second).fill("From the second tab.")
    settled(two)
    area(one, second).fill("At the same time from the first.")
    panel = one.locator(f'[data-key="{second}"] .other')
    expect(panel.locator(".other-text")).to_have_text("From the second tab.")
    expect(status(one)).to_contain_text("choose which words to keep")
    assert "At the same time" not in saved(folder)
    panel.get_by_role("button", name="Keep both").click()
    settled(one)
    assert "From the second tab.\n\nAt the same time from the first.\n" in saved(folder)
    expect(panel).to_have_count(0)
    look(two)
    expect(area(two, second)).to_have_value(re.compile("At the same time"))
    assert told == []


@pytest.mark.parametrize(("button", "kept"), [("Take these", "Theirs."), ("Keep mine", "Mine.")])
def test_a_file_edited_meanwhile_is_shown_and_nothing_is_written_over(
    server: LocalServer, folder: Folder, open_page: Open, button: str, kept: str
) -> None:
    page = open_page(server)
    quiet, both = key_of(0, folder), key_of(1, folder)
    elsewhere(folder, quiet, "Written in an editor.")
    elsewhere(folder, both, "Theirs.")
    area(page, both).fill("Mine.")
    expect(page.locator(f'[data-key="{both}"] .other-text')).to_have_text("Theirs.")
    expect(area(page, quiet)).to_have_value("Written in an editor.")
    page.get_by_role("button", name=button).click()
    settled(page)
    assert "Written in an editor." in saved(folder)
    assert f"\n{kept}\n" in saved(folder)


def test_a_file_that_is_deleted_can_be_written_again_from_the_page(
    server: LocalServer, folder: Folder, open_page: Open
) -> None:
    page = open_page(server)
    area(page, key_of(0, folder)).fill("Words.")
    settled(page)
    before = saved(folder)
    folder.reflections_path.unlink()
    look(page)
    expect(status(page)).to_contain_text("reflections.md is gone")
    assert not folder.reflections_path.exists()
    page.get_by_role("button", name="Write it again").click()
    settled(page)
    assert saved(folder) == before


def test_words_that_would_hide_a_question_wait_on_the_page_until_they_are_changed(
    server: LocalServer, folder: Folder, open_page: Open
) -> None:
    page = open_page(server)
    key = key_of(0, folder)
    area(page, key).fill("<!-- section: elsewhere -->")
    expect(status(page)).to_contain_text("would hide what follows")
    area(page, key).fill("<!-- no marker -->")
    settled(page)
    assert "<!-- no marker -->" in saved(folder)


def test_everything_can_be_done_by_keyboard(
    server: LocalServer, folder: Folder, open_page: Open
) -> None:
    page = open_page(server)
    focused = "document.activeElement"
    page.keyboard.press("Tab")
    assert page.evaluate(f"{focused}.textContent") == "Skip to the first section"
    page.keyboard.press("Enter")
    page.keyboard.press("Control+Enter")
    assert page.evaluate(f"{focused}.tagName") == "TEXTAREA"
    page.keyboard.press("Control+Enter")
    key = page.evaluate(f"{focused}.closest('.field').dataset.key")
    assert key == key_of(0, folder)
    page.keyboard.press("Tab")
    assert page.evaluate(f"{focused}.textContent") == "Skip this question"
    outline = page.evaluate(f"getComputedStyle({focused}).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Space")
    under = page.locator(f'[data-key="{key}"] .under p')
    expect(under).to_have_text("0 words · left out on purpose")
    page.keyboard.press("Control+s")
    expect(status(page)).to_contain_text("Saved at")
    assert "(skipped)" in saved(folder)
    page.keyboard.press("Space")
    expect(under).to_have_text("0 words · open")
    page.keyboard.press("Control+Shift+Enter")
    assert page.evaluate(f"{focused}.closest('.field').dataset.key").startswith("section ")
    assert page.get_by_role("status").count() == 1


@pytest.mark.parametrize(("scheme", "width"), [("light", 1200), ("dark", 320)])
def test_axe_finds_no_violation_and_nothing_is_scrolled_sideways(
    server: LocalServer, folder: Folder, open_page: Open, scheme: str, width: int
) -> None:
    page = open_page(server)
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)
    key = key_of(0, folder)
    elsewhere(folder, key, "Theirs. " * 40)
    area(page, key).fill("# Mine\n\n| a | b |\n|---|---|\n| c | d |")
    expect(page.locator(".other")).to_have_count(1)
    expect(page.locator(f'[data-key="{key}"] .preview table')).to_have_count(1)
    for summary in page.query_selector_all("summary"):
        summary.click()
    options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}
    found = axe_module.Axe().run(page, options=options)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
