"""Incidents that no policy covers: nobody can be alerted for them, and that is said once."""

import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from django.db import transaction

from audit.events.services import act
from incidents.lifecycle.facts import discreet_title, marked
from incidents.lifecycle.models import Incident, TimelineEntry
from incidents.lifecycle.states import OPEN_STATES
from incidents.lifecycle.timeline import add_timeline
from policies.decisions.vocabulary import Track
from portal.foundation.outbox.services import queue
from portal.foundation.words import listed

from . import words
from .last_resort import owner_of_last_resort
from .messages import link_to, subject_ref
from .tracks import NO_COMPLIANCE, is_marked
from .writing import NOBODY_REACHED

logger = logging.getLogger(__name__)
NO_POLICY = "no_policy"


def tell_uncovered(incidents: Sequence[Incident], *, now: datetime) -> None:
    """Says of each of these locked incidents without a policy, once, that nobody is alerted; of a marked one it alarms who is left."""
    told = _told_of(incidents)
    for incident in incidents:
        if incident.origin == Incident.Origin.IMPORTED:
            continue
        if incident.state in OPEN_STATES and not told[incident.pk]:
            _tell(incident, now)
        if is_marked(incident) and NO_COMPLIANCE not in told[incident.pk]:
            _alarm(incident, now)


def _told_of(incidents: Sequence[Incident]) -> dict[int, set[str]]:
    """What the engine has said of each already."""
    told: dict[int, set[str]] = defaultdict(set)
    if incidents:
        entries = TimelineEntry.objects.filter(incident__in=incidents, kind=TimelineEntry.Kind.ESCALATION)
        for incident, data in entries.values_list("incident_id", "data"):
            told[incident].add(data.get("action", ""))
    return told


def _tell(incident: Incident, now: datetime) -> None:
    text = "Nobody is alerted automatically"
    why = f"No escalation policy was in force for {incident.service} when the incident was opened."
    with act("escalation.uncovered", actor=None, now=now, subject=incident, why=why):
        _timeline(incident, text, why, {"action": NO_POLICY}, now)
    transaction.on_commit(partial(logger.warning, "%s: %s. %s", incident.number, text, why))


def _alarm(incident: Incident, now: datetime) -> None:
    """Nobody in legal and compliance can be found, so the owner of last resort is alarmed."""
    text = f"{Track.COMPLIANCE.label} track: {words.NOBODY_REACHED}"
    why = f"It is marked as {listed(marked(incident))}, and no policy was in force for {incident.service} when it was opened."
    with act("escalation.exhausted", actor=None, now=now, subject=incident, why=why) as running:
        _timeline(incident, text, why, {"action": NO_COMPLIANCE, "track": Track.COMPLIANCE.value}, now)
        running.decision = {"track": Track.COMPLIANCE.value}
        person = owner_of_last_resort(incident)
        if person is not None:
            queue(
                kind=NOBODY_REACHED,
                person=person,
                subject_ref=subject_ref(incident, Track.COMPLIANCE),
                title=f"Nobody reached: {words.headline(incident, Track.COMPLIANCE)}",
                body=f"{words.what_happened(incident)}\n{why}\nSomebody has to tell legal and compliance now.",
                link=link_to(incident),
                idempotency_key=f"incident-{incident.pk}-{NO_COMPLIANCE}",
                now=now,
                confidential=incident.confidential,
                discreet_title=discreet_title(incident),
                drill=incident.origin == Incident.Origin.DRILL,
            )
    transaction.on_commit(partial(logger.critical, "%s: %s. %s", incident.number, text, why))


def _timeline(incident: Incident, text: str, why: str, data: dict[str, object], now: datetime) -> None:
    add_timeline(incident, kind=TimelineEntry.Kind.ESCALATION, at=now, actor=None, text=text, why=why, data=data)
