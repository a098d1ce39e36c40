"""A quarter out of the database, column by column: a constant number of queries, whatever the number of incidents."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
from django.db.models import BigIntegerField, Case, CharField, F, QuerySet, Value, When
from django.db.models.functions import Cast, Concat
from numpy.typing import NDArray

from incidents.escalation.writing import PAGE
from incidents.lifecycle.models import Incident
from policies.models import Component, PolicyVersion, Service, Team
from portal.foundation.outbox.models import OutboxMessage
from reports.conformance.checking import deviations_of
from reports.metrics.columns import CHUNK, Microseconds, coded, microseconds, read
from reports.metrics.escalation_queries import technical_escalations
from reports.metrics.levels import NEVER, Whole
from reports.metrics.moves import group_moves
from reports.metrics.population import Population

from .seen import GRADES, NONE, Names, Seen, Truth

ABOUT = "incidents.incident:"
SEVERITIES = {name: place for place, name in enumerate(GRADES) if name.startswith("SEV")}
NOT_GRADED = len(GRADES) - 1
ONE_OR_ZERO = Case(
    When(made_sla=True, then=Value(1)), When(made_sla=False, then=Value(0)), default=Value(NONE), output_field=BigIntegerField()
)


def seen(population: Population, known_until: datetime, *, past: bool = False) -> Seen:
    """What happened to the population's incidents, as far as it is known at `known_until`.

    Of a quarter that is only read as another one's `past`, what costs most is left out: deviations, alerts, and the incidents' numbers.
    """
    rows = Incident.objects.filter(population.incidents()).order_by("opened_at", "number")
    keys, opened, acknowledged, resolved, sla, reopened, severity, priority, *linked = read(
        rows,
        *("pk", Microseconds("opened_at"), Microseconds("acknowledged_at"), Microseconds("resolved_at"), ONE_OR_ZERO, "reopen_count"),
        *(coded("severity", SEVERITIES), "priority", "service_id", "component_id", "team_id", "policy_version_id"),
    )
    names, zone = _names(*linked)
    places = _Places(keys)
    told = technical_escalations(population, known_until)
    run_of, known = places.of(told.incident)
    moves, back = _moves(population, places)
    nothing = np.zeros(len(keys), dtype=bool)
    confused, departed = (nothing, nothing) if past else _deviations(population, known_until, places)
    alert_of, alerted_at, given_up = (keys[:0], keys[:0], nothing[:0]) if past else _alerts(population, places)
    return Seen(
        numbers=np.full(len(keys), "", dtype=object) if past else _numbers(rows, keys),
        opened=opened,
        acknowledged=acknowledged,
        resolved=resolved,
        made_sla=sla,
        reopened=reopened > 0,
        grade=_grades(severity, priority),
        names=names,
        zone=zone,
        moves=moves,
        went_back=back,
        confused=confused,
        departed=departed,
        escalations=told.of_runs(known, told.opened),
        run_of=run_of[known],
        alert_of=alert_of,
        alerted_at=alerted_at,
        given_up=given_up,
        start=microseconds(population.start),
        end=microseconds(population.end),
        known_until=microseconds(known_until),
    )


def _grades(severity: Whole, priority: Whole) -> Whole:
    """The severity's place among GRADES, else the priority's."""
    by_priority = np.where((priority >= 1) & (priority <= 5), len(SEVERITIES) - 1 + priority, NOT_GRADED)
    return np.asarray(np.where(severity == NEVER, by_priority, severity))


def _names(service: Whole, component: Whole, team: Whole, version: Whole) -> tuple[dict[str, Names], Names]:
    """The incidents' names by dimension, and their time zones. Four queries, of the catalogues alone."""
    components = {key: f"{of}: {name}" for key, of, name in Component.objects.values_list("pk", "service__name", "name")}
    versions, zones = dict[int, str](), dict[int, str]()
    for key, policy, number, zone in PolicyVersion.objects.values_list("pk", "policy__name", "number", "policy__time_zone"):
        versions[key], zones[key] = f"{policy} v{number}", zone
    found = {
        "service": _named(service, dict(Service.objects.values_list("pk", "name"))),
        "component": _named(component, components),
        "team": _named(team, dict(Team.objects.values_list("pk", "name"))),
        "policy": _named(version, versions),
    }
    return found, _named(version, zones, otherwise="UTC")


def _named(keys: Whole, words: Mapping[int, str], otherwise: str = "") -> Names:
    """A number for each different name; `otherwise` names those without, who else have none."""
    known: dict[str, int] = {}
    different, place = np.unique(keys, return_inverse=True)
    called = (words.get(key, otherwise) for key in different.tolist())
    codes = [known.setdefault(word, len(known)) if word else NONE for word in called]
    return Names(np.array(codes, dtype=np.int64)[place] if codes else np.empty(0, dtype=np.int64), tuple(known))


def _numbers(rows: QuerySet[Incident], keys: Whole) -> NDArray[np.object_]:
    """The incidents' numbers, by their keys: what was opened since the first look is not among them."""
    known = dict(rows.values_list("pk", "number").iterator(CHUNK))
    return np.array([known.get(key, "") for key in keys.tolist()], dtype=object)


def _deviations(population: Population, known_until: datetime, places: "_Places") -> tuple[Truth, Truth]:
    """Which incidents show signs of role confusion, and which otherwise depart from their policy, no reason being on record."""
    confused, departed = np.zeros(len(places.keys), dtype=bool), np.zeros(len(places.keys), dtype=bool)
    bare = [each for each in deviations_of(population, known_until) if not each.rationale]
    for into, wanted in ((confused, True), (departed, False)):
        rows, known = places.of(_whole([each.incident for each in bare if each.kind.is_confusion is wanted]))
        into[rows[known]] = True
    return confused, departed


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
    moves, back = np.zeros(len(places.keys), dtype=np.int64), np.zeros(len(places.keys), dtype=bool)
    told = group_moves(population)
    last, had, again = None, set[str](), np.zeros(len(told.incident), dtype=bool)
    for row, (incident, (before, to)) in enumerate(zip(told.incident.tolist(), told.groups, strict=True)):
        if incident != last:
            last, had = incident, set()
        had.add(before)
        again[row] = to in had
    rows, known = places.of(told.incident)
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


def _whole(values: Sequence[int]) -> Whole:
    return np.array(values, dtype=np.int64)
