"""Durations and names as an escalation's reasons tell them."""

from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache

from .escalation_facts import RunState


@lru_cache(maxsize=4_096)
def in_words(duration: timedelta) -> str:
    """A duration for people: '45 s', '5 min', '1 h 30 min', '2 d 3 h'."""
    seconds = max(0, round(duration.total_seconds()))
    parts = [(seconds // 86400, "d"), (seconds // 3600 % 24, "h"), (seconds // 60 % 60, "min"), (seconds % 60, "s")]
    told = [f"{count} {unit}" for count, unit in parts if count]
    return " ".join(told[:2]) or "0 s"


def names_in_words(names: Sequence[str], last: str = "and") -> str:
    """'Ana', 'Ana and Tom', 'Ana, Tom and Kim'; 'nobody' for none."""
    if len(names) < 2:
        return names[0] if names else "nobody"
    return f"{', '.join(names[:-1])} {last} {names[-1]}"


def silence(state: RunState, window: timedelta) -> str:
    """'Ana and Tom did not acknowledge within 15 min.'"""
    silent = names_in_words([person.name for person in state.alerted])
    return f"{silent[:1].upper()}{silent[1:]} did not acknowledge within {in_words(window)}."
