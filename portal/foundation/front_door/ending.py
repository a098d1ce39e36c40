"""Ending sessions: by their owner, by an administrator, and by themselves when the account, its password or its second factors change."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth import user_logged_in
from django.db.models.signals import post_save

from portal.foundation import clock, words
from portal.foundation.access.checks import require
from portal.foundation.access.elevation import is_above
from portal.foundation.adminkit.frame import frames
from portal.foundation.errors import NotAllowed, NotFound
from portal.foundation.people.models import User

from .models import BrowserSession

ABOVE = "This account holds rights that you do not, so only somebody who holds them may do this."


def watch() -> None:
    """Called once at start."""
    from .sessions import note_sign_in

    user_logged_in.connect(note_sign_in)
    post_save.connect(account_saved, sender=User)


def account_saved(sender: Any, instance: User, created: bool, **kwargs: Any) -> None:
    """Nobody stays in an account that is closed, or whose password is another now. The door that changed it lets its own session in again."""
    # Set between set_password() and the end of the save that stores it.
    if not created and (not instance.is_active or instance._password is not None):  # type: ignore[attr-defined]
        end_all(instance)
        if not instance.is_active:
            from .tokens.services import revoke_all

            # Signals have no caller that could hand on the time.
            revoke_all(instance, now=clock.now(), reason="The account was closed.")


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
    require(actor, "portal.change_user", user, to="end somebody's sessions")
    if is_above(user, actor):
        raise NotAllowed(ABOVE)
