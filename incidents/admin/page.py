"""Everything the page of one incident shows, in a constant number of queries."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.safestring import SafeString

from incidents.escalation.roster import roster_for
from incidents.escalation.services import next_step
from incidents.feedback.queries import told_of
from incidents.lifecycle import grading
from incidents.lifecycle.queries import stored_in_words, with_words
from incidents.lifecycle.timeline import THE_PORTAL
from incidents.models import EscalationRun, ImpactReading, Incident, IncidentChange, KnownError, TimelineEntry
from policies.decisions.escalation_facts import Kind, Roster
from policies.decisions.escalation_forecast import NextStep
from policies.decisions.ruleset import LevelRule, PolicySnapshot
from portal.foundation import words
from portal.foundation.access.checks import may
from portal.foundation.adminkit.access_links import access_links
from portal.foundation.adminkit.moments import moment, relative

from .freeze_lines import freeze_lines
from .handoff_rows import hand_off_lines
from .judged import judged_context
from .marks import severity_mark
from .runbooks import runbook_lines
from .tracks import track_lines

# A page of an incident that talked for days stays quick; 'all' shows the rest.
LATEST_ENTRIES = 200
LATEST_READINGS = 12
MOST_BESIDE = 10
# What a coming step's reason says as if it had happened.
NOT_YET = ("did not acknowledge", "no sign of work", "The hold is over")
SHOWN: dict[str, tuple[str, tuple[str, ...]]] = {
    "": ("Everything", ()),
    "people": ("People", ("opened", "state", "assigned", "handoff", "note", "link", "mandate")),
    "engine": ("Escalation", ("escalation", "graded")),
    "messages": ("Messages", ("delivery",)),
    "readings": ("Readings", ("reading", "graded")),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of the timeline as shown."""

    kind: str
    title: str
    text: str
    why: str
    when: SafeString | str
    who: str
    imported: bool


@dataclass(frozen=True, slots=True)
class Rung:
    """One level of the ladder as shown."""

    number: int
    name: str
    kind: str
    people: str
    window: str
    state: str
    sitting: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Coming:
    """What happens next by itself: whom it meets, when (None: nothing is due), and unless what."""

    text: str
    at: datetime | None = None
    unless: str = ""
    why: str = ""


def live_context(request: HttpRequest, incident: Incident, now: datetime) -> dict[str, Any]:
    """The parts that change while one looks: the top, the timeline, the ladder."""
    shown = request.GET.get("show", "")
    shown = shown if shown in SHOWN else ""
    run = incident.runs.filter(opening=incident.reopen_count, track=EscalationRun.Track.TECHNICAL).first()
    found = grading.rules_pinned_by(incident)
    snapshot = found.content if found.versions else None
    escalates = snapshot is not None and incident.is_live and (run is None or run.is_live)
    roster = roster_for(incident, snapshot, now) if snapshot is not None and escalates else None
    next_thing = coming(incident, run, now, roster)
    entries, hidden = _entries(incident, SHOWN[shown][1], everything="all" in request.GET)
    tracks, tracks_stamp = track_lines(incident, now)
    hand_offs, hand_offs_stamp = hand_off_lines(incident, now)
    freezes, freezes_stamp = freeze_lines(request.user, incident, now)
    return {
        **judged_context(incident, found, now),
        "incident": incident,
        "may_see_policy": may(request.user, "policies.view_policyversion"),
        "severity": severity_mark(incident.severity),
        "opened": moment(incident.opened_at, now),
        "acknowledged": moment(incident.acknowledged_at, now),
        "resolved": moment(incident.resolved_at, now),
        "coming": next_thing,
        "coming_in": relative(next_thing.at, now) if next_thing.at else "",
        "exhausted": _exhausted(incident, run),
        "exhausted_at": moment(run.ended_at, now) if run else "",
        "lines": [_line(entry, now) for entry in entries],
        "hidden": hidden,
        "shown": shown,
        "filters": [(key, words_) for key, (words_, _) in SHOWN.items()],
        "ladder": ladder(snapshot, run, roster),
        "tracks": tracks,
        "runbooks": runbook_lines(incident, found, run) if may(request.user, "policies.view_runbook") else [],
        "hand_offs": hand_offs,
        "freezes": freezes,
        "milestone": words.duration(snapshot.resolve_within) if snapshot and snapshot.resolve_within else "",
        "readings": [_reading(reading, now) for reading in with_words(incident.readings.all())[:LATEST_READINGS]],
        "held": incident.acknowledged_at is not None and incident.assigned_to_id is not None and not _alerting(run),
        "mine": incident.assigned_to_id == request.user.pk,
        "now": now,
        "stamp": f"{_stamp(incident, entries, run)}-{tracks_stamp}-{hand_offs_stamp}-{freezes_stamp}",
    }


def beside_context(request: HttpRequest, incident: Incident) -> dict[str, Any]:
    """What stands beside: known errors of the service, problems, changes, the post-mortem, feedback, and where the record came from."""
    user = request.user
    known = KnownError.objects.filter(services=incident.service_id, active=True).select_related("problem")
    return {
        "known_errors": known[:MOST_BESIDE] if may(user, "incidents.view_knownerror") else [],
        "problems": [link.problem for link in incident.problem_links.select_related("problem")[:MOST_BESIDE]]
        if may(user, "incidents.view_problem")
        else [],
        "post_mortem": getattr(incident, "post_mortem", None) if may(user, "incidents.view_postmortem", incident) else None,
        "feedback": told_of(incident) if may(user, "incidents.view_feedback", incident) else "",
        "may_record_feedback": incident.origin != Incident.Origin.DRILL and may(user, "incidents.add_feedback"),
        "changes": [(link.change, IncidentChange.Relation(link.relation).label) for link in _changes(incident)]
        if may(user, "incidents.view_changerequest")
        else [],
        "may_see_trail": may(user, "audit.view_ledgerevent"),
        "may_see_source": may(user, "incidents.view_sourcerecord"),
        "access_links": access_links(request, incident),
    }


def coming(incident: Incident, run: EscalationRun | None, now: datetime, roster: Roster | None = None) -> Coming:
    """The answer to 'what happens next and when', for every state an incident can be in. `roster` is that of `now`, if known."""
    if incident.origin == Incident.Origin.IMPORTED:
        return Coming("Nothing: this record was imported, and the portal alerts nobody for it.")
    if incident.has_ended:
        return Coming(f"Nothing: it is {incident.get_state_display()}.")
    if incident.policy_version is None:
        return Coming(f"Nothing by itself: no policy was in force for {incident.service} when it was opened, so nobody is alerted.")
    if run is None:
        return Coming("The engine alerts the first level within a second or two.")
    step = next_step(incident, now, roster)
    if step is None:
        if run.state == EscalationRun.State.EXHAUSTED:
            return Coming("Nothing by itself: everybody was alerted and nobody answered. Somebody has to take it.")
        return Coming("Nothing by itself: it was acknowledged, and the work goes on until it is resolved.")
    whom = f"Level {step.level}, {step.person_name}" if step.kind is Kind.PAGED else _step_words(step)
    # Before its time has come, 'did not acknowledge' is not true yet; 'unless' says it already.
    why = step.reason if step.at <= now or not step.unless or not any(claim in step.reason for claim in NOT_YET) else ""
    return Coming(whom, step.at, step.unless.lstrip(", "), why)


def _alerting(run: EscalationRun | None) -> bool:
    return run is not None and run.state == EscalationRun.State.PAGING


def _exhausted(incident: Incident, run: EscalationRun | None) -> bool:
    """Whether an escalation ended with nobody reached, and nobody has taken the incident since."""
    if run is None or run.state != EscalationRun.State.EXHAUSTED or incident.has_ended:
        return False
    return not incident.timeline.filter(kind=TimelineEntry.Kind.STATE, actor__isnull=False, at__gte=run.alerting_since).exists()


def _step_words(step: NextStep) -> str:
    return {
        Kind.REMINDED: f"A reminder to {step.person_name}",
        Kind.EXHAUSTED: "Nobody is left to alert; the policy's owner is told",
        Kind.RESUMED: "The alerting is on hold. It goes on",
        Kind.MILESTONE: "The resolution milestone is missed and it moves a level up",
        Kind.ENDED: "The escalation ends",
    }.get(step.kind, "The next level is alerted")


def ladder(snapshot: PolicySnapshot | None, run: EscalationRun | None, roster: Roster | None = None) -> list[Rung]:
    """The levels of the pinned version: done, current, to come; with `roster` also who would be alerted now, and who not."""
    current = run.level if run else 0
    live = run is not None and run.is_live
    return [_rung(level, current, live, roster) for level in snapshot.levels] if snapshot else []


def _rung(level: LevelRule, current: int, live: bool, roster: Roster | None) -> Rung:
    state = "current" if level.number == current and live else "done" if level.number <= current else "ahead"
    return Rung(
        number=level.number,
        name=level.name,
        kind=level.kind,
        people=words.listed([f"{target.name} ({target.role})" for target in level.targets]),
        window=f"{words.duration(level.window)} to answer"
        + (f", the next person after {words.duration(level.backup_after)}" if len(level.targets) > 1 else ""),
        state=state,
        sitting=_sitting(level, roster) if roster is not None and state != "done" else (),
    )


def _sitting(level: LevelRule, roster: Roster) -> tuple[str, ...]:
    """For each place who would be alerted now, where that says more than its name: who was passed over, or why nobody is there."""
    told = []
    for target in sorted(level.targets, key=lambda target: target.position):
        seat = roster.seat(level.number, target.position, target.name)
        notes = [seat.problem] if seat.problem else [seat.hindrance, *(passed.why for passed in seat.passed)]
        notes = [note for note in notes if note]
        if seat.name != target.name or notes:
            told.append(" ".join([f"Now {target.role}: {seat.name if not seat.problem else 'nobody'}.", *notes]))
    return tuple(told)


def _entries(incident: Incident, kinds: tuple[str, ...], *, everything: bool) -> tuple[list[TimelineEntry], bool]:
    """Newest first, and whether older ones are left out."""
    found = incident.timeline.order_by("-at", "-id")
    found = found.filter(kind__in=kinds) if kinds else found
    entries = list(found if everything else found[: LATEST_ENTRIES + 1])
    return (entries, False) if everything else (entries[:LATEST_ENTRIES], len(entries) > LATEST_ENTRIES)


def _line(entry: TimelineEntry, now: datetime) -> Line:
    kind = TimelineEntry.Kind(entry.kind)
    # Most entries name who acted; a note is the person's own words.
    who = entry.actor_name if entry.actor_name != THE_PORTAL and entry.actor_name not in entry.text else ""
    return Line(entry.kind, str(kind.label), entry.text, entry.why, moment(entry.at, now), who, entry.imported)


def _reading(reading: ImpactReading, now: datetime) -> tuple[str, SafeString | str]:
    return stored_in_words(reading), moment(reading.observed_at, now)


def _changes(incident: Incident) -> Iterable[IncidentChange]:
    return incident.change_links.select_related("change")[:MOST_BESIDE]


def _stamp(incident: Incident, entries: list[TimelineEntry], run: EscalationRun | None) -> str:
    """Differs as soon as something on the page would."""
    latest = max((entry.pk for entry in entries), default=0)
    return f"{incident.pk}-{incident.state}-{latest}-{len(entries)}-{run.pk if run else 0}-{run.sequence if run else 0}"
