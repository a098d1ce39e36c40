"""Whether a stretch of duty can change hands: it is the giver's, and the taker is there and free."""

from datetime import datetime
from typing import NamedTuple

from policies.decisions.rota import slots
from policies.oncall.models import OnCallSchedule
from policies.oncall.queries import rota_of
from policies.oncall.stretches import few, from_to, refuse
from portal.foundation.people.models import User

from .absences import rotas_of
from .overrides import must_be_there


class Half(NamedTuple):
    """What goes from `giver` to `taker`; `fields` name the start and the taker where it was typed."""

    giver: User
    taker: User
    since: datetime
    until: datetime
    fields: tuple[str, str]


def check_half(schedule: OnCallSchedule, half: Half, now: datetime) -> None:
    """Raises InvalidInput unless the whole stretch is the giver's duty on `schedule` and the taker is there and on duty nowhere then."""
    rota = rota_of(schedule, now)
    others = [slot for slot in slots(rota, half.since, half.until) if slot.person is None or slot.person.person_id != half.giver.pk]
    if others:
        times = [from_to(slot.since, slot.until, rota.zone_at(slot.since)) for slot in others]
        refuse(f"{half.giver} is not on duty on {schedule} {few(times, 2)}. Choose a stretch of {half.giver}'s own duty.", half.fields[0])
    must_be_there(half.taker, half.since, half.until, half.fields[1])
    for other in rotas_of(half.taker, now):
        mine = [slot for slot in slots(other, half.since, half.until) if slot.person and slot.person.person_id == half.taker.pk]
        if mine:
            when = from_to(mine[0].since, mine[0].until, other.zone_at(half.since))
            refuse(f"{half.taker} is on duty on {other.name} {when}, so cannot take this too.", half.fields[1])
