"""What a simulation makes of a made-up incident: plain values, no database."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from policies.decisions.escalation_facts import Roster, Seat, Status
from policies.decisions.judgement import Facts
from policies.decisions.ruleset import CriterionRule, ExceptionRule, LevelRule, PolicySnapshot, SeverityRule, TargetRule, ThresholdRule
from policies.decisions.vocabulary import Comparison, Indicator, Severity, Track
from policies.simulation.course import CUT_STEPS, CUT_TIME, run
from policies.simulation.grading import Grader
from policies.simulation.happenings import Happening
from policies.simulation.script import line_from
from policies.simulation.values import Course, Setting

BEGIN = datetime(2026, 3, 2, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
NAMES = {1: "Ana", 2: "Tom", 3: "Kim", 8: "Bea", 9: "Liz"}


def level(number: int, *people: int, **fields: Any) -> LevelRule:
    targets = tuple(TargetRule(place, person, None, NAMES[person]) for place, person in enumerate(people, start=1))
    values = {"window": 15 * MINUTE, "backup_after": 5 * MINUTE, **fields}
    return LevelRule(number, f"Line {number}", "functional", targets=targets, **values)


# Ana, then Tom after 5 min; then Kim. Liz for stakeholders of SEV1 and SEV2, Bea for the law.
RULES = PolicySnapshot(
    thresholds=(
        ThresholdRule(
            "Everybody",
            "all",
            Severity.SEV1,
            2,
            (CriterionRule("affected_users", Comparison.AT_LEAST, Decimal(1000), 10 * MINUTE, 0 * MINUTE),),
        ),
    ),
    levels=(level(1, 1, 2), level(2, 3)),
    resolve_within=None,
    stakeholder_levels=(level(1, 9),),
    compliance_levels=(level(1, 8),),
)


def setting(*script: str, rules: PolicySnapshot = RULES, **fields: Any) -> Setting:
    happenings = []
    for line in (line_from(text) for text in script):
        person = next((key for key, name in NAMES.items() if name.lower() == line.who), None)
        happenings.append(Happening(line, person, NAMES.get(person or 0, "")))
    values: dict[str, Any] = {
        "begins": BEGIN,
        "grader": Grader(rules, described=True),
        "facts": Facts(2, 2),
        "tracks": {track: rules.on_track(track) for track in Track},
        "roster": lambda track, at, urgent, standings: everybody(rules, track, standings),
        "reached_after": lambda person, urgent, failing: None if "webhook" in failing else timedelta(),
        "script": tuple(happenings),
    }
    return Setting(**{**values, **fields})


def everybody(rules: PolicySnapshot, track: Track, standings: Mapping[int, str]) -> Roster:
    return Roster(
        tuple(
            Seat(one.number, target.position, target.person_id, target.name, "There.", standing=standings.get(target.person_id or 0, ""))
            for one in rules.levels_of(track)
            for target in one.targets
        )
    )


def alerts(course: Course, track: Track = Track.TECHNICAL) -> list[tuple[float, str]]:
    return [(step.after / MINUTE, step.action.person_name) for step in course.steps if step.track is track and step.action.kind == "paged"]


def test_without_a_script_nobody_answers_and_everybody_is_alerted() -> None:
    course = run(setting())
    assert alerts(course) == [(0, "Ana"), (5, "Tom"), (15, "Kim")]
    assert [(end.track, end.status, end.at) for end in course.ends] == [(Track.TECHNICAL, Status.EXHAUSTED, BEGIN + 30 * MINUTE)]
    assert course.cut == ""


def test_an_acknowledgement_stops_the_alerts() -> None:
    course = run(setting("+7min acknowledge tom"))
    assert alerts(course) == [(0, "Ana"), (5, "Tom")]
    assert course.ends[0].why == "It is acknowledged, and no resolution milestone lies ahead."
    assert [told.text for told in course.told] == [f"The incident is opened: {course.first.words}", "Tom acknowledges"]


def test_whoever_answers_answers_so_long_after_each_alert() -> None:
    assert alerts(run(setting("+0s answer anybody after 4min"))) == [(0, "Ana")]
    assert alerts(run(setting("+0s answer anybody after 20min", "+0s answer kim after 2min"))) == [(0, "Ana"), (5, "Tom"), (15, "Kim")]


def test_silence_and_a_dead_channel_keep_people_from_answering() -> None:
    answered = ("+0s answer anybody after 1min",)
    assert alerts(run(setting(*answered, "+0s silent level 1"))) == [(0, "Ana"), (5, "Tom"), (15, "Kim")]
    assert alerts(run(setting(*answered, "+0s silent ana"))) == [(0, "Ana"), (5, "Tom")]
    assert alerts(run(setting(*answered, "+0s silent anybody for 5min"))) == [(0, "Ana"), (5, "Tom")]
    assert run(setting(*answered, "+0s fails webhook")).ends[0].status is Status.EXHAUSTED


def test_whoever_is_away_or_busy_is_passed_over() -> None:
    assert alerts(run(setting("+0s away ana"))) == [(0, "Tom"), (15, "Kim")]
    assert alerts(run(setting("+0s busy ana", "+1min acknowledge tom"))) == [(0, "Tom")]
    assert alerts(run(setting("+0s away tom for 5min"))) == [(0, "Ana"), (5, "Tom"), (15, "Kim")]


def test_severity_brings_the_stakeholders_and_its_own_start_and_pace() -> None:
    rules = PolicySnapshot(
        **{name: getattr(RULES, name) for name in ("thresholds", "levels", "resolve_within", "stakeholder_levels")},
        severity_rules=(SeverityRule(Severity.SEV1, 2, 50),),
    )
    course = run(setting("+4min severity sev1", rules=rules))
    assert alerts(course) == [(0, "Ana"), (4, "Kim")]
    assert alerts(course, Track.STAKEHOLDER) == [(4, "Liz")]
    assert course.ends[0].at == BEGIN + 11.5 * MINUTE
    assert "SEV1 critical" in course.told[1].text


def test_a_severity_is_never_eased() -> None:
    course = run(setting("+0s severity sev2", "+4min severity sev3"))
    assert (course.first.severity, course.last.severity) == ("SEV2", "SEV2")
    assert course.told[-1].text == "The severity is SEV3: the severity stays"


def test_a_reading_is_held_against_the_thresholds() -> None:
    assert alerts(run(setting("+0s reading affected_users=5000"))) == [(0, "Kim")]
    course = run(setting("+4min reading affected_users=999", "+6min reading affected_users=5000"))
    assert alerts(course) == [(0, "Ana"), (5, "Tom"), (6, "Kim")]
    assert course.last.why == ("Affected users 5,000 users is at least 1,000 users",)


def test_a_marker_starts_the_legal_track_which_the_end_of_the_incident_does_not_end() -> None:
    course = run(setting("+3min mark data_breach", "+4min resolve"))
    assert alerts(course, Track.COMPLIANCE) == [(3, "Bea")]
    assert {end.track: end.status for end in course.ends} == {Track.TECHNICAL: Status.ENDED, Track.COMPLIANCE: Status.EXHAUSTED}
    answered = run(setting("+3min mark data_breach", "+4min acknowledge bea compliance", "+5min acknowledge bea compliance"))
    assert {end.track: end.status for end in answered.ends}[Track.COMPLIANCE] is Status.ENDED
    assert answered.told[-1].text == "Bea acknowledges the legal and compliance track, without effect: Bea did before"


def test_an_exception_counts_as_soon_as_it_is_marked() -> None:
    rule = ExceptionRule("Breach", Indicator.DATA_BREACH, None, "", "", 2, "The law", 1, "Bea", BEGIN.date())
    rules = PolicySnapshot(RULES.thresholds, RULES.levels, None, exceptions=(rule,))
    course = run(setting("+3min mark data_breach", rules=rules))
    assert alerts(course) == [(0, "Ana"), (3, "Kim")]


def test_an_engine_that_is_down_makes_each_missed_step_once_and_says_how_late() -> None:
    course = run(setting("+3min engine-down for 27min"))
    assert alerts(course) == [(0, "Ana"), (30, "Tom"), (40, "Kim")]
    late = [step.action.late_by for step in course.steps if step.action.kind == "paged"]
    assert late == [None, 25 * MINUTE, None]


def test_what_cannot_be_done_is_said_and_changes_nothing() -> None:
    told = run(setting("+1min lower", "+2min resume", "+3min sign", "+4min resolve", "+5min raise", "+6min acknowledge ana")).told
    assert [one.text.partition(", without effect: ")[2] for one in told[1:]] == [
        "Level 1 is the lowest",
        "The alerting is not on hold",
        "nobody has it",
        "",
        "nothing escalates any more",
        "it is resolved",
    ]


def test_without_a_policy_nothing_follows() -> None:
    course = run(setting("+1min acknowledge ana", tracks={}))
    assert (course.steps, course.ends) == ((), ())


def test_a_policy_without_levels_is_exhausted_at_once() -> None:
    course = run(setting(rules=PolicySnapshot((), (), None)))
    assert [(step.action.kind.value, step.action.reason) for step in course.steps] == [("exhausted", "The policy has no levels for this.")]


def test_a_simulation_ends_after_so_many_steps_and_so_many_days() -> None:
    endless = PolicySnapshot((), (level(1, 1, window=2 * MINUTE, backup_after=MINUTE),), None, repeats=10_000)
    course = run(setting(rules=endless))
    assert (len(course.steps), course.cut) == (500, CUT_STEPS)
    slow = PolicySnapshot((), (level(1, 1, window=timedelta(days=40), backup_after=MINUTE),), None)
    course = run(setting(rules=slow))
    assert (alerts(course), course.cut) == ([(0, "Ana")], CUT_TIME)


def test_the_same_is_answered_every_time() -> None:
    asked = setting("+3min hold for 20min", "+9min raise", "+40min resolve", "+0s answer kim after 1min")
    assert run(asked) == run(asked)


@pytest.mark.parametrize("begins", [datetime(2028, 2, 28, 23, 50, tzinfo=UTC), datetime(2026, 12, 31, 23, 50, tzinfo=UTC)])
def test_a_leap_day_and_the_end_of_a_year_change_no_distance(begins: datetime) -> None:
    course = run(setting("+7min acknowledge tom", begins=begins))
    assert alerts(course) == [(0, "Ana"), (5, "Tom")]
