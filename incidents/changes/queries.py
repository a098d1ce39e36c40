"""Reading freezes and changes: a constant number of queries, and values instead of objects."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet

from incidents.escalation.models import EscalationRun
from incidents.lifecycle.models import Incident
from incidents.lifecycle.states import OPEN_STATES
from policies.models import BusinessUnit, Service
from portal.foundation.access.checks import visible_to
from portal.foundation.errors import InvalidInput
from portal.foundation.words import listed

from .models import ChangeFreeze, ChangeRequest
from .rules import Answer, Frozen, Planned, Touched, may_start

MOST_NAMED = 5


def freezes_for(actor: Any) -> QuerySet[ChangeFreeze]:
    """The freezes that `actor` may see."""
    rows = ChangeFreeze.objects.select_related("unit", "incident", "declared_by", "lifted_by").prefetch_related("services")
    return visible_to(actor, rows, "incidents.view_changefreeze")


def changes_for(actor: Any) -> QuerySet[ChangeRequest]:
    """The changes that `actor` may see."""
    rows = ChangeRequest.objects.select_related("requested_by", "approved_by").prefetch_related("services")
    return visible_to(actor, rows, "incidents.view_changerequest")


def holding(at: datetime) -> QuerySet[ChangeFreeze]:
    """Those that hold at `at`."""
    return ChangeFreeze.objects.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=at), _not_lifted_by(at), begins_at__lte=at)


def _not_lifted_by(at: datetime) -> Q:
    return Q(lifted_at__isnull=True) | Q(lifted_at__gt=at)


def as_values(rows: QuerySet[ChangeFreeze]) -> list[Frozen]:
    """What the rules need of these freezes. Three queries at most."""
    return values_of(list(rows.select_related("unit", "incident").prefetch_related("services")))


def values_of(found: Sequence[ChangeFreeze]) -> list[Frozen]:
    """The same of freezes that bring along their unit, incident and services. One query at most."""
    parts = parts_of_units() if any(row.unit_id for row in found) else {}
    return [
        Frozen(
            key=row.pk,
            begins_at=row.begins_at,
            over_at=row.over_at,
            what=covered_in_words(row),
            reason=row.reason,
            everything=row.covers == ChangeFreeze.Covers.EVERYTHING,
            services=frozenset(service.pk for service in row.services.all()),
            units=parts.get(row.unit_id, frozenset()) if row.unit_id else frozenset(),
            incident=row.incident.number if row.incident else "",
        )
        for row in found
    ]


def parts_of_units() -> dict[int, frozenset[int]]:
    """Each business unit with all that are part of it, at any depth. One query."""
    below: dict[int, list[int]] = defaultdict(list)
    units = []
    for key, above in BusinessUnit.objects.order_by().values_list("pk", "part_of_id"):
        units.append(key)
        if above is not None:
            below[above].append(key)
    return {unit: _with_all_below(unit, below) for unit in units}


def _with_all_below(unit: int, below: dict[int, list[int]]) -> frozenset[int]:
    found, waiting = {unit}, [unit]
    while waiting:
        new = [part for part in below[waiting.pop()] if part not in found]
        found.update(new)
        waiting += new
    return frozenset(found)


def covered_in_words(freeze: ChangeFreeze) -> str:
    """'Card payments and Ledger', 'Retail with its parts', 'everything'. Needs its services at hand."""
    match freeze.covers:
        case ChangeFreeze.Covers.UNIT:
            return f"{freeze.unit} with its parts"
        case ChangeFreeze.Covers.SERVICES:
            names = sorted(str(service) for service in freeze.services.all())
            return listed(names if len(names) <= MOST_NAMED else [*names[: MOST_NAMED - 1], f"{len(names) - MOST_NAMED + 1} more services"])
    return "everything"


def touched_by(services: Iterable[Service]) -> tuple[Touched, ...]:
    return tuple(Touched(service.pk, service.business_unit_id) for service in services)


def planned(change: ChangeRequest) -> Planned:
    return Planned(change.number, touched_by(change.services.all()), change.approved_at)


def may_change_start(change: ChangeRequest, at: datetime) -> Answer:
    """Whether it may begin at `at`, by the freezes that are on record."""
    return may_start(planned(change), as_values(holding(at)), at)


def may_start_on(services: Sequence[Service], at: datetime) -> Answer:
    """The same of a change that the portal does not know, by the services that it touches."""
    return may_start(Planned("", touched_by(services)), as_values(holding(at)), at)


def freezes_standing(at: datetime) -> tuple[Frozen, ...]:
    """Every freeze that holds at `at`, the one that began first at the top."""
    return tuple(sorted(as_values(holding(at)), key=lambda freeze: (freeze.begins_at, freeze.key)))


def freezes_on(service: Service, actor: Any, at: datetime) -> list[ChangeFreeze]:
    """Those that hold at `at` and cover `service`, of those `actor` may see, the first at the top. Two queries at most, however many there are."""
    Covers = ChangeFreeze.Covers
    near = Q(covers=Covers.EVERYTHING) | Q(covers=Covers.SERVICES, services=service) | Q(covers=Covers.UNIT)
    rows = visible_to(actor, holding(at).filter(near).select_related("incident"), "incidents.view_changefreeze")
    found = list(rows.order_by("begins_at", "pk"))
    parts = parts_of_units() if any(row.unit_id for row in found) else {}
    return [row for row in found if row.unit_id is None or service.business_unit_id in parts.get(row.unit_id, ())]


def began_during(freeze: ChangeFreeze, actor: Any) -> list[ChangeRequest]:
    """The changes that it covers and that began while it held, in the order of time, of those `actor` may see."""
    within = changes_for(actor).filter(started_at__gte=freeze.begins_at)
    if freeze.over_at is not None:
        within = within.filter(started_at__lt=freeze.over_at)
    told = as_values(ChangeFreeze.objects.filter(pk=freeze.pk))[0]
    return [change for change in within.order_by("started_at", "pk") if told.covers(touched_by(change.services.all()))]


def against_when_it_began(change: ChangeRequest) -> tuple[Frozen, ...]:
    """The freezes that covered it when it began, approved past or not; none of one that has not begun."""
    return may_change_start(change, change.started_at).freezes if change.started_at is not None else ()


def escalation_level(incident: Incident) -> int | None:
    """The level at which its technical escalation stands, None when it is over or never began. One query.

    It lasts until the incident has ended: who acknowledged it at level 3, or was not reached there, needs quiet as much as who is alerted.
    """
    return levels_of([incident.pk]).get(incident.pk)


def levels_of(incidents: Iterable[int]) -> dict[int, int]:
    """The same of several, by incident; those without one that stands are left out. One query."""
    rows = EscalationRun.objects.filter(
        incident__in=set(incidents),
        track=EscalationRun.Track.TECHNICAL,
        incident__state__in=[state.value for state in OPEN_STATES],
        opening=F("incident__reopen_count"),
    )
    return dict(rows.order_by("pk").values_list("incident_id", "level"))


def services_called(keys: Sequence[str], actor: Any) -> list[Service]:
    """The services with these keys, of those `actor` may see. Raises InvalidInput naming those that there are not."""
    seen = {row.key: row for row in visible_to(actor, Service.objects.filter(key__in=set(keys)), "policies.view_service")}
    missing = [key for key in dict.fromkeys(keys) if key not in seen]
    if missing:
        problem = f"No service has the key {listed([repr(key[:120]) for key in missing[:5]])}."
        raise InvalidInput(problem, {"services": [f"{problem} The list of services names them all."]})
    return [seen[key] for key in dict.fromkeys(keys)]
