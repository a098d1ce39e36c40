"""Counting wrong passwords and codes: after a few in a row the door stays closed for a while, for a name that exists as for one that does not."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.crypto import salted_hmac

from portal.foundation import words
from portal.foundation.access.checks import require
from portal.foundation.adminkit.frame import frames
from portal.foundation.errors import WrongState
from portal.foundation.people.models import User

from .models import WrongTries

QUARTER = timedelta(minutes=15)
# What is older has no say any more and goes.
KEPT_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Limit:
    """`most` wrong tries within `within` close the door for `closed_for`."""

    most: int
    within: timedelta
    closed_for: timedelta
    about: str


# By user and address: who guesses from elsewhere locks nobody out. By address: one password tried on many names.
PAIR = Limit(5, QUARTER, QUARTER, "one name from one address")
ADDRESS = Limit(50, QUARTER, QUARTER, "many names from one address")
# Whoever tries codes knows the password already.
CODE = Limit(5, QUARTER, QUARTER, "the second factor")
# Whoever sends wrong ones is heard no more; good ones from the same address are.
TOKENS = Limit(20, QUARTER, QUARTER, "API tokens, from one address")
ASKING = Limit(10, timedelta(hours=1), timedelta(hours=1), "links to set a password, from one address")


@dataclass(frozen=True, slots=True)
class Counter:
    """What is counted: a limit, and for whom."""

    limit: Limit
    whose: str

    @property
    def key(self) -> str:
        return salted_hmac("portal.front_door.locks", f"{self.limit.about}\n{self.whose}", algorithm="sha256").hexdigest()


def of_sign_in(name: str, address: str) -> tuple[Counter, ...]:
    """What a wrong password counts for."""
    return Counter(PAIR, f"{name.strip().lower()}\n{address}"), Counter(ADDRESS, address)


def of_codes(user: Any) -> tuple[Counter, ...]:
    """What a wrong second factor, or a wrong answer when asked again, counts for."""
    return (Counter(CODE, str(user.pk)),)


def closed_until(counters: Iterable[Counter], now: datetime) -> datetime | None:
    """Until when the door is closed; None when it is not."""
    until = WrongTries.objects.filter(key__in=[one.key for one in counters], locked_until__gt=now).values_list("locked_until", flat=True)
    return max(until, default=None)  # type: ignore[type-var]


def count(counters: Iterable[Counter], *, user: User | None, now: datetime) -> bool:
    """One more wrong try, of `user` where the name is somebody's. Whether the door is closed by it; that is an event."""
    closed = False
    for one in counters:
        with transaction.atomic():
            row, _ = WrongTries.objects.select_for_update().get_or_create(key=one.key, defaults={"user": user, "since": now})
            if now - row.since >= one.limit.within:
                row.tries, row.since = 0, now
            row.tries += 1
            if row.tries >= one.limit.most:
                row.tries, row.since, row.locked_until = 0, now, now + one.limit.closed_for
                closed = True
                _tell(one.limit, user, now)
            row.user = None if one.limit is ADDRESS else user
            row.save()
    return closed


def forget(counters: Iterable[Counter]) -> None:
    """The right one was entered. What an address tried on other names still counts."""
    WrongTries.objects.filter(key__in=[one.key for one in counters if one.limit is not ADDRESS]).delete()


def lift(user: User, *, actor: Any, now: datetime, reason: str = "") -> None:
    """Opens the door for `user` before its time. Raises NotAllowed, and WrongState when nothing is closed."""
    require(actor, "portal.change_user", user, to="let somebody try again")
    with frames["act"]("account.lock_lifted", actor=actor, now=now, subject=user, why=reason):
        if not WrongTries.objects.filter(user=user).delete()[0]:
            raise WrongState("Nothing is closed for this person, and no wrong try is counted.")


def is_closed_for(user: Any, now: datetime) -> bool:
    """For the account's page."""
    return WrongTries.objects.filter(user=user, locked_until__gt=now).exists()


def forget_old(now: datetime) -> int:
    return WrongTries.objects.filter(since__lt=now - KEPT_FOR).delete()[0]


def _tell(limit: Limit, user: User | None, now: datetime) -> None:
    why = f"{limit.most} tries within {words.duration(limit.within)}: {limit.about}. Closed for {words.duration(limit.closed_for)}."
    with frames["act"]("account.locked_out", actor=None, now=now, subject=user, why=why) as running:
        running.details["closed_for_minutes"] = int(limit.closed_for.total_seconds() // 60)
