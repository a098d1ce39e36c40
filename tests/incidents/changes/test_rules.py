"""Which freezes stand against a change, and what is answered to whoever asks."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.changes.rules import Frozen, Planned, Touched, freezes_against, may_start

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
PAYMENTS, LEDGER = Touched(1, unit=10), Touched(2, unit=20)


def frozen(key: int = 1, begins: datetime = NOW, over: datetime | None = NOW + HOUR, **covering: object) -> Frozen:
    covering = covering or {"services": frozenset({1})}
    return Frozen(key, begins, over, "Card payments", "The core is unstable.", **covering)  # type: ignore[arg-type]


def change(*touches: Touched, approved_at: datetime | None = None) -> Planned:
    return Planned("CHG-1", touches, approved_at)


@pytest.mark.parametrize(
    ("at", "stands"),
    [(NOW - timedelta(microseconds=1), False), (NOW, True), (NOW + HOUR - timedelta(microseconds=1), True), (NOW + HOUR, False)],
)
def test_a_freeze_holds_from_its_beginning_up_to_its_end(at: datetime, stands: bool) -> None:
    assert bool(freezes_against(change(PAYMENTS), [frozen()], at)) is stands


def test_one_without_an_end_holds_on_and_one_lifted_before_it_began_never_did() -> None:
    assert freezes_against(change(PAYMENTS), [frozen(over=None)], NOW + 1000 * HOUR)
    assert not freezes_against(change(PAYMENTS), [frozen(begins=NOW + HOUR, over=NOW)], NOW + HOUR)


@pytest.mark.parametrize(
    ("covering", "stands"),
    [
        ({"services": frozenset({1, 3})}, True),
        ({"services": frozenset({2})}, False),
        ({"units": frozenset({10})}, True),
        ({"units": frozenset({20})}, False),
        ({"everything": True}, True),
    ],
)
def test_it_covers_its_services_the_units_with_their_parts_or_everything(covering: dict[str, object], stands: bool) -> None:
    assert bool(freezes_against(change(PAYMENTS), [frozen(**covering)], NOW)) is stands


def test_one_service_of_several_is_enough() -> None:
    assert freezes_against(change(LEDGER, PAYMENTS), [frozen()], NOW)


def test_a_service_of_no_unit_is_in_no_frozen_unit() -> None:
    assert not freezes_against(change(Touched(1, unit=None)), [frozen(units=frozenset({10}))], NOW)


def test_without_a_freeze_it_may_begin() -> None:
    answer = may_start(change(LEDGER), [frozen()], NOW)
    assert (answer.may, answer.freezes) == (True, ())
    assert answer.reasons == ("No freeze covers it at 20 Nov 2026, 09:00 UTC.",)


def test_of_a_change_that_touches_nothing_on_record_it_is_said_what_was_not_looked_for() -> None:
    assert "not on record what it touches" in may_start(change(), [frozen()], NOW).reasons[0]
    assert not may_start(change(), [frozen(everything=True)], NOW).may


def test_a_freeze_says_no_with_its_reason_and_the_way_out() -> None:
    answer = may_start(change(PAYMENTS), [frozen()], NOW)
    assert not answer.may
    assert answer.reasons == (
        "Changes to Card payments are frozen from 20 Nov 2026, 09:00 UTC until 20 Nov 2026, 10:00 UTC: The core is unstable.",
        "It may begin when somebody else than its requester has approved it as an emergency.",
    )


@pytest.mark.parametrize(("approved", "may"), [(NOW - HOUR, True), (NOW, True), (NOW + timedelta(seconds=1), False)])
def test_an_emergency_approval_counts_from_when_it_was_given(approved: datetime, may: bool) -> None:
    answer = may_start(change(PAYMENTS, approved_at=approved), [frozen()], NOW)
    assert (answer.may, len(answer.freezes)) == (may, 1)


def test_what_began_first_stands_first() -> None:
    later, first = frozen(1, NOW, None), frozen(2, NOW - HOUR, None)
    assert [each.key for each in freezes_against(change(PAYMENTS), [later, first], NOW)] == [2, 1]


moments = st.integers(-5, 5).map(lambda hours: NOW + hours * HOUR)
freezes = st.builds(
    Frozen,
    key=st.integers(1, 99),
    begins_at=moments,
    over_at=st.none() | moments,
    what=st.just("x"),
    reason=st.just("y"),
    everything=st.booleans(),
    services=st.frozensets(st.integers(1, 4)),
    units=st.frozensets(st.integers(1, 4)),
)


@given(st.lists(freezes, max_size=5), st.lists(st.builds(Touched, st.integers(1, 4), st.none() | st.integers(1, 4)), max_size=3), moments)
def test_it_may_begin_exactly_when_nothing_that_covers_it_holds(found: list[Frozen], touches: list[Touched], at: datetime) -> None:
    def hits(freeze: Frozen) -> bool:
        held = freeze.begins_at <= at if freeze.over_at is None else freeze.begins_at <= at < freeze.over_at
        services, units = {each.service for each in touches}, {each.unit for each in touches}
        return held and (freeze.everything or bool(services & freeze.services) or bool(units & freeze.units))

    asked = Planned("CHG-1", tuple(touches))
    assert may_start(asked, found, at).may is not any(map(hits, found))
    assert sorted(each.key for each in freezes_against(asked, found, at)) == sorted(each.key for each in found if hits(each))
    approved = Planned("CHG-1", tuple(touches), approved_at=at)
    assert may_start(approved, found, at).may
