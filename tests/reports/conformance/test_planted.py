"""One deviation planted into an honest course, at its beginning, in its middle and at its end: it is found, with its class, and nothing else."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta

import pytest

from policies.decisions.escalation_facts import Roster, RunState, Seat, Status
from policies.decisions.ruleset import LevelRule, PolicySnapshot, SeverityRule, TargetRule
from policies.decisions.vocabulary import Severity
from reports.conformance.route import Ordered
from reports.conformance.values import Deviation, Kind
from reports.metrics.levels import Action
from tests.properties.test_escalation import OPENED, Event, course, eventful

from .courses import Row, Story, story_of

MINUTE = 60_000_000
PLACES = ("first", "middle", "last")


def level(number: int) -> LevelRule:
    """A window of 15 min, the second person after 5, a reminder 3 min before it closes."""
    targets = tuple(TargetRule(place, 10 * number + place, None, f"person {number}{place}") for place in (1, 2))
    return LevelRule(
        number,
        f"Level {number}",
        "functional",
        timedelta(minutes=15),
        timedelta(minutes=5),
        targets,
        (timedelta(minutes=3),),
        needs_rca=number == 3,
    )


POLICY = PolicySnapshot((), (level(1), level(2), level(3)), timedelta(minutes=40), repeats=1)
ROSTER = Roster(
    tuple(Seat(number, place, 10 * number + place, f"person {number}{place}", "on call") for number in (1, 2, 3) for place in (1, 2))
)
BEGINNING = RunState(Status.PAGING, OPENED)


@pytest.fixture
def honest() -> Story:
    """Silence from the first level to the third, and once more: levels after 0, 15, 30, 45, 60 and 75 min, nobody left after 90."""
    return story_of(POLICY, ROSTER, course(POLICY, ROSTER, BEGINNING, [0]))


def at(rows: list[Row], where: str) -> Row:
    return rows[{"first": 0, "middle": len(rows) // 2, "last": -1}[where]]


def of(story: Story, action: Action, wanted: Callable[[Row], bool] = lambda row: True) -> list[Row]:
    return [row for row in story.rows if row.action is action and wanted(row)]


def moved(story: Story, sequence: int, minutes: float) -> Story:
    """The pass and everything after it, so much later or sooner."""
    for row in story.rows:
        row.at += round(minutes * MINUTE) if row.sequence >= sequence else 0
    story.ended += round(minutes * MINUTE)
    story.known_until = max(row.at for row in story.rows)
    return story


def only(found: list[Deviation], kind: Kind) -> Deviation:
    assert [each.kind for each in found] == [kind]
    return found[0]


def test_the_honest_course_has_none(honest: Story) -> None:
    assert honest.found() == []
    assert len(of(honest, Action.LEVEL)) == 6


@pytest.mark.parametrize("where", PLACES)
def test_a_late_step(honest: Story, where: str) -> None:
    row = at(of(honest, Action.LEVEL), where)
    moved(honest, row.sequence, 4)
    for each in (each for each in honest.rows if each.sequence == row.sequence):
        each.late = 4 * MINUTE
    found = only(honest.found(), Kind.LATE_STEP)
    assert (found.sequences, found.happened) == ((row.sequence,), f"Level {row.level} was entered 4 min late.")


@pytest.mark.parametrize("where", PLACES)
def test_a_level_later_than_its_window_and_not_told(honest: Story, where: str) -> None:
    row = at(of(honest, Action.LEVEL), where)
    found = only(moved(honest, row.sequence, 4).found(), Kind.LEVEL_LATE)
    assert found.happened == f"Level {row.level} was entered 4 min late, and the record does not say so."


@pytest.mark.parametrize("where", PLACES)
def test_a_level_sooner_than_its_window(honest: Story, where: str) -> None:
    row = at(of(honest, Action.LEVEL, lambda row: row.sequence > 1), where)
    found = only(moved(honest, row.sequence, -2).found(), Kind.LEVEL_EARLY)
    assert (found.level, found.happened.endswith("2 min too early.")) == (row.level, True)
    assert "is 15 min." in found.expected


@pytest.mark.parametrize("where", PLACES)
def test_the_next_person_sooner_than_the_wait(honest: Story, where: str) -> None:
    row = at(of(honest, Action.PAGED, lambda row: row.position == 2), where)
    found = moved(honest, row.sequence, -2).found()
    assert only(found, Kind.LEVEL_EARLY).sequences == (row.sequence,)
    assert "the wait for the next person of level" in found[0].expected


def test_a_level_entered_though_acknowledged(honest: Story) -> None:
    second = of(honest, Action.LEVEL)[1]
    honest.rows = [replace(row, sequence=row.sequence + (row.sequence >= second.sequence)) for row in honest.rows]
    for kept in (honest.record, honest.rosters):
        for sequence in sorted(kept, reverse=True):
            if sequence >= second.sequence:
                kept[sequence + 1] = kept.pop(sequence)
    honest.rows.append(Row(second.sequence, Action.ACKNOWLEDGED, second.at - MINUTE, 1))
    found = only(honest.found(), Kind.LEVEL_EARLY)
    assert found.happened.endswith("though acknowledged.")


@pytest.mark.parametrize("where", PLACES)
def test_a_reminder_that_never_went(honest: Story, where: str) -> None:
    row = at(of(honest, Action.REMINDED), where)
    honest.rows = [each for each in honest.rows if not (each.action is Action.REMINDED and each.sequence == row.sequence)]
    found = only(honest.found(), Kind.REMINDER_MISSING)
    assert found.expected == f"1 reminder before the window of level {row.level} closes."


def test_a_milestone_that_nobody_saw(honest: Story) -> None:
    honest.rows = [row for row in honest.rows if row.action is not Action.MILESTONE]
    found = only(honest.found(), Kind.MILESTONE_IGNORED)
    assert found.at == OPENED + timedelta(minutes=40)
    assert "40 min after it counts from" in found.expected
    honest.ended = honest.counts_from + 39 * MINUTE
    assert honest.found() == []


@pytest.mark.parametrize("where", PLACES)
def test_a_skipped_level(honest: Story, where: str) -> None:
    """The second level is taken out of the record of one round, or the first of the way."""
    if where == "first":
        honest.rows = [row for row in honest.rows if row.sequence == 0 or row.sequence >= 4]
        honest.counts_from = of(honest, Action.LEVEL)[0].at
        honest = _without_milestone(honest)
    else:
        entering = of(honest, Action.LEVEL, lambda row: row.level == 3)[0 if where == "middle" else -1]
        before = of(honest, Action.LEVEL, lambda row: row.level == 2 and row.sequence < entering.sequence)[-1]
        honest.rows = [row for row in honest.rows if not before.sequence <= row.sequence < entering.sequence]
        moved(honest, entering.sequence, -15)
        honest = _without_milestone(honest)
    found = only(honest.found(), Kind.SKIPPED_LEVEL)
    assert found.level == (2 if where == "first" else 3)
    assert found.rationale == ""


def _without_milestone(story: Story) -> Story:
    story.policy = replace(story.policy, resolve_within=None)
    return story


def test_levels_that_were_passed_over_by_name_are_not_skipped() -> None:
    nobody = Roster(tuple(seat for seat in ROSTER.seats if seat.level != 2))
    assert story_of(POLICY, nobody, course(POLICY, nobody, BEGINNING, [0])).found() == []


def test_a_level_that_the_version_does_not_have(honest: Story) -> None:
    for row in (row for row in honest.rows if row.level == 3):
        row.level = 9
    found = honest.found()
    assert {each.kind for each in found} >= {Kind.SKIPPED_LEVEL}
    assert "no such level" in found[0].expected + found[-1].expected + "".join(each.expected for each in found)


@pytest.mark.parametrize("number", [0, 1, 3])
def test_a_bypass_has_its_rationale_and_without_one_it_is_a_skipped_level(number: int) -> None:
    story = story_of(POLICY, ROSTER, eventful(POLICY, ROSTER, BEGINNING, [0], {number: Event("bypassed", level=3)}))
    found = only(story.found(), Kind.BYPASS)
    assert found.rationale == "They say so."
    for wrong, missing in ((Ordered("", by_somebody=True), "why is not"), (Ordered("Because", by_somebody=False), "who ordered it")):
        robbed = deepcopy(story)
        robbed.orders = {key: wrong if key[1] == found.sequences[0] else said for key, said in story.orders.items()}
        assert missing in only(robbed.found(), Kind.SKIPPED_LEVEL).happened


@pytest.mark.parametrize("where", PLACES)
def test_somebody_alerted_who_was_not_on_the_level(honest: Story, where: str) -> None:
    row = at(of(honest, Action.PAGED), where)
    row.person = 99
    honest.rows = [each for each in honest.rows if each.action is not Action.REMINDED]
    honest.policy = replace(POLICY, levels=tuple(replace(one, reminders=()) for one in POLICY.levels))
    found = only(honest.found(), Kind.WRONG_PERSON)
    assert (found.people, found.level) == ((99,), row.level)


@pytest.mark.parametrize("where", PLACES)
def test_somebody_reminded_who_was_not_alerted(honest: Story, where: str) -> None:
    at(of(honest, Action.REMINDED), where).person = 99
    assert only(honest.found(), Kind.WRONG_PERSON).people == (99,)


@pytest.mark.parametrize("what", ["held", "raised"])
@pytest.mark.parametrize("number", [1, 3, 5])
def test_moved_by_hand_by_nobody_on_record(what: str, number: int) -> None:
    story = story_of(POLICY, ROSTER, eventful(POLICY, ROSTER, BEGINNING, [0], {number: Event(what)}))
    assert story.found() == []
    assert story.orders
    story.orders = {key: replace(said, by_somebody=False) for key, said in story.orders.items()}
    assert "who did it is not on record" in only(story.found(), Kind.WRONG_PERSON).happened


def test_windows_are_held_against_the_pace_of_the_severity() -> None:
    paced = replace(POLICY, severity_rules=(SeverityRule(Severity.SEV1, None, 40),))
    urgent = story_of(paced, ROSTER, course(paced, ROSTER, BEGINNING._replace(severity="SEV1"), [0]))
    assert urgent.found() == []
    at_leisure = deepcopy(urgent)
    at_leisure.record = {sequence: ("SEV2", start, regraded) for sequence, (_, start, regraded) in urgent.record.items()}
    assert Kind.LEVEL_EARLY in {each.kind for each in at_leisure.found()}


def test_an_hour_on_hold_moves_the_window_by_an_hour() -> None:
    policy = replace(POLICY, resolve_within=None)
    story = story_of(policy, ROSTER, eventful(policy, ROSTER, BEGINNING, [0], {1: Event("held", hours=1)}))
    assert story.found() == []
    story.rows = [row for row in story.rows if row.action is not Action.HELD]
    assert Kind.LEVEL_LATE in {each.kind for each in story.found()}
