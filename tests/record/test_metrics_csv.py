"""A CSV of figures by epoch: taken as it stands, or refused with the line and the column."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journal.record import DataError
from journal.record import events as ev
from journal.record.importers.metrics_csv import COLUMNS, MAX_BYTES, Metrics, read_metrics

HEADER = ",".join(COLUMNS)


def metrics(tmp_path: Path, text: str | bytes) -> Metrics:
    path = tmp_path / "metrics.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_metrics(path)


def figures(epoch: ev.Epoch) -> dict[str, float]:
    """What is known of an epoch."""
    return epoch.model_dump(exclude={"event", "time"}, exclude_none=True)


def test_every_column_is_taken_as_it_stands(tmp_path: Path) -> None:
    found = metrics(tmp_path, f"{HEADER}\n1,0.7,0.5,0.6,0.55,4.1\n2,.6,0.6,5e-1,1,0\n")
    assert [figures(epoch) for epoch in found.epochs] == [
        {"epoch": 1, "train_loss": 0.7, "train_accuracy": 0.5, "val_loss": 0.6,
         "val_accuracy": 0.55, "seconds": 4.1},
        {"epoch": 2, "train_loss": 0.6, "train_accuracy": 0.6, "val_loss": 0.5,
         "val_accuracy": 1.0, "seconds": 0.0},
    ]  # fmt: skip
    assert found.ignored == ()


def test_what_is_absent_or_empty_stays_unknown(tmp_path: Path) -> None:
    found = metrics(tmp_path, "epoch,val_loss,val_accuracy\n1,0.635,\n20,0.331,0.865\n")
    assert [figures(epoch) for epoch in found.epochs] == [
        {"epoch": 1, "val_loss": 0.635},
        {"epoch": 20, "val_loss": 0.331, "val_accuracy": 0.865},
    ]


def test_epochs_alone_are_enough(tmp_path: Path) -> None:
    assert [epoch.epoch for epoch in metrics(tmp_path, "epoch\n1\n2\n").epochs] == [1, 2]


@pytest.mark.parametrize(
    "text",
    [
        "epoch,val_loss\n1,0.5\n2,0.4\n",
        "val_loss,epoch\n0.5,1\n0.4,2\n",
        "epoch;val_loss\n1;0.5\n2;0.4\n",
        "epoch\tval_loss\n1\t0.5\n2\t0.4\n",
        "epoch,val_loss\r\n1,0.5\r\n2,0.4\r\n",
        "epoch,val_loss\n1,0.5\n2,0.4",
        "\ufeffepoch,val_loss\n1,0.5\n2,0.4\n",
        ' epoch , "val_loss"\n "1", 0.5\n2 ,"0.4 "\n'.replace(' "1"', '"1"').replace(' "v', '"v'),
        "epoch,val_loss\n\n1,0.5\n,\n2,0.4\n\n",
        "epoch,val_loss\n1.0,0.5\n2.,0.4\n",
    ],
)
def test_the_same_table_is_read_however_it_was_saved(tmp_path: Path, text: str) -> None:
    found = [figures(epoch) for epoch in metrics(tmp_path, text).epochs]
    assert found == [{"epoch": 1, "val_loss": 0.5}, {"epoch": 2, "val_loss": 0.4}]


def test_columns_that_are_not_known_are_named(tmp_path: Path) -> None:
    found = metrics(tmp_path, "epoch,lr,val_loss,F1\n1,0.005,0.5,x\n")
    assert found.ignored == ("lr", "F1")
    assert figures(found.epochs[0]) == {"epoch": 1, "val_loss": 0.5}


def test_an_accuracy_in_percent_is_taken_with_its_sign_only(tmp_path: Path) -> None:
    found = metrics(tmp_path, "epoch,val_accuracy\n1,86.5%\n2,28.3 %\n3,100%\n")
    assert [epoch.val_accuracy for epoch in found.epochs] == [0.865, 0.283, 1.0]


@pytest.mark.parametrize(
    ("cell", "value"),
    [("nan", math.nan), ("NaN", math.nan), ("inf", math.inf), ("-Infinity", -math.inf)],
)
def test_a_loss_that_is_not_finite_is_kept(tmp_path: Path, cell: str, value: float) -> None:
    found = metrics(tmp_path, f"epoch,train_loss\n1,{cell}\n")
    assert repr(found.epochs[0].train_loss) == repr(value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "the file is empty; begin it with the line: epoch,train_loss,"),
        ("\n\n", "the file is empty;"),
        ("epoch,val_loss\n", "there is no epoch below the header; add one line an epoch."),
        ("Epoch,val_loss\n1,2\n", "line 1 names no column 'epoch', only 'Epoch', 'val_loss';"),
        ("1,0.5\n", "line 1 names no column 'epoch'"),
        ("epoch,val_loss,val_loss\n1,2,3\n", "line 1 has the column 'val_loss' twice;"),
        ("epoch,val_loss\n1,0.5\n1,0.4\n", "line 3: epoch 1 follows epoch 1; list each epoch on"),
        ("epoch,val_loss\n2,0.5\n\n1,0.4\n", "line 4: epoch 1 follows epoch 2;"),
        ("epoch\n0\n", "line 2, epoch: '0' is not an epoch, they count from 1; add 1 to every"),
        ("epoch\n1.5\n", "line 2, epoch: '1.5' is not a whole number;"),
        ("epoch\n-1\n", "line 2, epoch: '-1' is not a whole number;"),
        ("epoch\n" + "9" * 50 + "\n", "is not a whole number;"),
        ("epoch,val_loss\n,0.5\n", "line 2, epoch: '' is not a whole number;"),
        ("epoch,val_loss\n1,0,635\n", "line 2 has 3 cells and the header 2; give every line a ce"),
        ("epoch,val_loss\n1\n", "line 2 has 1 cells and the header 2;"),
        ("epoch;val_loss\n1;0,635\n", "line 2, val_loss: '0,635' has a decimal comma; write dec"),
        ('epoch,val_loss\n1,"0,635"\n', "line 2, val_loss: '0,635' has a decimal comma;"),
        ("epoch,val_loss\n1,low\n", "line 2, val_loss: 'low' is not a number; leave unknown cel"),
        ("epoch,val_loss\n1,1_0\n", "'1_0' is not a number;"),
        ("epoch,val_loss\n1,1e999\n", "'1e999' is not a number;"),
        ("epoch,val_loss\n1,50%\n", "line 2, val_loss: '50%' is not a number;"),
        ("epoch,val_accuracy\n1,86.5\n", "line 2, val_accuracy: '86.5' does not lie between 0 a"),
        ("epoch,val_accuracy\n1,150%\n", "line 2, val_accuracy: '150%' does not lie between 0 a"),
        ("epoch,val_accuracy\n1,-0.1\n", "does not lie between 0 and 1; write accuracies as fra"),
        ("epoch,val_accuracy\n1,inf\n", "'inf' does not lie between 0 and 1;"),
        ("epoch,seconds\n1,-3\n", "line 2, seconds: '-3' is not a duration;"),
        ("epoch,seconds\n1,nan\n", "line 2, seconds: 'nan' is not a duration;"),
        ('epoch,val_loss\n1,"0.5\n', "is not CSV ("),
        ('epoch,val_loss\n1,"0.5"x\n', "line 2 is not CSV ("),
        ("epoch,val_loss\n1,\x00\n", "line 2"),
        ("epoch,x\n1," + "y" * 200_000 + "\n", "line 2 is not CSV ("),
        (b"epoch\n1\n\xff\n", "line 3 is not UTF-8 text; save the file as UTF-8."),
        ("epoch\n1\n".encode("utf-16"), "line 1 is not UTF-8 text;"),
        (b"PK\x03\x04\x14\x00\x06\x00\n", "line 1"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(
    tmp_path: Path, text: str | bytes, sentence: str
) -> None:
    with pytest.raises(DataError) as caught:
        metrics(tmp_path, text)
    said = str(caught.value)
    assert said.startswith(f"{tmp_path / 'metrics.csv'}: ")
    assert sentence in said
    assert "\n" not in said
    assert len(said) < 500


def test_a_file_that_is_not_there_or_too_large_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no such file"):
        read_metrics(tmp_path / "gone.csv")
    with pytest.raises(DataError, match="this is a folder"):
        read_metrics(tmp_path)
    with (tmp_path / "large.csv").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(DataError, match="larger than 16 MB"):
        read_metrics(tmp_path / "large.csv")


numbers = st.none() | st.floats(0, 1)


@given(st.lists(st.tuples(*[numbers] * 5), min_size=1, max_size=5))
def test_a_written_table_comes_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[float | None, ...]]
) -> None:
    path = tmp_path_factory.getbasetemp() / "table.csv"
    lines = [HEADER]
    for number, row in enumerate(rows, 1):
        lines.append(",".join([str(number), *("" if c is None else repr(c) for c in row)]))
    path.write_text("\n".join(lines))
    found = [tuple(epoch.model_dump()[name] for name in COLUMNS) for epoch in
             read_metrics(path).epochs]  # fmt: skip
    assert found == [(number, *row) for number, row in enumerate(rows, 1)]


@given(st.text('epoch,;\t\n\r"%.-0123456789 val_losinfa\x00', max_size=80))
def test_any_text_is_a_table_or_one_error(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_text(f"epoch,val_loss\n{text}", newline="")
    try:
        found = read_metrics(path)
    except DataError:
        return
    assert [epoch.epoch for epoch in found.epochs] == sorted({e.epoch for e in found.epochs})
