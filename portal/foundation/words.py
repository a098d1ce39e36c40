"""Numbers and durations as people say and type them. Pure, so that rules, pages and reports all say the same."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
_SPELLINGS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3_600),
    **dict.fromkeys(("d", "day", "days"), 86_400),
}
_PART = re.compile(r"(\d{1,6})\s*([a-z]+)\s*", re.ASCII)
_CLOCK = re.compile(r"(\d{1,4}):([0-5]\d)(?::([0-5]\d))?", re.ASCII)
HOW_TO_TYPE = "Type a duration such as 15 min, 1 h 30 min, 45 s or 0:15:00."


# Letters and marks of which nothing is seen, beside spaces and what only steers other characters (categories Z and Cf).
_UNSEEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]")
_STEERING = frozenset({"Zs", "Zl", "Zp", "Cf", "Cc", "Cn"})


def visible(text: str) -> str:
    """What somebody typed, without blanks around it; empty where nothing of it can be seen. What is seen stays as it was typed."""
    text = text.strip()
    seen = (each for each in text if unicodedata.category(each) not in _STEERING and not _UNSEEN.match(each))
    return text if next(seen, "") else ""


def duration(value: timedelta) -> str:
    """'1 h 20 min'. Parts of a second are left out; a negative duration has a minus sign in front."""
    seconds = int(abs(value).total_seconds())
    parts = []
    for name, size in UNITS:
        amount, seconds = divmod(seconds, size)
        if amount:
            parts.append(f"{amount} {name}")
    sign = "-" if value < timedelta(0) and parts else ""
    return sign + (" ".join(parts) or "0 s")


def parse_duration(text: str) -> timedelta:
    """The duration that a person typed: '15 min', '1 h 30 min', '1h30m', '0:15:00'. Raises ValueError in words for anything else."""
    typed = text.strip().lower()
    clock = _CLOCK.fullmatch(typed)
    if clock:
        hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        return timedelta(hours=hours, minutes=minutes, seconds=seconds)
    total, position = 0, 0
    for part in _PART.finditer(typed):
        if part.start() != position or part.group(2) not in _SPELLINGS:
            break
        total += int(part.group(1)) * _SPELLINGS[part.group(2)]
        position = part.end()
    if not typed or position != len(typed):
        raise ValueError(f"'{text.strip()[:40]}' is not a duration. {HOW_TO_TYPE}")
    return timedelta(seconds=total)


def zone(name: str) -> str:
    """'CET' stays; '+08' and '+0530', which zones without letters are called, are 'UTC+8' and 'UTC+5:30'."""
    if name[:1] not in {"+", "-"}:
        return name
    minutes = name[3:]
    return f"UTC{name[0]}{int(name[1:3])}" + (f":{minutes}" if minutes.strip("0") else "")


def number(value: Decimal | int) -> str:
    """'10,000' or '2.5': thousands apart, no trailing zeros."""
    text = f"{Decimal(value):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def amount(value: Decimal | int, unit: str) -> str:
    """'5 %', '10,000 users'; just the number without a unit."""
    return f"{number(value)} {unit}".rstrip()


def listed(items: Sequence[str]) -> str:
    """'a, b and c'."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def counted(count: int, one: str, many: str = "") -> str:
    """'1 level', '3 levels'."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
