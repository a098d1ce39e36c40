"""A token that came with a request: whose it is, whether it is good now, and what is noted of its use."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError
from django.db.models import F, QuerySet

from portal.foundation import patience
from portal.foundation.adminkit.frame import frames
from portal.foundation.front_door import locks
from portal.foundation.front_door.models import ApiToken
from portal.foundation.people.models import User
from portal.foundation.ready_questions import VALUE, first

from .written import digest_of, name_of

NOTED_EVERY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Used:
    """The token behind a request. `refused` says in words, for the trail alone, why it opens nothing; empty when it is good."""

    pk: int
    key_id: str
    scopes: frozenset[str]
    used_at: datetime | None
    owner: User
    refused: str = ""


def used_by(text: str, now: datetime) -> Used | None:
    """The token that `text` is, good or not; None for what is none of ours. One query, and none for what cannot be a token."""
    key = name_of(text)
    owner: Any = first(_owner, key) if key else None
    if owner is None or not hmac.compare_digest(owner.token_digest, digest_of(text)):
        return None
    return Used(owner.token, key, frozenset(owner.token_scopes.split()), owner.token_used, owner, _why_not(owner, now))


def note_use(token: Used, now: datetime) -> None:
    """To five minutes. That this cannot be written keeps nobody from working."""
    if token.used_at is not None and now - token.used_at < NOTED_EVERY:
        return
    try:
        with patience.briefly():
            ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    except DatabaseError:
        return


def refused(text: str, token: Used | None, address: str, now: datetime) -> datetime | None:
    """Counts and tells that `text` opened nothing; until when this address is not heard any more. Good tokens from there stay good.

    What does not even look like a token costs nothing and is not counted.
    """
    key = name_of(text)
    if not key:
        return None
    counters = (locks.Counter(locks.TOKENS, address),)
    until = locks.closed_until(counters, now)
    if until is None:
        why = token.refused if token else "No token is written so."
        with frames["act"]("token.refused", actor=None, now=now, subject=token.owner if token else None, why=why) as running:
            running.details["token"] = key
        locks.count(counters, user=None, now=now)
    return until


def _why_not(owner: Any, now: datetime) -> str:
    if owner.token_revoked is not None:
        return "The token was revoked."
    if owner.token_until <= now:
        return "The token has expired."
    if not owner.is_active:
        return "The account is not active."
    if owner.is_staff and owner.token_made_by not in (None, owner.pk):
        return "Somebody else made it when this was a machine's account, and now it is a person's."
    return ""


def _owner() -> QuerySet[User]:
    return User.objects.filter(api_tokens__key_id=VALUE).annotate(
        token=F("api_tokens__pk"),
        token_digest=F("api_tokens__digest"),
        token_scopes=F("api_tokens__scopes"),
        token_used=F("api_tokens__last_used_at"),
        token_until=F("api_tokens__expires_at"),
        token_revoked=F("api_tokens__revoked_at"),
        token_made_by=F("api_tokens__made_by_id"),
    )
