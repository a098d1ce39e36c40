"""Whom a title means."""

import pytest

from policies.decisions.rota import RotaPerson
from policies.oncall.calendars.titles import Known, directory, matched

ANA, TOM, KIM, OTHER = (RotaPerson(number, name) for number, name in enumerate(("Ana Ruiz", "Tom Brandt", "Kim Lee", "Kim Lee"), 1))
PEOPLE = directory(
    [
        Known(ANA, ("Ana Ruiz", "", "ana", "ana.ruiz@example.org")),
        Known(TOM, ("Tom Brandt", "Thomas Brandt", "tom", "")),
        Known(KIM, ("Kim Lee", "", "kim", "")),
        Known(OTHER, ("Kim Lee", "", "kim2", "")),
        Known(RotaPerson(9, "Old Hand"), ("Old Hand",), active=False),
    ]
)


@pytest.mark.parametrize(
    "title",
    [
        "Ana Ruiz",
        "  ana   RUIZ ",
        "ana",
        "Ana.Ruiz@Example.org",
        "On call: Ana Ruiz",
        "On-call - ana",
        "oncall: ana",
        "Ruiz, Ana",
        "[L0] ana",
    ],
)
def test_a_person_is_found_by_every_name_they_have(title: str) -> None:
    assert matched(title, PEOPLE).person == ANA


@pytest.mark.parametrize(("title", "priority"), [("ana", 0), ("[L0] ana", 0), ("[L9] On call: ana", 9), ("[l3]ana", 3)])
def test_the_mark_of_grafana_oncall_is_a_priority(title: str, priority: int) -> None:
    assert (matched(title, PEOPLE).person, matched(title, PEOPLE).priority) == (ANA, priority)


def test_of_several_names_the_first_counts_and_that_is_said() -> None:
    found = matched("Tom Brandt, Ana Ruiz", PEOPLE)
    assert (found.person, found.note) == (TOM, "names several people; Tom Brandt, who stands first, counts")


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("Nobody Here", "nobody has this name"),
        ("Kim Lee", "several people are called so"),
        ("Old Hand", "left"),
        ("[L1]  ", "without a name"),
        ("", "without a name"),
        ("Nobody, Ana Ruiz", "nobody has this name"),
        ("[L10] ana", "nobody has this name"),
    ],
)
def test_whoever_is_not_found_is_nobody_and_why_is_said(title: str, said: str) -> None:
    found = matched(title, PEOPLE)
    assert found.person is None
    assert said in found.problem
