"""Patterns by chance are rare, and planted ones come out on top."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from reports.document import duration_in_words
from reports.metrics.levels import NEVER, SECOND
from reports.metrics.survival import curve
from reports.patterns import measures
from reports.patterns.finding import found_among, past_among
from reports.patterns.pattern import Pattern
from reports.patterns.seen import DAY, Names, Seen, shifts_of
from tests.reports.patterns.made_up import MINUTE, START, quarter, slower

# Of a thousand, as the promise says; the seeds are fixed, so the outcome is too.
QUARTERS, PROMISED = 300, 0.05


def told(found: tuple[Pattern, ...]) -> list[tuple[str, str, str]]:
    return [(each.kind, each.dimension, each.part) for each in found]


def of_part(seen: Seen, dimension: str, name: str) -> Any:
    """Which visits belong to the part."""
    names = seen.names[dimension]
    return (names.codes == names.words.index(name))[seen.run_of[seen.escalations.visits.run]]


def test_quarters_without_a_pattern_have_findings_no_more_often_than_promised() -> None:
    with_findings = sum(bool(found_among(quarter(seed, 250, services=6, teams=4))) for seed in range(QUARTERS))
    assert with_findings <= PROMISED * QUARTERS


def test_one_slow_team_is_found_first() -> None:
    seen = quarter(1)
    found = found_among(slower(seen, of_part(seen, "team", "Team 03"), 4))
    assert told(found)[0] == ("delayed response", "team", "Team 03")
    first = found[0]
    assert first.measure in {"time_to_answer", "windows_missed"}
    assert first.rank == 1
    assert first.confidence.words == "high"
    assert "Team 03" in first.headline
    assert "elsewhere" in first.headline
    mine = {str(number) for number, team in zip(seen.numbers, seen.names["team"].codes, strict=True) if team == 3}
    assert first.incidents
    assert set(first.incidents) <= mine
    # What else happened in its incidents is told with it, not beside it.
    assert not [each for each in told(found) if each[0] == "delayed response" and each[1] != "team"]


def test_one_service_that_is_slow_at_night_is_found_as_that() -> None:
    seen = quarter(2, 3_000, services=8)
    visits = seen.escalations.visits
    incident = seen.run_of[visits.run]
    night = shifts_of(seen.local(np.where(visits.alerted > 0, visits.first_alert, visits.entered), incident)) == 0
    found = found_among(slower(seen, of_part(seen, "service", "Service 05") & night, 6))
    assert told(found)[0] == ("delayed response", "service at night", "Service 05")
    assert found[0].headline.startswith("Service 05 at night: ")


def test_a_night_shift_that_does_not_answer_is_found_as_the_shift() -> None:
    seen = quarter(3, 1_500)
    visits = seen.escalations.visits
    night = shifts_of(seen.local(np.where(visits.alerted > 0, visits.first_alert, visits.entered), seen.run_of[visits.run])) == 0
    assert told(found_among(slower(seen, night, 5))) == [("delayed response", "shift", "night (22 to 6 h)")]


def test_premature_escalations_of_one_policy_are_found_first() -> None:
    seen = quarter(4, 1_500)
    needless = of_part(seen, "policy", "Policy 02")
    acted = seen.escalations.acted & ~needless
    found = found_among(replace(seen, escalations=replace(seen.escalations, acted=acted)))
    assert told(found)[0] == ("inappropriate escalation", "policy", "Policy 02")
    assert found[0].measure in {"premature", "woken_for_nothing"}


def test_a_component_that_comes_back_after_each_repair_is_found() -> None:
    seen = quarter(5, 900, services=60, by_day=False)
    # Every third day it fails again, and is repaired within the hour.
    again = [START + day * DAY + 9 * 60 * MINUTE for day in range(1, 60, 3)]
    found = found_among(with_component(seen, again, "Service 07: pump"))
    assert told(found)[0] == ("recurrence", "component", "Service 07: pump")
    assert "were followed by another within a week" in found[0].headline


def test_an_outage_with_many_incidents_is_not_taken_for_coming_back() -> None:
    seen = quarter(5, 900, services=20, by_day=False)
    outage = [START + 30 * DAY + minute * MINUTE for minute in range(0, 100, 4)]
    assert not [each for each in found_among(with_component(seen, outage, "Service 07: pump")) if each.kind == "recurrence"]


def test_a_team_unlike_its_own_past_is_found_with_the_limit_it_passed() -> None:
    seen = quarter(6, 1_500)
    pasts = [past_among(quarter(seed, 1_500)) for seed in range(100, 108)]
    assert found_among(seen, pasts) == ()
    worse = replace(seen, went_back=seen.went_back | (np.random.default_rng(1).random(len(seen)) < 0.3))
    (only,) = found_among(worse, pasts)
    assert (only.kind, only.dimension, only.against) == ("role confusion", "all", "earlier")
    assert "set the limit" in only.sentence
    assert "a year ago" in only.sentence


def test_what_is_as_a_year_ago_is_the_season() -> None:
    def busy(seed: int) -> Seen:
        seen = quarter(seed, 1_500)
        return replace(seen, went_back=seen.went_back | (np.random.default_rng(seed).random(len(seen)) < 0.3))

    plain = [past_among(quarter(seed, 1_500)) for seed in range(100, 108)]
    assert found_among(busy(7), plain)[0].dimension == "all"
    left = found_among(busy(7), [*plain[:4], past_among(busy(8)), *plain[5:]])
    # Parts that had too few incidents a year ago cannot be told from the season.
    assert {each.dimension for each in left} <= {"component", "service at night"}


def test_a_quarter_just_like_those_before_is_no_news() -> None:
    seen = quarter(6, 3_000)
    slow = slower(seen, of_part(seen, "team", "Team 03"), 4)
    slow = replace(slow, resolved=np.where(slow.names["team"].codes == 2, slow.resolved + 9 * DAY, slow.resolved))
    assert not [each for each in found_among(slow, [past_among(slow)] * 8) if each.against == "earlier"]


def test_times_in_the_sentence_are_those_of_the_part() -> None:
    seen = quarter(6, 3_000)
    slow = slower(seen, of_part(seen, "team", "Team 03"), 1.9)
    cases = measures.time_to_answer(slow)
    inside = slow.names["team"].codes[cases.incident] == 3
    assert cases.seconds is not None
    assert cases.ended is not None
    (mine,) = [each for each in found_among(slow) if each.measure == "time_to_answer"]
    assert (mine.part, mine.cases) == ("Team 03", int(inside.sum()))
    assert f"within {duration_in_words(float(curve(cases.seconds[inside], cases.ended[inside]).within(0.5) or 0))};" in mine.sentence


def test_three_earlier_quarters_are_no_past() -> None:
    seen = quarter(6, 600)
    worse = replace(seen, went_back=np.ones(len(seen), dtype=bool))
    assert found_among(worse, [past_among(quarter(seed)) for seed in range(100, 103)]) == ()


@pytest.mark.parametrize("incidents", [0, 1, 19])
def test_few_incidents_say_nothing(incidents: int) -> None:
    seen = quarter(1, 30)
    assert found_among(cut(seen, incidents)) == ()


def test_the_same_quarter_says_the_same_and_keys_stay() -> None:
    seen = quarter(1)
    worse = slower(seen, of_part(seen, "team", "Team 03"), 4)
    assert found_among(worse) == found_among(worse)
    other = quarter(9)
    later = slower(other, of_part(other, "team", "Team 03"), 4)
    assert found_among(later)[0].key == found_among(worse)[0].key


def test_everything_bad_or_nothing_bad_is_no_pattern_and_no_error() -> None:
    seen = quarter(8)
    every = np.ones(len(seen), dtype=bool)
    for bad in (every, ~every):
        assert found_among(replace(seen, went_back=bad, reopened=bad, made_sla=bad.astype(np.int64))) == ()


def with_component(seen: Seen, opened: list[int], name: str) -> Seen:
    """The same quarter with incidents of one more component, each repaired within the hour; without escalations."""
    of = len(opened)
    at = np.concatenate([seen.opened, np.array(opened)])
    order = np.argsort(at, kind="stable")
    back = np.empty(len(order), dtype=np.int64)
    back[order] = np.arange(len(order))

    def column(mine: Any, more: Any) -> Any:
        return np.concatenate([mine, np.full(of, more, dtype=np.asarray(mine).dtype)])[order]

    names = {dimension: Names(column(each.codes, -1), each.words) for dimension, each in seen.names.items()}
    words = seen.names["component"].words
    names["component"] = Names(column(seen.names["component"].codes, len(words)), (*words, name))
    return replace(
        seen, numbers=column(seen.numbers, "INC-MORE"), opened=at[order], acknowledged=column(seen.acknowledged, NEVER),
        resolved=np.concatenate([seen.resolved, np.array(opened) + 3_600 * SECOND])[order], made_sla=column(seen.made_sla, -1),
        reopened=column(seen.reopened, False), grade=column(seen.grade, 2), names=names,
        zone=Names(np.zeros(len(order), dtype=np.int64), seen.zone.words), moves=column(seen.moves, 0), went_back=column(seen.went_back, False),
        confused=column(seen.confused, False), departed=column(seen.departed, False),
        run_of=back[seen.run_of], alert_of=back[seen.alert_of],
    )  # fmt: skip


def cut(seen: Seen, incidents: int) -> Seen:
    """The first incidents alone."""
    runs = np.arange(len(seen.run_of)) < incidents
    alerts = seen.alert_of < incidents
    names = {dimension: Names(each.codes[:incidents], each.words) for dimension, each in seen.names.items()}
    return replace(
        seen,
        **{name: getattr(seen, name)[:incidents] for name in (
            "numbers", "opened", "acknowledged", "resolved", "made_sla", "reopened", "grade", "moves", "went_back",
                "confused",
                "departed",
        )},
        names=names, zone=Names(seen.zone.codes[:incidents], seen.zone.words),
        escalations=seen.escalations.of_runs(runs, incidents), run_of=seen.run_of[:incidents],
        alert_of=seen.alert_of[alerts], alerted_at=seen.alerted_at[alerts], given_up=seen.given_up[alerts],
    )  # fmt: skip


def test_a_component_with_more_incidents_than_ever_is_found_against_its_past() -> None:
    pasts = [past_among(quarter(seed, 900, services=60, by_day=False)) for seed in range(200, 208)]
    seen = quarter(5, 900, services=60, by_day=False)
    more = [START + (2 * day + 1) * DAY + 9 * 60 * MINUTE for day in range(40)]
    name = seen.names["component"].words[3]
    codes = seen.names["component"].codes
    worse = with_component(seen, more, name)
    # The added incidents are those of a component that was there before.
    merged = Names(
        np.where(worse.names["component"].codes == len(seen.names["component"].words), 3, worse.names["component"].codes),
        seen.names["component"].words,
    )
    found = [each for each in found_among(replace(worse, names=worse.names | {"component": merged}), pasts) if each.measure == "opened"]
    (only,) = found
    assert (only.kind, only.dimension, only.part, only.cases) == ("recurrence", "component", name, 40 + int((codes == 3).sum()))
    assert "in earlier quarters" in only.headline
    assert "set the limit" in only.sentence


def test_what_was_always_as_busy_is_no_news() -> None:
    pasts = [past_among(quarter(seed, 900)) for seed in range(200, 208)]
    assert not [each for each in found_among(quarter(300, 900), pasts) if each.measure == "opened"]


def test_a_new_component_is_no_news() -> None:
    pasts = [past_among(quarter(seed, 900, services=60, by_day=False)) for seed in range(200, 208)]
    worse = with_component(quarter(5, 900, services=60, by_day=False), [START + day * DAY for day in range(60)], "Brand new: pump")
    assert not [each for each in found_among(worse, pasts) if each.measure == "opened"]


def test_what_one_team_did_to_the_whole_is_told_of_the_team() -> None:
    pasts = [past_among(quarter(seed, 1_500)) for seed in range(100, 108)]
    seen = quarter(6, 1_500)
    of_team = seen.names["team"].codes == 2
    worse = replace(seen, went_back=seen.went_back | (of_team & (np.random.default_rng(1).random(len(seen)) < 0.7)))
    (only,) = found_among(worse, pasts)
    assert (only.dimension, only.part) == ("team", "Team 02")
    assert "It also shows in " in only.also[-1]
