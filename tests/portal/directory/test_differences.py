"""The comparison of three states, as a table, and what is asked of a person all the same."""

import pytest

from portal.foundation.directory.differences import NOTHING, Kind, Stated, Ways, compare, differences, loops


def said(text: str) -> Stated:
    return Stated(text, text)


@pytest.mark.parametrize(
    ("theirs", "ours", "base", "kind"),
    [
        ("a", "a", None, None),
        ("a", "a", "b", None),
        ("", "", "b", None),
        ("b", "a", "a", Kind.CHANGE),
        ("", "a", "a", Kind.CHANGE),
        ("b", "", "", Kind.CHANGE),
        ("a", "b", "a", Kind.HERE),
        ("a", "", "a", Kind.HERE),
        ("b", "c", "a", Kind.CONFLICT),
        ("b", "", None, Kind.NEW),
        ("b", "a", None, Kind.CONFLICT),
        ("", "a", None, Kind.HERE),
    ],
)
def test_who_changed_what_since_both_agreed(theirs: str, ours: str, base: str | None, kind: Kind | None) -> None:
    assert compare(said(theirs), said(ours), None if base is None else said(base)) == kind


def kinds(theirs: dict[str, str], ours: dict[str, str], ways: Ways) -> dict[str, Kind]:
    stated = {name: said(value) if value else NOTHING for name, value in theirs.items()}
    mine = {name: said(value) for name, value in ours.items()}
    return {each.field: each.kind for each in differences(stated, mine, mine, ways)}


def test_an_account_comes_back_only_by_a_person() -> None:
    assert kinds({"active": "yes"}, {"active": "no"}, Ways()) == {"active": Kind.CONFLICT}


def test_whoever_is_on_duty_keeps_the_account_until_a_person_decides() -> None:
    assert kinds({"active": "no"}, {"active": "yes"}, Ways()) == {"active": Kind.CHANGE}
    assert kinds({"active": "no"}, {"active": "yes"}, Ways("On call for Payments")) == {"active": Kind.CONFLICT}


TWO = {"contact 1": "a", "contact 2": "b"}


@pytest.mark.parametrize(
    ("theirs", "ways", "expected"),
    [
        # The verified way moves, an unverified one stays: no proof is left that the person can be reached.
        ({"contact 1": "x"}, Ways("duty", frozenset({"contact 1"}), frozenset({"contact 2"}), frozenset({"contact 1"})), Kind.CONFLICT),
        ({"contact 1": "x"}, Ways("", frozenset({"contact 1"}), frozenset({"contact 2"}), frozenset({"contact 1"})), Kind.CHANGE),
        # Another verified one stays.
        ({"contact 1": ""}, Ways("duty", frozenset(TWO), frozenset(), frozenset({"contact 1"})), Kind.CHANGE),
        # Only its label changes.
        ({"contact 1": "x"}, Ways("duty", frozenset({"contact 1"}), frozenset(), frozenset()), Kind.CHANGE),
        # Nothing is verified: an address may be replaced, the last one may not go.
        ({"contact 1": "x"}, Ways("duty", frozenset(), frozenset({"contact 1"}), frozenset({"contact 1"})), Kind.CHANGE),
        ({"contact 1": ""}, Ways("duty", frozenset(), frozenset({"contact 1"}), frozenset({"contact 1"})), Kind.CONFLICT),
    ],
)
def test_the_last_way_to_somebody_on_duty_is_asked_about(theirs: dict[str, str], ways: Ways, expected: Kind) -> None:
    assert kinds(theirs, TWO, ways)["contact 1"] == expected


def test_two_changes_that_only_together_take_the_last_way_are_both_asked_about() -> None:
    ways = Ways("duty", frozenset(TWO), frozenset(), frozenset(TWO))
    assert set(kinds({"contact 1": "", "contact 2": "x"}, TWO, ways).values()) == {Kind.CONFLICT}


def test_circles_of_managers_are_found_each_once() -> None:
    assert loops({1: 2, 2: 3, 3: 2, 4: 4, 5: 1, 6: None}) == [[2, 3], [4]]
