"""Who is on duty now and who is next, for the top of a schedule's page."""

from datetime import datetime
from typing import Any

from policies.decisions.rota import Duty, RotaPerson, RotaSnapshot, Slot, duty_at, shadows_at, upcoming
from policies.models import OnCallSchedule
from portal.foundation.adminkit.moments import moment

from .duty_calendar import reader_of
from .duty_grid import colour_of

HANDOVERS_SHOWN = 4


def now_and_next_panel(schedule: OnCallSchedule, rota: RotaSnapshot, actor: Any, now: datetime) -> dict[str, Any]:
    """Rows of who is on duty now and next, with what the reader can do about each, and who learns now."""
    current = duty_at(rota, now)
    actions = reader_of(schedule, actor, now).actions
    duties = ([current] if current else []) + upcoming(rota, now, HANDOVERS_SHOWN)
    rows = [
        {
            "duty": duty,
            "current": duty is current,
            "since": moment(duty.since, now, empty="always"),
            "until": moment(duty.until, now, empty="further notice"),
            "colour": colour_of(_slot(duty, now).person),
            "actions": actions(_slot(duty, now)) if duty.until else (),
        }
        for duty in duties
    ]
    return {"duties": rows, "on_call_now": current, "learning_now": [person.name for person in shadows_at(rota, now)]}


def _slot(duty: Duty, now: datetime) -> Slot:
    person = RotaPerson(duty.person_id, duty.person_name)
    return Slot(duty.since or now, duty.until or now, person, duty.source, duty.reason)
