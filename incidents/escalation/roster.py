"""Who would be alerted for an incident: the roster of its policy, with what its own severity asks for."""

from collections.abc import Sequence
from datetime import datetime

from incidents.lifecycle.models import Incident
from policies.decisions.escalation_facts import Roster
from policies.decisions.ruleset import LevelRule, PolicySnapshot
from policies.oncall.roster import Asked, rosters_for

from .messages import URGENT, subject_ref
from .rehearsed import rehearsed


def roster_for(incident: Incident, snapshot: PolicySnapshot, at: datetime, *, from_level: int = 0) -> Roster:
    """The seats of every level from `from_level` up for `incident`. Whoever holds this incident is not busy with another because of it."""
    return rosters_of([(incident, snapshot, from_level)], at)[0]


def rosters_of(wanted: Sequence[tuple[Incident, PolicySnapshot, int]], at: datetime) -> list[Roster]:
    """The same for many incidents, in the same few queries however many they are; those that would have the same share one."""
    if not wanted:
        return []
    levels: dict[tuple[int, int], tuple[LevelRule, ...]] = {}
    for _, snapshot, from_level in wanted:
        if (id(snapshot), from_level) not in levels:
            levels[id(snapshot), from_level] = tuple(level for level in snapshot.levels if level.number >= from_level)
    asked = [
        Asked(levels[id(snapshot), from_level], incident.severity in URGENT, subject_ref(incident))
        for incident, snapshot, from_level in wanted
    ]
    return [rehearsed(incident, roster) for (incident, _, _), roster in zip(wanted, rosters_for(asked, at), strict=True)]
