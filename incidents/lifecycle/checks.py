"""What a text or a number of an incident must satisfy before it is stored."""

import unicodedata
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

from policies.decisions.ruleset import MeasureRule
from portal.foundation import words
from portal.foundation.errors import InvalidInput

LONGEST_TITLE = 200
LONGEST_REASON = 2_000
LONGEST_TEXT = 20_000
# Clocks of monitoring systems drift; more than this is a wrong time zone or a wrong clock.
CLOCK_TOLERANCE = timedelta(minutes=5)
# Backfilled history belongs in an import, and times long past are usually an unset clock.
OLDEST_READING = timedelta(days=366)
SMALLEST_STEP = Decimal("0.001")
LARGEST_VALUE = Decimal(10) ** 11


def clean_title(text: str, field: str = "title") -> str:
    """One line of 1 to 200 characters, outer spaces gone. Raises InvalidInput."""
    return _required(_one_line, text, field, "Give a title: what users notice, in one line.", LONGEST_TITLE)


def clean_reason(text: str, *, what: str, field: str = "reason") -> str:
    """Words that say why, up to 2,000 characters. `what` completes 'Say …'. Raises InvalidInput."""
    return _required(clean_text, text, field, f"Say {what}.", LONGEST_REASON)


def clean_text(text: str, field: str, limit: int = LONGEST_TEXT) -> str:
    """Text of several lines, possibly empty; line ends become \\n. Raises InvalidInput."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    _refuse_unstorable(text, field, allowed="\n\t")
    return _within(words.visible(text), field, limit)


def clean_label(text: str, field: str = "labels", limit: int = 60) -> str:
    """One line in lower case without commas, which stand between labels. Raises InvalidInput."""
    label = _required(_one_line, text, field, "A label is empty.", limit).lower()
    if "," in label:
        raise _invalid(field, f"'{label}' holds a comma, which stands between labels.")
    return label


def clean_value(measure: MeasureRule, value: Decimal, field: str = "value") -> Decimal:
    """`value` as stored: finite, from 0 to the measure's highest, rounded to three decimals. Raises InvalidInput."""
    if not value.is_finite():
        raise _invalid(field, f"'{value}' is not a number that can be measured.")
    if value < 0:
        raise _invalid(field, f"{value:f} is below 0; every measure starts at 0." if value > -LARGEST_VALUE else "The value is below 0.")
    if value >= LARGEST_VALUE:
        raise _invalid(field, "The value is too large; at most 11 digits before the point.")
    if measure.highest is not None and value > measure.highest:
        highest = words.amount(measure.highest, measure.unit)
        raise _invalid(field, f"{words.amount(value, measure.unit)} is more than there can be: {measure.name} goes from 0 to {highest}.")
    try:
        return value.quantize(SMALLEST_STEP)
    except InvalidOperation:
        raise _invalid(field, "The value has too many digits.") from None


def clean_observed_at(observed_at: datetime, now: datetime, field: str = "observed_at") -> datetime:
    """A time with a zone, at most 5 minutes ahead of `now` (then taken as `now`) and at most a year old. Raises InvalidInput."""
    if observed_at.tzinfo is None:
        raise _invalid(field, "The time needs its zone, e.g. 2026-03-02T09:00:00Z.")
    if observed_at > now + CLOCK_TOLERANCE:
        raise _invalid(field, "The time lies in the future. Check the clock and the time zone of the sender.")
    if observed_at < now - OLDEST_READING:
        raise _invalid(field, "The time is more than a year ago. Check the clock of the sender.")
    return min(observed_at, now)


def _one_line(text: str, field: str, limit: int) -> str:
    text = text.strip()
    _refuse_unstorable(text, field, allowed="")
    return _within(words.visible(text), field, limit)


def _required(clean: Callable[[str, str, int], str], text: str, field: str, missing: str, limit: int) -> str:
    cleaned = clean(text, field, limit)
    if not cleaned:
        raise _invalid(field, missing)
    return cleaned


def _refuse_unstorable(text: str, field: str, *, allowed: str) -> None:
    """Control characters and halves of surrogate pairs: PostgreSQL, JSON or a terminal would choke on them."""
    for position, character in enumerate(text):
        if character not in allowed and unicodedata.category(character) in {"Cc", "Cs"}:
            raise _invalid(field, f"Character {position + 1} cannot be stored (code U+{ord(character):04X}). Remove it.")


def _within(text: str, field: str, limit: int) -> str:
    if len(text) > limit:
        raise _invalid(field, f"It has {len(text):,} characters; at most {limit:,} fit.")
    return text


def _invalid(field: str, problem: str) -> InvalidInput:
    return InvalidInput(problem, {field: [problem]})
