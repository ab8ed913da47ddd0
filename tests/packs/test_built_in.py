"""The packs that the program ships."""

from __future__ import annotations

from collections import Counter

import pytest

from journal import packs
from journal.packs.model import GENERAL_CHECKS

NAMES = ["lab", "diep", "gibbs", "kolb", "rolfe"]


def test_there_are_five_and_the_lab_comes_first() -> None:
    assert list(packs.built_in()) == NAMES


@pytest.mark.parametrize(
    ("name", "titles"),
    [
        (
            "lab",
            "Learning Insights|Challenges and Struggles|Personal Growth|Critical Reflection",
        ),
        ("gibbs", "Description|Feelings|Evaluation|Analysis|Conclusion|Action Plan"),
        (
            "kolb",
            "Concrete Experience|Reflective Observation|Abstract Conceptualization"
            "|Active Experimentation",
        ),
        ("rolfe", "What?|So what?|Now what?"),
        ("diep", "Describe|Interpret|Evaluate|Plan"),
    ],
)
def test_each_has_the_sections_of_its_model_in_order(name: str, titles: str) -> None:
    assert "|".join(section.title for section in packs.load(name).sections) == titles


@pytest.mark.parametrize("name", NAMES)
def test_each_asks_in_every_section_places_every_subject_and_can_be_marked(name: str) -> None:
    pack = packs.load(name)
    assert pack.origin == "built in"
    assert all(section.prompts for section in pack.sections)
    taken = [subject for section in pack.sections for subject in section.takes]
    assert sorted(taken) == sorted(packs.SUBJECTS)
    assert pack.source
    assert all(len(criterion.levels) == 3 for criterion in pack.rubric)
    required = {name for criterion in pack.rubric for name in criterion.requires}
    assert required - GENERAL_CHECKS == {check.id for check in pack.checks}
    for criterion in pack.rubric:
        points = [level.points for level in criterion.levels]
        assert points == sorted(points, reverse=True)


def test_the_lab_asks_at_least_eight_questions() -> None:
    assert sum(len(section.prompts) for section in packs.load("lab").sections) >= 8


def test_no_id_means_one_thing_in_one_pack_and_another_in_the_next() -> None:
    prompts = Counter(
        prompt.id
        for name in NAMES
        for section in packs.load(name).sections
        for prompt in section.prompts
    )
    sections = Counter(section.id for name in NAMES for section in packs.load(name).sections)
    assert max(prompts.values()) == max(sections.values()) == 1


def test_no_question_is_asked_in_two_packs() -> None:
    asked = [
        prompt.question
        for name in NAMES
        for section in packs.load(name).sections
        for prompt in section.prompts
    ]
    assert len(set(asked)) == len(asked)
