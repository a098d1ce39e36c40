"""A quarter out of the database, column by column: seven queries, whatever the number of incidents."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import numpy as np
from django.db.models import CharField, F, Value
from django.db.models.functions import Cast, Concat

from incidents.escalation.writing import PAGE
from incidents.lifecycle.models import Incident, TimelineEntry
from portal.foundation.outbox.models import OutboxMessage
from reports.metrics.escalation_queries import CHUNK, Microseconds, technical_escalations
from reports.metrics.facts import moves_between_known_groups
from reports.metrics.levels import NEVER, Whole
from reports.metrics.population import Population

from .seen import EPOCH, GRADES, NONE, Names, Seen, Truth

ABOUT = "incidents.incident:"
_GRADES = {name: place for place, name in enumerate(GRADES)}
_COLUMNS: tuple[Any, ...] = (
    "pk", "number", Microseconds("opened_at"), Microseconds("acknowledged_at"), Microseconds("resolved_at"), "made_sla", "reopen_count",
    "severity", "priority", "service__name", "component__name", "team__name", "policy_version__policy__name", "policy_version__number",
    "policy_version__policy__time_zone",
)  # fmt: skip


def seen(population: Population, known_until: datetime) -> Seen:
    """What happened to the population's incidents, as far as it is known at `known_until`."""
    rows = list(Incident.objects.filter(population.incidents()).order_by("opened_at", "number").values_list(*_COLUMNS).iterator(CHUNK))
    columns: list[Any] = list(zip(*rows, strict=True)) if rows else [()] * len(_COLUMNS)
    key, number, opened, acknowledged, resolved, sla, reopened, severity, priority, service, component, team, policy, version, zone = (
        columns
    )
    keys = _whole(key)
    places = _Places(keys)
    told = technical_escalations(population, known_until)
    run_of, known = places.of(told.incident)
    moves, back = _moves(population, places)
    alert_of, alerted_at, given_up = _alerts(population, places)
    return Seen(
        numbers=np.array(number, dtype=object),
        opened=_whole(opened),
        acknowledged=_whole(acknowledged),
        resolved=_whole(resolved),
        made_sla=np.array([NONE if value is None else int(value) for value in sla], dtype=np.int64),
        reopened=_whole(reopened) > 0,
        grade=np.array([_grade(*each) for each in zip(severity, priority, strict=True)], dtype=np.int64),
        names={
            "service": _names(service),
            "component": _names(f"{one}: {two}" if two else None for one, two in zip(service, component, strict=True)),
            "team": _names(team),
            "policy": _names(f"{one} v{two}" if one else None for one, two in zip(policy, version, strict=True)),
        },
        zone=_names(each or "UTC" for each in zone),
        moves=moves,
        went_back=back,
        escalations=told.of_runs(known, told.opened),
        run_of=run_of[known],
        alert_of=alert_of,
        alerted_at=alerted_at,
        given_up=given_up,
        start=_microseconds(population.start),
        end=_microseconds(population.end),
        known_until=_microseconds(known_until),
    )


class _Places:
    """Where each incident stands among the rows, by its key."""

    def __init__(self, keys: Whole) -> None:
        self.order = np.argsort(keys)
        self.keys = keys[self.order]

    def of(self, keys: Whole) -> tuple[Whole, Truth]:
        """The row of each key, and whether there is one: what was written while we read has none."""
        if not len(self.keys):
            return np.zeros(len(keys), dtype=np.int64), np.zeros(len(keys), dtype=bool)
        place = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.asarray(self.order[place]), np.asarray(self.keys[place] == keys)


def _moves(population: Population, places: _Places) -> tuple[Whole, Truth]:
    """How often each incident moved between known groups, and whether it went back to one that had had it."""
    told = TimelineEntry.objects.filter(population.within("incident__"), kind=TimelineEntry.Kind.ASSIGNED).order_by(
        "incident_id", "at", "id"
    )
    moves, back = np.zeros(len(places.keys), dtype=np.int64), np.zeros(len(places.keys), dtype=bool)
    last, had, found = None, set[str](), []
    for incident, data in told.values_list("incident_id", "data").iterator(CHUNK):
        if not moves_between_known_groups(data):
            continue
        if incident != last:
            last, had = incident, set()
        had.add(str(data["from"]))
        found.append((incident, str(data["to"]) in had))
    rows, known = places.of(_whole([incident for incident, _ in found]))
    again = np.array([went for _, went in found], dtype=bool)
    np.add.at(moves, rows[known], 1)
    back[rows[known & again]] = True
    return moves, back


def _alerts(population: Population, places: _Places) -> tuple[Whole, Whole, Truth]:
    """The technical track's alerts. They are found by what they are about, which is indexed: the cost follows the incidents."""
    about = Incident.objects.filter(population.incidents()).annotate(
        about=Concat(Value(ABOUT), Cast("pk", CharField())),
    )
    sent = OutboxMessage.objects.filter(kind=PAGE, drill=False, subject_ref__in=about.values("about")).order_by("created_at", "id")
    rows = list(sent.values_list("subject_ref", Microseconds("created_at"), F("state")).iterator(CHUNK))
    row, known = places.of(_whole([int(ref.rpartition(":")[2]) for ref, _, _ in rows]))
    at = _whole([at for _, at, _ in rows])
    failed = np.array([state == OutboxMessage.State.FAILED for _, _, state in rows], dtype=bool)
    return row[known], at[known], failed[known]


def _grade(severity: str, priority: int | None) -> int:
    return _GRADES.get(severity or (f"P{priority}" if priority else ""), len(GRADES) - 1)


def _names(words: Iterable[str | None]) -> Names:
    known: dict[str, int] = {}
    codes = [known.setdefault(word, len(known)) if word else NONE for word in words]
    return Names(np.array(codes, dtype=np.int64), tuple(known))


def _whole(values: Iterable[int | None]) -> Whole:
    return np.array([NEVER if value is None else value for value in values], dtype=np.int64)


def _microseconds(moment: datetime) -> int:
    return (moment - EPOCH) // (datetime.resolution)
