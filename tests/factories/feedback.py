"""Feedback for tests."""

from datetime import date, datetime
from typing import Any

from incidents.feedback.services import Given, record
from incidents.models import Feedback


def given(**fields: Any) -> Given:
    return Given(**{"giver": "customer", "given_on": date(2026, 11, 19), "way": "survey", "satisfaction": 4} | fields)


def feedback(now: datetime, *, actor: Any = None, **fields: Any) -> Feedback:
    """Recorded as services record it."""
    return record(given(**fields), actor=actor, now=now)
