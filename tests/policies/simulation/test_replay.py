"""A past incident under a policy's content: the same decisions as the engine's, answered when people really answered."""

from dataclasses import replace

from policies.decisions.ruleset import SeverityRule
from policies.decisions.vocabulary import Severity
from policies.simulation.replay import Course, Replay

from .contents import LATER, content, minutes, past


def course_of(rules: object, incident: object) -> Course:
    return Replay(rules).course(incident, LATER)  # type: ignore[arg-type]


def pages(course: Course) -> list[tuple[int, float]]:
    return [(page.level, page.after / minutes(1)) for page in course.pages]


def test_an_answer_within_the_first_window_alerts_one_person() -> None:
    course = course_of(content(15, 15), past(answered=4, ended=60))
    assert pages(course) == [(1, 0)]
    assert (course.levels, course.windows_missed, course.exhausted) == ((1,), 0, False)


def test_a_late_answer_lets_the_backup_and_the_next_level_be_alerted() -> None:
    course = course_of(content(15, 15, people=2), past(answered=22, ended=60))
    assert pages(course) == [(1, 0), (1, 5), (2, 15), (2, 20)]
    assert (course.levels, course.escalations, course.windows_missed, course.highest) == ((1, 2), 1, 1, 2)


def test_an_answer_at_the_very_end_of_the_window_counts() -> None:
    assert course_of(content(15, 15), past(answered=15, ended=60)).windows_missed == 0


def test_nobody_answering_exhausts_the_policy() -> None:
    course = course_of(content(15, 10), past())
    assert (course.levels, course.windows_missed, course.exhausted) == ((1, 2), 2, True)


def test_a_resolution_ends_the_alerts_without_an_answer() -> None:
    course = course_of(content(15, 10, 10), past(ended=20))
    assert (course.levels, course.windows_missed, course.exhausted) == ((1, 2), 1, False)


def test_an_incident_still_open_is_followed_until_what_is_known() -> None:
    course = Replay(content(15, 10)).course(past(), past().opened_at + minutes(12))
    assert (course.levels, course.exhausted) == ((1,), False)


def test_times_before_the_opening_count_as_unknown() -> None:
    assert course_of(content(15), past(answered=-3, ended=-1)) == course_of(content(15), past())


def test_a_missed_milestone_alerts_the_level_above_and_is_answered_as_fast_as_before() -> None:
    course = course_of(content(15, 15, 15, milestone=60), past(answered=4, ended=300))
    assert pages(course) == [(1, 0), (2, 60)]
    assert course.milestone_missed
    slow = course_of(content(15, 15, 15, milestone=60), past(answered=14, ended=70))
    assert pages(slow) == [(1, 0), (2, 60)]


def test_resolved_at_the_milestone_is_in_time() -> None:
    assert not course_of(content(15, 15, milestone=60), past(answered=4, ended=60)).milestone_missed


def test_readings_at_the_opening_give_severity_and_start_level() -> None:
    rules = content(15, 15, thresholds=(("SEV2", "5", 2),))
    course = course_of(rules, past(answered=1, ended=60, readings=((0, "7"),)))
    assert (course.severity, course.start_level, course.levels) == ("SEV2", 2, (2,))
    assert course_of(rules, past(answered=1, ended=60, readings=((0, "3"),))).severity == ""


def test_a_worse_reading_later_raises_a_running_escalation() -> None:
    rules = content(30, 30, thresholds=(("SEV3", "2", 1), ("SEV1", "20", 2)))
    course = course_of(rules, past(answered=25, ended=60, readings=((0, "3"), (10, "25"), (12, "3"))))
    assert pages(course) == [(1, 0), (2, 10)]
    assert (course.severity, course.windows_missed) == ("SEV1", 0)


def test_an_incident_that_no_threshold_would_have_declared_does_not_happen() -> None:
    declared = past(answered=1, ended=60, declared=True, readings=((0, "3"), (10, "8")))
    assert course_of(content(15, thresholds=(("SEV2", "9", 1),)), declared).happened is False
    late = course_of(content(15, thresholds=(("SEV2", "8", 1),)), declared)
    assert (late.happened, late.severity, pages(late)) == (True, "SEV2", [])
    unanswered = past(ended=60, declared=True, readings=((0, "3"), (10, "8")))
    assert pages(course_of(content(15, thresholds=(("SEV2", "8", 1),)), unanswered)) == [(1, 10)]


def test_without_a_policy_nobody_is_alerted() -> None:
    course = course_of(None, past())
    assert (course.happened, course.pages, course.exhausted, course.windows_missed) == (True, (), False, 0)
    assert course_of(None, past(declared=True)).happened is False


def test_the_same_person_twice_in_a_level_is_alerted_once_as_by_the_engine() -> None:
    rules = content(15, people=2)
    twice = tuple(target.__class__(target.position, 7, None, "Ana") for target in rules.levels[0].targets)
    level = rules.levels[0].__class__(1, "Line 1", "functional", minutes(15), minutes(5), twice)
    assert pages(course_of(rules.__class__((), (level,), None), past())) == [(1, 0)]


def test_a_severity_that_hurries_has_shorter_windows_from_when_it_is_known() -> None:
    rules = replace(content(20, 20, thresholds=(("SEV1", "50", 1),)), severity_rules=(SeverityRule(Severity.SEV1, None, 50),))
    slow, fast, later = (course_of(rules, past(readings=told)) for told in ((), ((0, "60"),), ((4, "60"),)))
    assert (pages(slow), pages(fast), pages(later)) == ([(1, 0), (2, 20)], [(1, 0), (2, 10)], [(1, 0), (2, 10)])
    assert (slow.windows_missed, fast.windows_missed) == (2, 2)
