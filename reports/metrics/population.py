"""Which incidents a report is about."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from incidents.lifecycle.models import OPERATIONAL, Incident


@dataclass(frozen=True, slots=True)
class Population:
    """Operational incidents opened from `start` (included) to `end` (excluded), of the services of some business units or of all.

    Drills are never among them. `units` are the keys of a unit and of all its parts, None for the whole organisation; an incident belongs to
    the unit that its service belongs to now, so what a service did goes with it when it moves.
    """

    start: datetime
    end: datetime
    units: tuple[int, ...] | None = None

    def within(self, path: str = "") -> Q:
        """The condition on rows that reach their incident over `path`, such as 'incident__' or 'run__incident__'; drills included.

        For the rows of a table that no drill writes, or together with `without_drills`.
        """
        span = Q(**{f"{path}opened_at__gte": self.start, f"{path}opened_at__lt": self.end})
        return span if self.units is None else span & Q(**{f"{path}service__business_unit_id__in": self.units})

    def without_drills(self, path: str = "") -> Q:
        """As `within`, drills left out."""
        return self.within(path) & ~Q(**{f"{path}origin": Incident.Origin.DRILL})

    def incidents(self) -> Q:
        """The condition on incidents themselves."""
        return self.within() & OPERATIONAL
