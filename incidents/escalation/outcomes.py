"""What became of a message, told on the incident's timeline and in the audit trail."""

from datetime import datetime

from audit.events.services import act
from incidents.lifecycle.models import Incident, TimelineEntry
from incidents.lifecycle.timeline import add_timeline
from portal.foundation.outbox.models import DeliveryAttempt, OutboxMessage

State = OutboxMessage.State


def message_fared(message: OutboxMessage, attempt: DeliveryAttempt | None, now: datetime) -> None:
    """Tells a hand-over, a failure for good, and a change to the person's next contact point; another try is no news."""
    told = _told(message, attempt)
    incident = Incident.objects.filter(pk=message.subject_ref.split(":")[1]).first()
    if told is None or incident is None:
        return
    event, text, why = told
    data = {"message": str(message.pk), "kind": message.kind, "attempts": attempt.number if attempt else 0}
    with act(event, actor=None, now=now, subject=incident, why=why) as running:
        running.details.update(data, person=message.person_name, outcome=text)
        add_timeline(incident, kind=TimelineEntry.Kind.DELIVERY, at=now, actor=None, text=text, why=why, data=data)


def _told(message: OutboxMessage, attempt: DeliveryAttempt | None) -> tuple[str, str, str] | None:
    way = f"{message.person_name}'s {attempt.contact_label} ({attempt.channel})" if attempt else ""
    if attempt is not None and attempt.succeeded:
        return "message.delivered", f"Handed to {way}", f"Attempt {attempt.number}." if attempt.number > 1 else ""
    if message.state == State.FAILED:
        why = attempt.detail if attempt else "There is no active contact point left to try."
        return "message.failed", f"The message to {message.person_name} could not be delivered", why
    if attempt is not None and message.state == State.PENDING and message.contact_position and not message.tries:
        return "message.rerouted", f"{way} could not be reached; the next contact point is tried", attempt.detail
    return None
