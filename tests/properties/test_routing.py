"""What holds for whoever is there, whatever is wanted."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from policies.decisions.escalation_facts import Roster, RunState, Status, as_recorded, from_recorded
from policies.decisions.routing import CandidateFacts, Reach, Source, Standing, Wanted, route
from policies.decisions.seating import seat_for

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
words = st.lists(st.sampled_from(["databases", "Cards", "de", "de-AT", "pt-BR", ""]), max_size=3).map(tuple)
people = st.lists(
    st.builds(
        CandidateFacts,
        st.integers(1, 5),
        st.sampled_from(["Ana", "Tom"]),
        st.sampled_from(["", "On call."]),
        st.sampled_from(Source),
        st.integers(1, 3),
        words,
        words,
        words,
        st.sampled_from(Standing),
        st.sampled_from(["", "on leave"]),
        st.none() | st.just(AT + timedelta(days=1)),
        st.booleans(),
        st.sampled_from(Reach),
    ),
    max_size=6,
    unique_by=lambda person: person.person_id,
)
wants = st.builds(Wanted, words, words, st.sampled_from(["", "Spain", "de"]), st.booleans())


@settings(max_examples=60, deadline=None)
@given(wants, people, st.randoms())
def test_everybody_is_placed_or_left_out_once_with_a_reason_whatever_order_they_come_in(
    wanted: Wanted, candidates: list[CandidateFacts], chance: object
) -> None:
    found = route(wanted, candidates, AT)
    placed = [place.person.person_id for place in found.ordered]
    left_out = [exclusion.person.person_id for exclusion in found.excluded]
    assert sorted(placed + left_out) == sorted(person.person_id for person in candidates)
    assert all(exclusion.why for exclusion in found.excluded)
    shuffled = list(candidates)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert route(wanted, shuffled, AT) == found


@settings(max_examples=60, deadline=None)
@given(wants, people)
def test_somebody_is_placed_when_anybody_is_active_and_reachable_and_nobody_else_ever_is(
    wanted: Wanted, candidates: list[CandidateFacts]
) -> None:
    able = {person.person_id for person in candidates if person.active and person.reach in (Reach.VERIFIED, Reach.UNVERIFIED)}
    placed = {place.person.person_id for place in route(wanted, candidates, AT).ordered}
    assert placed <= able
    assert bool(placed) is bool(able)
    standings = [(place.person.source is not Source.ON_CALL, place.person.standing.rank) for place in route(wanted, candidates, AT).ordered]
    assert standings == sorted(standings)
    away = Standing.AWAY.rank
    assert all(rank == away for _, rank in standings) or all(rank != away for _, rank in standings)


@settings(max_examples=60, deadline=None)
@given(wants, people)
def test_what_a_seat_says_can_be_recorded_and_read_back(wanted: Wanted, candidates: list[CandidateFacts]) -> None:
    seat = seat_for(1, 1, wanted, candidates, "Nobody is there.", AT)
    state = RunState(Status.PAGING, AT)
    assert from_recorded(as_recorded(Roster((seat,)), state, AT)) == (Roster((seat,)), state, AT)
    assert bool(seat.problem) is not bool(route(wanted, candidates, AT).ordered)
