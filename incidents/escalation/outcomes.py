"""What became of a message, told on the incident's timeline and in the audit trail."""

from collections.abc import Sequence
from datetime import datetime

from audit.events.covering import covered
from audit.events.services import Act, record
from incidents.lifecycle.models import Incident, TimelineEntry
from incidents.lifecycle.timeline import add_all, entry_of
from portal.foundation.outbox.handlers import Fared, News
from portal.foundation.outbox.models import OutboxMessage


@covered()
def messages_fared(news: Sequence[Fared], now: datetime) -> None:
    """Tells a hand-over, an arrival, a failure for good, and a change to the person's next contact point; another try is no news.

    Three statements, however much there is to tell.
    """
    worth = [(fared, told) for fared in news if (told := _told(fared))]
    incidents = Incident.objects.in_bulk({_incident_of(fared.message) for fared, _ in worth})
    entries, acts = [], []
    for fared, (event, text, why) in worth:
        incident, message = incidents.get(_incident_of(fared.message)), fared.message
        if incident is None:
            continue
        data = {"message": str(message.pk), "kind": message.kind, "attempts": fared.attempt.number if fared.attempt else 0}
        details = data | {"person": message.person_name, "outcome": text}
        entries.append(entry_of(incident, kind=TimelineEntry.Kind.DELIVERY, at=now, actor=None, text=text, why=why, data=data))
        people = {str(message.person_id): message.person_name} if message.person_id else {}
        acts.append(Act(event, None, incident, now, why, details, people=people))
    add_all(entries)
    record(acts, now=now)


def _incident_of(message: OutboxMessage) -> int:
    return int(message.subject_ref.split(":")[1])


def _told(fared: Fared) -> tuple[str, str, str] | None:
    name, attempt = fared.message.person_name, fared.attempt
    way = f"{name}'s {attempt.contact_label} ({attempt.channel})" if attempt else name
    if fared.news is News.HANDED:
        tries = f"Attempt {attempt.number}." if attempt and attempt.number > 1 else ""
        return "message.delivered", f"Handed to {way}{', ' if fared.why else ''}{fared.why}", tries
    if fared.news is News.ARRIVED:
        return "message.arrived", f"The message arrived on {way}", fared.why
    if fared.news is News.FAILED:
        return "message.failed", f"The message to {name} could not be delivered", fared.why
    if fared.news is News.REROUTED:
        return "message.rerouted", f"{way} could not be reached; the next contact point is tried", fared.why
    return None
