"""Whether the student's words are there, and are the student's."""

from __future__ import annotations

import re
from collections.abc import Iterator

from journal.report.checks.model import Cause, Context, Result, failed, listed
from journal.report.counting import count_markdown
from journal.report.markers import fenced

_INLINE = re.compile(r"`[^`\n]*`")
_PLACEHOLDER = re.compile(
    r"\b(?:TODO|TBD|FIXME|XXX+)\b"
    r"|(?i:\blorem ipsum\b)"
    r"|(?i:\b(?:type|write|insert|add|put) (?:your|the|some) [\w ]{1,30} here\b)"
    r"|(?i:\byour (?:answer|words|text|reflection|name) (?:goes )?here\b)"
    r"|(?i:[\[<{](?:your|insert|type|write|fill)\b[^\]>}\n]{0,60}[\]>}])"
)
_EMPTY_TALK = re.compile(r"[\s.…?_\-–—*/]+|(?i:\s*(?:n/?a|none|nothing|asdf+|test|blah)\.?\s*)")


def sections(context: Context) -> Result:
    """Every section has the student's words, or its prompts were left out on purpose.

    Notes count in the section that shows them.
    """
    what = "Every section has the student's words."
    noted = {context.plan.pack.home("challenges")} if context.plan.notes else set()
    empty = [
        section.title
        for section in context.plan.pack.sections
        if section.id not in noted
        and not any(count_markdown(piece.text) for piece in context.pieces(section.id))
        and not _all_skipped(context, section.id)
    ]
    if not empty:
        return Result("sections", what, True)
    many = len(context.plan.pack.sections)
    return failed(
        "sections",
        what,
        Cause(
            f"Nothing is written under {listed(empty)}.",
            "Write under the heading or under one of its questions in reflections.md.",
            f"words in {many} sections",
            f"words in {many - len(empty)}",
        ),
    )


def prompts(context: Context) -> Result:
    """Each prompt is answered, or skipped on purpose."""
    what = "Every question is answered, or left out on purpose."
    asked = context.asked()
    open_ = [name for name in asked if context.state(name) == "unanswered"]
    if not open_:
        return Result("prompts", what, True)
    return failed(
        "prompts",
        what,
        Cause(
            f"Without an answer: {listed(open_)}.",
            "Answer them in reflections.md, or write (skipped) under those left out on purpose; "
            "journal build adds the questions that the file lacks.",
            f"{len(asked)} answered or skipped",
            f"{len(asked) - len(open_)}",
        ),
    )


def placeholders(context: Context) -> Result:
    """No template text is left where the student's own words belong.

    Code is passed over: a TODO there is part of a program.
    """
    what = "No placeholder or template text is left."
    found = sorted(set(_left(context)))
    if not found:
        return Result("placeholders", what, True)
    return failed(
        "placeholders",
        what,
        Cause(
            f"This looks like text to be replaced: "
            f"{listed([f'“{words}” (line {line})' for line, words in found])}.",
            "Put your own words in its place.",
            "none",
            f"{len(found)}",
        ),
    )


def _left(context: Context) -> Iterator[tuple[int, str]]:
    for piece in context.all_pieces():
        text = _without_code(piece.text)
        for hit in _PLACEHOLDER.finditer(text):
            yield piece.line + text.count("\n", 0, hit.start()), hit[0]
    for answer in context.answers.values():
        said = " ".join(answer.words.replace(">", " ").split())
        if answer.state != "answered":
            continue
        if _EMPTY_TALK.fullmatch(said):
            yield answer.line, said[:40]
        elif answer.question and said == " ".join(answer.question.split()):
            yield answer.line, "the question, in place of an answer"


def _without_code(text: str) -> str:
    """Text with code made blank; every line keeps its number."""
    lines = [line.rstrip() for line in text.split("\n")]
    inside = fenced(lines)
    kept = ("" if code else line for line, code in zip(lines, inside, strict=True))
    return _INLINE.sub(" ", "\n".join(kept))


def _all_skipped(context: Context, section: str) -> bool:
    asked = context.asked(section)
    return bool(asked) and all(context.state(name) == "skipped" for name in asked)
