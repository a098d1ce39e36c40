"""The card of the audit trail: whether it is sealed, and what came lately."""

from datetime import datetime, timedelta

from django.db.models import Max
from django.urls import reverse
from django.utils.html import strip_tags

from audit.admin.seal import seal_line
from audit.evidence.standing import standing
from audit.models import LedgerEvent
from portal.foundation.people.models import User

from .cards import Card, Row

DAY = timedelta(days=1)


def trail(user: User, now: datetime) -> Card:
    """Loud where the ledger is behind or sounds an alarm."""
    found = standing(now)
    line = seal_line(found)
    page = reverse("admin:audit_ledgercheck_changelist")
    seal = Row(f"The ledger: {line.word.lower()}", page, None, "", "Open", detail=" ".join(line.wrong) or strip_tags(line.said))
    last = LedgerEvent.objects.aggregate(number=Max("id"), at=Max("recorded_at"))
    today = LedgerEvent.objects.filter(recorded_at__gte=now - DAY).count()
    events = Row(
        f"{today:,} events in the last 24 hours",
        reverse("admin:audit_ledgerevent_changelist"),
        last["at"],
        "last event",
        "Read",
        detail="The database refuses to change or remove an event.",
    )
    return Card("trail", "Audit trail", "", (seal, events) if last["number"] else (seal,), loud=line.look == "error")
