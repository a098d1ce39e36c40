"""A run and its incident as the pure core sees them, and which runs need a look."""

from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from incidents.lifecycle.models import Incident, TimelineEntry
from incidents.lifecycle.states import ENDED_STATES, OPEN_STATES, IncidentState
from policies.decisions.escalation_facts import Alerted, RunState, Status

from .models import EscalationRun, EscalationStep

Run = EscalationRun


def state_of(run: EscalationRun, incident: Incident, *, acknowledged_by: str | None = None) -> RunState:
    """What the decision needs of `run`. `acknowledged_by` is given by whoever acknowledges in this transaction."""
    counts_from = incident.opened_at if run.opening == 0 else run.started_at
    return RunState(
        status=Status(run.state),
        counts_from=counts_from,
        start_level=incident.start_level,
        level=run.level,
        position=run.position,
        level_entered_at=run.level_entered_at,
        last_page_at=run.last_page_at,
        alerted=_alerted(run) if run.level else (),
        milestone_done=run.milestone_done,
        acknowledged_by=acknowledged_by or _acknowledged_by(run, incident),
        ended_as=_ended_as(run, incident),
    )


def fresh_state(incident: Incident, now: datetime) -> RunState:
    """The state of the run that the engine is about to start."""
    by = str(incident.acknowledged_by or "Somebody") if incident.acknowledged_at and not incident.reopen_count else None
    counts_from = now if incident.reopen_count else incident.opened_at
    return RunState(Status.PAGING, counts_from, incident.start_level, acknowledged_by=by)


def due(now: datetime) -> Q:
    """Live runs whose time has come, and those whose incident changed under them. No time at all counts as come."""
    timed = Q(next_run_at__isnull=True) | Q(next_run_at__lte=now)
    acknowledged = Q(incident__acknowledged_at__gte=F("alerting_since"))
    raised = Q(level__gt=0, incident__start_level__gt=F("level"))
    over = Q(incident__state__in=ENDED_STATES) | ~Q(opening=F("incident__reopen_count"))
    # A run that fails waits for its time, whatever its incident does, so that it is not tried every second.
    changed = Q(failures=0) & (over | Q(state=Run.State.PAGING) & (acknowledged | raised))
    return Q(state__in=Run.LIVE) & (timed | changed)


def without_run() -> QuerySet[Incident]:
    """Open incidents of our own with a policy, whose present opening has no run yet and whose earlier runs have ended."""
    runs = EscalationRun.objects.filter(incident=OuterRef("pk"), track=Run.Track.TECHNICAL)
    served = runs.filter(Q(opening=OuterRef("reopen_count")) | Q(state__in=Run.LIVE))
    return _ours().filter(~Exists(served), policy_version__isnull=False)


def without_policy() -> QuerySet[Incident]:
    """Open incidents of our own that no policy covers and about which the engine has not spoken yet."""
    told = TimelineEntry.objects.filter(incident=OuterRef("pk"), kind=TimelineEntry.Kind.ESCALATION)
    return _ours().filter(~Exists(told), policy_version__isnull=True)


def _ours() -> QuerySet[Incident]:
    return Incident.objects.filter(state__in=OPEN_STATES).exclude(origin=Incident.Origin.IMPORTED).order_by("opened_at")


def _alerted(run: EscalationRun) -> tuple[Alerted, ...]:
    steps = run.steps.filter(action=EscalationStep.Action.PAGED, level=run.level).order_by("sequence", "part")
    return tuple(Alerted(step.person_id, step.person_name) for step in steps)


def _acknowledged_by(run: EscalationRun, incident: Incident) -> str | None:
    if incident.acknowledged_at is None or incident.acknowledged_at < run.alerting_since:
        return None
    return str(incident.acknowledged_by or "Somebody")


def _ended_as(run: EscalationRun, incident: Incident) -> str | None:
    if incident.state in ENDED_STATES:
        return IncidentState(incident.state).words
    return "reopened and escalates anew" if run.opening != incident.reopen_count else None
