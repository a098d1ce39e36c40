"""The lines of a simulation's script, and the scenario around them: read, written back, refused in words."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from policies.simulation.scenario import NotUsable, Scenario, checked, scenario_from
from policies.simulation.script import NEEDS, What, line_from, lines_from, made

BEGIN = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize("what", list(What))
def test_every_example_is_read_and_written_back_to_the_same_line(what: What) -> None:
    line = line_from(NEEDS[what].example)
    assert line.what is what
    assert line_from(line.text) == line


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("7 min acknowledge 'Ana Ruiz'", "+7min acknowledge 'Ana Ruiz'"),
        ("+0 answer everybody after 4 minutes", "+0s answer anybody 4min"),
        ("1:30:00 Severity sev1", "+1h30min severity SEV1"),
        ("+5min hold by kim for 20 min", "+5min hold 20min by kim"),
        ("silent LEVEL 2", "+0s silent level 2"),
    ],
)
def test_a_line_may_be_typed_in_many_ways_and_is_kept_in_one(text: str, written: str) -> None:
    assert line_from(text).text == written
    assert line_from(written) == line_from(text)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "says nothing that can happen"),
        ("+3min dance", "says nothing that can happen"),
        ("+soon acknowledge ana", "is not a duration"),
        ("+31d resolve", "30 days at most"),
        ("+1min acknowledge", "needs to say who"),
        ("+1min acknowledge ana never", "is no track"),
        ("+1min resolve ana", "needs no 'ana'"),
        ("+1min fails", "needs more"),
        ("+1min bypass to x", "is no level"),
        ("+1min bypass to ²", "is no level"),
        ("+1min silent level two", "is no level"),
        ("+1min mark lost", "is no marker"),
        ("+1min reading affected_users", "is no reading"),
        ("+1min acknowledge 'ana", "quotation mark"),
        ("+1min acknowledge a\x00b", "letters at most"),
        ("+1min acknowledge " + "x" * 500, "letters at most"),
        ("+1min engine-down for 99999d", "too long"),
    ],
)
def test_what_is_no_line_is_refused_in_words(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        line_from(text)


def test_lines_stand_in_the_order_of_time_and_there_are_not_too_many() -> None:
    assert [line.what.value for line in lines_from(["+3h resolve", "", "+1min raise"])] == ["raise", "resolve"]
    with pytest.raises(ValueError, match="too many"):
        lines_from(["+1min raise"] * 101)


def test_a_scenario_is_written_down_and_read_back_to_the_same() -> None:
    told = Scenario(
        7, BEGIN, "SEV1", labels=("vip",), loss=Decimal("10.50"), currency="EUR", impact=1, urgency=2, script=(made("7 min", "raise"),)
    )
    assert scenario_from(told.document()) == told
    assert Scenario(7, BEGIN).document() == {"service": 7, "begins": "2026-03-02T09:00:00+00:00", "title": "A made-up incident"}


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"begins": datetime(2026, 3, 2, 9)}, "begins"),  # noqa: DTZ001
        ({"begins": datetime(3026, 3, 2, 9, tzinfo=UTC)}, "begins"),
        ({"severity": "SEV9"}, "severity"),
        ({"impact": 1}, "urgency"),
        ({"impact": 4, "urgency": 1}, "impact"),
        ({"title": "x" * 121}, "title"),
        ({"labels": ("x",) * 21}, "labels"),
        ({"loss": Decimal("NaN"), "currency": "EUR"}, "loss"),
        ({"loss": Decimal(1)}, "currency"),
        ({"currency": "EUR"}, "loss"),
        ({"exposure": 9}, "exposure"),
        ({"script": (made("", "reading", value="affected_users=many"),)}, "script.0"),
        ({"script": (made("", "reading", value="affected_users=1e99"),)}, "script.0"),
    ],
)
def test_every_field_that_cannot_be_used_is_named(fields: dict[str, object], wrong: str) -> None:
    with pytest.raises(NotUsable) as refused:
        checked(Scenario(**{"service": 1, "begins": BEGIN, **fields}))  # type: ignore[arg-type]
    assert wrong in refused.value.problems


def test_a_document_with_something_unknown_in_it_is_refused() -> None:
    with pytest.raises(NotUsable, match="is not known"):
        scenario_from({"service": 1, "begins": BEGIN.isoformat(), "colour": "red"})
    with pytest.raises(NotUsable, match="says nothing"):
        scenario_from({"service": 1, "begins": BEGIN.isoformat(), "script": ["+1min raise", "dance"]})


def test_durations_of_lines_are_what_they_say() -> None:
    assert line_from("+5min engine-down for 30min").lasting == timedelta(minutes=30)
    assert line_from("+5min raise").lasting is None
