"""What has to be on record beside the steps, out of the database: a constant number of queries, and values instead of objects."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from django.db.models import CharField, F, Min, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat

from incidents.changes.queries import touched_by, values_of
from incidents.changes.rules import Frozen, Planned
from incidents.models import ChangeFreeze, ChangeRequest, HandOff, Incident, IncidentProblem, MandateUse, PostMortem
from policies.catalogue.models import DelegatedAuthority
from policies.decisions.vocabulary import Track
from policies.governance.known import known_snapshot
from policies.models import PolicyVersion
from portal.foundation.channels.models import ChannelRule
from portal.foundation.errors import PortalError
from portal.foundation.outbox.models import DeliveryAttempt
from portal.foundation.people.wanted import items
from reports.metrics.columns import CHUNK
from reports.metrics.population import Population

from .records import Begun, Clearances, HandOffRow, Sent, Use

# What messages about an incident are called, by track: see incidents.escalation.messages.subject_ref.
Days = tuple[date | None, date | None]
ABOUT = ("", *(f":{track.value}" for track in Track if track is not Track.TECHNICAL))
WITHDRAWN = (HandOff.State.DECLINED, HandOff.State.WITHDRAWN)


def hand_offs(population: Population, known_until: datetime) -> list[HandOffRow]:
    """Those that had not both signatures at `known_until`. One query."""
    signed = Q(given_at__lte=known_until, received_at__lte=known_until)
    rows = HandOff.objects.filter(population.without_drills("incident__")).exclude(state__in=WITHDRAWN).exclude(signed)
    return [
        HandOffRow(
            incident=row.incident_id,
            run=row.run_id,
            giver=row.giver_id,
            receiver=row.receiver_id,
            offered_at=row.offered_at,
            given_at=row.given_at,
            received_at=row.received_at,
            settled_at=row.settled_at,
            waived=row.answer if row.state == HandOff.State.WAIVED else "",
        )
        for row in rows.defer("content", "note").order_by("offered_at", "pk").iterator(CHUNK)
    ]


def analysed(population: Population) -> tuple[set[int], dict[int, str]]:
    """The incidents of which a root-cause analysis was begun, by a problem or a post-mortem; and why it was waived, by incident. Two queries."""
    within = population.within("incident__")
    begun = set(IncidentProblem.objects.filter(within).values_list("incident_id", flat=True).iterator(CHUNK))
    told = list(PostMortem.objects.filter(within).order_by().values_list("incident_id", "state", "waiver"))
    waived = {incident: waiver for incident, state, waiver in told if state == PostMortem.State.WAIVED}
    return begun | {incident for incident, *_ in told if incident not in waived}, waived


def sent_in_full(population: Population) -> list[Sent]:
    """What channels took with its details about incidents that are confidential. Two queries."""
    confidential = Incident.objects.filter(population.incidents(), confidential=True).order_by()
    since = dict(
        Incident.history.filter(id__in=confidential.values("pk"), confidential=True)
        .values("id")
        .order_by()
        .annotate(first=Min("history_date"))
        .values_list("id", "first")
    )
    if not since:
        return []
    about = Q(*[("message__subject_ref__in", _called(confidential, track)) for track in ABOUT], _connector=Q.OR)
    attempts = DeliveryAttempt.objects.filter(about, succeeded=True, message__confidential=False).order_by("started_at", "pk")
    found = []
    for subject, channel, at, person in attempts.values_list(
        "message__subject_ref", "channel", "started_at", "message__person_id"
    ).iterator(CHUNK):
        incident = int(subject.split(":")[1])
        if incident in since:
            found.append(Sent(incident, channel, at, since[incident], person))
    return found


def _called(incidents: QuerySet[Incident], track: str) -> QuerySet[Any]:
    name = Concat(Value("incidents.incident:"), Cast(F("pk"), CharField()), Value(track), output_field=CharField())
    return incidents.annotate(called=name).values("called")


def clearances() -> Clearances:
    """From when on each channel was cleared, or no more. One query."""
    changes: dict[str, list[tuple[datetime, bool]]] = defaultdict(list)
    rows = ChannelRule.history.order_by("history_date", "history_id")
    for channel, at, cleared, kind in rows.values_list("channel", "history_date", "cleared", "history_type"):
        changes[channel].append((at, cleared and kind != "-"))
    return changes


def uses_of_mandates(population: Population) -> list[Use]:
    """Each with what its user held. Three queries at most."""
    rows = MandateUse.objects.filter(population.without_drills("incident__")).select_related("incident").order_by("used_at", "pk")
    uses = list(rows)
    if not uses:
        return []
    wanted = {key for use in uses for key in (use.incident.policy_version_id, *(use.incident.rule_versions or ())) if key}
    versions = PolicyVersion.objects.select_related("policy").in_bulk(wanted)
    delegated = _delegated(use.used_by_id for use in uses)
    return [
        Use(
            incident=use.incident_id,
            mandate=str(use.get_mandate_display()),
            person=use.used_by_id,
            used_at=use.used_at,
            ends=use.until,
            reason=use.reason,
            held=(*_owned(use, versions), *delegated.get((use.used_by_id, use.mandate), ())),
            refused_at=use.reviewed_at if use.verdict == MandateUse.Verdict.NOT_JUSTIFIED else None,
            refusal=use.review_reason,
        )
        for use in uses
    ]


def freezes_of(population: Population) -> list[tuple[int, Frozen]]:
    """Those that follow incidents of the population, each with its incident. Three queries at most."""
    rows = ChangeFreeze.objects.filter(population.without_drills("incident__"), incident__isnull=False)
    found = list(rows.select_related("incident", "unit").prefetch_related("services").order_by("pk"))
    return [(row.incident_id or 0, freeze) for row, freeze in zip(found, values_of(found), strict=True)]


def begun_within(freezes: Iterable[tuple[int, Frozen]]) -> list[Begun]:
    """The changes that began between the beginning of the first of these freezes and the end of the last. Two queries at most."""
    found = [freeze for _, freeze in freezes]
    if not found:
        return []
    rows = ChangeRequest.objects.filter(started_at__gte=min(freeze.begins_at for freeze in found))
    ends = [freeze.over_at for freeze in found]
    if None not in ends:
        rows = rows.filter(started_at__lt=max(end for end in ends if end is not None))
    return [
        Begun(
            change=Planned(row.number, touched_by(row.services.all()), row.approved_at),
            kind=str(row.get_kind_display()),
            at=row.started_at,
            told_at=row.start_told_at,
            requester=row.requested_by_id,
            approval=row.approval_reason,
            said=row.start_reason,
        )
        for row in rows.prefetch_related("services").order_by("started_at", "pk")
        if row.started_at is not None and row.start_told_at is not None
    ]


def _owned(use: MandateUse, versions: dict[int, PolicyVersion]) -> list[Days]:
    """The days of the mandates of this kind that its user had as the owner of a level."""
    found: list[Days] = []
    for key in dict.fromkeys((use.incident.policy_version_id, *(use.incident.rule_versions or ()))):
        for track in Track:
            try:
                levels = known_snapshot(versions[key], track).levels if key in versions else ()
            except PortalError:
                levels = ()
            found += [(None, level.mandate_until) for level in levels if level.owner_id == use.used_by_id and use.mandate in level.mandates]
    return found


def _delegated(people: Iterable[int]) -> dict[tuple[int, str], list[Days]]:
    found: dict[tuple[int, str], list[Days]] = defaultdict(list)
    rows = DelegatedAuthority.objects.filter(person__in=set(people)).order_by("pk")
    for person, mandates, first, last, revoked in rows.values_list("person_id", "mandates", "valid_from", "valid_until", "revoked_at"):
        for mandate in items(mandates):
            found[person, mandate].append((first, last if revoked is None else min(last, revoked.astimezone(UTC).date())))
    return found
