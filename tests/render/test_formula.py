"""Formulas: read into a few harmless elements, or not at all."""

from __future__ import annotations

import re
import time
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journal.render import formula, renderer
from journal.report.model import Head, Report, Words

SET = [
    r"\mathcal{L} = -\frac{1}{N}\sum_{i=1}^N\big[y_i\log\hat{y}_i + (1-y_i)\log(1-\hat{y}_i)\big]",
    r"\mathrm{softmax}(z)_i = \frac{e^{z_i}}{\sum_j e^{z_j}}",
    r"\begin{cases}1&x>0\\0&x\le0\end{cases}",
    r"\begin{pmatrix}a&b\\c&d\end{pmatrix}",
    r"\begin{aligned}a&=b\\c&=d\end{aligned}",
    r"\underset{\theta}{\arg\min}\,L(\theta)",
    r"\left.\frac{df}{dx}\right|_{x=0}",
    r"\binom{n}{k} + \sqrt[3]{x} + \overline{ab} + \underbrace{x}_{y} + \vec{v}",
    r"\text{if } x \ge 0.331",
    r"\max_{i} x_i \cdot \lim_{n\to\infty} a'",
]
AS_TYPED = [
    *(r"\foo{x}", r"\frac", "{", "x^2^3", r"\def\a{xx}\a", r"\newcommand{\a}{x}\a", r"\let\a=b"),
    *("{" * 200 + "x" + "}" * 200, "x_" * 400 + "x", "x" * 1_001, r"\left(" * 100, "a & b"),
    r"\input{/etc/passwd}",
]
PIECES = [
    *(
        "x",
        "y",
        "12",
        "+",
        "=",
        "<",
        ">",
        "&",
        r"\\",
        "{",
        "}",
        "_",
        "^",
        "'",
        " ",
        "$",
        "日",
        "\x00",
    ),
    *(r"\frac", r"\sqrt", r"\sum", r"\text{", r"\left(", r"\right)", r"\hat", r"\begin{matrix}"),
    *(r"\end{matrix}", r"\color{red}", r"\href{javascript:x}", r"\style{a:b}", r"\hspace{99em}"),
    *(
        r"\mathbf",
        r"\overline",
        r"\binom",
        r"\mathrm{ab}",
        "<script>",
        "&lt;",
        "#panic()",
        '"',
        "`",
    ),
]
typed = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)


@pytest.mark.parametrize("latex", SET)
def test_what_students_write_is_read(latex: str) -> None:
    assert formula.read(latex) is not None


@pytest.mark.parametrize("latex", AS_TYPED, ids=lambda latex: latex[:12])
def test_what_cannot_be_read_or_has_no_bound_is_left_as_it_was_typed(latex: str) -> None:
    begun = time.perf_counter()
    assert formula.read(latex) is None
    assert time.perf_counter() - begun < 5
    assert formula.to_mathml(latex, block=False) is None
    assert formula.to_tree(latex) is None


@settings(max_examples=150)
@given(typed)
def test_whatever_is_typed_gives_only_known_elements_with_known_attributes(latex: str) -> None:
    made = formula.to_mathml(latex, block=True)
    if made is None:
        return
    for element in ElementTree.fromstring(re.sub("[\x00-\x08]", "", made)).iter():
        assert element.tag in formula.TAGS
        assert set(element.attrib) <= formula.ATTRIBUTES.get(element.tag, set())
        assert abs(float(element.get("width", "0em").removesuffix("em"))) <= 2


@settings(max_examples=25)
@given(st.lists(typed, min_size=1, max_size=12))
def test_whatever_is_read_can_be_set_on_paper(formulas: list[str]) -> None:
    words = Words("\n\n".join(f"$${latex.replace('$', '')}x$$" for latex in formulas))
    report = Report(Head("Formulas"), "en", (), (), words, (), (), "a test")
    assert renderer("pdf").render(report).startswith(b"%PDF-")


def test_upright_letters_are_one_name_and_a_color_is_no_color() -> None:
    assert formula.to_mathml(r"\mathrm{relu}", block=False) == (
        "<math><mrow><mi>relu</mi></mrow></math>"
    )
    assert formula.to_mathml(r"\color{red}{x}", block=False) == (
        "<math><mrow><mrow><mrow><mi>x</mi></mrow></mrow></mrow></math>"
    )


def test_a_script_in_a_text_is_text() -> None:
    assert formula.to_mathml(r"\text{<script>}", block=True) == (
        '<math display="block"><mrow><mtext>&lt;script&gt;</mtext></mrow></math>'
    )
