"""What happens to the demo's duty: holidays, a stand-in, a swap that waits for an answer, and a leave that leaves a gap to close."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from policies.oncall.holidays import make_calendar
from policies.oncall.standing_in.absences import record_absence
from policies.oncall.standing_in.overrides import make_override
from policies.oncall.standing_in.swaps import ask_swap

from . import organisation as company
from .seed import Seed


def plant(seed: Seed) -> None:
    """Everything lies after the week of the demo's start, in which the first person of each rotation is on duty undisturbed."""
    people, payments, made = seed.people, seed.schedules["Payments platform"], seed.now - timedelta(hours=3)
    make_calendar("Madrid", country="ES", subdivision="MD", actor=people["manager"], now=made, reason="For the plans of Madrid's teams.")
    # The second week is Sofia's, the third is Omar's, and in every second one Liam settles.
    ask_swap(
        payments,
        giver=people["sofia.rossi"],
        taker=people["responder"],
        gives_from=_at(seed.now, 9, 0, company.MADRID),
        gives_until=_at(seed.now, 10, 0, company.MADRID),
        actor=people["sofia.rossi"],
        now=made,
        reason="My sister marries.",
    )
    make_override(
        payments,
        person=people["commander"],
        starts_at=_at(seed.now, 18, 9, company.MADRID),
        ends_at=_at(seed.now, 18, 17, company.MADRID),
        actor=people["manager"],
        now=made,
        reason="Omar is at the auditors'.",
    )
    record_absence(
        people["liam.chen"],
        starts_at=_at(seed.now, 22, 9, company.SINGAPORE),
        ends_at=_at(seed.now, 24, 9, company.SINGAPORE),
        kind="training",
        actor=people["liam.chen"],
        now=made,
        accept_gaps=True,
        reason="A course.",
    )


def _at(now: datetime, days: int, hour: int, zone: str) -> datetime:
    """The hour, on the clocks of `zone`, of the day so many days after this week's Monday."""
    monday = (now - timedelta(days=now.weekday())).date()
    return datetime.combine(monday + timedelta(days=days), time(hour), ZoneInfo(zone))
