"""What an event is filed under in the index, and what filters look up there. Pure.

A term is kept as a number made of its hash, so that no word of an event stands in the index.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from .filters import ROUTINE, THE_PORTAL, Facts, Filters, family_of
from .outcomes import DONE, outcome_of

EVERYTHING = "*"
Group = frozenset[int]


@dataclass(frozen=True, slots=True)
class Question:
    """One of each group must be there, and none of `never`. Of words and times it may answer too much: what is found is looked at again."""

    groups: tuple[Group, ...]
    never: Group

    @property
    def terms(self) -> frozenset[int]:
        return frozenset().union(*self.groups, self.never)


@lru_cache(maxsize=65_536)
def number(term: str) -> int:
    """The term as the index has it: 63 bits of its hash."""
    return int.from_bytes(hashlib.blake2b(term.encode("utf-8"), digest_size=8).digest(), "big") >> 1


def terms_of(facts: Facts) -> Iterator[str]:
    """Every term of an event. Objects and requests have indexes of the ledger's own."""
    at = facts.at.astimezone(UTC)
    yield from _of_deed(facts.type, facts.person, facts.kind, facts.channel)
    yield from _of_hour(at.year, at.month, at.day, at.hour)
    for word in facts.words():
        yield f"w:{word}"


@lru_cache(maxsize=16_384)
def _of_deed(event_type: str, person: str, kind: str, channel: str) -> tuple[str, ...]:
    """Mostly the same few: put together once."""
    terms = [EVERYTHING, f"t:{event_type}", f"f:{family_of(event_type)}", f"a:{person or THE_PORTAL}"]
    terms += [f"k:{kind}"] if kind else []
    terms += [f"c:{channel}"] if channel else []
    outcome = outcome_of(event_type)
    return tuple(terms if outcome == DONE else [*terms, f"o:{outcome}"])


@lru_cache(maxsize=4_096)
def _of_hour(year: int, month: int, day: int, hour: int) -> tuple[str, ...]:
    return f"m:{year:04}-{month:02}", f"d:{year:04}-{month:02}-{day:02}", f"h:{year:04}-{month:02}-{day:02}T{hour:02}"


def question(filters: Filters, oldest: datetime, newest: datetime) -> Question:
    """What to look up for `filters` where the trail reaches from `oldest` to `newest`. Without its objects and its request."""
    groups = [
        frozenset(number(f"f:{family_of(name)}" if name.endswith(".*") else f"t:{name}") for name in filters.type),
        frozenset(number(f"a:{key}") for key in filters.person),
        frozenset(number(f"k:{label}") for label in filters.kind),
        frozenset(number(f"c:{channel}") for channel in filters.channel),
        *(frozenset({number(f"w:{word}")}) for word in sorted(filters.words if filters.text else ())),
        _times(filters, oldest, newest),
    ]
    never = {number(f"t:{name}") for name in ROUTINE} if filters.hides_routine else set()
    asked, left_out = _outcomes(filters)
    held = tuple(group for group in (*groups, asked) if group)
    return Question(held or (frozenset({number(EVERYTHING)}),), frozenset(never | left_out))


def _outcomes(filters: Filters) -> tuple[Group, set[int]]:
    """What was done has no term of its own, for nearly everything was."""
    others = {"refused", "failed"}
    if not filters.outcome:
        return frozenset(), set()
    if DONE in filters.outcome:
        return frozenset(), {number(f"o:{one}") for one in others - set(filters.outcome)}
    return frozenset(number(f"o:{one}") for one in filters.outcome), set()


def _times(filters: Filters, oldest: datetime, newest: datetime) -> Group:
    if filters.since is None and filters.until is None:
        return frozenset()
    since = max(filters.since or oldest, oldest)
    until = min(filters.until or newest + timedelta(hours=1), newest + timedelta(hours=1))
    # A time before the first event or after the last one: a term that nothing has.
    return frozenset(map(number, spans(since, until))) or frozenset({number("h:never")})


def spans(since: datetime, until: datetime) -> Iterator[str]:
    """The fewest months, days and hours (UTC) that hold this time; at its edges an hour may reach beyond it."""
    at = since.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    end = until.astimezone(UTC)
    while at < end:
        month = _next_month(at)
        if at.day == 1 and at.hour == 0 and month <= end:
            yield f"m:{at:%Y-%m}"
            at = month
        elif at.hour == 0 and at + timedelta(days=1) <= end:
            yield f"d:{at:%Y-%m-%d}"
            at += timedelta(days=1)
        else:
            yield f"h:{at:%Y-%m-%dT%H}"
            at += timedelta(hours=1)


def _next_month(at: datetime) -> datetime:
    years, month = divmod(at.year * 12 + at.month, 12)
    return at.replace(year=years, month=month + 1, day=1, hour=0)
