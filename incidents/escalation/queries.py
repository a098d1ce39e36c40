"""Reading the engine: how it is, and what an incident's escalation does next."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from incidents.lifecycle.models import Incident
from policies.decisions import escalation_forecast
from policies.decisions.escalation import in_words
from policies.decisions.escalation_forecast import NextStep
from policies.governance.queries import snapshot_of

from .facts import fresh_state, state_of, without_run
from .models import EngineHeartbeat, EscalationRun
from .roster import roster_at

# The engine passes every second; half a minute without one is no hiccup any more.
SILENT_AFTER = timedelta(seconds=30)
OVERDUE_AFTER = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class EngineHealth:
    """How the engine is, for people and for monitors."""

    is_well: bool
    words: str
    cycles: int
    last_finished_at: datetime | None
    overdue_runs: int
    failing_runs: int

    @property
    def ok(self) -> bool:
        return self.is_well


def engine_health(now: datetime) -> EngineHealth:
    """Well when a pass finished within half a minute and no live run is more than a minute overdue. Three queries."""
    heartbeat = EngineHeartbeat.objects.filter(pk=1).first()
    last = heartbeat.last_finished_at if heartbeat else None
    overdue, failing = overdue_runs(now), EscalationRun.objects.filter(state__in=EscalationRun.LIVE, failures__gt=0).count()
    silent = last is None or now - last > SILENT_AFTER
    return EngineHealth(
        not silent and not overdue, _words(last, overdue, failing, now), heartbeat.cycles if heartbeat else 0, last, overdue, failing
    )


def overdue_runs(now: datetime) -> int:
    """Live runs that should have been looked at long ago; no time at all counts as long ago."""
    late = Q(next_run_at__isnull=True) | Q(next_run_at__lt=now - OVERDUE_AFTER)
    return EscalationRun.objects.filter(late, state__in=EscalationRun.LIVE).count()


def live_run(incident: Incident) -> EscalationRun | None:
    """The run that is under way for `incident`, or None."""
    runs = incident.runs.filter(state__in=EscalationRun.LIVE).select_related("policy_version")
    return runs.first()


def next_step(incident: Incident, now: datetime) -> NextStep | None:
    """What happens next if nobody acts, when, to whom and why; None when nothing is ahead. `.words(now)` says it in one line."""
    run = live_run(incident)
    if run is not None:
        version, state = run.policy_version, state_of(run, incident)
    elif incident.policy_version is not None and without_run().filter(pk=incident.pk).exists():
        version, state = incident.policy_version, fresh_state(incident, now)
    else:
        return None
    snapshot = snapshot_of(version)
    return escalation_forecast.next_step(snapshot, lambda at: roster_at(snapshot, at, from_level=state.level), state, now)


def _words(last: datetime | None, overdue: int, failing: int, now: datetime) -> str:
    if last is None:
        return "The engine has never run: nobody is alerted. Start it with 'python manage.py engine'"
    ago = in_words(now - last)
    if now - last > SILENT_AFTER:
        return f"The engine last looked {ago} ago: nobody is alerted. Start it with 'python manage.py engine'"
    said = f"The engine looked {ago} ago"
    if overdue:
        said += f"; {overdue} escalations are overdue"
    return f"{said}; {failing} keep failing, see the log" if failing else said
