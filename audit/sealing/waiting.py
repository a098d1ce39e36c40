"""What waits for its place in the tree."""

from datetime import datetime

from django.db.models import Subquery
from django.db.models.functions import Coalesce

from audit.ledger.models import LedgerEvent, LedgerInbox

from .models import LedgerLeaf


def waiting_since(signed: int) -> datetime | None:
    """When the oldest event was recorded that the first `signed` leaves do not hold. One query of a row of an index each."""
    unsigned = LedgerLeaf.objects.filter(index=signed).values("event")
    waiting = LedgerInbox.objects.order_by("event").values("event")[:1]
    first = LedgerEvent.objects.filter(pk=Coalesce(Subquery(unsigned), Subquery(waiting)))
    return first.values_list("recorded_at", flat=True).first()


def something_waits() -> bool:
    """Whether there is an event without a place in the tree. One query of one row."""
    return LedgerInbox.objects.exists()
