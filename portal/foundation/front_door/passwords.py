"""Passwords: their owner changes them, or sets one by a link that reaches nobody else. Nobody chooses one for another."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from portal.foundation import words
from portal.foundation.access.elevation import require_over
from portal.foundation.adminkit.frame import frames
from portal.foundation.channels.base import not_set_up
from portal.foundation.errors import NotAllowed, WrongState
from portal.foundation.outbox.services import queue
from portal.foundation.people.models import ContactPoint, User

from .notices import tell

KIND = "account.password_link"
# A link asked for twice in a short while is one link.
BETWEEN_LINKS = timedelta(minutes=5)
NO_WAY = (
    "There is no way to send a link that reaches nobody else: add an e-mail address to this person's contact points, or let the person "
    "verify one. Whoever runs the server can print a link with 'manage.py password_link USERNAME'."
)
Channel = ContactPoint.Channel
# A code can be read out by telephone; a link cannot.
CARRY_LINKS = (Channel.EMAIL, Channel.SMS, Channel.SLACK, Channel.TEAMS, Channel.APPRISE, Channel.WEBHOOK)


def change_password(user: User, password: str, *, actor: Any, now: datetime, reason: str = "") -> None:
    """The owner's own, after the old one was asked for. All sessions end; the door lets the one that asked in again."""
    if actor is None or actor.pk != user.pk:
        raise NotAllowed("Nobody chooses a password for another. Send a link instead.")
    _set(user, password, "account.password_changed", actor=actor, now=now, reason=reason)


def set_by_link(user: User, password: str, *, now: datetime) -> None:
    """By whoever followed the link, which is used up by it. All sessions end."""
    _set(user, password, "account.password_set_by_link", actor=user, now=now, reason="By the link that was sent.")


def send_link(user: User, *, actor: Any, now: datetime, reason: str = "") -> str:
    """Sends `user` a link to set a password, and says to which contact point; the password that is there works until it is used.

    Raises NotAllowed, and WrongState for an account that cannot sign in or has no way for it.
    """
    require_over(actor, "portal.change_user", user, user, to="send a link to set a password")
    if not _may_have_one(user):
        raise WrongState("This account cannot sign in, so a link would open nothing. Activate it first.")
    point = _way(user, verified_only=False)
    if point is None:
        raise WrongState(NO_WAY)
    with frames["act"]("account.password_link_sent", actor=actor, now=now, subject=user, why=reason) as running:
        running.details["to"] = point.get_channel_display()
        _queue(user, point, now)
        tell(user, f"An administrator had a link to set your password sent to '{point.label}'.", now=now)
    return f"A link is on its way to '{point.label}'. It counts for {words.duration(_valid_for())}, once."


def ask_for_link(name: str, *, now: datetime) -> None:
    """Somebody at the door says that they are `name` and forgot the password. What follows shows nowhere but at the person's own contact point."""
    user = User.objects.filter(username=name, is_active=True, is_staff=True).first()
    point = _way(user, verified_only=True) if user is not None and _may_have_one(user) else None
    why = "Asked for at the door." if point else "Asked for at the door; nothing was sent." + ("" if user else " No account is called so.")
    with frames["act"]("account.password_link_asked", actor=None, now=now, subject=user, why=why):
        if user is not None and point is not None:
            _queue(user, point, now)


def link_for(user: User) -> str:
    """An address that lets whoever opens it set the password of `user`, once, for an hour."""
    key, token = urlsafe_base64_encode(force_bytes(user.pk)), default_token_generator.make_token(user)
    return f"{settings.PORTAL_URL}{reverse('front-door-set-password', args=[key, token])}"


def person_of(key: str) -> User | None:
    """Whose link it is, good or not."""
    try:
        return User.objects.filter(pk=int(urlsafe_base64_decode(key))).first()
    except (ValueError, OverflowError):
        return None


def is_good(user: User | None, token: str) -> bool:
    return user is not None and _may_have_one(user) and default_token_generator.check_token(user, token)


def _set(user: User, password: str, verb: str, *, actor: Any, now: datetime, reason: str) -> None:
    with frames["act"](verb, actor=actor, now=now, subject=user, why=reason):
        user.set_password(password)
        user.save(update_fields=["password"])
        tell(user, "The password of your account is another now, and all its sessions have ended.", now=now)


def _queue(user: User, point: ContactPoint, now: datetime) -> None:
    minutes = int(now.timestamp() // BETWEEN_LINKS.total_seconds())
    queue(
        kind=KIND,
        person=user,
        contact=point,
        secret=True,
        subject_ref=f"portal.user:{user.pk}",
        title="Set your password",
        body=f"Open this address to set your password. It counts for {words.duration(_valid_for())}, once.\n\n{link_for(user)}\n\n"
        "If you did not ask for it, do nothing, and tell an administrator.",
        link="",
        idempotency_key=f"{KIND}:{user.pk}:{minutes}",
        now=now,
    )


def _way(user: User, *, verified_only: bool) -> ContactPoint | None:
    """Where a link reaches `user`: what they verified, e-mail first; an administrator may use an e-mail address that is not verified yet.

    Whoever keeps other people's contact points can enter a code for an address of their own there: at the door that proves nothing.
    """
    points = [point for point in user.contact_points.filter(active=True) if point.channel in CARRY_LINKS]
    if verified_only:
        good = [point for point in points if point.verified_at is not None and _verified_by_its_owner(point)]
    else:
        good = [point for point in points if point.verified_at is not None or point.channel == Channel.EMAIL]
    ready = [point for point in good if not not_set_up(point.channel, point.address)]
    return min(ready, key=lambda point: (point.channel != Channel.EMAIL, point.verified_at is None, point.order), default=None)


def _verified_by_its_owner(point: ContactPoint) -> bool:
    """Whether the code was entered by the person, or the portal itself vouched for the address."""
    history: Any = point.history
    row = history.filter(verified_at=point.verified_at).order_by("history_date", "history_id").first()
    return row is not None and row.history_user_id in {None, point.person_id}


def _may_have_one(user: User) -> bool:
    return user.is_active and user.origin == User.Origin.PORTAL


def _valid_for() -> timedelta:
    return timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
