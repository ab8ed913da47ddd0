"""Tables of reviews as files: CSV, TSV, JSONL or Parquet, plain or gzipped, read as text.

Cells come back as strings, exactly as written, or None where there is nothing. Nothing is guessed:
a review that is the word "NA" or "null" is a review, and "01" stays "01".
"""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from journal.record import DataError
from training import unpacking
from training.unpacking import Opened, Utf8, opened, rows_too_large, too_large

if TYPE_CHECKING:
    import pandas as pd

Format = Literal["csv", "tsv", "jsonl", "parquet"]
Cells = list[str | None]
Block = dict[str, Cells]

_BLOCK = 4 << 20
"""Bytes of text that a block of rows should have."""
_FEW, _MOST_ROWS = 16, 4096
"""Rows of the first block, and of any."""
_PARQUET_ROWS, _PARQUET_BUFFER = 2048, 1 << 20

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
_PARQUET = b"PAR1"


@dataclass(frozen=True)
class Table:
    """A file of reviews that is open, to be gone through once.

    Attributes:
        checksum: SHA-256 of the file as it lies on the disk, hex.
        format: what the file turned out to be, in words such as ``gzipped CSV``.
        blocks: its rows, some at a time: column name -> cells, one a row; None where a cell is
            empty or missing.
    """

    checksum: str
    format: str
    blocks: Iterator[Block]


@contextmanager
def open_table(path: Path, columns: Sequence[str]) -> Iterator[Table]:
    """Open a file to read the named columns, a block of rows at a time.

    The format is told by the name (``.csv``, ``.tsv``, ``.jsonl``, ``.parquet`` …, each also with
    ``.gz``), and by the first bytes when the name says nothing. Memory holds one block.

    Raises:
        DataError: the file is not there, not a file, empty, too large, not what its name says, not
            UTF-8, malformed, or lacks a column; some of it only once the rows are read.
    """
    with opened(path) as file:
        name = path.name.lower()
        suffix = Path(name[:-3] if file.packed and name.endswith(".gz") else name).suffix
        kind = _SUFFIXES.get(suffix) or _sniff(path, file.file.peek())
        if kind == "parquet":
            blocks = _parquet_blocks(file, columns)
        elif kind == "jsonl":
            blocks = _jsonl_blocks(file, columns)
        else:
            blocks = _delimited_blocks(file, columns, kind)
        named = f"gzipped {_NAMES[kind]}" if file.packed else _NAMES[kind]
        yield Table(file.checksum, named, blocks)


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


def _delimited_blocks(
    file: Opened, columns: Sequence[str], kind: Literal["csv", "tsv"]
) -> Iterator[Block]:
    import pandas as pd

    path, text, rows = file.path, Utf8(file), 0
    try:
        with pd.read_csv(
            cast("Any", _Watched(text, path, lambda: rows)),
            sep="\t" if kind == "tsv" else ",",
            dtype=str,
            # Otherwise the reviews "NA", "null" and "None" would count as missing.
            keep_default_na=False,
            iterator=True,
        ) as frames:
            size = _FEW
            while True:
                text.taken = 0
                try:
                    frame = frames.get_chunk(size)
                except StopIteration:
                    return
                if not rows:
                    _check_frame(path, frame, columns, kind)
                rows += len(frame)
                yield {name: [cell or None for cell in frame[name].tolist()] for name in columns}
                size = _next_size(size, text.taken)
    except pd.errors.EmptyDataError as error:
        raise DataError(f"{path} is empty", "give a file with reviews in it") from error
    except pd.errors.ParserError as error:
        if "out of memory" in str(error):
            raise MemoryError(_first_line(error)) from error
        raise DataError(
            f"{path} is not well-formed {_NAMES[kind]}: {_parser_problem(str(error))}",
            "put quotation marks around every text that holds a separator, a quotation mark or a"
            " line break, and double the marks inside it",
        ) from error


class _Watched:
    """Hands text to pandas, and stops it where a few rows would fill the memory."""

    def __init__(self, text: Utf8, path: Path, rows: Callable[[], int]) -> None:
        self._text, self._path, self._rows = text, path, rows

    def read(self, size: int = -1) -> str:
        if self._text.taken > unpacking.MOST_AT_ONCE:
            raise rows_too_large(self._path, self._rows())
        return self._text.read(size)

    def __iter__(self) -> Iterator[str]:  # pandas takes nothing for a file that lacks it
        return iter(self._text)


def _next_size(rows: int, taken: int) -> int:
    """How many rows to read next, when so many took so many bytes."""
    return min(_MOST_ROWS, max(1, rows * _BLOCK // max(taken, 1)))


def _check_frame(path: Path, frame: pd.DataFrame, columns: Sequence[str], kind: Format) -> None:
    import pandas as pd

    _require(path, columns, [str(name) for name in frame.columns])
    if not isinstance(frame.index, pd.RangeIndex):
        # Rows longer than the heading: pandas takes the first field for an index and shifts all.
        fields = len(frame.columns) + frame.index.nlevels
        raise DataError(
            f"{path} is not well-formed {_NAMES[kind]}: row 1 has {fields} fields but the heading"
            f" names {len(frame.columns)}",
            "put quotation marks around every text that holds a separator",
        )


def _parser_problem(message: str) -> str:
    if found := re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", message):
        return f"line {int(found[2]):,} has {found[3]} fields where {found[1]} were expected"
    if found := re.search(r"EOF inside string starting at row (\d+)", message):
        return f"row {int(found[1]):,} opens a quotation mark that is never closed"
    return message.removeprefix("Error tokenizing data. C error: ").strip()


def _jsonl_blocks(file: Opened, columns: Sequence[str]) -> Iterator[Block]:
    path = file.path
    cells: Block = {name: [] for name in columns}
    seen: dict[str, None] = {}
    held = 0
    for number, line in enumerate(Utf8(file), start=1):
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
        held += len(line)
        if held > _BLOCK:
            yield cells
            cells, held = {name: [] for name in columns}, 0
    _require(path, columns, list(seen))
    yield cells


def _json_problem(error: ValueError | RecursionError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return error.msg
    deep = isinstance(error, RecursionError)
    return "nested too deeply" if deep else "a number with too many digits"


def _parquet_blocks(file: Opened, columns: Sequence[str]) -> Iterator[Block]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path, rows = file.path, 0
    with ExitStack() as open_files:
        source: Any = file.file
        if file.packed:
            # Parquet is read from its end, which gzip cannot do.
            source = open_files.enter_context(tempfile.TemporaryFile())
            shutil.copyfileobj(file.file, source)
        try:
            # Read as it is decoded: one row group may be the whole file.
            table = pq.ParquetFile(source, buffer_size=_PARQUET_BUFFER, pre_buffer=False)
            _require(path, columns, list(table.schema_arrow.names))
            groups = range(table.metadata.num_row_groups)
            if (
                sum(table.metadata.row_group(i).total_byte_size for i in groups)
                > unpacking.MOST_BYTES
            ):
                raise too_large(path)
            for batch in table.iter_batches(_PARQUET_ROWS, columns=list(columns)):
                yield {
                    name: [
                        _as_text(path, f"row {number:,}", name, value)
                        for number, value in enumerate(batch.column(name).to_pylist(), rows + 1)
                    ]
                    for name in columns
                }
                rows += len(batch)
        except (pa.ArrowException, OSError, UnicodeDecodeError, OverflowError) as error:
            raise DataError(
                f"{path} is not a Parquet file that can be read ({_first_line(error)})",
                "write it again, or save the reviews as CSV",
            ) from error


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
