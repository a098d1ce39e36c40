"""Whom to alert first, whom next, and why: people who could take something, against what is wanted. Pure and total.

In plain words, of people who can be alerted at all:
1. Whoever is on call comes before whoever is not: they agreed to be woken.
2. Whoever is free comes before whoever is busy; somebody away counts only when nobody else is left.
3. Whoever has more of the wanted skills, languages and region comes first. Nobody is left out for lacking them.
4. When it is urgent, whoever is known to be reachable comes before whoever never answered from a contact point, or not for too long.
5. What is still equal keeps the order of its source: the final view before the layers under it, the holder before the deputy.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

from portal.foundation.words import listed

NOT_PROVEN = "Not known to be reachable: nobody answered from a contact point, or not for too long."


class Source(StrEnum):
    """What makes somebody a candidate."""

    ON_CALL = "on call"
    ROLE = "role"
    NAMED = "named"
    MEMBER = "team member"


class Standing(StrEnum):
    """Whether somebody can take something."""

    AVAILABLE = "available"
    BUSY = "busy"
    AWAY = "away"

    @property
    def rank(self) -> int:
        """0 is asked first."""
        return list(Standing).index(self)


# Why somebody is alerted all the same.
AFTER = {Standing.BUSY: "Comes after their equals who are free.", Standing.AWAY: "Nobody else is left."}


class Reach(StrEnum):
    """What is known of a person's contact points."""

    VERIFIED = "verified"
    UNVERIFIED = "unverified"
    ONLY_EMAIL = "only e-mail"
    NONE = "none"

    @property
    def carries_an_alert(self) -> bool:
        return self in {Reach.VERIFIED, Reach.UNVERIFIED}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the person should bring. Skills and regions are compared without regard to case; 'de' is met by 'de-AT', not the reverse."""

    skills: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    region: str = ""
    urgent: bool = False

    @property
    def in_words(self) -> tuple[str, ...]:
        """'databases', 'language de', 'region Spain'."""
        return (*self.skills, *(f"language {language}" for language in self.languages), *([f"region {self.region}"] if self.region else []))


@dataclass(frozen=True, slots=True)
class CandidateFacts:
    """Somebody who could be alerted. `why` is the sentence that makes them a candidate, `place` their place in that source, from 1.

    `occupied` says why they are busy or away, such as 'holds INC-000012'; `until` when that ends, None when it is not known.
    """

    person_id: int
    name: str
    why: str
    source: Source = Source.NAMED
    place: int = 1
    skills: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    standing: Standing = Standing.AVAILABLE
    occupied: str = ""
    until: datetime | None = None
    active: bool = True
    reach: Reach = Reach.VERIFIED


class Place(NamedTuple):
    """A person in the order, and the sentences that put them there."""

    person: CandidateFacts
    why: tuple[str, ...]


class Exclusion(NamedTuple):
    """A person who is not alerted, and why not."""

    person: CandidateFacts
    why: str


@dataclass(frozen=True, slots=True)
class Routing:
    """Everybody once: in the order in which they are alerted, or left out."""

    ordered: tuple[Place, ...] = ()
    excluded: tuple[Exclusion, ...] = ()


def route(wanted: Wanted, candidates: Sequence[CandidateFacts], at: datetime) -> Routing:
    """The candidates in the order in which they should be alerted at `at`, and those left out. Answers for every input, always alike.

    A person who is a candidate twice counts once, by the stronger source. Somebody is placed whenever anybody is active and can be reached.
    """
    people = in_order_of_source(candidates)
    able = [person for person in people if person.active and person.reach.carries_an_alert]
    there = [person for person in able if person.standing is not Standing.AWAY]
    ordered = sorted(there or able, key=lambda person: _rank(wanted, person))
    placed = {person.person_id for person in ordered}
    left_out = [person for person in people if person.person_id not in placed]
    places = tuple(Place(person, _reasons(wanted, person, at)) for person in ordered)
    return Routing(places, tuple(Exclusion(person, _hindrance(person, at)) for person in left_out))


def hindrance(person: CandidateFacts, at: datetime) -> str:
    """What stands in the way of alerting `person`, in one sentence; empty when nothing does."""
    free = person.active and person.reach.carries_an_alert and person.standing is Standing.AVAILABLE
    return "" if free else _hindrance(person, at)


def merits(wanted: Wanted, person: CandidateFacts) -> tuple[str, ...]:
    """What speaks for `person`, and what they lack, in sentences; whether they are free is left aside."""
    told = [person.why] if person.why else []
    lacking = _lacking(wanted, person)
    brings = [word for word in wanted.in_words if word not in lacking]
    if brings:
        told.append(f"Has {listed(brings)}" + (f", not {listed(lacking)}." if lacking else "."))
    elif lacking:
        told.append(f"Has nothing of what is wanted: {listed(lacking)}.")
    if person.reach is Reach.UNVERIFIED:
        told.append(NOT_PROVEN)
    return tuple(told)


def behind(wanted: Wanted, person: CandidateFacts, first: CandidateFacts, at: datetime) -> str:
    """Why `first` is alerted before `person`, in one sentence about `person`."""
    if person.source is not Source.ON_CALL and first.source is Source.ON_CALL:
        return f"{person.name} is not on call."
    if person.standing.rank > first.standing.rank:
        return _hindrance(person, at)
    lacking = _lacking(wanted, person)
    if len(lacking) > len(_lacking(wanted, first)):
        return f"{person.name} lacks {listed(lacking)}; {first.name} has more of what is wanted."
    if wanted.urgent and person.reach is Reach.UNVERIFIED and first.reach is Reach.VERIFIED:
        return f"{person.name} is not known to be reachable; {first.name} is, and it is urgent."
    return f"{person.name} comes after {first.name}."


def in_order_of_source(candidates: Sequence[CandidateFacts]) -> list[CandidateFacts]:
    """Each person once, by their strongest source, in the order in which the sources name them."""
    found: dict[int, CandidateFacts] = {}
    for candidate in sorted(candidates, key=_of_source):
        found.setdefault(candidate.person_id, candidate)
    return list(found.values())


def _of_source(person: CandidateFacts) -> tuple[bool, int, int]:
    return person.source is not Source.ON_CALL, person.place, person.person_id


def _rank(wanted: Wanted, person: CandidateFacts) -> tuple[bool, int, int, bool, int, int]:
    off_duty, place, number = _of_source(person)
    unproven = wanted.urgent and person.reach is not Reach.VERIFIED
    return off_duty, person.standing.rank, len(_lacking(wanted, person)), unproven, place, number


def _lacking(wanted: Wanted, person: CandidateFacts) -> list[str]:
    """What is wanted and this person does not bring."""
    skills = {skill.casefold() for skill in person.skills}
    spoken = {language.casefold() for language in person.languages}
    spoken |= {language.partition("-")[0] for language in spoken}
    lacking = [skill for skill in wanted.skills if skill.casefold() not in skills]
    lacking += [f"language {language}" for language in wanted.languages if language.casefold() not in spoken]
    if wanted.region and wanted.region.casefold() not in {region.casefold() for region in person.regions}:
        lacking.append(f"region {wanted.region}")
    return lacking


def _reasons(wanted: Wanted, person: CandidateFacts, at: datetime) -> tuple[str, ...]:
    found = merits(wanted, person)
    return found if person.standing is Standing.AVAILABLE else (*found, _hindrance(person, at), AFTER[person.standing])


def _hindrance(person: CandidateFacts, at: datetime) -> str:
    if not person.active:
        return f"{person.name} is inactive."
    if person.reach is Reach.ONLY_EMAIL:
        return f"{person.name} can be reached by e-mail only, which carries no alert."
    if person.reach is Reach.NONE:
        return f"{person.name} has no active contact point."
    because = f": {person.occupied}" if person.occupied else ""
    return f"{person.name} is {person.standing.value}{_until(person.until, at)}{because}."


def _until(until: datetime | None, at: datetime) -> str:
    """' until 14:00 UTC', with the day when it is another one than `at`'s."""
    if until is None:
        return ""
    end = until.astimezone(UTC)
    day = "" if end.date() == at.astimezone(UTC).date() else f"{end.day} {end:%b} "
    return f" until {day}{end:%H:%M} UTC"
