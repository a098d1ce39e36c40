"""What is made to fail in a drill: read by the engine's roster and by whoever sends its messages."""

from collections.abc import Collection

from incidents.escalation.models import EscalationStep
from incidents.lifecycle.models import Incident
from portal.foundation.outbox.models import OutboxMessage
from portal.foundation.people.models import ContactPoint

from .models import Drill, DrillFailure, DrillPart

Kind = DrillFailure.Kind
PLANNED = "Planned failure of the drill: this channel is down."


def away_in(incident: Incident) -> Collection[int]:
    """The people who count as away in the drill of `incident`. One query."""
    planned = DrillFailure.objects.filter(drill__incident=incident, kind=Kind.AWAY)
    return {person for person in planned.values_list("person_id", flat=True) if person is not None}


def ways_in_drill(message: OutboxMessage) -> Collection[int]:
    """The contact points that a drill's message may go to: those its receiver agreed to, unless their level is to stay silent.

    Two queries; none for a message that no running drill stands behind: it goes nowhere.
    """
    drill = drill_of(message)
    if drill is None or _of_silent_level(drill, message):
        return ()
    part = DrillPart.objects.filter(drill=drill, person=message.person_id, consented_at__isnull=False).first()
    if part is None:
        return ()
    return {part.contact_id} if part.contact_id is not None else _all_of(message.person_id)


def planned_failure(message: OutboxMessage, channel: str) -> str:
    """Why a drill's message cannot leave over `channel`, in words; empty when it can. One query."""
    drill = drill_of(message)
    down = drill is not None and drill.failures.filter(kind=Kind.CHANNEL, channel=channel).exists()
    return PLANNED if down else ""


def drill_of(message: OutboxMessage) -> Drill | None:
    """The running drill that `message` belongs to."""
    model, _, key = message.subject_ref.partition(":")
    key = key.partition(":")[0]
    if model != "incidents.incident" or not key.isdecimal():
        return None
    return Drill.objects.filter(incident=int(key), state=Drill.State.RUNNING).first()


def _of_silent_level(drill: Drill, message: OutboxMessage) -> bool:
    silent = set(drill.failures.filter(kind=Kind.SILENT).values_list("level", flat=True))
    if not silent:
        return False
    # Whoever was alerted last at which level: a person may stand on several.
    alerts = EscalationStep.objects.filter(run__incident=drill.incident_id, person=message.person_id, action=EscalationStep.Action.PAGED)
    return alerts.order_by("-at", "-pk").values_list("level", flat=True).first() in silent


def _all_of(person: int | None) -> Collection[int]:
    return set(ContactPoint.objects.filter(person=person, active=True).values_list("pk", flat=True))
