"""Tables of reviews as files: CSV, TSV, JSONL or Parquet, plain or gzipped, read as text.

Cells come back as strings, exactly as written, or None where there is nothing. Nothing is guessed:
a review that is the word "NA" or "null" is a review, and "01" stays "01".
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import json
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from journal.record import DataError, read_limited

Format = Literal["csv", "tsv", "jsonl", "parquet"]
Cells = list[str | None]

MOST_BYTES = 1 << 30
"""No data file is read beyond this, unpacked."""

_TOO_LARGE = f"unpacked it is larger than {MOST_BYTES >> 20} MB, more than is ever read here"

_SUFFIXES: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}
_NAMES: dict[Format, str] = {"csv": "CSV", "tsv": "TSV", "jsonl": "JSONL", "parquet": "Parquet"}
_GZIP = b"\x1f\x8b"
_PARQUET = b"PAR1"


@dataclass(frozen=True)
class Table:
    """Some columns of a file.

    Attributes:
        columns: column name -> cells, one a row; None where a cell is empty or missing.
        checksum: SHA-256 of the file as it lies on the disk, hex.
        format: what the file turned out to be, in words such as ``gzipped CSV``.
    """

    columns: dict[str, Cells]
    checksum: str
    format: str


def read_table(path: Path, columns: Sequence[str]) -> Table:
    """Read the named columns of a file.

    The format is told by the name (``.csv``, ``.tsv``, ``.jsonl``, ``.parquet`` …, each also with
    ``.gz``), and by the first bytes when the name says nothing.

    Raises:
        DataError: the file is not there, not a file, empty, too large, not what its name says, not
            UTF-8, malformed, or lacks a column.
    """
    raw = read_limited(path, MOST_BYTES, blame=_blame)
    if not raw or raw.isspace():
        raise DataError(f"{path} is empty", "give a file with reviews in it")
    checksum = hashlib.sha256(raw).hexdigest()
    name = path.name.lower()
    packed = raw.startswith(_GZIP)
    if name.endswith(".gz"):
        name = name[:-3]
        if not packed:
            raise DataError(
                f"{path} is called gzipped but is not", "unpack it or drop .gz from its name"
            )
    content = _unpack(path, raw) if packed else raw
    if not content or content.isspace():
        raise DataError(f"{path} holds nothing once unpacked", "give a file with reviews in it")
    kind = _SUFFIXES.get(Path(name).suffix) or _sniff(path, content)
    if kind == "parquet":
        cells = _read_parquet(path, content, columns)
    elif kind == "jsonl":
        cells = _read_jsonl(path, _decode(path, content), columns)
    else:
        cells = _read_delimited(path, _decode(path, content), columns, kind)
    return Table(cells, checksum, f"gzipped {_NAMES[kind]}" if packed else _NAMES[kind])


def _blame(path: Path, problem: str, remedy: str = "") -> DataError:
    return DataError(f"{path}: {problem}", remedy)


def _unpack(path: Path, raw: bytes) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(raw)) as file:
            content = file.read(MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(
            f"{path} is a damaged gzip file ({error})", "download or pack it again"
        ) from error
    if len(content) > MOST_BYTES:
        raise _blame(path, _TOO_LARGE, "give the part of it that is used")
    return content


def _sniff(path: Path, content: bytes) -> Format:
    """What the first bytes look like, for a name that says nothing."""
    if content.startswith(_PARQUET):
        return "parquet"
    if content.startswith(b"PK"):
        raise DataError(
            f"{path} is a ZIP file or a spreadsheet", "save the reviews as CSV, JSONL or Parquet"
        )
    head = content.removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(b"["):
        raise DataError(
            f"{path} is one JSON array", "write one object a line (JSONL) or save it as CSV"
        )
    if head.startswith(b"{"):
        return "jsonl"
    heading = head.split(b"\n", 1)[0]
    return "tsv" if heading.count(b"\t") > heading.count(b",") else "csv"


def _decode(path: Path, content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DataError(f"{path} is UTF-16, not UTF-8", "save it as UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # The codec counts from behind the byte-order mark, people from the start of the file.
        place = error.start + (3 if content.startswith(b"\xef\xbb\xbf") else 0)
        line = content.count(b"\n", 0, place) + 1
        raise DataError(
            f"{path} is not UTF-8: line {line:,} has the byte 0x{content[place]:02X}"
            f" (byte {place + 1:,} of the file)",
            "save it as UTF-8",
        ) from error


def _read_delimited(
    path: Path, text: str, columns: Sequence[str], kind: Literal["csv", "tsv"]
) -> dict[str, Cells]:
    import pandas as pd

    try:
        frame = pd.read_csv(
            io.StringIO(text),
            sep="\t" if kind == "tsv" else ",",
            dtype=str,
            # Otherwise the reviews "NA", "null" and "None" would count as missing.
            keep_default_na=False,
        )
    except pd.errors.ParserError as error:
        raise DataError(
            f"{path} is not well-formed {_NAMES[kind]}: {_parser_problem(str(error))}",
            "put quotation marks around every text that holds a separator, a quotation mark or a"
            " line break, and double the marks inside it",
        ) from error
    _require(path, columns, [str(name) for name in frame.columns])
    if not isinstance(frame.index, pd.RangeIndex):
        # Rows longer than the heading: pandas takes the first field for an index and shifts all.
        fields = len(frame.columns) + frame.index.nlevels
        raise DataError(
            f"{path} is not well-formed {_NAMES[kind]}: row 1 has {fields} fields but the heading"
            f" names {len(frame.columns)}",
            "put quotation marks around every text that holds a separator",
        )
    return {name: [cell or None for cell in frame[name].tolist()] for name in columns}


def _parser_problem(message: str) -> str:
    if found := re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", message):
        return f"line {int(found[2]):,} has {found[3]} fields where {found[1]} were expected"
    if found := re.search(r"EOF inside string starting at row (\d+)", message):
        return f"row {int(found[1]):,} opens a quotation mark that is never closed"
    return message.removeprefix("Error tokenizing data. C error: ").strip()


def _read_jsonl(path: Path, text: str, columns: Sequence[str]) -> dict[str, Cells]:
    cells: dict[str, Cells] = {name: [] for name in columns}
    seen: dict[str, None] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise DataError(
                f"{path}, line {number:,} is not JSON ({_json_problem(error)})",
                "write one JSON object a line",
            ) from error
        if not isinstance(row, dict):
            raise DataError(
                f"{path}, line {number:,} is not a JSON object", "write one JSON object a line"
            )
        seen.update(dict.fromkeys(row))
        for name in columns:
            cells[name].append(_as_text(path, f"line {number:,}", name, row.get(name)))
    _require(path, columns, list(seen))
    return cells


def _json_problem(error: ValueError | RecursionError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return error.msg
    deep = isinstance(error, RecursionError)
    return "nested too deeply" if deep else "a number with too many digits"


def _read_parquet(path: Path, content: bytes, columns: Sequence[str]) -> dict[str, Cells]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(io.BytesIO(content))
        _require(path, columns, list(file.schema_arrow.names))
        unpacked = sum(
            file.metadata.row_group(i).total_byte_size for i in range(file.metadata.num_row_groups)
        )
        if unpacked > MOST_BYTES:
            raise _blame(path, _TOO_LARGE, "give the part of it that is used")
        table = file.read(columns=list(columns))
        values = {name: table.column(name).to_pylist() for name in columns}
    except (pa.ArrowException, OSError, UnicodeDecodeError, OverflowError) as error:
        raise DataError(
            f"{path} is not a Parquet file that can be read ({_first_line(error)})",
            "write it again, or save the reviews as CSV",
        ) from error
    return {
        name: [
            _as_text(path, f"row {number:,}", name, value)
            for number, value in enumerate(column, start=1)
        ]
        for name, column in values.items()
    }


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0].strip().rstrip(".") or type(error).__name__


def _as_text(path: Path, place: str, column: str, value: Any) -> str | None:
    """A typed cell as the text that a CSV would hold."""
    if isinstance(value, bytes):
        # Older writers of Parquet call their texts bytes.
        with contextlib.suppress(UnicodeDecodeError):
            value = value.decode()
    if value is None or value == "" or (isinstance(value, float) and value != value):
        return None
    if isinstance(value, (list, dict, bytes)):
        raise DataError(
            f"{path}, {place}: column '{column}' holds {type(value).__name__} values, not texts",
            "name another column, or save it as text",
        )
    if isinstance(value, str):
        # JSON can spell half a surrogate pair, which no tokenizer takes.
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return str(value)


def _require(path: Path, wanted: Sequence[str], there: list[str]) -> None:
    """See that each wanted column is there, once."""
    for name in wanted:
        if there.count(name) > 1:
            raise DataError(
                f"{path} has {there.count(name)} columns '{name}'", "give each a name of its own"
            )
    missing = [name for name in wanted if name not in there]
    if missing:
        shown = ", ".join(f"'{name[:60]}'" for name in there[:20]) or "none"
        more = f" and {len(there) - 20:,} more" if len(there) > 20 else ""
        raise DataError(
            f"{path} has no column '{missing[0]}' (its columns: {shown}{more})",
            "name the columns with --text-column and --label-column",
        )
