"""Runs that begin, and incidents for which none can: found among those asked about, begun together, told once."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from audit.events.covering import covered
from audit.events.services import Act, record
from incidents.lifecycle.facts import marked
from incidents.lifecycle.grading import RulesFor, rules_pinned_by_each
from incidents.lifecycle.models import Incident, TimelineEntry
from incidents.lifecycle.timeline import add_all, entry_of
from policies.decisions.vocabulary import Severity, Track
from policies.governance.models import PolicyVersion
from portal.foundation.many_rows import insert_all, made, next_keys
from portal.foundation.words import listed

from .models import EscalationRun, EscalationStep
from .tracks import Known, followed, missing_tracks, wants
from .turns import stand_beside
from .uncovered import tell_uncovered

BESIDE = ("service__owner", "segment", "policy_version__policy__owner")


class Beginning(NamedTuple):
    """A run that begins, and why it follows its version."""

    run: EscalationRun
    incident: Incident
    reason: str


def start_missing(incidents: Collection[int], *, now: datetime) -> tuple[list[EscalationRun], set[int]]:
    """Starts every track that these incidents should have and do not, and says once where no policy covers one.

    The runs that began, with what a decision reads beside them, and which incidents were looked at: those that somebody else holds this
    moment were not. Must run in a transaction. A constant number of queries for all that a policy covers.
    """
    found = _locked(incidents)
    known = _known(found)
    covered = [incident for incident in found if incident.policy_version is not None]
    missing = [(incident, track) for incident in covered for track in missing_tracks(incident, known[incident.pk])]
    beside = [incident for incident, track in missing if track is not Track.TECHNICAL]
    rules = rules_pinned_by_each(beside) if beside else {}
    begun = [
        begin(incident, track, rules.get(incident.pk), now=now)
        for incident, track in missing
        if track is not Track.STAKEHOLDER or wants(incident, track, rules[incident.pk])
    ]
    _write(begun, now)
    tell_uncovered([incident for incident in found if incident.policy_version is None], now=now)
    runs = [one.run for one in begun]
    if any(run.incident.acknowledged_by_id for run in runs):
        # Somebody was faster than the engine: whoever it was is asked for together.
        stand_beside(runs)
    return runs, {incident.pk for incident in found}


def begin(incident: Incident, track: Track, rules: RulesFor | None, *, now: datetime) -> Beginning:
    """A run for the incident's present opening, due at once; it stands nowhere yet."""
    version, supplies = followed(incident, track, rules)
    if version is None:
        raise ValueError("An incident without a policy version has no run.")
    since = incident.opened_at if track is Track.TECHNICAL and not incident.reopen_count else now
    run = made(
        EscalationRun,
        incident=incident,
        track=track.value,
        opening=incident.reopen_count,
        policy_version=version,
        content_sha256=version.content_sha256,
        severity=incident.severity,
        next_run_at=now,
        started_at=now,
        alerting_since=since,
    )
    return Beginning(run, incident, _follows(version, track, supplies))


@covered()
def _write(begun: Sequence[Beginning], now: datetime) -> None:
    if not begun:
        return
    for one, key in zip(begun, next_keys(EscalationRun, len(begun)), strict=True):
        one.run.pk = key
    insert_all([one.run for one in begun])
    started = EscalationStep.Action.STARTED.value
    insert_all([made(EscalationStep, run=one.run, sequence=0, action=started, at=now, reason=one.reason) for one in begun])
    add_all([entry for one in begun for entry in _entries(one, now)])
    record([_act(one, now) for one in begun], now=now)


def _act(one: Beginning, now: datetime) -> Act:
    run = one.run
    decision = {"run": run.pk, "track": run.track, "policy_version": run.policy_version_id, "content_sha256": run.content_sha256}
    return Act("escalation.started", None, one.incident, now, decision=decision)


def _entries(one: Beginning, now: datetime) -> Iterator[TimelineEntry]:
    """What the timeline says of it; an incident's first run of the technical track speaks for itself."""
    run, incident, track = one.run, one.incident, Track(one.run.track)
    if track is Track.COMPLIANCE:
        text, why = f"The {track.label.lower()} track begins", f"It is marked as {listed(marked(incident))}. {one.reason}"
    elif track is Track.STAKEHOLDER:
        text, why = f"The {track.label.lower()} track begins", f"It is {Severity(incident.severity).label}. {one.reason}"
    elif run.opening:
        text, why = "The escalation begins anew", "The incident was reopened."
    else:
        return
    data = {"action": "started", "run": run.pk, "track": run.track}
    yield entry_of(incident, kind=TimelineEntry.Kind.ESCALATION, at=now, actor=None, text=text, why=why, data=data)


def _follows(version: PolicyVersion, track: Track, supplies: bool) -> str:
    if track is Track.TECHNICAL:
        return f"Follows {version}, the version in force when the incident was opened."
    if supplies:
        return f"Follows {version}, which says who answers for the {track.label.lower()} track."
    return f"No policy says who answers for the {track.label.lower()} track; the owner of {version} is told."


def _locked(incidents: Collection[int]) -> list[Incident]:
    rows = Incident.objects.select_for_update(skip_locked=True, of=("self",), no_key=True).select_related(*BESIDE)
    return list(rows.defer("description", "policy_version__content").filter(pk__in=incidents).order_by("opened_at", "pk"))


def _known(incidents: Iterable[Incident]) -> Mapping[int, Sequence[Known]]:
    """The runs that each of these has and had."""
    found: dict[int, list[Known]] = defaultdict(list)
    runs = EscalationRun.objects.filter(incident__in=list(incidents))
    for incident, track, opening, state, answered in runs.values_list("incident_id", "track", "opening", "state", "acknowledged_at"):
        found[incident].append(Known(track, opening, state, answered))
    return found
