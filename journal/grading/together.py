"""What can be said only of all rows together: the same record, an order, names that hide."""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from journal.errors import UsageError
from journal.grading.rows import Row
from journal.record.files import blame_folder, read_limited, reason, replace_file

KEY_NAME = "journal-class.key"
MOST_NAMED = 5
"""Others that are named beside one; in a class that all ran one seed each is like each."""
_KEY_BYTES = 32
_MOST_KEY_BYTES = 1 << 12


def _natural(name: str) -> list[tuple[int, int, str]]:
    """Names with numbers in the order of the numbers."""
    parts = re.findall(r"[0-9]{1,18}|[^0-9]+|[0-9]+", name.casefold())
    return [(0, int(p), "") if p.isdecimal() and len(p) <= 18 else (1, 0, p) for p in parts]


ORDERS: dict[str, Callable[[Row], object]] = {
    "who": lambda row: 0,
    "built": lambda row: (row.built, row.started),
    "when": lambda row: row.started,
    "checks": lambda row: row.passed - row.checks,
    "errors": lambda row: -row.errors,
    "unanswered": lambda row: -row.unanswered,
    "unreflected": lambda row: -len(row.unreflected or ()),
    "same": lambda row: (-len(row.same_record), -len(row.same_figures)),
}
"""How rows can be sorted, what needs looking at first; ties by name. Those that could not be
checked come before all others, but for ``who``."""


def sort(rows: Iterable[Row], by: str) -> list[Row]:
    """Rows in one of :data:`ORDERS`."""
    order = ORDERS[by]

    def key(row: Row) -> tuple[object, ...]:
        return (by != "who" and not row.problem, order(row), _natural(row.who), row.who)

    return sorted(rows, key=key)


def link(rows: Sequence[Row]) -> list[Row]:
    """Rows with the names of the others that hold the same record, or the same figures.

    The same record: epochs with the same figures at the same moments. The same figures alone also
    come of the same settings and seed on machines of a kind, as a course that fixes both has them.
    It is an observation; why it is so, a person finds out.
    """
    records: dict[str, list[int]] = defaultdict(list)
    figures: dict[str, list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        for name in row.records:
            records[name].append(number)
        for name in row.figures:
            figures[name].append(number)

    for groups in (records, figures):
        for numbers in groups.values():
            numbers.sort(key=lambda number: _natural(rows[number].who))
    linked = []
    for number, row in enumerate(rows):
        record = _others(number, [records[name] for name in row.records])
        figure = _others(number, [figures[name] for name in row.figures])
        figure = [other for other in figure if other not in record]
        linked.append(
            dataclasses.replace(
                row, same_record=_named(rows, record), same_figures=_named(rows, figure)
            )
        )
    return linked


def _others(number: int, groups: Sequence[Sequence[int]]) -> list[int]:
    """The first of the others in some groups, each once: one more than are named, to say so."""
    whole = [other for group in groups for other in group[: MOST_NAMED + 2]]
    return [other for other in dict.fromkeys(whole) if other != number]


def _named(rows: Sequence[Row], numbers: Sequence[int]) -> tuple[str, ...]:
    names = tuple(rows[number].who for number in numbers[:MOST_NAMED])
    return (*names, "others") if len(numbers) > MOST_NAMED else names


def hide(rows: Sequence[Row], key: bytes) -> list[Row]:
    """Rows under pseudonyms: a keyed hash of the submission's name.

    Whoever lacks the key cannot find a name by trying. The same name and key give the same
    pseudonym another day. Only the column of names is hidden: words in the submission may well
    name its author, so nothing of them is in a row. A problem's sentence loses the name.

    Raises:
        UsageError: two names get one pseudonym; another key will part them.
    """
    names = {row.who: pseudonym(row.who, key) for row in rows}
    if len(set(names.values())) < len(names):
        raise UsageError("two submissions get one pseudonym with this key", "choose another key")
    return [
        dataclasses.replace(
            row,
            who=names[row.who],
            path=Path(names[row.who]),
            problem=_without(row.problem, row.who, names[row.who]),
            page=None,
        )
        for row in rows
    ]


def _without(problem: str, name: str, pseudonym: str) -> str:
    # A name of a letter or two is in every sentence.
    if len(name) < 3:
        return problem
    return re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", pseudonym, problem)


def pseudonym(name: str, key: bytes) -> str:
    """Ten hexadecimal digits of HMAC-SHA256, with a word before them."""
    return f"student-{hmac.new(key, name.encode(), hashlib.sha256).hexdigest()[:10]}"


def read_key(path: Path, *, make: bool) -> bytes:
    """The key in a file.

    Args:
        path: the file.
        make: write a new key where there is no file.

    Raises:
        FolderError: it cannot be read or written.
        UsageError: it holds too little to be a key.
    """
    if make and not path.exists():
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except OSError as error:
            raise blame_folder(
                path, f"no key can be written: {reason(error)}", "give --key"
            ) from None
        replace_file(path, os.urandom(_KEY_BYTES).hex().encode() + b"\n")
    key = read_limited(path, _MOST_KEY_BYTES).strip()
    if len(key) < 16:
        raise UsageError(f"{path} holds fewer than 16 characters", "name a longer key")
    return key
