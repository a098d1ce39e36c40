"""Who sits behind the targets of a policy at an instant, and why: the roster that escalation decisions eat."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from policies.decisions.escalation_facts import Roster
from policies.decisions.routing import Wanted
from policies.decisions.ruleset import LevelRule, PolicySnapshot
from policies.decisions.seating import seat_for

from .candidates import Lookup


class Asked(NamedTuple):
    """Whose seats are wanted, and for what. `urgent` prefers whoever is known to be reachable.

    What hangs on `apart_from`, such as the incident in question, keeps nobody busy.
    """

    levels: tuple[LevelRule, ...]
    urgent: bool = False
    apart_from: str = ""


def roster_at(snapshot: PolicySnapshot, at: datetime, *, from_level: int = 0, urgent: bool = False, apart_from: str = "") -> Roster:
    """The seats of every level from `from_level` up, resolved at `at`. Twelve queries at most, whatever there is to look up."""
    levels = tuple(level for level in snapshot.levels if level.number >= from_level)
    return rosters_for([Asked(levels, urgent, apart_from)], at)[0]


def rosters_at(tracks: Sequence[Sequence[LevelRule]], at: datetime) -> list[Roster]:
    """The same for the levels of several tracks, in the same twelve queries."""
    return rosters_for([Asked(tuple(track)) for track in tracks], at)


def rosters_for(asked: Sequence[Asked], at: datetime) -> list[Roster]:
    """A roster for each of `asked`, in the same twelve queries however many they are. Equal questions share one roster."""
    tracks = {id(one.levels): one.levels for one in asked}.values()
    levels = [level for track in tracks for level in track]
    targets = dict.fromkeys(target for level in levels for target in level.targets)
    regions = dict.fromkeys((level.region_id, level.region) for level in levels if level.region_id is not None)
    found = Lookup(targets, at, regions)
    made: dict[tuple[int, bool, str], Roster] = {}
    rosters = []
    for one in asked:
        key = (id(one.levels), one.urgent, found.counts(one.apart_from))
        if key not in made:
            made[key] = _seated(one, found, at)
        rosters.append(made[key])
    return rosters


def _seated(asked: Asked, found: Lookup, at: datetime) -> Roster:
    behind = found.behind(asked.apart_from)
    return Roster(
        tuple(
            seat_for(level.number, target.position, wanted_at(level, urgent=asked.urgent), *behind[target], at)
            for level in asked.levels
            for target in level.targets
        )
    )


def wanted_at(level: LevelRule, *, urgent: bool = False) -> Wanted:
    """What `level` wants of whoever is alerted."""
    return Wanted(level.skills, level.languages, level.region, urgent)
