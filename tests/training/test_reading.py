"""Files of reviews: every format gives the same cells, and every broken one is one sentence."""

import csv
import gzip
import hashlib
import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journal.record import DataError
from training import unpacking
from training.reading import Table, open_table

ROWS = [
    ("It broke.", "0"),
    ('He said "no", twice,\nand left.', "1"),
    ("NA", "1"),
    ("null", "0"),
    ("Größe passt – 5 Sterne ★", "1"),
    (" spaced ", "0"),
]


def delimited(rows: list[tuple[str, str]], separator: str) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator)
    writer.writerows([("reviewText", "isPositive"), *rows])
    return out.getvalue().encode()


def as_csv(rows: list[tuple[str, str]]) -> bytes:
    return delimited(rows, ",")


def as_tsv(rows: list[tuple[str, str]]) -> bytes:
    return delimited(rows, "\t")


def as_jsonl(rows: list[tuple[str, str]]) -> bytes:
    lines = (json.dumps({"reviewText": text, "isPositive": label}) for text, label in rows)
    return "\n".join(lines).encode() + b"\n"


def as_parquet(rows: list[tuple[str, str]]) -> bytes:
    table = pa.table({"reviewText": [t for t, _ in rows], "isPositive": [s for _, s in rows]})
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


FORMATS = {"csv": as_csv, "tsv": as_tsv, "jsonl": as_jsonl, "parquet": as_parquet}


def columns(path: Path) -> list[tuple[str | None, str | None]]:
    with open_table(path, ("reviewText", "isPositive")) as table:
        return [
            cells
            for block in table.blocks
            for cells in zip(block["reviewText"], block["isPositive"], strict=True)
        ]


def read(path: Path, *names: str) -> Table:
    """The table after all of it was read."""
    with open_table(path, names) as table:
        for _ in table.blocks:
            pass
    return table


def problem(path: Path, content: bytes) -> str:
    """What is said of a file with this content: always one sentence with a remedy."""
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        columns(path)
    error = caught.value
    assert error.remedy
    assert "\n" not in str(error)
    assert str(error).count(str(path)) == 1
    return error.problem.replace(str(path), "FILE")


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzipped"])
@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_gives_the_same_cells(tmp_path: Path, kind: str, packed: bool) -> None:
    content = FORMATS[kind](ROWS)
    path = tmp_path / f"reviews.{kind}{'.gz' if packed else ''}"
    path.write_bytes(gzip.compress(content) if packed else content)
    assert columns(path) == ROWS


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzipped"])
@pytest.mark.parametrize("kind", FORMATS)
def test_a_name_that_says_nothing_leaves_it_to_the_content(
    tmp_path: Path, kind: str, packed: bool
) -> None:
    content = FORMATS[kind](ROWS)
    path = tmp_path / "reviews.dat"
    path.write_bytes(gzip.compress(content) if packed else content)
    assert columns(path) == ROWS


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a.csv", "CSV"),
        ("a.TSV", "TSV"),
        ("a.tab", "TSV"),
        ("a.ndjson", "JSONL"),
        ("a.pq", "Parquet"),
        ("a.csv.gz", "gzipped CSV"),
        ("a.txt", "CSV"),
    ],
)
def test_the_format_is_put_into_words(tmp_path: Path, name: str, words: str) -> None:
    kind = words.split()[-1].lower()
    content = FORMATS[kind](ROWS)
    path = tmp_path / name
    path.write_bytes(gzip.compress(content) if "gzipped" in words else content)
    assert read(path, "reviewText").format == words


def test_a_file_with_crlf_a_byte_order_mark_and_blank_lines_reads_like_any_other(
    tmp_path: Path,
) -> None:
    path = tmp_path / "reviews.csv"
    path.write_bytes("\ufeffreviewText,isPositive\r\nGood,1\r\n\r\nBad,0\r\n".encode())
    assert columns(path) == [("Good", "1"), ("Bad", "0")]


def test_only_a_cell_with_nothing_in_it_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "reviews.csv"
    path.write_text('reviewText,isPositive\n,1\n"",0\nNone,\nnan,1\nN/A,0\nshort\n')
    assert columns(path) == [
        (None, "1"),
        (None, "0"),
        ("None", None),
        ("nan", "1"),
        ("N/A", "0"),
        ("short", None),
    ]


def test_typed_cells_become_what_a_csv_would_hold(tmp_path: Path) -> None:
    lines = [
        {"reviewText": "a", "isPositive": 1},
        {"reviewText": "b", "isPositive": 0.0},
        {"reviewText": "c", "isPositive": True},
        {"reviewText": None, "isPositive": None},
        {"reviewText": 12},
        {"reviewText": "half \ud800 a pair", "isPositive": "x"},
    ]
    path = tmp_path / "reviews.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    assert columns(path) == [
        ("a", "1"),
        ("b", "0.0"),
        ("c", "True"),
        (None, None),
        ("12", None),
        ("half \ufffd a pair", "x"),
    ]


def test_parquet_numbers_nulls_and_old_byte_texts_are_read(tmp_path: Path) -> None:
    path = tmp_path / "reviews.parquet"
    table = pa.table(
        {
            "reviewText": pa.array([b"good", "schön".encode(), None], pa.binary()),
            "isPositive": pa.array([1.0, float("nan"), 0.0], pa.float64()),
        }
    )
    pq.write_table(table, path)
    assert columns(path) == [("good", "1.0"), ("schön", None), (None, "0.0")]


def test_the_checksum_is_that_of_the_file_on_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "reviews.csv.gz"
    path.write_bytes(gzip.compress(as_csv(ROWS)))
    expected = hashlib.sha256(path.read_bytes()).hexdigest()
    assert read(path, "reviewText").checksum == expected


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
@given(rows=st.lists(st.tuples(texts, texts), min_size=1, max_size=8))
def test_any_text_comes_back_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, kind: str, rows: list[tuple[str, str]]
) -> None:
    path = tmp_path_factory.mktemp("any") / f"reviews.{kind}"
    path.write_bytes(FORMATS[kind](rows))
    assert columns(path) == rows


@pytest.mark.parametrize("separator", [",", "\t"])
@given(rows=st.lists(st.tuples(texts, texts), min_size=1, max_size=8))
def test_any_quoted_text_comes_back_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, separator: str, rows: list[tuple[str, str]]
) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, quoting=csv.QUOTE_ALL)
    writer.writerows([("reviewText", "isPositive"), *rows])
    path = tmp_path_factory.mktemp("any") / ("reviews.csv" if separator == "," else "reviews.tsv")
    path.write_bytes(out.getvalue().encode())
    assert columns(path) == rows


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere\.csv: there is no such file; check the name\."):
        read(tmp_path / "nowhere.csv", "reviewText")


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="this is a folder"):
        read(tmp_path, "reviewText")


@pytest.mark.parametrize("content", [b"", b" \n\n"])
@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl", "parquet", "csv.gz"])
def test_an_empty_file_is_called_empty(tmp_path: Path, kind: str, content: bytes) -> None:
    assert problem(tmp_path / f"reviews.{kind}", content) == "FILE is empty"


def test_a_gzip_file_with_nothing_in_it_is_called_so(tmp_path: Path) -> None:
    said = problem(tmp_path / "reviews.csv.gz", gzip.compress(b""))
    assert said == "FILE holds nothing once unpacked"


@pytest.mark.parametrize("kind", FORMATS)
def test_a_missing_column_is_named_with_those_that_exist(tmp_path: Path, kind: str) -> None:
    content = FORMATS[kind](ROWS)
    path = tmp_path / f"reviews.{kind}"
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        read(path, "reviewText", "stars")
    assert "has no column 'stars' (its columns: 'reviewText', 'isPositive')" in str(caught.value)
    assert "--label-column" in caught.value.remedy


def test_of_many_columns_only_the_first_are_listed(tmp_path: Path) -> None:
    said = problem(tmp_path / "a.csv", ",".join(f"c{i}" for i in range(30)).encode() + b"\n")
    assert "'c19' and 10 more" in said
    assert "c20" not in said


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["without BOM", "with BOM"])
@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl"])
def test_broken_utf8_is_placed(tmp_path: Path, kind: str, mark: bytes) -> None:
    head = mark + (as_jsonl(ROWS[:2]) if kind == "jsonl" else b"reviewText,isPositive\ngood,1\n")
    said = problem(tmp_path / f"reviews.{kind}", head + b"caf\xe9,0\n")
    assert said == (
        f"FILE is not UTF-8: line 3 has the byte 0xE9 (byte {len(head) + 4} of the file)"
    )


def test_utf16_is_called_by_its_name(tmp_path: Path) -> None:
    said = problem(tmp_path / "reviews.csv", as_csv(ROWS).decode().encode("utf-16"))
    assert said == "FILE is UTF-16, not UTF-8"


def test_a_quotation_mark_that_is_never_closed_is_placed(tmp_path: Path) -> None:
    said = problem(tmp_path / "reviews.csv", b'reviewText,isPositive\nfine,1\n"open,0\nlost,1\n')
    assert said == (
        "FILE is not well-formed CSV: row 2 opens a quotation mark that is never closed"
    )


def test_a_row_with_too_many_fields_is_placed(tmp_path: Path) -> None:
    said = problem(tmp_path / "reviews.csv", b"reviewText,isPositive\nfine,1\ngood, but,0\n")
    assert said == "FILE is not well-formed CSV: line 3 has 3 fields where 2 were expected"


def test_rows_longer_than_the_heading_are_never_read_shifted(tmp_path: Path) -> None:
    # pandas would take the text for an index and the label for the text.
    said = problem(tmp_path / "reviews.csv", b"reviewText,isPositive\ngood, but,0\nno, thanks,1\n")
    assert said == ("FILE is not well-formed CSV: row 1 has 3 fields but the heading names 2")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b'{"reviewText": ', "is not JSON (Expecting value)"),
        (b'["good", 1]', "is not a JSON object"),
        (b"[" * 100_000, "is not JSON (nested too deeply)"),
        (b'{"reviewText": ' + b"9" * 5000 + b"}", "is not JSON (a number with too many digits)"),
    ],
    ids=["torn", "array", "nested", "huge number"],
)
def test_a_line_that_is_no_json_object_is_placed(tmp_path: Path, line: bytes, words: str) -> None:
    said = problem(tmp_path / "reviews.jsonl", as_jsonl(ROWS[:1]) + line)
    assert said == f"FILE, line 2 {words}"


def test_a_list_is_not_a_text(tmp_path: Path) -> None:
    said = problem(tmp_path / "reviews.jsonl", b'{"reviewText": ["good"], "isPositive": 1}')
    assert said == "FILE, line 1: column 'reviewText' holds list values, not texts"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"[1, 2]", "FILE is one JSON array"),
        (b"PK\x03\x04rest", "FILE is a ZIP file or a spreadsheet"),
    ],
)
def test_what_is_often_given_by_mistake_is_recognized(
    tmp_path: Path, content: bytes, words: str
) -> None:
    assert problem(tmp_path / "reviews.data", content) == words


def test_a_name_that_promises_gzip_must_keep_it(tmp_path: Path) -> None:
    assert problem(tmp_path / "a.csv.gz", as_csv(ROWS)) == "FILE is called gzipped but is not"


@pytest.mark.parametrize("damage", [lambda b: b[:-20], lambda b: b[:30] + b"\0\0\0" + b[33:]])
def test_a_damaged_gzip_file_is_called_so(tmp_path: Path, damage: object) -> None:
    packed = gzip.compress(as_csv(ROWS * 20))
    assert callable(damage)
    assert problem(tmp_path / "a.csv.gz", damage(packed)).startswith(
        "FILE is a damaged gzip file ("
    )


@pytest.mark.parametrize(
    "damage",
    [lambda b: b"not parquet at all", lambda b: b[: len(b) // 2], lambda b: b[:-8] + b"PAR1"],
)
def test_a_parquet_file_that_is_none_is_called_so(tmp_path: Path, damage: object) -> None:
    assert callable(damage)
    said = problem(tmp_path / "reviews.parquet", damage(as_parquet(ROWS)))
    assert said.startswith("FILE is not a Parquet file that can be read (")


def test_two_parquet_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    table = pa.table([["a"], ["b"], ["1"]], names=["reviewText", "reviewText", "isPositive"])
    out = io.BytesIO()
    pq.write_table(table, out)
    said = problem(tmp_path / "reviews.parquet", out.getvalue())
    assert said == "FILE has 2 columns 'reviewText'"


def test_a_file_that_unpacks_to_more_than_is_ever_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "MOST_BYTES", 1 << 20)
    bomb = gzip.compress(b"reviewText,isPositive\n" + b"a" * (2 << 20))
    assert "more than is ever read here" in problem(tmp_path / "bomb.csv.gz", bomb)
    assert "more than is ever read here" in problem(tmp_path / "large.csv", b"a" * (2 << 20))
