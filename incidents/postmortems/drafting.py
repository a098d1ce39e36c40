"""The first draft: the course of an incident, in roles. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened: when, what the engine calls it, and at which level (0: none)."""

    at: datetime
    what: str
    level: int = 0


_WORDS = {
    "opened": "The incident was opened.",
    "level": "Level {level} was alerted.",
    "acknowledged": "Somebody at level {level} acknowledged.",
    "passed_over": "",
    "silent": "Nothing was heard after the acknowledgement.",
    "milestone": "It was not resolved in time.",
    "held": "The alerting was put on hold.",
    "resumed": "The alerting went on.",
    "raised": "It was moved up by hand.",
    "lowered": "It was de-escalated.",
    "bypassed": "Levels were bypassed, with a recorded reason.",
    "taken_over": "Somebody else took it over.",
    "handed_over": "It was handed over.",
    "repeated": "The way through the levels began again.",
    "exhausted": "Nobody of any level had been reached.",
    "resolved": "The incident was resolved.",
}
FEWEST_LETTERS = 5


def course_of(moments: Iterable[Moment]) -> str:
    """A line a moment, by time in UTC, equal neighbours once; it tells what is known and leaves out who."""
    told: list[str] = []
    last = ""
    for moment in sorted(moments, key=lambda each: each.at):
        words = _WORDS.get(moment.what, "").format(level=moment.level or "?")
        if words and words != last:
            told.append(f"{moment.at:%d %b %Y, %H:%M} UTC: {words}")
            last = words
    return "\n".join(told)


def names_within(text: str, names: Iterable[str]) -> list[str]:
    """The names that stand in `text`, whole and as they are written; in the order given. Shorter ones than five letters are words too often."""
    return [name for name in dict.fromkeys(names) if len(name) >= FEWEST_LETTERS and _stands_in(name, text)]


def _stands_in(name: str, text: str) -> bool:
    start = text.find(name)
    while start >= 0:
        before, after = text[start - 1 : start], text[start + len(name) : start + len(name) + 1]
        if not before.isalnum() and not after.isalnum():
            return True
        start = text.find(name, start + 1)
    return False
