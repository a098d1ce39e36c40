"""Which rules of recurrence are followed: those that a duty can have and that a machine can work out. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

# Days of each month in a leap year: a 30 February would be looked for until the year 9999.
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_TOO_OFTEN = {"SECONDLY": "every second", "MINUTELY": "every minute"}
# What a rule of a frequency may be narrowed by; what else the standard knows makes no duty, and rules that never come true.
_NARROWED_BY = {
    "HOURLY": {"BYDAY"},
    "DAILY": {"BYDAY", "BYMONTH", "BYMONTHDAY"},
    "WEEKLY": {"BYDAY", "BYMONTH"},
    "MONTHLY": {"BYDAY", "BYMONTH", "BYMONTHDAY", "BYSETPOS"},
    "YEARLY": {"BYDAY", "BYMONTH", "BYMONTHDAY", "BYSETPOS", "BYWEEKNO", "BYYEARDAY"},
}
# Steps a rule may have taken since its start: eighty years of days. Each is walked through.
MOST_STEPS = 30_000
_STEP = {"HOURLY": 1 / 24, "DAILY": 1.0, "WEEKLY": 7.0, "MONTHLY": 28.0, "YEARLY": 365.0}
_PLAIN = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST"}


def problem_with_rule(rule: Mapping[str, Sequence[Any]], days_since_start: int) -> str:
    """What keeps a rule (RRULE, its parts as lists) from being followed, in words that go on 'the event …'; empty when nothing does."""
    frequency = str(_first(rule, "FREQ", "")).upper()
    if frequency in _TOO_OFTEN:
        return f"repeats {_TOO_OFTEN[frequency]}, which no duty does"
    if frequency not in _NARROWED_BY:
        return "repeats by a rule that cannot be read"
    for part in ("INTERVAL", "COUNT"):
        value = _first(rule, part, 1)
        if not isinstance(value, int) or not 1 <= value <= 100_000:
            return f"repeats by a rule whose {part} is not a number from 1 on"
    odd = sorted(str(part).upper() for part in rule if str(part).upper() not in _NARROWED_BY[frequency] | _PLAIN)
    hour_of_start = frequency != "HOURLY" and set(odd) <= {"BYHOUR", "BYMINUTE", "BYSECOND"}
    if odd and not hour_of_start:
        return f"repeats by a rule with {odd[0]}, which is not followed together with {frequency}"
    months = [int(month) for month in rule.get("BYMONTH", ())] or range(1, 13)
    days = [abs(int(day)) for day in rule.get("BYMONTHDAY", ())]
    if days and not any(1 <= day <= _DAYS[month - 1] for month in months if 1 <= month <= 12 for day in days):
        return "repeats on a day that no month has"
    if days_since_start / (_STEP[frequency] * _first(rule, "INTERVAL", 1)) > MOST_STEPS:
        return "repeats since so long ago that its turns cannot be worked out; let it begin later"
    return ""


def _first(rule: Mapping[str, Sequence[Any]], part: str, default: Any) -> Any:
    values = rule.get(part)
    if isinstance(values, list | tuple):
        return values[0] if values else default
    return default if values is None else values
