"""Rules of who acted: signs of confusion about roles, told for a person to judge. The docstrings are the published definitions. Pure."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Self

import numpy as np
from numpy.typing import NDArray

from policies.decisions.escalation_words import in_words

from .values import Deviation, Kind, moment

# Long enough for two who do not know of each other, short enough that a hand-over between two is not counted.
AT_ONCE, AT_ONCE_PEOPLE = timedelta(minutes=5), 3
BOTH_WITHIN = timedelta(minutes=2)
RETURNS = 3

Whole = NDArray[np.int64]
ONE_ACTS = "One person acts at a time, as the roles of the incident say."


@dataclass(frozen=True, slots=True)
class Acts:
    """What people did that changes an incident or its escalation, a row an act, ordered by incident and time.

    `technical` is 0 for what belongs to the stakeholder or the compliance track, which have people of their own.
    """

    incident: Whole
    person: Whole
    at: Whole
    technical: Whole

    def where(self, chosen: NDArray[np.bool_]) -> Self:
        return type(self)(*(getattr(self, name)[chosen] for name in self.__slots__))


def several_at_once(acts: Acts) -> Iterator[Deviation]:
    """Three or more people acted on the same incident within five minutes: acknowledged, took or handed over, changed its state or its
    assignment, moved or held its technical escalation, used a mandate. Notes and readings do not count, because many may tell what they
    see, nor does what belongs to the stakeholder or the compliance track, which have people of their own. Once an incident, with the
    first such time and all who acted in it.
    """
    acts = acts.where(acts.technical == 1)
    window = AT_ONCE // timedelta(microseconds=1)
    told: set[int] = set()
    apart = AT_ONCE_PEOPLE - 1
    near = (acts.incident[apart:] == acts.incident[:-apart]) & (acts.at[apart:] - acts.at[:-apart] <= window)
    for place in np.flatnonzero(near).tolist():
        incident = int(acts.incident[place])
        last = int(np.searchsorted(acts.at[place : place + _rest(acts, place)], acts.at[place] + window, side="right")) + place
        people = tuple(dict.fromkeys(acts.person[place:last].tolist()))
        if incident in told or len(people) < AT_ONCE_PEOPLE:
            continue
        told.add(incident)
        happened = f"{len(people)} people acted within {in_words(AT_ONCE)}."
        yield Deviation(Kind.SEVERAL_AT_ONCE, incident, moment(acts.at[place]), ONE_ACTS, happened, people=people)


def _rest(acts: Acts, place: int) -> int:
    """How many acts of the same incident there are from `place` on."""
    return int(np.searchsorted(acts.incident, acts.incident[place], side="right")) - place


@dataclass(frozen=True, slots=True)
class Move:
    """Responsibility went to a group or to a person; `to` is the name of the group or the key of the person."""

    incident: int
    at: datetime
    before: str | int
    to: str | int


def ping_pong(moves: Iterable[Move]) -> Iterator[Deviation]:
    """An assignment went straight back to the group it came from (A to B to A), or came back three times or more to groups that had had it;
    or the responsibility for a track went from one person to another and straight back. Once an incident and kind, with the number of
    moves. Moves are told in the order of time.
    """
    ways: dict[tuple[int, type], list[Move]] = defaultdict(list)
    for move in moves:
        ways[move.incident, type(move.to)].append(move)
    for (incident, kind), mine in ways.items():
        back = [move for last, move in pairwise(mine) if move.to == last.before and move.before == last.to]
        had: set[str | int] = set()
        returns = []
        for move in mine:
            had.add(move.before)
            returns += [move] if move.to in had else []
        if not back and len(returns) < RETURNS:
            continue
        first, times = (back or returns)[0], len(returns)
        what = "groups" if kind is str else "people"
        happened = f"It moved {len(mine)} times between {what}, and came back {times} {'time' if times == 1 else 'times'}."
        people = () if kind is str else tuple(dict.fromkeys(int(move.to) for move in mine))
        yield Deviation(
            Kind.PING_PONG, incident, first.at, "Whoever takes an incident keeps it until it is done or escalates.", happened,
            people=people, weight=times,
        )  # fmt: skip


def without_role(acts: Acts, alerted: Collection[tuple[int, int]], with_right: Collection[int]) -> Iterator[Deviation]:
    """Somebody acted on an incident whom no alert of its escalations had reached, who stood on no recorded roster of them, and who has
    neither a role that gives the right to work, command or speak for incidents, nor a right granted on a single object at any time. Rights by
    role are those of now, as no record says what they were then. Once an incident and person.
    """
    known, right = set(alerted), set(with_right)
    told: set[tuple[int, int]] = set()
    for incident, person, at in zip(acts.incident.tolist(), acts.person.tolist(), acts.at.tolist(), strict=True):
        if person in right or (incident, person) in known or (incident, person) in told:
            continue
        told.add((incident, person))
        expected = "Whoever acts was alerted, has a role in the incident, or a right that is on record."
        happened = "Somebody acted of whom none of these is on record."
        yield Deviation(Kind.WITHOUT_ROLE, incident, moment(at), expected, happened, people=(person,))


@dataclass(frozen=True, slots=True)
class Answer:
    """Somebody acknowledged a track. `beside` is whoever had it already, None for who took it by that."""

    incident: int
    track: str
    person: int
    at: datetime
    beside: int | None = None


def two_acknowledged(answers: Iterable[Answer]) -> Iterator[Deviation]:
    """A second person acknowledged a track within two minutes after somebody else had, and the first kept it: both believed that it was theirs.
    Answers are told in the order of time.
    """
    tracks: Mapping[tuple[int, str], list[Answer]] = defaultdict(list)
    for answer in answers:
        tracks[answer.incident, answer.track].append(answer)
    for (incident, _), mine in tracks.items():
        yield from _beside(incident, mine)


def _beside(incident: int, answers: Sequence[Answer]) -> Iterator[Deviation]:
    for place, answer in enumerate(answers):
        first = next((one for one in reversed(answers[:place]) if one.person != answer.person), None)
        if answer.beside is None or first is None or answer.at - first.at > BOTH_WITHIN:
            continue
        happened = f"A second person acknowledged {in_words(answer.at - first.at)} after the first."
        yield Deviation(
            Kind.TWO_ACKNOWLEDGED, incident, answer.at, "One person acknowledges, and everybody sees who.", happened,
            people=(first.person, answer.person),
        )  # fmt: skip
