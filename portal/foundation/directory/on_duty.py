"""Who is on duty now or soon: the app that knows schedules registers itself, as the foundation knows none."""

from collections.abc import Callable, Mapping
from datetime import datetime

from portal.foundation.registry import Registry

# Given an instant, words such as 'On call for Payments' by the primary key of each person who is on duty then or within a day.
duties: Registry[Callable[[datetime], Mapping[int, str]]] = Registry("source of duties")


def on_duty(at: datetime) -> dict[int, str]:
    """What every source says; of several the first."""
    found: dict[int, str] = {}
    for _, source in duties:
        for person, words in source(at).items():
            found.setdefault(person, words)
    return found
