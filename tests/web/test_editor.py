"""What the editor's page gets, and what becomes of what it sends."""

from __future__ import annotations

import json
from typing import Any

import pytest

from journal.errors import FolderError
from journal.record import Folder
from journal.web.editor import Editor
from journal.web.server import Answer, Request


@pytest.fixture
def editor(folder: Folder) -> Editor:
    return Editor(folder)


def get(editor: Editor, path: str, **query: str) -> Any:
    return json.loads(editor(Request("GET", path, query)).body)


def post(editor: Editor, path: str, body: object) -> Answer:
    return editor(Request("POST", path, body=body))


def save(editor: Editor, *changes: tuple[str, str, str], anew: bool = False) -> Any:
    told = [{"key": key, "base": base, "words": words} for key, base, words in changes]
    answer = post(editor, "/save", {"changes": told, "anew": anew})
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


def prompt(folder: Folder) -> str:
    """The key of some question of the course."""
    state = get(Editor(folder), "/state")
    return next(key for key in state["fields"] if key.startswith("prompt ") and "/" not in key)


def test_the_page_has_charts_facts_and_a_field_for_every_question(
    editor: Editor, folder: Folder
) -> None:
    answer = editor(Request("GET", "/"))
    page = answer.body.decode()
    fields = get(editor, "/state")["fields"]
    assert len(fields) > 10
    assert all(f'data-key="{key}"' in page for key in fields)
    assert page.count("<textarea") == len(fields)
    assert "<svg" in page
    assert 'class="facts"' in page
    assert "&lt;fine-tuning&gt;" in page
    assert "<fine-tuning>" not in page


def test_the_page_may_run_its_own_script_and_ask_its_own_server_only(editor: Editor) -> None:
    pages = [editor(Request("GET", "/")) for _ in range(2)]
    policies = [page.headers["Content-Security-Policy"] for page in pages]
    assert policies[0] != policies[1]
    for page, policy in zip(pages, policies, strict=True):
        nonce = policy.partition("script-src 'nonce-")[2].partition("'")[0]
        assert page.body.count(f'nonce="{nonce}"'.encode()) == 4
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy


def test_words_that_are_markup_stand_in_the_page_as_text(editor: Editor, folder: Folder) -> None:
    key = prompt(folder)
    save(editor, (key, "", '</textarea></script><script>alert(1)</script><img src="http://x/">'))
    page = editor(Request("GET", "/")).body.decode()
    assert "<script>alert" not in page
    assert "<img" not in page
    assert page.count("</textarea>") == page.count("<textarea")


def test_what_is_saved_stands_in_the_file_and_nothing_else_changes(
    editor: Editor, folder: Folder
) -> None:
    before = folder.reflections_path.read_bytes()
    key = prompt(folder)
    told = save(editor, (key, "", "All but the head."))
    after = folder.reflections_path.read_bytes()
    assert told["fields"][key] == "All but the head."
    assert (told["conflicts"], told["hiding"], told["missing"]) == ({}, [], False)
    assert after.replace(b"All but the head.\n", b"", 1) == before


def test_a_state_that_is_known_is_not_sent_again(editor: Editor, folder: Folder) -> None:
    state = get(editor, "/state")
    assert get(editor, "/state", version=state["version"]) == {"version": state["version"]}
    with folder.reflections_path.open("a") as file:
        file.write("\nmore\n")
    assert "fields" in get(editor, "/state", version=state["version"])


def test_of_two_tabs_the_second_is_told_what_the_first_wrote(
    editor: Editor, folder: Folder
) -> None:
    key = prompt(folder)
    save(editor, (key, "", "First."))
    told = save(editor, (key, "", "Second."))
    assert told["conflicts"] == {key: "First."}
    assert told["fields"][key] == "First."
    assert b"Second." not in folder.reflections_path.read_bytes()


def test_words_that_would_hide_a_question_are_not_saved_and_said(
    editor: Editor, folder: Folder
) -> None:
    before = folder.reflections_path.read_bytes()
    told = save(editor, (prompt(folder), "", "<!-- prompt: elsewhere -->"))
    assert told["hiding"] == [prompt(folder)]
    assert folder.reflections_path.read_bytes() == before


def test_a_file_that_was_deleted_is_not_made_anew_unless_asked(
    editor: Editor, folder: Folder
) -> None:
    key = prompt(folder)
    folder.reflections_path.unlink()
    told = save(editor, (key, "", "Words."))
    assert told["missing"]
    assert not folder.reflections_path.exists()
    assert get(editor, "/state", version="x")["missing"]
    told = save(editor, (key, "", "Words."), anew=True)
    assert told["fields"][key] == "Words."
    assert folder.reflections_path.read_text().count("Words.") == 1


def test_a_file_that_cannot_be_read_is_said_and_left_alone(editor: Editor, folder: Folder) -> None:
    spoiled = folder.reflections_path.read_bytes() + b"caf\xe9\n"
    folder.reflections_path.write_bytes(spoiled)
    with pytest.raises(FolderError, match="not UTF-8"):
        save(editor, (prompt_of(spoiled), "", "Words."))
    assert folder.reflections_path.read_bytes() == spoiled


def prompt_of(data: bytes) -> str:
    return "prompt " + data.partition(b"<!-- prompt: ")[2].split()[0].decode()


@pytest.mark.parametrize(
    "body",
    [
        *(None, [], {}, {"changes": {}}, {"changes": [1]}, {"changes": [{"key": "a"}]}),
        {"changes": [{"key": "a", "base": 1, "words": ""}]},
    ],
)
def test_what_the_page_never_sends_changes_nothing(
    editor: Editor, folder: Folder, body: object
) -> None:
    before = folder.reflections_path.read_bytes()
    assert post(editor, "/save", body).status == 400
    assert folder.reflections_path.read_bytes() == before


def test_half_a_character_costs_neither_the_words_nor_the_file(
    editor: Editor, folder: Folder
) -> None:
    key = prompt(folder)
    told = save(editor, (key, "", "half \ud83d of one"))
    assert told["fields"][key] == "half \ufffd of one"


def test_a_preview_is_cleaned_counted_and_says_whether_it_answers(editor: Editor) -> None:
    def preview(words: str) -> Any:
        asked = {"words": words, "number": 3, "below": 3, "intact": True}
        return json.loads(post(editor, "/preview", asked).body)

    made = preview("# Heading\n\n*Two* [words](https://example.org) <b onclick=x>b</b>")
    assert made["html"].startswith("<h4>Heading</h4>")
    assert "<em>Two</em>" in made["html"]
    assert "<b" not in made["html"]
    assert (preview("Two words.")["count"], preview("Two words.")["state"]) == (2, "answered")
    assert (preview("(skipped)")["count"], preview("(skipped)")["state"]) == (0, "skipped")
    assert preview(" \n")["state"] == "unanswered"


@pytest.mark.parametrize("body", [None, {}, {"words": 1}])
def test_a_preview_of_nothing_is_refused(editor: Editor, body: object) -> None:
    assert post(editor, "/preview", body).status == 400


def test_there_is_nothing_at_another_address(editor: Editor) -> None:
    for path in ("/journal.toml", "/../reflections.md", "/save", "/editor.css"):
        assert editor(Request("GET", path)).status == 404


def test_a_journal_without_a_run_has_the_questions_of_its_course(folder: Folder) -> None:
    for path in folder.runs_dir.rglob("*"):
        if path.is_file():
            path.unlink()
    page = Editor(folder)(Request("GET", "/")).body.decode()
    assert page.count("<textarea") >= 12
    assert "<svg" not in page


def test_a_folder_that_is_no_journal_is_said(folder: Folder) -> None:
    folder.settings_path.unlink()
    with pytest.raises(FolderError, match=r"no journal\.toml"):
        Editor(folder)
