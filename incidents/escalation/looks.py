"""Wishes that the engine look at an incident: left by every save of one, taken by the engine.

A wish is only a wake-up. Whoever writes incidents past their `save` costs the engine a minute: its sweep finds what no wish told.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import connection

from incidents.lifecycle.models import Incident
from portal.foundation.statements import change

from .models import EscalationLook

MOST_AT_ONCE = 100
_ANY = "SELECT 1 FROM incidents_escalationlook ORDER BY asked_at LIMIT 1"
_ASK = "INSERT INTO incidents_escalationlook (incident_id, asked_at) VALUES {} ON CONFLICT (incident_id) DO UPDATE SET asked_at = excluded.asked_at"


def incident_saved(sender: Any, instance: Incident, raw: bool = False, **kwargs: Any) -> None:
    """Asks for a look in the transaction of the save. Imported incidents never escalate."""
    if instance.origin != Incident.Origin.IMPORTED and not raw:
        ask([instance.pk], now=getattr(instance, "_history_date", None) or instance.opened_at)


def ask(incidents: Collection[int], *, now: datetime) -> None:
    """Asks the engine to look at these, by primary key. An older wish is renewed: whoever holds it is waited for, so none is lost."""
    wanted = sorted(set(incidents))
    if wanted:
        at = connection.ops.adapt_datetimefield_value(now)
        change(_ASK.format(", ".join(["(%s, %s)"] * len(wanted))), [value for pk in wanted for value in (pk, at)])


def any_wanted() -> bool:
    """Whether somebody asked. One row of an index, ten times a second, so it is asked by hand."""
    with connection.cursor() as cursor:
        cursor.execute(_ANY)
        return cursor.fetchone() is not None


def taken(only: Collection[int] | None = None) -> list[int]:
    """The incidents that were asked about longest ago, locked until the running transaction ends. Those that others hold are left out.

    An incident that is saved meanwhile is asked about anew once this transaction is over: a wish is let go (`done`) or kept, never lost.
    """
    wishes = EscalationLook.objects.select_for_update(skip_locked=True).order_by("asked_at", "pk")
    if only is not None:
        wishes = wishes.filter(pk__in=only)
    return list(wishes.values_list("pk", flat=True)[:MOST_AT_ONCE])


def done(incidents: Collection[int]) -> None:
    """Lets go of wishes that were fulfilled; they must be `taken`."""
    EscalationLook.objects.filter(pk__in=incidents).delete()
