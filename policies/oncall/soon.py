"""Who is on duty now or within a day, for whoever must not make them unreachable."""

from datetime import datetime, timedelta

from policies.decisions.rota import slots

from .models import OnCallSchedule
from .queries import rotas

# Long enough for a person to look at what would change; whoever is on duty later can be reached again by then.
SOON = timedelta(days=1)


def on_duty_soon(at: datetime) -> dict[int, str]:
    """By person: 'On call for Payments', the first of their duties between `at` and a day later."""
    found: dict[int, str] = {}
    for rota in rotas(OnCallSchedule.objects.all(), at).values():
        for slot in slots(rota, at, at + SOON):
            if slot.person is not None:
                found.setdefault(slot.person.person_id, f"On call for {rota.name}{'' if slot.since <= at else ' within a day'}")
    return found
