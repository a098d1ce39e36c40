"""The cards of a reader, in the order in which they matter. Each costs a constant number of queries."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, F, Q, When
from django.urls import reverse

from incidents.escalation.queries import engine_health
from incidents.models import EscalationRun, ImportRun, Incident
from policies.models import OnCallSchedule, PolicyVersion
from policies.oncall.who import on_call_of_schedules
from portal.foundation.access.checks import may_somewhere, visible_to
from portal.foundation.database_guards import missing
from portal.foundation.people.models import User
from portal.models import OutboxMessage
from reports.models import QuarterlyPack
from reports.packs.quarters import Quarter

from .access import access_to_confirm
from .cards import Card, Row
from .duty import coverage_gaps, my_next_duty, swaps_waiting
from .ledger import trail
from .log_reviews import findings_to_settle, log_reviews
from .mine import (
    authority_ending,
    contacts_to_verify,
    hand_offs_to_sign,
    policies_to_accept,
    removals_to_decide,
    reports_not_surely_reached,
    reviews_waiting,
)
from .pack_schedules import schedules_that_stand
from .quarterly import pack_of_the_review, quarterly_actions, quarterly_for_me, quarterly_progress
from .rights import duties_that_meet, roles_taken_to_review
from .status import LIVE, status_of_services

ROWS = 8
GRAVE = {"SEV1", "SEV2"}


def cards_for(user: User, now: datetime) -> list[Card]:
    """The work list of `user`; a card appears only for those whose rights make it theirs."""
    builders: list[tuple[str, Callable[[User, datetime], Card | None]]] = [
        ("incidents.acknowledge_incident", nobody_reached),
        ("policies.approve_policyversion", waiting_for_my_approval),
        ("audit.approve_removal", removals_to_decide),
        ("audit.review_elevation", roles_taken_to_review),
        ("audit.cover_dutyfinding", duties_that_meet),
        ("audit.review_reviewperiod", log_reviews),
        ("", findings_to_settle),
        ("", quarterly_actions),
        ("reports.sign_quarterlyreview", quarterly_for_me),
        ("", hand_offs_to_sign),
        ("", reviews_waiting),
        ("", access_to_confirm),
        ("", policies_to_accept),
        ("", contacts_to_verify),
        ("", reports_not_surely_reached),
        ("policies.view_delegatedauthority", authority_ending),
        ("incidents.acknowledge_incident", my_incidents),
        ("incidents.view_incident", live_incidents),
        ("", swaps_waiting),
        ("policies.view_oncallschedule", my_next_duty),
        ("policies.publish_scheduleplan", coverage_gaps),
        ("policies.submit_policyversion", my_changes),
        ("policies.view_oncallschedule", on_call_now),
        ("reports.prepare_quarterlyreview", quarterly_progress),
        ("reports.build_quarterlypack", schedules_that_stand),
        ("reports.build_quarterlypack", quarterly_review),
        ("incidents.view_importrun", imports),
        ("audit.view_ledgerevent", trail),
        ("portal.view_outboxmessage", health),
    ]
    # What a person is asked for needs no role.
    cards = [build(user, now) for right, build in builders if not right or may_somewhere(user, right)]
    if not may_somewhere(user, "incidents.view_incident"):
        cards.append(status_of_services(user, now))
    # What is loud comes first, in the order above.
    return sorted((card for card in cards if card is not None), key=lambda card: not card.loud)


def nobody_reached(user: User, now: datetime) -> Card | None:
    # The duty to tell outlives the incident, so a compliance track stays here until somebody answers for it.
    waiting = Q(incident__in=_seen(user).filter(LIVE)) | Q(track=EscalationRun.Track.COMPLIANCE, incident__in=_seen(user))
    runs = EscalationRun.objects.filter(waiting, state=EscalationRun.State.EXHAUSTED, acknowledged_at__isnull=True)
    rows = tuple(
        Row(str(run.incident), _incident_url(run.incident_id), run.ended_at, "nobody answered since", "Take it", run.incident.severity)
        for run in runs.select_related("incident").order_by("-ended_at")[:ROWS]
    )
    return Card("exhausted", "Nobody was reached", "", rows, loud=True) if rows else None


def waiting_for_my_approval(user: User, now: datetime) -> Card:
    versions = (
        PolicyVersion.objects.filter(state="submitted")
        .exclude(Q(submitted_by=user) | Q(author=user))
        .select_related("policy", "submitted_by")
        .order_by("submitted_at")
    )
    rows = tuple(
        Row(
            f"{version} by {version.submitted_by}",
            reverse("admin:policies_policyversion_approve", args=[version.pk]),
            version.submitted_at,
            "waiting since",
            "Review",
            detail=version.change_reason,
        )
        for version in versions[:ROWS]
    )
    return Card("approvals", "Waiting for my approval", "Changes that others submit for approval appear here. None is waiting.", rows)


def my_incidents(user: User, now: datetime) -> Card:
    mine = Q(assigned_to=user) | Q(acknowledged_by=user)
    return _incident_card(
        "mine", "My live incidents", "Incidents that you hold or have acknowledged. You hold none.", _seen(user).filter(LIVE & mine)
    )


def live_incidents(user: User, now: datetime) -> Card:
    """Loud for whoever can acknowledge, while a grave one has nobody."""
    takes = may_somewhere(user, "incidents.acknowledge_incident")
    return _incident_card("live", "Live incidents", "All quiet: no incident is open.", _seen(user).filter(LIVE), takes=takes)


def my_changes(user: User, now: datetime) -> Card:
    versions = (
        PolicyVersion.objects.filter(Q(author=user) | Q(policy__owner=user), state__in=["draft", "submitted"])
        .select_related("policy")
        .order_by("-created_at")
    )
    rows = tuple(
        Row(
            f"{version}: {version.get_state_display()}",
            reverse("admin:policies_policyversion_change", args=[version.pk]),
            version.submitted_at or version.created_at,
            "since",
            detail=version.change_reason,
        )
        for version in versions[:ROWS]
    )
    return Card(
        "changes",
        "My policy changes",
        "Drafts and changes under approval. To change a policy, open it and start a draft.",
        rows,
        reverse("admin:policies_escalationpolicy_changelist"),
    )


def on_call_now(user: User, now: datetime) -> Card:
    rows = []
    schedules = list(visible_to(user, OnCallSchedule.objects.order_by("name"), "policies.view_oncallschedule")[:ROWS])
    known = on_call_of_schedules(schedules, now)
    for schedule in schedules:
        duty = known[schedule.pk]
        person = duty.person
        rows.append(
            Row(
                f"{schedule.name}: {person.name if person else 'nobody'}" + (" (you)" if person and person.person_id == user.pk else ""),
                reverse("admin:policies_oncallschedule_change", args=[schedule.pk]),
                duty.until if person else None,
                "until",
                detail=duty.why if person else "Nobody is on call: alerts pass this schedule over.",
            )
        )
    return Card("oncall", "On call now", "No schedule exists yet. Managers add one under On-call schedules.", tuple(rows))


def quarterly_review(user: User, now: datetime) -> Card:
    quarter = Quarter.of(now).previous
    row = pack_of_the_review(quarter) or _pack_built(quarter)
    running = Row(f"{Quarter.of(now)} so far: its figures and their trends", reverse("admin:reports_figures_changelist"), action="Look")
    rows = (row, running) if may_somewhere(user, "reports.view_dashboard") else (row,)
    return Card("review", "Packs and figures", "", rows, reverse("admin:reports_quarterlypack_changelist"))


def _pack_built(quarter: Quarter) -> Row:
    """Of a quarter that has no review."""
    built = QuarterlyPack.objects.filter(quarter=str(quarter)).order_by("-built_at").first()
    build_url = reverse("admin:reports_quarterlypack_build") + f"?quarter={quarter}"
    if built is None:
        return Row(f"The pack of {quarter} has not been built", build_url, quarter.end, "quarter ended", "Build it")
    return Row(f"The pack of {quarter} is built", build_url, built.built_at, "built", "Build again")


def imports(user: User, now: datetime) -> Card | None:
    rows = tuple(
        Row(
            f"{run.file_name}: {_count(run, 'incidents', 'created')} incidents created, {_count(run, 'rows', 'rejected')} rows rejected",
            reverse("admin:incidents_importrun_change", args=[run.pk]),
            run.started_at,
            "imported",
        )
        for run in ImportRun.objects.order_by("-started_at")[:3]
    )
    return Card("imports", "Imports", "", rows) if rows else None


def _count(run: ImportRun, group: str, name: str) -> str:
    return f"{run.report.get(group, {}).get(name, 0):,}"


def health(user: User, now: datetime) -> Card:
    engine = engine_health(now)
    waiting = OutboxMessage.objects.filter(state__in=["pending", "sending"]).count()
    failed = OutboxMessage.objects.filter(state="failed", created_at__gte=now - timedelta(days=7)).count()
    outbox = reverse("admin:portal_outboxmessage_changelist")
    rows = [
        Row(engine.words, at=engine.last_finished_at, at_means="last pass", action=""),
        Row(f"{waiting:,} messages waiting, {failed:,} could not be delivered in the last 7 days", outbox),
    ]
    rows += [Row(f"The database's guard {name} is missing or was changed; run the migrations again", action="") for name in missing()]
    return Card("health", "Health", "", tuple(rows), loud=not engine.ok)


def _incident_card(key: str, title: str, empty: str, incidents: Any, *, takes: bool = False) -> Card:
    worst = (Case(When(severity="", then=1), default=0), "severity", F("priority").asc(nulls_last=True), "-opened_at")
    shown = incidents.select_related("assigned_to", "acknowledged_by", "service").order_by(*worst)[:ROWS]
    waits = any(each.severity in GRAVE and not (each.assigned_to or each.acknowledged_by) for each in shown)
    rows = tuple(
        Row(
            str(incident),
            _incident_url(incident.pk),
            incident.opened_at,
            "opened",
            severity=incident.severity,
            detail=f"{incident.service} · {_holder(incident)}",
        )
        for incident in shown
    )
    more = reverse("admin:incidents_incident_changelist")
    return Card(key, title, empty, rows, more, loud=takes and waits, total=incidents.count())


def _holder(incident: Incident) -> str:
    if incident.assigned_to:
        return f"held by {incident.assigned_to}"
    if incident.acknowledged_by:
        return f"acknowledged by {incident.acknowledged_by}"
    return "not acknowledged"


def _seen(user: User) -> Any:
    return visible_to(user, Incident.objects.all(), "incidents.view_incident")


def _incident_url(pk: int) -> str:
    return reverse("admin:incidents_incident_change", args=[pk])
