"""The rota by cases: overrides, the start, nobody."""

from dataclasses import replace
from datetime import UTC, date, datetime, time

from policies.decisions.rota import OverrideRule, RotaPerson, RotaSnapshot, duty_at, upcoming

ANA, TOM, SOFIA = RotaPerson(1, "Ana"), RotaPerson(2, "Tom"), RotaPerson(3, "Sofia")
ROTA = RotaSnapshot("Payments", "UTC", date(2026, 3, 2), time(9), 7, (ANA, TOM))


def at(day: int, hour: int = 12) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def who(rota: RotaSnapshot, moment: datetime) -> str:
    duty = duty_at(rota, moment)
    return duty.person_name if duty else "nobody"


def test_before_the_start_nobody_is_on_duty() -> None:
    assert who(ROTA, at(2, 8)) == "nobody"
    assert who(ROTA, at(2, 9)) == "Ana"
    assert [duty.person_name for duty in upcoming(ROTA, at(1), 3)] == ["Ana", "Tom", "Ana"]


def test_an_empty_rotation_is_nobody_but_an_override_still_counts() -> None:
    empty = replace(ROTA, rotation=())
    assert who(empty, at(5)) == "nobody"
    assert upcoming(empty, at(5), 3) == []
    covered = replace(empty, overrides=(OverrideRule(SOFIA, at(6), at(7), "covers"),))
    assert who(covered, at(6)) == "Sofia"
    assert [duty.person_name for duty in upcoming(covered, at(5), 3)] == ["Sofia"]


def test_an_override_wins_ends_excluded_and_says_why() -> None:
    rota = replace(ROTA, overrides=(OverrideRule(SOFIA, at(4), at(5), "Ana is at the dentist"),))
    assert (who(rota, at(4, 11)), who(rota, at(4)), who(rota, at(5))) == ("Ana", "Sofia", "Ana")
    duty = duty_at(rota, at(4, 20))
    assert duty is not None
    assert (duty.since, duty.until) == (at(4), at(5))
    assert duty.reason == "takes over on Payments: Ana is at the dentist"


def test_of_two_overrides_the_one_made_last_wins() -> None:
    rota = replace(ROTA, overrides=(OverrideRule(SOFIA, at(4), at(7), "first"), OverrideRule(TOM, at(5), at(6), "second")))
    assert [who(rota, at(day, 13)) for day in (4, 5, 6, 7)] == ["Sofia", "Tom", "Sofia", "Ana"]


def test_a_duty_ends_where_an_override_begins() -> None:
    rota = replace(ROTA, overrides=(OverrideRule(TOM, at(4), at(5), "swap"),))
    duty = duty_at(rota, at(3))
    assert duty is not None
    assert (duty.since, duty.until) == (datetime(2026, 3, 2, 9, tzinfo=UTC), at(4))
