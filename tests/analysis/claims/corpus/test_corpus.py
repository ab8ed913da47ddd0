from __future__ import annotations

import importlib.util
import re
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

HERE = Path(__file__).parent
EXACT = re.compile(r"\d+[.,]\d+")


def _module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"corpus_{name}", HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


corpus = _module("corpus")
records = _module("records")
HALVES = {half: corpus.read(half) for half in ("dev", "unseen")}
ALL = [*HALVES["dev"], *HALVES["unseen"]]
BOTH = pytest.mark.parametrize("half", ["dev", "unseen"])


def test_there_are_six_hundred_sentences_and_a_thousand_numbers() -> None:
    assert len(ALL) >= 600
    assert sum(len(entry.numbers) for entry in ALL) >= 1000


def test_no_text_stands_twice() -> None:
    counted = Counter(entry.text for entry in ALL)
    assert [text for text, times in counted.items() if times > 1] == []


def test_the_halves_are_alike() -> None:
    dev, unseen = (Counter(entry.style for entry in HALVES[half]) for half in ("dev", "unseen"))
    assert set(dev) == set(unseen)
    assert {style: abs(dev[style] - unseen[style]) for style in dev if
            abs(dev[style] - unseen[style]) > 3} == {}  # fmt: skip


def test_every_entry_is_about_runs_that_there_are() -> None:
    assert {name for entry in ALL for name in entry.records} == set(records.SAMPLES)
    for entry in ALL:
        for number in entry.numbers:
            assert number.run in {"", *entry.records}, entry.place


@BOTH
def test_every_number_with_a_decimal_point_is_labelled(half: str) -> None:
    missed = []
    for entry in HALVES[half]:
        covered = [(number.start, number.end) for number in entry.numbers]
        missed += [
            (entry.place, found[0])
            for found in EXACT.finditer(entry.text)
            if not any(start <= found.start() < end for start, end in covered)
        ]
    assert missed == []


@BOTH
def test_what_matches_exactly_is_on_record(half: str) -> None:
    wrong = []
    for entry in HALVES[half]:
        hedged = entry.style in {"hedged", "words"}
        for number in entry.numbers:
            of = number.run or entry.records[0]
            plain = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(%?)", number.text)
            if number.metric not in corpus.CURVES or number.epoch is None or plain is None:
                continue
            values = getattr(records.SAMPLES[of].curves, number.metric)
            recorded = values[number.epoch - 1] if number.epoch <= len(values) else None
            if recorded is None:
                if number.verdict not in {"not_in_record", "ambiguous"}:
                    wrong.append((entry.place, number.text, "nothing is recorded"))
                continue
            percent = plain[2] or (number.metric.endswith("accuracy") and float(plain[1]) > 1)
            written = float(plain[1]) / (100 if percent else 1)
            digits = len(plain[1].partition(".")[2]) + (2 if percent else 0)
            fits = abs(written - recorded) <= 0.5 * 10**-digits * 1.0001
            # A hedge is held to what it says: "below 0.35" is true of 0.331.
            if number.verdict in {"match", "match_rounded"} and not fits and not hedged:
                wrong.append((entry.place, number.text, recorded))
            if number.verdict in corpus.ERRORS - {"direction_error", "conclusion_error"} and fits:
                wrong.append((entry.place, number.text, recorded))
    assert wrong == []


@BOTH
def test_right_and_wrong_claims_are_told_apart_by_their_verdicts(half: str) -> None:
    claims = [
        number
        for entry in HALVES[half]
        for number in entry.numbers
        if number.claim and number.metric != "epoch"
    ]
    wrong = sum(number.verdict in corpus.ERRORS for number in claims)
    assert 0.2 <= wrong / len(claims) <= 0.45
    assert {number.verdict for number in claims} == corpus.VERDICTS
