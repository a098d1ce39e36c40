"""How incidents went from group to group, out of the database: read once for a report, whichever chapters ask."""

import json
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter

import numpy as np
from django.db.models import TextField
from django.db.models.functions import Cast

from incidents.lifecycle.models import TimelineEntry

from .columns import CHUNK, Microseconds, along
from .facts import moves_between_known_groups
from .levels import Whole
from .one_report import once
from .population import Population


@dataclass(frozen=True, slots=True)
class GroupMoves:
    """Moves from one known group to another, a row a move, ordered by incident and time; `groups` are the names before and after."""

    incident: Whole
    at: Whole
    groups: list[tuple[str, str]]


@once
def group_moves(population: Population) -> GroupMoves:
    """How incidents went between groups. One query."""
    entries = TimelineEntry.objects.filter(population.without_drills("incident__"), kind=TimelineEntry.Kind.ASSIGNED)
    named = along(entries, "incident__").values_list("incident_id", Microseconds("at"), "pk", Cast("data", TextField()))
    told = [(incident, at, key, groups) for incident, at, key, data in named.iterator(CHUNK) if (groups := _groups_in(data))]
    told.sort(key=itemgetter(0, 1, 2))
    incident, at = (np.array([row[place] for row in told], dtype=np.int64) for place in (0, 1))
    return GroupMoves(incident, at, [row[3] for row in told])


@lru_cache(maxsize=10_000)
def _groups_in(data: str) -> tuple[str, str] | None:
    """What a move's data say, which are much the same in many: parsed once."""
    said = json.loads(data)
    return (str(said["from"]), str(said["to"])) if moves_between_known_groups(said) else None
