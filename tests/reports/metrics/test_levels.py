"""Visits of levels and their figures, held against a slow telling of the same, step by step."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.metrics import escalation_definitions as definitions
from reports.metrics.escalation_definitions import Escalations
from reports.metrics.levels import NEVER, NOBODY, SECOND, Action, Acts, Cause, Steps, acted, visits_of

ANA, TOM, KIM = 1, 2, 3
CUT_OFF = 10_000


@dataclass(frozen=True)
class Step:
    """One step in seconds; `pass_` numbers the engine's looks at the run."""

    run: int
    pass_: int
    action: Action
    at: int
    level: int = 0
    person: int = NOBODY
    actor: int = NOBODY
    late: int = 0
    regraded: int = 0


def columns(steps: list[Step]) -> Steps:
    def column(name: str, factor: int = 1) -> Any:
        return np.array([getattr(step, name) * factor for step in steps], dtype=np.int64)

    return Steps(
        *(column(name) for name in ("run", "pass_", "action")),
        column("at", SECOND),
        *(column(n) for n in ("level", "person", "actor", "late", "regraded")),
    )


def whole(
    steps: list[Step], *, ended: dict[int, int] | None = None, exhausted: tuple[int, ...] = (), notes: tuple[Any, ...] = ()
) -> Escalations:
    """The runs are as many as the steps name; each has an incident of its own, resolved when its run ended."""
    how_many = max((step.run for step in steps), default=-1) + 1
    over = ended or {}
    ends = np.array([over[run] * SECOND if run in over else NEVER for run in range(how_many)], dtype=np.int64)
    rows = columns(steps)
    visits = visits_of(rows, ends)
    told = [(s.run, s.person, s.at) for s in steps if s.action == Action.ACKNOWLEDGED] + list(notes)
    acts = Acts(*(np.array([act[place] * (SECOND if place == 2 else 1) for act in told], dtype=np.int64) for place in range(3)))
    return Escalations(
        opened=how_many,
        incident=np.arange(how_many),
        resolved=ends != NEVER,
        exhausted=np.array([run in exhausted for run in range(how_many)], dtype=bool),
        visits=visits,
        acted=acted(visits, rows, acts),
        steps=np.bincount(rows.run, minlength=how_many),
        late=np.bincount(rows.run[rows.late == 1], minlength=how_many),
        passed_over=np.bincount(rows.run[rows.action == Action.LEVEL_PASSED_OVER], minlength=how_many),
        known_until=CUT_OFF * SECOND,
    )


def alerted(run: int, pass_: int, at: int, level: int, person: int, *, how: Action | None = None) -> list[Step]:
    first = [Step(run, pass_, how, at)] if how is not None else []
    return [*first, Step(run, pass_, Action.LEVEL, at, level), Step(run, pass_, Action.PAGED, at, level, person)]


def acknowledged(run: int, pass_: int, at: int, person: int) -> list[Step]:
    return [Step(run, pass_, Action.ACKNOWLEDGED, at, 0, person)]


# Ana is silent, Tom acknowledges after two minutes. A second incident goes to its end with nobody; a third one is moved up by hand.
STORY = [
    *alerted(0, 1, 0, 1, ANA),
    *alerted(0, 2, 300, 2, TOM),
    *acknowledged(0, 3, 420, TOM),
    *alerted(1, 1, 0, 1, ANA),
    *alerted(1, 2, 600, 2, TOM),
    Step(1, 3, Action.EXHAUSTED, 900),
    *alerted(2, 1, 50, 1, ANA),
    *acknowledged(2, 2, 60, ANA),
    *alerted(2, 3, 70, 2, KIM, how=Action.RAISED),
]


def story() -> Escalations:
    return whole(STORY, ended={0: 1000, 1: 900, 2: 500}, exhausted=(1,))


def test_a_visit_says_when_it_began_when_and_why_it_ended_and_who_answered() -> None:
    visits = story().visits
    assert list(zip(visits.run.tolist(), visits.level.tolist(), visits.next_level.tolist(), strict=True)) == [
        (0, 1, 2), (0, 2, 0), (1, 1, 2), (1, 2, 0), (2, 1, 2), (2, 2, 0),
    ]  # fmt: skip
    assert (visits.left // SECOND).tolist() == [300, 1000, 600, 900, 70, 500]
    assert [Cause(cause) for cause in visits.cause] == [
        Cause.WINDOW, Cause.NOT_LEFT, Cause.WINDOW, Cause.NOT_LEFT, Cause.BY_HAND, Cause.NOT_LEFT,
    ]  # fmt: skip
    assert [None if at == NEVER else at // SECOND for at in visits.acknowledged.tolist()] == [None, 420, None, None, 60, None]


def test_the_figures_of_the_story_are_those_worked_out_by_hand() -> None:
    given = story()
    assert definitions.escalations(given) == 3
    assert definitions.escalation_density(given) == {"per_incident": 1.0, "incidents": 3, "share": 100.0}
    assert definitions.time_to_escalate_seconds(given)["mean"] == pytest.approx((300 + 600 + 20) / 3, abs=0.001)
    # Waited: 300 and left, 120 and acknowledged, 600 and left, 300 and left, 10 and acknowledged, 430 and ended.
    waits = definitions.time_to_acknowledge_level_seconds(given)
    assert (waits["count"], waits["mean"], waits["without"]) == (2, 65, 4)
    assert (waits["p50_with_open"], waits["p90_with_open"]) == (None, None)
    assert definitions.windows(given) == {"met": 2, "missed": 3, "neither": 1, "share": 40.0}
    assert definitions.premature(given) == {"count": 2, "of": 3, "share": 66.667}
    assert definitions.woken_for_nothing(given) == {"count": 2, "of": 3, "share": 66.667}
    assert definitions.exhausted_runs(given) == 1
    assert definitions.escalations_by_cause(given)["moved up by hand"] == 1


def test_a_note_by_somebody_alerted_is_something_done_and_one_from_before_the_alert_is_not() -> None:
    after = whole(STORY, ended={0: 1000, 1: 900, 2: 500}, notes=((2, KIM, 100),))
    before = whole(STORY, ended={0: 1000, 1: 900, 2: 500}, notes=((2, KIM, 60), (2, TOM, 100)))
    assert definitions.woken_for_nothing(after)["count"] == 1
    assert definitions.woken_for_nothing(before)["count"] == 2


def test_the_bottleneck_is_where_most_was_waited() -> None:
    groups = {"Payments": whole(alerted(0, 1, 0, 1, ANA) + acknowledged(0, 2, 30, ANA)), "Mail": whole(alerted(0, 1, 9_910, 1, TOM))}
    assert definitions.bottleneck(groups) == {"name": "Mail", "seconds": 90.0, "share": 75.0}
    assert definitions.bottleneck({}) == {"name": None, "seconds": 0, "share": None}


def test_without_escalations_every_figure_is_there_and_nothing() -> None:
    found = {function.__name__: function(whole([])) for function, _, _ in definitions.MEASURES}
    assert found["runs"] == found["escalations"] == found["exhausted_runs"] == 0
    assert found["time_to_escalate_seconds"]["p95"] is None
    assert found["windows"] == {"met": 0, "missed": 0, "neither": 0, "share": None}


def test_every_figure_has_a_published_definition_of_its_own() -> None:
    texts = [function.__doc__ or "" for function, _, _ in definitions.MEASURES]
    assert all(len(text) > 60 for text in texts)
    assert len(set(texts)) == len(texts)


moves = st.lists(st.tuples(st.sampled_from(["up", "down", "empty", "ack", "hand"]), st.integers(1, 300)), max_size=8)


def _run_of(number: int, told: list[tuple[str, int]]) -> list[Step]:
    steps, at, level = alerted(number, 1, 0, 1, ANA), 0, 1
    for pass_, (what, seconds) in enumerate(told, 2):
        at += seconds
        if what == "ack":
            steps += acknowledged(number, pass_, at, ANA)
            continue
        if what == "empty":
            level += 1
            steps.append(Step(number, pass_, Action.LEVEL_PASSED_OVER, at, level))
        level = max(1, level - 1) if what == "down" else level + 1
        steps += alerted(number, pass_, at, level, TOM, how={"down": Action.LOWERED, "hand": Action.RAISED}.get(what))
    return steps


@settings(max_examples=40, deadline=None)
@given(st.lists(moves, max_size=4))
def test_columns_say_what_a_slow_telling_says(told: list[list[tuple[str, int]]]) -> None:
    """The same figures, by walking over the steps one by one."""
    steps = [step for number, run in enumerate(told) for step in _run_of(number, run)]
    escalated, waited, without, skipped, met = [], [], 0, 0, 0
    for number in range(len(told)):
        stays: list[list[Step]] = []
        for step in (step for step in steps if step.run == number):
            if step.action == Action.LEVEL:
                stays.append([])
            if stays:
                stays[-1].append(step)
        skipped += sum(step.action == Action.LEVEL_PASSED_OVER for step in steps if step.run == number)
        for position, stay in enumerate(stays):
            entered, following = next(s for s in stay if s.action == Action.LEVEL), stays[position + 1 :]
            if following and following[0][0].level > entered.level:
                escalated.append(following[0][0].at - entered.at)
            pages = [s.at for s in stay if s.action == Action.PAGED]
            answers = [s.at for s in stay if s.action == Action.ACKNOWLEDGED]
            if pages and answers:
                waited.append(answers[0] - pages[0])
                met += 1
            without += bool(pages) and not answers
    given_ = whole(steps)
    assert definitions.escalations(given_) == len(escalated)
    assert definitions.time_to_escalate_seconds(given_)["mean"] == (round(sum(escalated) / len(escalated), 3) if escalated else None)
    assert (definitions.time_to_acknowledge_level_seconds(given_)["count"], definitions.skipped_levels(given_)) == (len(waited), skipped)
    assert (definitions.time_to_acknowledge_level_seconds(given_)["without"], definitions.windows(given_)["met"]) == (without, met)


def test_times_to_escalate_by_cause_are_those_of_the_whole_told_apart() -> None:
    by_cause = definitions.time_to_escalate_by_cause(story())
    assert {cause: (of["count"], of["mean"]) for cause, of in by_cause.items() if of["count"]} == {
        "not acknowledged in time": (2, 450),
        "moved up by hand": (1, 20),
    }
    assert {cause: of["count"] for cause, of in by_cause.items()} == definitions.escalations_by_cause(story())


def test_of_a_level_nothing_is_said_that_only_whole_runs_can_tell() -> None:
    """At level 1 nobody of a higher level can have acted, so all that was escalated there would look premature."""
    first = story().of_visits(story().visits.level == 1)
    told = definitions.of_a_level(first)
    assert told["escalations"] == 3
    assert not {"premature", "runs", "exhausted_runs", "late_steps", "escalation_density", "skipped_levels"} & set(told)
