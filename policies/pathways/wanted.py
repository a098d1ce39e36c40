"""Short lists that people type into one field of a level. Pure but for the error that forms understand."""

from datetime import timedelta

from django.core.exceptions import ValidationError

from policies.catalogue.mandates import validate_mandates
from portal.foundation import words
from portal.foundation.people.wanted import items, validate_languages, validate_words

__all__ = ["durations", "items", "validate_durations", "validate_languages", "validate_mandates", "validate_words"]

MOST_REMINDERS = 5


def durations(text: str) -> tuple[timedelta, ...]:
    """'2 min, 5 min' is five minutes, then two: the longest first. Raises ValueError in words."""
    return tuple(sorted({words.parse_duration(item) for item in items(text)}, reverse=True))


def validate_durations(text: str) -> None:
    try:
        found = durations(text)
    except ValueError as error:
        raise ValidationError(str(error)) from None
    if len(found) > MOST_REMINDERS or any(not duration for duration in found):
        raise ValidationError(f"Give at most {MOST_REMINDERS} durations, none of them zero, such as 5 min, 2 min.")
