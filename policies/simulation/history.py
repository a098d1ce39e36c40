"""Where past incidents come from: the app that holds them registers itself, as policies know no incidents."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from portal.foundation.registry import Registry

from .replay import PastIncident

Services = Collection[int] | None


@dataclass(frozen=True, slots=True)
class Source:
    """A history of incidents. In each call the first argument is the primary keys of services, or None for all services.

    `count` and `incidents` take the period's first instant and the first one after it; `latest` takes an instant and gives the
    opening of the last incident before it.
    """

    count: Callable[[Services, datetime, datetime], int]
    incidents: Callable[[Services, datetime, datetime], Iterator[PastIncident]]
    latest: Callable[[Services, datetime], datetime | None]


sources: Registry[Source] = Registry("history of incidents")
