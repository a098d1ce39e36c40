"""The rota by cases: turns, windows, holidays, layers, what stands in for them, and why."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from policies.decisions.rota import (
    Absence,
    Holidays,
    Imported,
    Layer,
    Override,
    OverrideKind,
    Plan,
    RotaPerson,
    RotaSnapshot,
    Source,
    Unit,
    Window,
    duty_at,
    gaps,
    on_duty_at,
    shadows_at,
    slots,
    upcoming,
)

ANA, TOM, SOFIA = RotaPerson(1, "Ana"), RotaPerson(2, "Tom"), RotaPerson(3, "Sofia")
WORKDAYS, EVERY_DAY = frozenset(range(5)), frozenset(range(7))
# Monday 2 March 2026: the first hand-over.
LINE = Layer("First line", date(2026, 3, 2), time(9), 1, Unit.WEEKS, (ANA, TOM))
BEGUN = datetime(2020, 1, 1, tzinfo=UTC)


def at(day: int, hour: int = 12, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def rota(*layers: Layer, zone: str = "UTC", holidays: frozenset[date] = frozenset(), **fields: Any) -> RotaSnapshot:
    return RotaSnapshot("Payments", (Plan(BEGUN, zone, layers or (LINE,), holidays),), **fields)


def who(of: RotaSnapshot, moment: datetime) -> str:
    duty = duty_at(of, moment)
    return duty.person_name if duty else "nobody"


def test_before_the_first_hand_over_nobody_is_on_duty() -> None:
    assert (who(rota(), at(2, 8)), who(rota(), at(2, 9))) == ("nobody", "Ana")
    assert [duty.person_name for duty in upcoming(rota(), at(1), 3)] == ["Ana", "Tom", "Ana"]


def test_a_schedule_without_a_plan_is_nobody_but_an_override_still_counts() -> None:
    empty = RotaSnapshot("Payments")
    assert (who(empty, at(5)), upcoming(empty, at(5), 3), empty.zone_at(at(5))) == ("nobody", [], "UTC")
    covered = replace(empty, overrides=(Override(SOFIA, at(6), at(7), "covers"),))
    assert (who(covered, at(6)), [duty.person_name for duty in upcoming(covered, at(5), 3)]) == ("Sofia", ["Sofia"])


def test_an_override_wins_ends_excluded_and_says_why() -> None:
    made = rota(overrides=(Override(SOFIA, at(4), at(5), "Ana is at the dentist"),))
    assert (who(made, at(4, 11)), who(made, at(4)), who(made, at(5))) == ("Ana", "Sofia", "Ana")
    duty = duty_at(made, at(4, 20))
    assert duty is not None
    assert (duty.since, duty.until, duty.source) == (at(4), at(5), Source.OVERRIDE)
    assert duty.reason == "Takes over."


def test_a_swap_and_a_cover_say_for_whom() -> None:
    swapped = Override(SOFIA, at(4), at(5), "A wedding", OverrideKind.SWAP, "Ana")
    covered = replace(swapped, starts_at=at(6), ends_at=at(7), kind=OverrideKind.COVER)
    reasons = [slot.why for slot in slots(rota(overrides=(swapped, covered)), at(3), at(8)) if slot.person == SOFIA]
    assert reasons == ["Swapped the shift for Ana.", "Covers the shift for Ana."]


def test_of_two_overrides_the_one_made_last_wins() -> None:
    made = rota(overrides=(Override(SOFIA, at(4), at(7), "first"), Override(TOM, at(5), at(6), "second")))
    assert [who(made, at(day, 13)) for day in (4, 5, 6, 7)] == ["Sofia", "Tom", "Sofia", "Ana"]


def test_a_duty_ends_where_an_override_begins() -> None:
    duty = duty_at(rota(overrides=(Override(TOM, at(4), at(5), "swap"),)), at(3))
    assert duty is not None
    assert (duty.since, duty.until) == (at(2, 9), at(4))


def test_a_higher_layer_goes_over_a_lower_one_within_its_hours() -> None:
    nights = Layer("Nights", date(2026, 3, 2), time(9), 1, Unit.DAYS, (SOFIA,), (Window(EVERY_DAY, time(20), time(6)),))
    both = rota(LINE, nights)
    assert [who(both, at(3, hour)) for hour in (5, 6, 19, 20, 23)] == ["Sofia", "Ana", "Ana", "Sofia", "Sofia"]
    assert [(found.person, found.why) for found in on_duty_at(both, at(3, 23))] == [
        (SOFIA, "On call by the rotation of Nights."),
        (ANA, "On call by the rotation of First line."),
    ]


def test_a_window_over_midnight_belongs_to_the_weekday_it_begins_on() -> None:
    friday_night = replace(LINE, windows=(Window(frozenset({4}), time(22), time(6)),))
    assert gaps(rota(friday_night), at(6, 0), at(8, 0)) == [(at(6, 0), at(6, 22)), (at(7, 6), at(8, 0))]


def test_office_hours_leave_the_nights_and_the_weekend_open() -> None:
    office = replace(LINE, windows=(Window(WORKDAYS, time(9), time(17)),))
    open_hours = [(begin.day, begin.hour, end.day, end.hour) for begin, end in gaps(rota(office), at(5, 9), at(9, 17))]
    assert open_hours == [(5, 17, 6, 9), (6, 17, 9, 9)]


def test_a_layer_rests_on_holidays_and_another_works_on_them_only() -> None:
    holiday = frozenset({date(2026, 3, 4)})
    rests, works = replace(LINE, holidays=Holidays.NOT), replace(LINE, name="Holidays", people=(SOFIA,), holidays=Holidays.ONLY)
    assert gaps(rota(rests, holidays=holiday), at(3), at(6)) == [(at(4, 0), at(5, 0))]
    assert [who(rota(rests, works, holidays=holiday), at(day)) for day in (3, 4, 5)] == ["Ana", "Sofia", "Ana"]


def test_whoever_is_away_is_passed_over_and_the_reason_says_so() -> None:
    backup = replace(LINE, name="Second line", people=(SOFIA,))
    away = rota(backup, LINE, absences=(Absence(ANA.person_id, at(3), at(5), "on leave"),))
    assert [who(away, at(day, 13)) for day in (2, 3, 5)] == ["Ana", "Sofia", "Ana"]
    duty = duty_at(away, at(4))
    assert duty is not None
    assert duty.reason == "On call by the rotation of Second line. Ana is away."
    assert [(found.person, found.away) for found in on_duty_at(away, at(4))] == [(ANA, "Ana is away."), (SOFIA, "")]


def test_an_absence_of_the_only_person_is_a_gap_that_says_who_is_away() -> None:
    alone = rota(replace(LINE, people=(ANA,)), absences=(Absence(ANA.person_id, at(3), at(5)),))
    gap = next(slot for slot in slots(alone, at(2), at(6)) if slot.source is Source.GAP)
    assert (gap.since, gap.until, gap.passed) == (at(3), at(5), ("Ana is away.",))


def test_a_calendar_goes_over_the_layers_and_under_overrides_by_its_priority() -> None:
    told = (Imported(SOFIA, at(3), at(6), "team.ics", 1), Imported(TOM, at(4), at(5), "team.ics", 5))
    made = rota(imported=told, overrides=(Override(ANA, at(5, 18), at(5, 20), "dentist"),))
    assert [who(made, at(day, 19)) for day in (2, 3, 4, 5)] == ["Ana", "Sofia", "Tom", "Ana"]


def test_a_shadow_layer_learns_and_is_never_on_duty() -> None:
    learning = replace(LINE, name="Learning", people=(SOFIA,), shadow=True)
    assert who(rota(learning), at(3)) == "nobody"
    assert shadows_at(rota(LINE, learning), at(3)) == [SOFIA]
    away = rota(LINE, learning, absences=(Absence(SOFIA.person_id, at(3), at(5)),))
    assert shadows_at(away, at(3)) == []


def test_a_new_plan_begins_at_its_instant_and_the_one_before_keeps_its_past() -> None:
    first, second = Plan(BEGUN, "UTC", (LINE,)), Plan(at(4), "Asia/Kolkata", (replace(LINE, people=(SOFIA,)),))
    both = RotaSnapshot("Payments", (first, second))
    assert (who(both, at(4, 11)), who(both, at(4))) == ("Ana", "Sofia")
    assert (both.zone_at(at(3)), both.zone_at(at(4))) == ("UTC", "Asia/Kolkata")


def test_the_duty_of_one_person_in_two_plans_is_one_duty() -> None:
    both = RotaSnapshot("Payments", (Plan(BEGUN, "UTC", (LINE,)), Plan(at(4), "UTC", (LINE,))))
    duty = duty_at(both, at(5))
    assert duty is not None
    assert (duty.since, duty.until) == (at(2, 9), at(9, 9))


def test_the_hand_over_keeps_its_local_time_across_a_clock_change() -> None:
    berlin = rota(replace(LINE, starts_on=date(2026, 3, 23)), zone="Europe/Berlin")
    found = slots(berlin, at(23, 9), at(31))
    assert [(slot.since, slot.until - slot.since) for slot in found[:1]] == [(at(23, 9), timedelta(days=6, hours=22))]
    assert found[1].since == at(30, 7)


def test_a_hand_over_at_an_hour_that_the_day_does_not_have_is_when_the_clocks_change() -> None:
    daily = Layer("Days", date(2026, 3, 28), time(2, 30), 1, Unit.DAYS, (ANA, TOM))
    assert [slot.since for slot in slots(rota(daily, zone="Europe/Berlin"), at(28, 1), at(30))][1:3] == [
        datetime(2026, 3, 28, 1, 30, tzinfo=UTC),
        at(29, 1),
    ]


def test_shifts_of_hours_are_handed_over_all_day() -> None:
    eights = Layer("Watches", date(2026, 3, 2), time(6), 8, Unit.HOURS, (ANA, TOM, SOFIA))
    assert [(who(rota(eights), at(3, hour))) for hour in (5, 6, 14, 22)] == ["Sofia", "Ana", "Tom", "Sofia"]


def test_who_is_named_anywhere_and_who_can_be_put_on_duty_are_told_apart() -> None:
    learning = replace(LINE, people=(SOFIA,), shadow=True)
    made = rota(LINE, learning, overrides=(Override(RotaPerson(4, "Omar"), at(3), at(4), "x"),))
    assert [person.name for person in made.everybody()] == ["Ana", "Tom", "Sofia", "Omar"]
    assert [person.name for person in made.people()] == ["Ana", "Tom"]
