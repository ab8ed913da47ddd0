"""Pictures from inside a run: pieces, attention, confidence, and what the epochs bought."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journal.analysis.intervals import wilson
from journal.record import events as ev
from journal.record.run import Run, numbered
from journal.report import charts
from journal.report.charts.named import names, words_of
from journal.report.charts.sheet import WIDTH, breadth
from journal.report.model import Figure

SVG = "{http://www.w3.org/2000/svg}"
CLS, SEP = "[CLS]", "[SEP]"


def run_of(*events: ev.AnyEvent) -> Run:
    header = ev.RunStarted(time=1.0, run_id="r-1", engine="cached", program="p")
    return Run(Path("record.jsonl"), numbered([header, *events]))


def drawn(figure: Figure | None) -> Figure:
    assert figure is not None
    root = ElementTree.fromstring(figure.svg)
    width, height = map(float, root.attrib["viewBox"].split()[2:])
    for element in root.iter():
        for x, y in re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", element.attrib.get("d", "")):
            if "id" not in element.attrib:
                assert -0.1 <= float(x) <= width + 0.1
                assert -0.1 <= float(y) <= height + 0.1
    return figure


def texts(figure: Figure) -> list[str]:
    return [t.text or "" for t in ElementTree.fromstring(figure.svg).iter(f"{SVG}text")]


def rows(figure: Figure) -> list[list[str]]:
    return [[str(cell) for cell in row] for row in figure.data.rows]


# Pieces

CUT = ev.Pieces(
    time=1.0,
    text="Splendid kettles!",
    pieces=(CLS, "sp", "##lend", "##id", "kettles", "!", SEP),
    ids=(2, 11, 12, 13, 14, 5, 3),
    words=(None, 0, 0, 0, 1, 2, None),
    starts=(0, 0, 2, 6, 9, 16, 0),
    ends=(0, 2, 6, 8, 16, 17, 0),
)
BYTES = ev.Pieces(
    time=1.0,
    text="A café 😀",
    pieces=("<s>", "A", "ĠcafÃ©", "ĠðŁĺ", "Ģ", "</s>"),
    ids=(0, 5, 6, 7, 8, 2),
    words=(None, 0, 1, 2, 2, None),
    starts=(0, 0, 1, 6, 7, 0),
    ends=(0, 1, 6, 8, 8, 0),
)


def test_the_pieces_of_a_cut_word_stand_together_with_their_numbers() -> None:
    figure = drawn(charts.pieces_chart(run_of(CUT)))
    assert str(figure.caption) == (
        "A review as the model reads it: 3 words and punctuation marks become 7 pieces, and each "
        "piece a number. Cut into several: sp + ##lend + ##id."
    )
    assert rows(figure)[1] == ["sp", "11"]
    assert "sp | ##lend | ##id | kettles" in figure.alt
    found = texts(figure)
    assert [found.index(word) for word in ("sp", "##lend", "kettles")] == sorted(
        found.index(word) for word in ("sp", "##lend", "kettles")
    )
    (words, pieces) = figure.caption.values
    assert {e.value for e in words.evidence} == {0, 1, 2}
    assert len(pieces.evidence) == 7


def test_a_review_of_one_word_is_told_in_the_singular() -> None:
    one = ev.Pieces(time=1.0, text="Ok", pieces=("o", "##k"), ids=(4, 5), words=(0, 0))
    assert str(drawn(charts.pieces_chart(run_of(one))).caption) == (
        "A review as the model reads it: 1 word becomes 2 pieces, and each piece a number. Cut "
        "into several: o + ##k."
    )


def test_pieces_of_bytes_are_called_by_what_they_stand_for() -> None:
    assert names(BYTES) == ["<s>", "A", "café", "ĠðŁĺ", "Ģ", "</s>"]
    joined = ev.Pieces(time=1.0, text="so good", pieces=("▁so", "▁", "good"), ids=(1, 2, 3))
    assert names(joined) == ["so", "▁", "good"]


def test_a_record_without_words_lets_every_piece_stand_for_itself() -> None:
    old = CUT.model_copy(update={"words": (), "starts": (), "ends": ()})
    assert [places for _, places in words_of(old)] == [[n] for n in range(7)]
    figure = drawn(charts.pieces_chart(run_of(old)))
    assert str(figure.caption) == (
        "A review as the model reads it: 7 pieces, and each piece a number."
    )


def test_of_a_long_review_the_first_pieces_are_shown_and_that_is_said() -> None:
    many = 512
    long = ev.Pieces(
        time=1.0, text="good " * many, pieces=("good",) * many, ids=(7,) * many,
        words=tuple(range(many)),
    )  # fmt: skip
    figure = drawn(charts.pieces_chart(run_of(long)))
    assert len(rows(figure)) == 60
    assert str(figure.caption).endswith("The first 60 are shown.")
    assert len(figure.svg) < 40_000


# Attention


def looked(**changes: object) -> ev.Attention:
    base = ev.Attention(
        time=1.0,
        text="Splendid kettles!",
        label="good",
        predicted="bad",
        confidence=0.912,
        pieces=(CLS, "splendid", "kettles", SEP),
        words=(None, 0, 1, None),
        heads=12,
        received=((0.25, 0.25, 0.25, 0.25), (0.35, 0.2725, 0.1775, 0.2)),
        weights=(
            (0.5, 0.3, 0.15, 0.05),
            (0.4, 0.4, 0.1, 0.1),
            (0.1, 0.09, 0.41, 0.4),
            (0.4, 0.3, 0.05, 0.25),
        ),
    )
    return base.model_copy(update=changes)


def test_who_looks_at_whom_is_told_in_both_directions() -> None:
    (figure,) = charts.attention_charts(run_of(looked()))
    drawn(figure)
    caption = str(figure.caption)
    assert "[CLS], which stands for the whole review, looks most at “splendid” (30%)" in caption
    assert "“kettles” (15%), special pieces apart" in caption
    assert caption.endswith("The model says bad (91%); the label is good.")
    assert rows(figure)[2] == ["kettles", "kettles", "41%", "kettles", "41%", "18%"]
    assert rows(figure)[1] == ["splendid", CLS, "40%", "splendid", "40%", "27%"]
    for value in figure.caption.values:
        (evidence,) = value.evidence
        assert evidence.value in {12, 0.3, 0.15, 0.912}
    assert "kettles at kettles (41%)" in figure.alt


def test_large_shares_are_written_into_their_cells_and_small_ones_left_blank() -> None:
    (figure,) = charts.attention_charts(run_of(looked()))
    written = [word for word in texts(figure) if word.isdigit()]
    assert sorted(written) == sorted(
        str(round(share * 100)) for row in looked().weights for share in row if share >= 0.1
    )
    assert figure.svg.count('transform="rotate(-90 ') == 4
    assert {"layer 1", "layer 2", "from", "to: what is looked at"} <= set(texts(figure))


def test_an_unknown_label_is_not_made_up() -> None:
    (figure,) = charts.attention_charts(run_of(looked(label=None)))
    assert str(figure.caption).endswith("The model says bad (91%).")


def test_a_review_looked_into_again_after_a_kill_is_shown_once_and_no_more_than_two() -> None:
    events = [looked(), looked(text="other"), looked(), looked(text="third")]
    found = charts.attention_charts(run_of(*events))
    assert [figure.id for figure in found] == ["attention-1-r-1", "attention-2-r-1"]


@pytest.mark.parametrize(
    "changes",
    [{"weights": ()}, {"received": ()}, {"weights": ((1.0,),) * 4}, {"pieces": ("a",)}],
)
def test_shares_that_make_no_square_have_no_picture(changes: dict[str, object]) -> None:
    assert charts.attention_charts(run_of(looked(**changes))) == []


@pytest.mark.parametrize("name", ["abcdefghijklmnopqrstuv", "水壶烧水很快但是盖子一周就坏了"])
@pytest.mark.parametrize(("pieces", "layers"), [(2, 1), (24, 6), (32, 48)])
def test_the_largest_picture_stays_small_and_within_its_sheet(
    name: str, pieces: int, layers: int
) -> None:
    def share(n: int) -> float:
        return ((n * 7919) % 97) / 97

    event = looked(
        pieces=(name,) * pieces,
        words=tuple(range(pieces)),
        received=tuple(tuple(share(n + k) for n in range(pieces)) for k in range(layers)),
        weights=tuple(tuple(share(n * k) for n in range(pieces)) for k in range(pieces)),
    )
    (figure,) = charts.attention_charts(run_of(event))
    assert len(drawn(figure).svg) < 110_000
    root = ElementTree.fromstring(figure.svg)
    for group in (root, *root.iter(f"{SVG}g")):
        for label in group.findall(f"{SVG}text"):
            room, x, y = breadth(label.text or ""), *(float(label.attrib[k]) for k in "xy")
            anchor = (group.attrib | label.attrib)["text-anchor"]
            if "transform" in label.attrib:
                assert y - room >= 0
            elif anchor != "middle":
                assert x - room >= 0 if anchor == "end" else x + room <= WIDTH
    assert sum(words.startswith("layer ") for words in texts(figure)) == min(layers, 12)


# Confidence


def calibrated(*bins: tuple[float, int, float | None, float | None]) -> Run:
    held = tuple(
        ev.CalibrationBin(
            lower=low, upper=round(low + 0.1, 1), count=n, confidence=sure, accuracy=right
        )
        for low, n, sure, right in bins
    )
    return run_of(
        ev.Predictions(time=1.0, labels=("a", "b"), confusion=((1, 1), (1, 1)), calibration=held)
    )


def test_each_bin_has_its_count_and_its_wilson_interval() -> None:
    figure = drawn(
        charts.reliability_chart(
            calibrated((0.4, 0, None, None), (0.5, 40, 0.56, 0.65), (0.9, 10, 0.95, 0.8))
        )
    )
    low, high = wilson(26, 40)
    assert rows(figure) == [
        ["50% to 60%", "40", "0.560", "0.650", f"{low:.3f} to {high:.3f}"],
        ["90% to 100%", "10", "0.950", "0.800", "0.490 to 0.943"],
    ]
    assert str(figure.caption).startswith(
        "How sure the model is, and how often it is right, on 50 validation reviews: 64% sure on "
        "average, 68% right."
    )
    assert {"40", "10"} <= set(texts(figure))
    assert "80% of 10 right, 95% interval 49% to 94%" in figure.alt


def test_bins_without_reviews_or_numbers_are_left_out() -> None:
    assert charts.reliability_chart(calibrated((0.5, 0, None, None))) is None
    assert charts.reliability_chart(calibrated((0.5, 3, math.nan, 0.5))) is None
    figure = drawn(charts.reliability_chart(calibrated((0.5, 3, 0.5, math.nan), (0.9, 1, 1, 1))))
    assert len(rows(figure)) == 1


# What the epochs bought


def epochs(*losses: float | None, seconds: float | None = 2.0, first: int = 1) -> list[ev.AnyEvent]:
    return [
        ev.Epoch(time=float(n), epoch=n, val_loss=loss, seconds=seconds)
        for n, loss in enumerate(losses, first)
    ]


def test_halves_of_the_run_are_told_with_their_price_and_what_it_bought() -> None:
    figure = drawn(charts.costs_chart(run_of(*epochs(0.9, 0.6, 0.5, 0.52))))
    assert str(figure.caption) == (
        "What the epochs cost, and what each did to validation loss against the epoch before. "
        "Epochs 2 to 3 took 4.00 s and lowered it by 0.400; epoch 4 took 2.00 s and raised it by "
        "0.020."
    )
    assert rows(figure) == [
        ["2", "2.00 s", "−0.300"],
        ["3", "2.00 s", "−0.100"],
        ["4", "2.00 s", "+0.020"],
    ]
    assert "one of the bars rise" in figure.alt


@pytest.mark.parametrize(
    "made",
    [
        lambda: epochs(0.9, 0.6),
        lambda: epochs(0.9, 0.6, 0.5, seconds=None),
        lambda: epochs(0.9, None, 0.5, 0.4),
        lambda: [*epochs(0.635), *epochs(0.331, first=20)],
    ],
)
def test_without_neighboring_losses_and_seconds_there_is_no_such_chart(
    made: Callable[[], list[ev.AnyEvent]],
) -> None:
    assert charts.costs_chart(run_of(*made())) is None


def test_many_epochs_share_bars_and_that_is_said() -> None:
    figure = drawn(charts.costs_chart(run_of(*epochs(*(1 / n for n in range(1, 202))))))
    assert "A bar is 4 epochs." in str(figure.caption)
    assert rows(figure)[0][:2] == ["2 to 5", "8.00 s"]
    assert len(rows(figure)) == 50


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.none() | st.floats(), st.none() | st.floats(0, 1e9)), min_size=3, max_size=90
    )
)
def test_no_figures_upset_the_chart_of_costs(
    found: list[tuple[float | None, float | None]],
) -> None:
    events = [
        ev.Epoch(time=float(n), epoch=n, val_loss=loss, seconds=seconds)
        for n, (loss, seconds) in enumerate(found, 1)
    ]
    figure = charts.costs_chart(run_of(*events))
    if figure is not None:
        drawn(figure)
