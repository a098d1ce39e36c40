"""Ending sessions: by their owner, by an administrator, and by whatever changes the account, its password or its second factors."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from portal.foundation import words
from portal.foundation.access.elevation import require_over
from portal.foundation.adminkit.frame import frames
from portal.foundation.errors import NotFound
from portal.foundation.people.models import User

from .models import BrowserSession


def sessions_of(user: Any, now: datetime) -> Sequence[BrowserSession]:
    """Where `user` is signed in, the one used last first."""
    return list(BrowserSession.objects.filter(user=user, expire_date__gt=now).order_by("-seen_at", "-since")[:100])


def end_session(user: User, key: str, *, actor: Any, now: datetime, reason: str = "") -> None:
    """Ends one session of `user`. Raises NotAllowed, and NotFound when it has ended already."""
    _require(user, actor)
    with frames["act"]("account.session_ended", actor=actor, now=now, subject=user, why=reason) as running:
        session = BrowserSession.objects.filter(user=user, pk=key).first()
        if session is None:
            raise NotFound("This session has ended already.")
        running.details["device"] = session.device
        session.delete()


def end_others(user: User, but: str, *, actor: Any, now: datetime, reason: str = "") -> int:
    """Ends all sessions of `user` but the one of key `but`; how many."""
    _require(user, actor)
    with frames["act"]("account.sessions_ended", actor=actor, now=now, subject=user, why=reason) as running:
        ended: int = BrowserSession.objects.filter(user=user).exclude(pk=but).delete()[0]
        running.details["sessions"] = ended
    return ended


def end_everywhere(user: User, *, actor: Any, now: datetime, reason: str = "") -> str:
    """Ends all sessions of `user` at once, and says so. Raises NotAllowed."""
    return f"{words.counted(end_others(user, '', actor=actor, now=now, reason=reason), 'session')} ended."


def end_all(user: Any) -> int:
    """Inside an act that tells of it: signed in nowhere from the next request on."""
    return BrowserSession.objects.filter(user=user).delete()[0]


def _require(user: User, actor: Any) -> None:
    if actor is None or actor.pk == user.pk:
        return
    require_over(actor, "portal.change_user", user, user, to="end somebody's sessions")
