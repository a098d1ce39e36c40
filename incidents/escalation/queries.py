"""Reading the engine: how it is, and what an incident's escalation does next."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from incidents.lifecycle.models import Incident
from policies.decisions import escalation_forecast
from policies.decisions.escalation import in_words
from policies.decisions.escalation_facts import Roster
from policies.decisions.escalation_forecast import NextStep
from policies.decisions.ruleset import PolicySnapshot
from policies.decisions.vocabulary import Track
from policies.governance.queries import snapshot_of
from portal.foundation.watch.probes import is_silent

from .engine import live_runs
from .facts import content_of, fresh_state, state_of
from .models import EngineHeartbeat, EscalationRun
from .roster import roster_for
from .tracks import without_run

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
    is_silent: bool = False

    @property
    def ok(self) -> bool:
        return self.is_well


def engine_health(now: datetime) -> EngineHealth:
    """Well when a pass finished within half a minute and no live run is more than a minute overdue. Three queries."""
    heartbeat = EngineHeartbeat.objects.filter(pk=1).first()
    last = heartbeat.last_finished_at if heartbeat else None
    overdue, failing = overdue_runs(now), failing_runs()
    silent = is_silent(last, now, SILENT_AFTER)
    words = _words(last, overdue, failing, now)
    return EngineHealth(not silent and not overdue, words, heartbeat.cycles if heartbeat else 0, last, overdue, failing, silent)


def overdue_runs(now: datetime) -> int:
    """Live runs that should have been looked at long ago; no time at all counts as long ago."""
    return live_runs().filter(Q(next_run_at__isnull=True) | Q(next_run_at__lt=now - OVERDUE_AFTER)).count()


def failing_runs() -> int:
    """Live runs whose last look failed: a walk through the index of those alone."""
    failing = EscalationRun.objects.extra(where=[f'"{EscalationRun._meta.db_table}"."failures" > 0'])  # noqa: S610 - a constant
    return failing.filter(state__in=EscalationRun.LIVE).count()


@dataclass(frozen=True, slots=True)
class TrackNow:
    """How one track of an incident stands: in words, and what it does next by itself. `run` is its latest."""

    track: Track
    run: EscalationRun
    coming: NextStep | None

    @property
    def waits(self) -> bool:
        """Whether an acknowledgement would change something."""
        return self.run.acknowledged_at is None and self.run.state != EscalationRun.State.ENDED

    @property
    def words(self) -> str:
        """'acknowledged by Ana Ruiz', 'alerting, level 2', 'nobody reached'."""
        if self.run.acknowledged_at is not None:
            passed_on = self.run.holder_id is not None and self.run.holder_id != self.run.acknowledged_by_id
            return f"acknowledged by {self.run.acknowledged_by}" + (f"; {self.run.holder} has it now" if passed_on else "")
        at = f", level {self.run.level}" if self.run.is_live and self.run.level else ""
        return f"{self.run.get_state_display()}{at}"


def track_waits(incident: Incident, track: Track) -> bool:
    """Whether `track` of `incident` runs, or ended with nobody reached, and nobody answers for it yet. One query."""
    latest = incident.runs.filter(track=track.value).order_by("-opening").first()
    return latest is not None and latest.acknowledged_at is None and latest.state != EscalationRun.State.ENDED


def live_run(incident: Incident) -> EscalationRun | None:
    """The technical run that is under way for `incident`, or None."""
    runs = incident.runs.filter(state__in=EscalationRun.LIVE, track=EscalationRun.Track.TECHNICAL)
    return runs.select_related("policy_version").first()


def next_step(incident: Incident, now: datetime, roster: Roster | None = None) -> NextStep | None:
    """What happens next if nobody acts, when, to whom and why; None when nothing is ahead. `.words(now)` says it in one line.

    `roster` is that of `now` with all levels, for a caller that has it.
    """
    run = live_run(incident)
    if run is not None:
        return _coming(run, incident, now, roster)
    if incident.policy_version is None or not without_run().filter(pk=incident.pk).exists():
        return None
    snapshot = snapshot_of(incident.policy_version)
    return escalation_forecast.next_step(snapshot, _rosters(incident, snapshot, now, roster), fresh_state(incident, now), now)


def latest_runs(incident: Incident) -> list[EscalationRun]:
    """The latest run of every track that ran, the technical first. One query."""
    runs = incident.runs.select_related("policy_version__policy", "acknowledged_by", "holder").order_by("opening")
    latest = {run.track: run for run in runs}
    return [latest[track.value] for track in Track if track.value in latest]


def tracks_beside(incident: Incident, now: datetime) -> list[TrackNow]:
    """The stakeholder and the compliance track of `incident` as they stand. A constant number of queries."""
    found = [(Track(run.track), run) for run in latest_runs(incident) if run.track != EscalationRun.Track.TECHNICAL]
    return [TrackNow(track, run, _coming(run, incident, now) if run.is_live else None) for track, run in found]


def _coming(run: EscalationRun, incident: Incident, now: datetime, roster: Roster | None = None) -> NextStep | None:
    snapshot, state = content_of(run), state_of(run, incident)
    from_level = 0 if snapshot.repeats else state.level
    return escalation_forecast.next_step(snapshot, _rosters(incident, snapshot, now, roster, from_level), state, now)


def _rosters(
    incident: Incident, snapshot: PolicySnapshot, now: datetime, known: Roster | None, from_level: int = 0
) -> Callable[[datetime], Roster]:
    """Who would sit where at an instant; that of `now` is not looked up again where it is `known`."""
    return lambda at: known if known is not None and at == now else roster_for(incident, snapshot, at, from_level=from_level)


def _words(last: datetime | None, overdue: int, failing: int, now: datetime) -> str:
    if last is None:
        return "The engine has never run: nobody is alerted. Start it with 'python manage.py engine'"
    ago = in_words(abs(now - last))
    if is_silent(last, now, SILENT_AFTER):
        return f"The engine last looked {ago} ago: nobody is alerted. Start it with 'python manage.py engine'"
    said = f"The engine looked {ago} ago"
    if overdue:
        said += f"; {overdue} escalations are overdue"
    return f"{said}; {failing} keep failing, see the log" if failing else said
