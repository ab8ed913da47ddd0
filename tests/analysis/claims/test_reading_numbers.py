from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journal.analysis.claims import check
from journal.analysis.claims.numbers import numbers
from journal.analysis.claims.prose import stretches


@pytest.mark.parametrize(
    ("text", "value", "step", "unit"),
    [
        ("0.635", 0.635, 0.001, ""),
        (".33", 0.33, 0.01, ""),
        ("0,635", 0.635, 0.001, ""),
        ("86.5 %", 0.865, 0.001, "%"),
        ("86,5%", 0.865, 0.001, "%"),
        ("1,800", 1800, 1, ""),
        ("148 610", 148_610, 1, ""),
        ("592.130", 592_130, 1, ""),
        ("66M", 66e6, 1e6, ""),
        ("22.7 M", 22.7e6, 1e5, ""),
        ("sixty-seven million", 67e6, 1e6, ""),
        ("six hundred thousand", 600_000, 1000, ""),
        ("1e-3", 1e-3, 1e-3, ""),
        ("two thirds", 2 / 3, 0.2 / 3, "share"),
        ("3.5 percentage points", 0.035, 0.001, "points"),
        ("30 min 57 s", 1857, 1, "s"),
        ("0:30:57", 1857, 1, "s"),
        ("half an hour", 1800, 180, "s"),
        ("3.4 GB", 3.4e9, 1e8, "bytes"),
        ("twice", 2, 1, "times"),
        ("halved", 0.5, 0.1, "fold"),
    ],
)
def test_a_number_is_read_with_its_scale_and_unit(
    text: str, value: float, step: float, unit: str
) -> None:
    (found,) = numbers(text)

    assert found.value == pytest.approx(value)
    assert found.step == pytest.approx(step)
    assert (found.unit, found.start, found.end) == (unit, 0, len(text))


@pytest.mark.parametrize("text", ["2.6.0", "192.168.0.1", "9" * 40, "no", "—", "%"])
def test_a_version_an_address_and_endless_digits_are_no_numbers(text: str) -> None:
    assert numbers(text) == []


def test_the_first_end_of_a_range_has_the_unit_of_the_second() -> None:
    assert [(n.value, n.unit) for n in numbers("between 90 and 93 s")] == [(90, "s"), (93, "s")]


_SIGNS = st.text(alphabet=" .,:%|`[]()$\\-+*/#~<>!\n0123456789abEpochlst⟦é\u0130", max_size=120)


@given(st.one_of(st.text(max_size=200), _SIGNS))
def test_any_text_is_read_and_each_number_lies_in_order_within_it(text: str) -> None:
    found = numbers(text)

    assert all(0 <= n.start < n.end <= len(text) for n in found)
    assert all(a.end <= b.start for a, b in itertools.pairwise(found))
    assert all(n.value >= 0 and n.step > 0 for n in found)
    for stretch in stretches(text):
        assert 0 <= stretch.start <= len(text)


def test_without_a_run_nothing_is_claimed() -> None:
    assert check("Validation loss ended at 0.3.", []) == ()
