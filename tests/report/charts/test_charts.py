"""What every chart promises, on runs of every kind."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journal.analysis import figures
from journal.analysis.statement import Statement
from journal.record import events as ev
from journal.record.run import Run, numbered
from journal.report import charts
from journal.report.charts.palette import ACCENT, PALETTE
from journal.report.model import Figure

SVG = "{http://www.w3.org/2000/svg}"
START = 1_795_462_500.0
SEAL = "0" * 64
DRAWN: tuple[Callable[[Run], Figure | None], ...] = (
    charts.epochs_chart,
    charts.memory_chart,
    charts.phases_chart,
    charts.parameters_chart,
    charts.confusion_chart,
)
INSIDE: tuple[Callable[[Run], Figure | None], ...] = (
    charts.reliability_chart,
    charts.costs_chart,
    charts.pieces_chart,
    lambda run: next(iter(charts.attention_charts(run)), None),
)
"""Charts whose figures are computed; that they are right is tested beside this."""


def run_of(*events: ev.AnyEvent) -> Run:
    header = ev.RunStarted(time=START, run_id="r-1", engine="cached", program="p")
    return Run(Path("record.jsonl"), numbered([header, *events]))


def epoch(number: int, val_loss: float | None = None, **metrics: float | None) -> ev.Epoch:
    return ev.Epoch(time=START + number, epoch=number, val_loss=val_loss, **metrics)


def drawn(figure: Figure | None) -> Figure:
    assert figure is not None
    return figure


def texts(figure: Figure) -> list[str]:
    return [t.text or "" for t in ElementTree.fromstring(figure.svg).iter(f"{SVG}text")]


def painted(figure: Figure, **style: str) -> list[str]:
    """The paths that are painted so, whether by themselves or by the group they are in."""
    found = []
    root = ElementTree.fromstring(figure.svg)
    for group in [root, *root.iter(f"{SVG}g")]:
        for path in group.findall(f"{SVG}path"):
            paint = group.attrib | path.attrib
            if all(paint.get(name.replace("_", "-")) == value for name, value in style.items()):
                found.append(path.attrib["d"])
    return found


def points(figure: Figure) -> Iterator[tuple[float, float]]:
    """Every point that a path, a mark, or a text of the drawing stands on."""
    root = ElementTree.fromstring(figure.svg)
    for element in root.iter():
        if "d" in element.attrib:
            numbers = [float(n) for n in re.findall(r"-?[\d.]+(?:e-?\d+)?", element.attrib["d"])]
            yield from zip(numbers[::2], numbers[1::2], strict=True)
        for x, y in (("x", "y"), ("cx", "cy")):
            if x in element.attrib:
                yield float(element.attrib[x]), float(element.attrib[y])


def assert_sound(figure: Figure) -> None:
    """The SVG is well formed, inside its sheet, self-contained, and has no id to meet another's."""
    root = ElementTree.fromstring(figure.svg)
    width, height = map(float, root.attrib["viewBox"].split()[2:])
    assert all(0 <= x <= width and 0 <= y <= height for x, y in points(figure))
    assert not {name for e in root.iter() for name in e.attrib} & {"id", "href", "style", "class"}
    assert {e.tag.removeprefix(SVG) for e in root.iter()} <= {"svg", "g", "path", "circle", "text"}
    colors = set(re.findall(r'(?:fill|stroke)="(?!none")([^"]*)"', figure.svg))
    assert colors <= set(PALETTE)
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"] == figure.alt
    assert len({len(row) for row in figure.data.rows} | {len(figure.data.columns)}) == 1


FULL = run_of(
    ev.PhaseStarted(time=START + 0.1, phase="loading model"),
    ev.Memory(time=START + 0.2, rss_bytes=300_000_000, phase="loading model"),
    ev.Memory(time=START + 0.9, rss_bytes=700_000_000, phase="loading model"),
    ev.PhaseFinished(time=START + 1, phase="loading model", seconds=0.9),
    ev.Model(
        time=START + 1,
        name="m",
        layer_groups=(
            ev.LayerGroup(name="encoder", parameters=900, trainable_parameters=0),
            ev.LayerGroup(name="head", parameters=100, trainable_parameters=100),
        ),
    ),
    ev.PhaseStarted(time=START + 1, phase="training"),
    ev.Memory(time=START + 2, rss_bytes=900_000_000, phase="training", epoch=1),
    epoch(2, 0.6, train_loss=0.7, train_accuracy=0.5, val_accuracy=0.6, seconds=1.0),
    epoch(3, 0.4, train_loss=0.5, train_accuracy=0.7, val_accuracy=0.8, seconds=1.5),
    epoch(4, 0.5, train_loss=0.3, train_accuracy=0.9, val_accuracy=0.7, seconds=1.0),
    ev.PhaseFinished(time=START + 5, phase="training", seconds=4),
    ev.Predictions(
        time=START + 6,
        labels=("bad", "good"),
        confusion=((3, 1), (2, 4)),
        calibration=(
            ev.CalibrationBin(lower=0.8, upper=0.9, count=10, confidence=0.85, accuracy=0.7),
        ),
    ),
    ev.Pieces(time=START + 6, text="bad", pieces=("[CLS]", "bad", "[SEP]"), ids=(2, 9, 3)),
    ev.Attention(
        time=START + 6,
        text="bad",
        predicted="bad",
        confidence=0.8,
        pieces=("[CLS]", "bad", "[SEP]"),
        words=(None, 0, None),
        heads=2,
        received=((0.5, 0.3, 0.2),),
        weights=((0.5, 0.3, 0.2), (0.6, 0.2, 0.2), (0.4, 0.4, 0.2)),
    ),
)


@pytest.mark.parametrize("chart", DRAWN + INSIDE)
def test_a_run_that_holds_nothing_of_it_has_no_chart(chart: Callable[[Run], Figure | None]) -> None:
    assert chart(run_of()) is None


def test_epochs_of_which_only_the_time_is_known_have_no_chart() -> None:
    assert charts.epochs_chart(run_of(epoch(1, seconds=3.0))) is None


def test_predictions_whose_matrix_is_empty_or_ragged_beyond_use_have_no_chart() -> None:
    for confusion in (((0, 0), (0, 0)), ((), (3, 4)), ()):
        found = ev.Predictions.model_construct(
            time=START, labels=("a", "b"), confusion=confusion, scores=(), split="validation"
        )
        assert charts.confusion_chart(run_of(found)) is None


@pytest.mark.parametrize("chart", DRAWN + INSIDE)
def test_a_chart_is_sound_and_the_same_every_time(chart: Callable[[Run], Figure | None]) -> None:
    figure = drawn(chart(FULL))
    assert_sound(figure)
    assert figure == chart(FULL)


@pytest.mark.parametrize("chart", DRAWN)
def test_every_linked_number_is_what_its_evidence_says(
    chart: Callable[[Run], Figure | None],
) -> None:
    figure = drawn(chart(FULL))
    cells = [cell for row in figure.data.rows for cell in row]
    linked = [value for part in (figure.caption, *cells) for value in part.values]
    assert linked
    write = {
        "val_loss": figures.loss,
        "train_loss": figures.loss,
        "val_accuracy": figures.accuracy,
        "train_accuracy": figures.accuracy,
        "phase_finished.seconds": figures.seconds,
        "seconds": figures.seconds,
        "memory.rss_bytes": lambda size: f"{size // 1_000_000} MB",
    }
    lines = {line.number for line in FULL.lines}
    for value in linked:
        assert {place.run_id for place in value.evidence} == {"r-1"}
        assert {place.line for place in value.evidence} <= lines
        if len(value.evidence) == 1:
            (place,) = value.evidence
            shown = write.get(place.metric, str)(place.value)  # type: ignore[operator,arg-type]
            assert value.text == shown
        else:
            assert value.text == f"{sum(int(place.value or 0) for place in value.evidence):,}"


# Epochs


def test_the_words_of_the_epochs_chart_tell_its_numbers() -> None:
    figure = drawn(charts.epochs_chart(FULL))
    assert str(figure.caption) == (
        "Loss and accuracy by epoch. Of the epochs on record, validation loss is lowest at "
        "epoch 3, with 0.400. Epoch 1 was not recorded; dotted lines only join what was."
    )
    assert "Validation loss goes from 0.600 at epoch 2 to 0.500 at epoch 4" in figure.alt
    assert "its lowest is 0.400 at epoch 3" in figure.alt
    assert "Training accuracy goes from 0.500 at epoch 2 to 0.900 at epoch 4" in figure.alt
    assert "lowest validation loss: epoch 3" in texts(figure)


def test_each_line_is_named_at_its_end_with_its_last_figure() -> None:
    shown = texts(drawn(charts.epochs_chart(FULL)))
    for words in ("training", "validation", "0.500", "0.300", "0.900", "0.700"):
        assert words in shown


def test_a_single_epoch_is_drawn_without_a_best_one() -> None:
    figure = drawn(charts.epochs_chart(run_of(epoch(1, 0.7, val_accuracy=0.6))))
    assert_sound(figure)
    assert figure.alt.startswith("Chart of one epoch.")
    assert not any("lowest" in words for words in texts(figure))


def test_figures_that_are_not_finite_break_the_line_and_are_marked() -> None:
    run = run_of(
        *(epoch(n, loss) for n, loss in enumerate([0.7, 0.6, math.nan, 0.5, 0.4, math.inf], 1))
    )
    figure = drawn(charts.epochs_chart(run))
    assert_sound(figure)
    assert "validation NaN" in texts(figure)
    assert "validation infinity" in texts(figure)
    assert "It has no place on the scale from epoch 3, where it is NaN." in figure.alt
    assert [str(cell) for row in figure.data.rows for cell in (row[2],)] == [
        *("0.700", "0.600", "NaN", "0.500", "0.400", "infinity")
    ]
    # Solid lines in the accent, each from one point to the next: epochs 1 to 2, and 4 to 5.
    solid = painted(figure, stroke=ACCENT, stroke_width="2.2")
    assert [path.count("L") for path in solid] == [1, 1]


def test_a_loss_that_is_never_finite_still_gives_a_chart() -> None:
    figure = drawn(charts.epochs_chart(run_of(*(epoch(n, math.nan) for n in (1, 2, 3)))))
    assert_sound(figure)
    assert "validation NaN" in texts(figure)


def test_two_known_epochs_of_twenty_are_joined_by_dots_and_the_gap_is_said() -> None:
    figure = drawn(charts.epochs_chart(run_of(epoch(1, 0.635), epoch(20, 0.331))))
    assert_sound(figure)
    assert "not recorded" in texts(figure)
    assert "Epochs 2 to 19 were not recorded" in str(figure.caption)
    assert 'stroke-dasharray="1,4"' in figure.svg
    assert "Accuracy" not in texts(figure)


def test_figures_of_very_different_size_are_drawn_on_a_log_scale_that_is_named() -> None:
    run = run_of(*(epoch(n, 10.0**n, val_accuracy=0.5) for n in range(1, 9)))
    assert "Loss, log scale" in texts(drawn(charts.epochs_chart(run)))
    assert "Loss" in texts(drawn(charts.epochs_chart(FULL)))


def test_many_epochs_stay_small_and_keep_the_best_in_the_table() -> None:
    run = run_of(*(epoch(n, abs(n - 1777) + 1.0, train_loss=1 / n) for n in range(1, 3001)))
    figure = drawn(charts.epochs_chart(run))
    assert_sound(figure)
    assert len(figure.svg) < 100_000
    shown = [str(row[0]) for row in figure.data.rows]
    assert {"1", "1,777", "3,000"} <= set(shown)
    assert str(figure.data.caption) == f"Loss and accuracy by epoch, {len(shown)} of 3,000 epochs"


def test_pins_stand_apart_and_are_told_below() -> None:
    pins = [charts.Pin(2.0 + n / 10, str(n), f"note number {n}") for n in range(9)]
    figure = drawn(charts.epochs_chart(FULL, pins))
    assert_sound(figure)
    assert "(0) note number 0; (1) note number 1" in str(figure.caption)
    assert figure.alt.endswith(str(figure.caption).split(" Pins: ")[1])


def test_pins_without_room_are_counted_not_piled_up() -> None:
    pins = [charts.Pin(2.0, str(n), "note") for n in range(30)]
    figure = drawn(charts.epochs_chart(FULL, pins))
    assert "26 more had no room" in str(figure.caption)
    assert_sound(figure)


def test_what_went_wrong_is_pinned_by_itself() -> None:
    oom = ev.OutOfMemory(time=START + 2.5, phase="training", tried="batch of 64", error="no memory")
    figure = drawn(charts.epochs_chart(run_of(epoch(2, 0.5), oom, epoch(3, 0.4))))
    assert "(!) out of memory while training" in str(figure.caption)
    assert "!" in texts(figure)


any_time = st.floats(0, 2e11)
any_float = st.one_of(st.none(), st.floats(), st.floats(0, 2))
any_share = st.one_of(st.none(), st.floats(0, 1), st.just(math.nan))
any_epoch = st.builds(
    lambda n, a, b, c, d, t: ev.Epoch(
        time=t, epoch=n, train_loss=a, val_loss=b, train_accuracy=c, val_accuracy=d
    ),
    st.one_of(st.integers(1, 30), st.integers(1, 2**63 - 1)),
    any_float,
    any_float,
    any_share.filter(lambda v: v is None or not math.isnan(v)),
    any_share.filter(lambda v: v is None or not math.isnan(v)),
    any_time,
)


@settings(max_examples=50)
@given(st.lists(any_epoch, max_size=25), st.lists(st.floats(), max_size=5))
def test_no_figures_of_epochs_upset_the_chart(found: list[ev.Epoch], places: list[float]) -> None:
    pins = [charts.Pin(place, "1", "note") for place in places]
    run = run_of(*found)
    figure = charts.epochs_chart(run, pins)
    if figure is None:
        assert all(e.train_loss is None and e.val_loss is None for e in run.epochs)
    else:
        assert_sound(figure)


def test_a_time_falls_inside_the_epoch_it_fell_in() -> None:
    run = run_of(
        ev.Epoch(time=START + 10, epoch=1, val_loss=1.0, seconds=4.0),
        ev.Epoch(time=START + 14, epoch=2, val_loss=1.0),
        ev.Epoch(time=START + 90, epoch=3, val_loss=1.0, seconds=2.0),
    )
    told = [charts.epoch_position(run, START + t) for t in (0, 8, 10, 13, 50, 89, 200)]
    assert told == [0.0, 0.5, 1.0, 1.75, 2.0, 2.5, 3.0]


@given(st.lists(st.floats(0, 100), min_size=1, max_size=8), st.lists(st.floats(-10, 110)))
def test_a_later_time_never_stands_before_an_earlier_one(
    ends: list[float], times: list[float]
) -> None:
    run = run_of(*(ev.Epoch(time=t, epoch=n) for n, t in enumerate(sorted(ends), 1)))
    told = [charts.epoch_position(run, time) for time in sorted(times)]
    assert told == sorted(told)


# Memory and time


def test_memory_is_told_in_megabytes_by_phase() -> None:
    figure = drawn(charts.memory_chart(FULL))
    assert str(figure.caption) == (
        "Memory over time, by phase. The highest sample of resident memory is 900 MB, "
        "while training."
    )
    assert [[str(cell) for cell in row] for row in figure.data.rows] == [
        ["loading model", "0.20 s", "300 MB", "700 MB"],
        ["training", "2.00 s", "900 MB", "900 MB"],
    ]
    assert {"loading model", "training", "resident"} <= set(texts(figure))


def test_the_time_before_a_restart_is_not_drawn() -> None:
    day = 86_400.0
    run = run_of(
        ev.Memory(time=START + 10, rss_bytes=10**8),
        ev.Restart(time=START + day, from_epoch=1),
        ev.Memory(time=START + day + 10, rss_bytes=2 * 10**8),
    )
    figure = drawn(charts.memory_chart(run))
    assert_sound(figure)
    assert "over 20.0 s, 2 samples" in figure.alt
    assert "seconds since the start" in texts(figure)


def test_many_samples_stay_small_and_keep_their_peak() -> None:
    run = run_of(
        *(
            ev.Memory(time=START + n / 100, rss_bytes=10**9 if n == 11_111 else 10**8)
            for n in range(20_000)
        )
    )
    figure = drawn(charts.memory_chart(run))
    assert_sound(figure)
    assert len(figure.svg) < 60_000
    (line,) = painted(figure, stroke=ACCENT)
    heights = sorted(float(y) for y in re.findall(r"[ML][\d.]+ ([\d.]+)", line))
    assert heights[0] + 100 < heights[1]
    assert "is highest with 1,000 MB at 1 min 51 s" in figure.alt


def test_memory_on_the_gpu_is_a_second_line() -> None:
    run = run_of(
        *(
            ev.Memory(time=START + n, rss_bytes=10**9, cuda_allocated_bytes=n * 10**8)
            for n in (1, 2)
        )
    )
    figure = drawn(charts.memory_chart(run))
    assert_sound(figure)
    assert {"resident", "GPU"} <= set(texts(figure))
    assert [str(cell) for cell in figure.data.rows[0]][-1] == "200 MB"


@settings(max_examples=40)
@given(
    st.lists(
        st.one_of(
            st.builds(
                ev.Memory,
                time=any_time,
                rss_bytes=st.integers(0, 2**63 - 1),
                phase=st.one_of(st.none(), st.text(max_size=5)),
            ),
            st.builds(ev.PhaseStarted, time=any_time, phase=st.text(max_size=5)),
            st.builds(ev.Restart, time=any_time, from_epoch=st.integers(0, 9)),
        ),
        max_size=20,
    )
)
def test_no_samples_upset_the_chart(found: list[ev.AnyEvent]) -> None:
    figure = charts.memory_chart(run_of(*found))
    if figure is not None:
        assert_sound(figure)


def test_a_phase_that_came_twice_is_one_bar_with_both_as_evidence() -> None:
    run = run_of(
        *(
            ev.PhaseFinished(time=START, phase=p, seconds=s)
            for p, s in (("a", 1), ("b", 2), ("a", 3))
        )
    )
    figure = drawn(charts.phases_chart(run))
    (time,) = figure.caption.values
    assert time.text == "4.00 s"
    assert [place.value for place in time.evidence] == [1.0, 3.0]
    assert (
        str(figure.caption)
        == "Seconds by phase. The longest is a, 4.00 s, 67% of the time in phases."
    )
    assert "By phase: a 4.00 s; b 2.00 s." in figure.alt


def test_phases_that_took_no_time_are_drawn() -> None:
    figure = drawn(charts.phases_chart(run_of(ev.PhaseFinished(time=START, phase="a", seconds=0))))
    assert_sound(figure)


# Parameters and predictions


def test_the_smallest_trained_group_is_seen_beside_the_largest_frozen_one() -> None:
    groups = (
        ev.LayerGroup(name="encoder", parameters=66_000_000, trainable_parameters=0),
        ev.LayerGroup(name="head", parameters=2, trainable_parameters=2),
        ev.LayerGroup(name="mixed", parameters=10, trainable_parameters=4),
    )
    figure = drawn(charts.parameters_chart(run_of(ev.Model(name="m", layer_groups=groups))))
    assert_sound(figure)
    assert str(figure.caption) == (
        "Parameters by layer group. 6 of 66,000,012 train (0.0%); the others are frozen."
    )
    assert {"66,000,000 frozen", "2 trained", "4 of 10 trained"} <= set(texts(figure))
    bars = [re.findall(r"[ML]([\d.]+) ", path) for path in painted(figure, fill=ACCENT)]
    assert len(bars) == 3  # the key, the head, the trained part of the mixed group
    assert all(float(right) - float(left) >= 1.9 for left, right, *_ in bars)


def test_the_confusion_matrix_counts_rows_as_true_labels() -> None:
    figure = drawn(charts.confusion_chart(FULL))
    assert str(figure.caption) == (
        "True and predicted labels of the validation reviews: 7 of 10 are right."
    )
    assert [[str(cell) for cell in row] for row in figure.data.rows] == [
        ["bad", "3", "1"],
        ["good", "2", "4"],
    ]
    assert "Of 6 that are good, 2 predicted bad, 4 predicted good." in figure.alt


def test_of_very_many_labels_the_commonest_are_drawn_and_it_is_said() -> None:
    labels = tuple(f"label {n}" for n in range(40))
    confusion = tuple(tuple(n if n == m else 0 for m in range(40)) for n in range(40))
    found = ev.Predictions(labels=labels, confusion=confusion)
    figure = drawn(charts.confusion_chart(run_of(found)))
    assert_sound(figure)
    assert "The 10 commonest of 40 labels are shown." in str(figure.caption)
    assert [str(row[0]) for row in figure.data.rows] == [f"label {n}" for n in range(30, 40)]


HOSTILE = [
    "<script>alert(1)</script>",
    "$\\frac{1}{0}$",
    "a\x00\x1b[31m\u202eb",
    "x" * 9000,
    "日本",
    "",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_names_of_a_record_are_shown_as_text_and_cut(name: str) -> None:
    run = run_of(
        ev.PhaseStarted(time=START, phase=name),
        ev.Memory(time=START + 1, rss_bytes=10**8, phase=name),
        ev.PhaseFinished(time=START + 2, phase=name, seconds=2),
        ev.Model(
            name="m",
            layer_groups=(ev.LayerGroup(name=name, parameters=1, trainable_parameters=1),),
        ),
        ev.Predictions(labels=(name, "b"), confusion=((1, 0), (0, 1))),
    )
    for chart in DRAWN[1:]:
        figure = drawn(chart(run))
        assert_sound(figure)
        assert len(figure.svg) < 12_000
        assert not re.search(
            "[\x00-\x08\x0b-\x1f\u202e]", figure.svg + figure.alt + str(figure.caption)
        )


def test_a_statement_in_a_table_is_a_dash_where_nothing_was_recorded() -> None:
    figure = drawn(charts.epochs_chart(run_of(epoch(1, 0.5))))
    assert [str(cell) for cell in figure.data.rows[0]] == ["1", "–", "0.500", "–", "–", "–"]
    assert all(isinstance(cell, Statement) for cell in figure.data.rows[0])
