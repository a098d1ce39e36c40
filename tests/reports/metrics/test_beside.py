"""Hand-offs, messages, drills, contact data and error budgets, by cases and against slow formulas."""

import statistics
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.metrics import beside_definitions as definitions
from reports.metrics.beside_definitions import HAND_OFF_STATES, MESSAGE_STATES, Budget, DrillFact, HandOffs, Messages, Ways
from reports.metrics.levels import NEVER, SECOND

START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
CHANNELS = ("sms", "slack")


def hand_offs(rows: list[tuple[str, int | None]], known_until: int = 1_000) -> HandOffs:
    """State, and the second of the receiver's signature or of the settling; each was asked for at second 0 and given at second 3."""

    def at(seconds: int | None) -> int:
        return NEVER if seconds is None else seconds * SECOND

    return HandOffs(
        incident=np.arange(len(rows)),
        state=np.array([HAND_OFF_STATES.index(state) for state, _ in rows], dtype=np.int64),
        by_engine=np.array([place % 2 == 0 for place in range(len(rows))], dtype=bool),
        offered=np.zeros(len(rows), dtype=np.int64),
        given=np.full(len(rows), 3 * SECOND),
        received=np.array([at(seconds) if state == "signed" else NEVER for state, seconds in rows], dtype=np.int64),
        settled=np.array([NEVER if state == "open" else at(seconds) for state, seconds in rows], dtype=np.int64),
        known_until=known_until * SECOND,
    )


def test_hand_offs_are_told_by_how_they_stand() -> None:
    found = definitions.hand_offs(
        hand_offs([("signed", 10), ("signed", 1), ("open", None), ("declined", 5), ("waived", 7), ("withdrawn", 8)])
    )
    assert found == {
        "asked": 6, "by_engine": 3, "accepted": 2, "refused": 1, "unsigned": 1, "waived": 1, "withdrawn": 1, "share_accepted": 50.0,
    }  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(HAND_OFF_STATES), st.integers(0, 900)), max_size=12))
def test_time_to_sign_is_that_of_the_later_signature(rows: list[tuple[str, int]]) -> None:
    found = definitions.time_to_sign(hand_offs(rows))
    signed = [max(3, seconds) for state, seconds in rows if state == "signed"]
    assert found["count"] == len(signed)
    assert found["mean"] == (round(statistics.fmean(signed), 3) if signed else None)
    known = [(max(3, at) if state == "signed" else 1_000 if state == "open" else at, state == "signed") for state, at in rows]
    waiting, reached = 1.0, []
    for when in sorted({at for at, over in known if over}):
        waiting *= 1 - sum(over and at == when for at, over in known) / sum(at >= when for at, _ in known)
        if waiting <= 0.5 + 1e-12:
            reached.append((when, abs(waiting - 0.5) < 1e-12))
    # Just the half has ended: the middle to when the next one ends.
    between = len(reached) > 1 and reached[0][1]
    assert found["p50_with_open"] == ((reached[0][0] + reached[1][0]) / 2 if between else reached[0][0] if reached else None)


def test_a_signature_before_the_asking_is_an_error_and_left_out() -> None:
    told = hand_offs([("signed", 10)])
    assert definitions.time_to_sign(HandOffs(*(getattr(told, name) for name in ("incident", "state", "by_engine")), told.offered + 99 * SECOND,
        told.given, told.received, told.settled, told.known_until))["count"] == 0  # fmt: skip


def messages(rows: list[tuple[str, int, float | None]]) -> Messages:
    """State, ways given up, and the seconds until it was finished."""
    return Messages(
        state=np.array([MESSAGE_STATES.index(state) for state, _, _ in rows], dtype=np.int64),
        channel=np.array([min(ways, 1) for _, ways, _ in rows], dtype=np.int64),
        ways=np.array([ways for _, ways, _ in rows], dtype=np.int64),
        created=np.zeros(len(rows), dtype=np.int64),
        finished=np.array([NEVER if seconds is None else round(seconds * SECOND) for _, _, seconds in rows], dtype=np.int64),
        channels=CHANNELS,
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(MESSAGE_STATES), st.integers(0, 2), st.one_of(st.none(), st.integers(0, 500))), max_size=15))
def test_messages_are_counted_once_and_their_times_are_those_of_the_delivered(rows: list[tuple[str, int, int | None]]) -> None:
    found, times = definitions.deliveries(messages(list(rows))), definitions.time_to_receive(messages(list(rows)))
    arrived = [row for row in rows if row[0] in {"delivered", "bundled"}]
    failed = [row for row in rows if row[0] == "failed"]
    assert (found["delivered"], found["failed"]) == (len(arrived), len(failed))
    assert found["sent"] == found["delivered"] + found["failed"] + found["taken_back"] + found["waiting"] == len(rows)
    assert found["fell_back"] == sum(ways > 0 for _, ways, _ in [*arrived, *failed])
    seconds = [took for _, _, took in arrived if took is not None]
    assert (times["count"], times["mean"]) == (len(seconds), round(statistics.fmean(seconds), 3) if seconds else None)


def test_a_channel_by_itself_has_its_own_times() -> None:
    told = messages([("delivered", 0, 1), ("delivered", 1, 9), ("failed", 1, 99)])
    assert [definitions.time_to_receive(told.where(told.channel == place))["p50"] for place in (0, 1)] == [1, 9]


def drill(**fields: Any) -> DrillFact:
    values: dict[str, Any] = {
        "planned_for": START + timedelta(days=3), "finished_at": START + timedelta(days=3, hours=1), "cancelled": False, "next_due": None,
        "followed": False, "findings": 0, "done": 0, "overdue": 0,
    }  # fmt: skip
    return DrillFact(**{**values, **fields})


def test_drills_are_done_due_missed_and_passed() -> None:
    told = [
        drill(),
        drill(findings=3, done=1, overdue=2),
        drill(cancelled=True, finished_at=None),
        drill(planned_for=START - timedelta(days=99), finished_at=START - timedelta(days=99), next_due=date(2026, 2, 1)),
        drill(planned_for=START - timedelta(days=99), finished_at=START - timedelta(days=99), next_due=date(2026, 2, 1), followed=True),
        drill(planned_for=END, finished_at=END + timedelta(hours=1), next_due=date(2026, 4, 1)),
    ]
    assert definitions.drills(told, START, END) == {
        "planned": 3, "done": 2, "called_off": 1, "passed": 1, "due": 2, "missed": 1, "findings": 3, "findings_done": 1, "findings_overdue": 2,
    }  # fmt: skip


def test_contact_data_is_a_share_of_the_people_and_of_nobody_there_is_none() -> None:
    assert definitions.contact_data(Ways(4, 3, 2))["share_verified"] == 50
    assert definitions.contact_data(Ways(0, 0, 0))["share_verified"] is None


def test_a_burn_rate_is_held_against_one_and_against_the_threshold() -> None:
    found = definitions.error_budgets(Budget("Payments", np.array([0.5, 1.0, 1.1, 6.0, 14.4]), 6.0, 9, 4))
    assert (found["readings"], found["above_1"], found["above_limit"], found["highest"]) == (5, 3, 2, 14.4)
    assert definitions.error_budgets(Budget("Mail", np.array([2.0]), None, 0, 0))["above_limit"] is None
