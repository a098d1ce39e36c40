"""Who sits behind the targets of a policy at an instant, and why: the roster that escalation decisions eat."""

from collections.abc import Sequence
from datetime import datetime

from policies.decisions.escalation_facts import Roster
from policies.decisions.routing import Wanted
from policies.decisions.ruleset import LevelRule, PolicySnapshot
from policies.decisions.seating import seat_for

from .candidates import behind_targets


def roster_at(snapshot: PolicySnapshot, at: datetime, *, from_level: int = 0, urgent: bool = False, apart_from: str = "") -> Roster:
    """The seats of every level from `from_level` up, resolved at `at`. Twelve queries at most, whatever there is to look up.

    What hangs on `apart_from`, such as the incident in question, keeps nobody busy. `urgent` prefers whoever is known to be reachable.
    """
    levels = [level for level in snapshot.levels if level.number >= from_level]
    return rosters_at([levels], at, urgent=urgent, apart_from=apart_from)[0]


def rosters_at(tracks: Sequence[Sequence[LevelRule]], at: datetime, *, urgent: bool = False, apart_from: str = "") -> list[Roster]:
    """The same for the levels of several tracks, in the same twelve queries."""
    levels = [level for track in tracks for level in track]
    targets = [target for level in levels for target in level.targets]
    regions = {level.region_id: level.region for level in levels if level.region_id is not None}
    found = behind_targets(targets, at, regions=regions, apart_from=apart_from)
    return [
        Roster(
            tuple(
                seat_for(level.number, target.position, wanted_at(level, urgent=urgent), *found[target], at)
                for level in track
                for target in level.targets
            )
        )
        for track in tracks
    ]


def wanted_at(level: LevelRule, *, urgent: bool = False) -> Wanted:
    """What `level` wants of whoever is alerted."""
    return Wanted(level.skills, level.languages, level.region, urgent)
