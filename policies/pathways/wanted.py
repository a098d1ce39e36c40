"""Short lists that people type into one field: durations, mandates, skills, languages. Pure but for the error that forms understand."""

import re
from datetime import timedelta

from django.core.exceptions import ValidationError

from policies.decisions.vocabulary import Mandate
from portal.foundation import words

# BCP 47 as far as people write it: a language, perhaps a region.
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")
MOST_REMINDERS = 5


def items(text: str) -> tuple[str, ...]:
    """'a, b, a' is ('a', 'b')."""
    return tuple(dict.fromkeys(item.strip() for item in text.split(",") if item.strip()))


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


def validate_mandates(text: str) -> None:
    unknown = [item for item in items(text) if item not in set(Mandate)]
    if unknown:
        raise ValidationError(f"'{unknown[0][:40]}' is no mandate. There are: {words.listed(list(Mandate))}.")


def validate_words(text: str) -> None:
    if any(len(item) > 60 for item in items(text)):
        raise ValidationError("Separate several by commas; none is longer than 60 characters.")


def validate_languages(text: str) -> None:
    for item in items(text):
        if not _LANGUAGE.fullmatch(item):
            raise ValidationError(f"'{item[:40]}' is no language code. Write codes such as en, de, pt-BR, separated by commas.")
