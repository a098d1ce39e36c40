"""Who sits on a place of a level, who stands behind them, and who was passed over for it. Pure."""

from collections.abc import Sequence
from datetime import datetime

from .escalation_facts import Passed, Seat, Somebody
from .routing import CandidateFacts, Standing, Wanted, behind, hindrance, in_order_of_source, merits, route


def seat_for(level: int, position: int, wanted: Wanted, candidates: Sequence[CandidateFacts], nobody: str, at: datetime) -> Seat:
    """The seat of one target. `nobody` says why there is no candidate; where none can be alerted, the seat tells what hinders each."""
    found = route(wanted, candidates, at)
    people = in_order_of_source(candidates)
    if not found.ordered:
        first = people[0] if people else CandidateFacts(0, "", "")
        problem = " ".join(exclusion.why for exclusion in found.excluded) or nobody
        return Seat(level, position, first.person_id or None, first.name, first.why, problem)
    first = found.ordered[0].person
    left_out = {exclusion.person.person_id: exclusion.why for exclusion in found.excluded}
    passed = tuple(
        Passed(person.person_id, person.name, left_out.get(person.person_id) or behind(wanted, person, first, at))
        for person in people[: people.index(first)]
    )
    sitting, *others = (_somebody(wanted, place.person, at) for place in found.ordered)
    return Seat(
        level,
        position,
        sitting.person_id,
        sitting.name,
        sitting.why,
        standing=sitting.standing,
        hindrance=sitting.hindrance,
        passed=passed,
        others=tuple(others),
    )


def _somebody(wanted: Wanted, person: CandidateFacts, at: datetime) -> Somebody:
    standing = "" if person.standing is Standing.AVAILABLE else person.standing.value
    return Somebody(person.person_id, person.name, " ".join(merits(wanted, person)), standing, hindrance(person, at))
