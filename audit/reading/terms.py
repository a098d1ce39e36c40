"""What an event is filed under in the index, and what filters look up there. Pure.

A term is kept as a number made of its hash, so that no word of an event stands in the index.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from .filters import ROUTINE, THE_PORTAL, Filters, family_of
from .outcomes import DONE, outcome_of
from .tokens import words_in

EVERYTHING = "*"
Group = frozenset[int]


@dataclass(frozen=True, slots=True)
class Question:
    """One of each group must be there, and none of `never`. Of words and times it may answer too much: what is found is looked at again.

    No event has two terms of one group.
    """

    groups: tuple[Group, ...]
    never: Group

    @property
    def terms(self) -> frozenset[int]:
        return frozenset().union(*self.groups, self.never)


def number(term: str) -> int:
    """The term as the index has it: 63 bits of its hash."""
    return int.from_bytes(hashlib.blake2b(term.encode("utf-8"), digest_size=8).digest(), "big") >> 1


# Every event is filed under it.
ALL = number(EVERYTHING)


@lru_cache(maxsize=16_384)
def word_term(word: str) -> int:
    """The term of a word."""
    return number(f"w:{word}")


@lru_cache(maxsize=2_048)
def hidden_word_term(word: str) -> int:
    """The term of a word that stands only where an auditor who was called in sees a blank."""
    return number(f"x:{word}")


def word_terms(words: Iterable[str]) -> tuple[int, ...]:
    """The terms of words, in their order."""
    return tuple(map(word_term, words))


@lru_cache(maxsize=2_048)
def text_terms(text: str) -> tuple[int, ...]:
    """The terms of a text's words; some twice."""
    return word_terms(words_in(text))


@lru_cache(maxsize=1_024)
def type_terms(event_type: str) -> tuple[int, ...]:
    """The terms of a type of event, and of every event."""
    outcome = outcome_of(event_type)
    terms = [EVERYTHING, f"t:{event_type}", f"f:{family_of(event_type)}", *([] if outcome == DONE else [f"o:{outcome}"])]
    return tuple(map(number, terms))


def person_terms(person: str) -> tuple[int, ...]:
    return (number(f"a:{person or THE_PORTAL}"),)


def kind_terms(kind: str | None) -> tuple[int, ...]:
    return (number(f"k:{kind}"),) if kind else ()


def channel_terms(channel: str) -> tuple[int, ...]:
    return (number(f"c:{channel}"),) if channel else ()


def hour_terms(hour: str) -> tuple[int, ...]:
    """The terms of an hour in UTC, told as '2026-03-01 14'."""
    day, _, of_day = hour.partition(" ")
    return number(f"m:{day[:7]}"), number(f"d:{day}"), number(f"h:{day}T{of_day}")


def question(filters: Filters, oldest: datetime, newest: datetime, *, blanks: bool = False) -> Question:
    """What to look up for `filters` where the trail reaches from `oldest` to `newest`. Without its objects and its request.

    `blanks`: for whoever sees blanks, and finds nothing by what stands there.
    """
    groups = [
        frozenset(number(f"f:{family_of(name)}" if name.endswith(".*") else f"t:{name}") for name in _types(filters)),
        frozenset(number(f"a:{key}") for key in filters.person),
        frozenset(number(f"k:{label}") for label in filters.kind),
        frozenset(number(f"c:{channel}") for channel in filters.channel),
        *(
            frozenset({word_term(word)} if blanks else {word_term(word), hidden_word_term(word)})
            for word in sorted(filters.words if filters.text else ())
        ),
        _times(filters, oldest, newest),
    ]
    never = {number(f"t:{name}") for name in ROUTINE} if filters.hides_routine else set()
    asked, left_out = _outcomes(filters)
    held = tuple(group for group in (*groups, asked) if group)
    return Question(held or (frozenset({number(EVERYTHING)}),), frozenset(never | left_out))


def _types(filters: Filters) -> list[str]:
    """Without those whose whole family is asked for."""
    return [name for name in filters.type if name.endswith(".*") or f"{family_of(name)}.*" not in filters.type]


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
