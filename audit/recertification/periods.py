"""When a campaign opens by itself, and what of what is held it asks about. Pure."""

from collections.abc import Collection, Mapping
from datetime import date

Held = tuple[int, str, str, str]


def period_of(day: date, months: int) -> str:
    """The name of the stretch of `months` that `day` lies in, counted from January: '2026-Q4', '2026-11', '2026-H2', '2026'."""
    part = (day.month - 1) // months + 1
    return {12: f"{day.year}", 6: f"{day.year}-H{part}", 3: f"{day.year}-Q{part}"}.get(months, f"{day.year}-{(part - 1) * months + 1:02}")


def new_since(now: Collection[Held], before: Collection[Held]) -> list[Held]:
    """What is held now and was not then."""
    there = set(before)
    return sorted(one for one in now if one not in there)


def gone_since(now: Collection[Held], before: Collection[Held]) -> list[Held]:
    """What was held then and is not now."""
    return new_since(before, now)


def moved(now: Mapping[str, str], before: Mapping[str, str]) -> set[int]:
    """People who belong elsewhere than then; who was not known then has not moved."""
    return {int(person) for person, where in now.items() if person in before and before[person] != where}
