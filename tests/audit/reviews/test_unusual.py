"""What is said to be unusual about an entry."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from audit.reviews.unusual import Earlier, Entry, unusual

MADRID = ZoneInfo("Europe/Madrid")
NOON = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)
DAY = [Earlier("incident.noted", NOON - timedelta(days=each), "home") for each in range(1, 31)]


def said(kind: str = "incident.noted", at: datetime = NOON, address: str = "home", rows: int = 1, earlier: list[Earlier] = DAY) -> str:
    return " ".join(unusual(Entry(kind, at, MADRID, address, rows), earlier, by_person=True))


def test_nothing_is_unusual_about_what_a_person_does_every_day() -> None:
    assert said() == ""


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("access.denied", "It was refused."),
        ("account.sign_in_refused", "It was refused."),
        ("ledger.anchor_failed", "It failed."),
        ("record.changed", "past the portal"),
        ("unattributed_change", "past the portal"),
        ("elevation.started", "in an emergency"),
        ("rights.added", "what somebody may do"),
        ("escalation.bypassed", "left out"),
    ],
)
def test_some_types_are_always_worth_a_second_look(kind: str, words: str) -> None:
    assert words in " ".join(unusual(Entry(kind, NOON, MADRID), [], by_person=False))


def test_what_a_person_never_did_is_said() -> None:
    assert said("hold.lifted") == "A legal hold was lifted. They did this in none of their 30 earlier entries."
    assert said(earlier=[]) == "The first entry of this person."


def test_an_address_that_is_new() -> None:
    assert "From an address" in said(address="elsewhere")
    assert said(address="") == ""
    assert said(earlier=[Earlier("incident.noted", NOON - timedelta(hours=1))] * 30) == ""


def test_night_is_that_of_the_persons_own_zone() -> None:
    at = datetime(2026, 3, 2, 1, 12, tzinfo=UTC)
    assert said(at=at) == "At night, 02:12 in Europe/Madrid, when they hardly ever do anything."
    nights = [Earlier("incident.noted", at - timedelta(days=each), "home") for each in range(1, 31)]
    assert said(at=at, earlier=nights) == ""


def test_many_at_once() -> None:
    assert said(rows=57) == "Changed 57 records at once."
    close = [Earlier("incident.noted", NOON - timedelta(seconds=each), "home") for each in range(1, 40)]
    assert said(earlier=close) == "The 40th entry by this person within a minute."


def test_the_portal_itself_has_no_habits() -> None:
    assert unusual(Entry("incident.noted", datetime(2026, 3, 2, 2, 0, tzinfo=UTC), MADRID), [], by_person=False) == ()
