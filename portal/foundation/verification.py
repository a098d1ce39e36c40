"""Does a message to this contact point reach its person? A code is sent there, and whoever received it enters it."""

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.hashers import check_password, make_password

from portal.foundation import words
from portal.foundation.access.checks import require
from portal.foundation.adminkit.frame import frames
from portal.foundation.base_models import save_tracked
from portal.foundation.channels.base import CODE, not_set_up
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from portal.foundation.outbox.services import cancel_waiting, queue
from portal.foundation.people.models import ContactCode, ContactPoint

KIND = CODE
VALID_FOR = timedelta(minutes=15)
# Long enough for a person to read it, short enough that asking again and again guesses nothing.
BETWEEN_CODES = timedelta(minutes=1)
MOST_TRIES = 5
# Half a year: telephones and chat addresses change about that often.
COUNTS_FOR = timedelta(days=180)
WRONG = "This is not the code that was sent."


def send_code(point: ContactPoint, *, actor: Any, now: datetime, reason: str = "") -> ContactCode:
    """Sends a new code of six digits to `point` and nowhere else; codes sent before stop working.

    Raises NotAllowed, and WrongState for a contact point or a person that is not active, a channel that is not set up, or within a minute
    of the last code.
    """
    _require(actor, point, "send a code to this contact point")
    code = f"{secrets.randbelow(1_000_000):06d}"
    with frames["act"]("contactpoint.code_sent", actor=actor, now=now, subject=point, why=reason):
        point = ContactPoint.objects.select_for_update(of=("self",)).select_related("person").get(pk=point.pk)
        if not point.active or not point.person.is_active:
            raise WrongState("No message is sent to a contact point or an account that is not active. Activate it first.")
        missing = not_set_up(point.channel, point.address)
        if missing:
            raise WrongState(missing)
        before = ContactCode.objects.filter(contact=point).first()
        if before is not None and now < before.sent_at + BETWEEN_CODES:
            raise WrongState("A code was sent less than a minute ago. Wait for it, or send another one then.")
        told = {"code_hash": _hash(code, point), "sent_at": now, "expires_at": now + VALID_FOR, "tries": 0}
        sent, _ = ContactCode.objects.update_or_create(contact=point, defaults=told)
        subject = f"portal.contactpoint:{point.pk}"
        cancel_waiting(subject, now=now)
        queue(
            kind=KIND,
            person=point.person,
            contact=point,
            secret=True,
            subject_ref=subject,
            title="Confirm that alerts reach you here",
            body=f"Your code is {code}. It counts for {words.duration(VALID_FOR)}. Nobody will ask you for it by telephone.",
            link="",
            idempotency_key=f"{KIND}:{point.pk}:{now.isoformat()}",
            now=now,
        )
    return sent


def confirm(point: ContactPoint, *, actor: Any, now: datetime, code: str, reason: str = "") -> ContactPoint:
    """Takes the code that was received; `point` then counts as verified for 180 days.

    Raises NotAllowed, WrongState when no code is waiting (none sent, too old, five tries), and InvalidInput for a wrong one, which is
    counted and recorded all the same.
    """
    _require(actor, point, "confirm this contact point")
    with frames["act"]("contactpoint.verified", actor=actor, now=now, subject=point, why=reason) as running:
        point = ContactPoint.objects.select_for_update(of=("self",)).select_related("person").get(pk=point.pk)
        waiting = ContactCode.objects.filter(contact=point).first()
        if waiting is None or now >= waiting.expires_at or waiting.tries >= MOST_TRIES:
            raise WrongState("No code is waiting for this contact point: none was sent, it is too old, or five tries are over. Send one.")
        right = check_password(_bound("".join(code.split())[:40], point), waiting.code_hash)
        if right:
            waiting.delete()
            _count(point, actor, now, reason or "The code that was sent was entered.")
        else:
            waiting.tries += 1
            waiting.save(update_fields=["tries"])
            running.verb, running.details = "contactpoint.code_refused", {"tries": waiting.tries}
    if not right:
        left = MOST_TRIES - waiting.tries
        next_step = f"You have {words.counted(left, 'more try', 'more tries')}." if left else "Send a new one."
        error = InvalidInput(f"{WRONG} {next_step}", {"code": [f"{WRONG} {next_step}"]})
        error.recorded = True
        raise error
    return point


def vouch_for(point: ContactPoint, *, actor: Any, now: datetime, reason: str) -> ContactPoint:
    """Counts `point` as verified without a code. Only the portal itself may, for addresses that are its own, such as the demo's phones."""
    if actor is not None:
        raise NotAllowed("A contact point is verified by the code that is sent to it.")
    with frames["act"]("contactpoint.vouched_for", actor=None, now=now, subject=point, why=reason):
        _count(point, None, now, reason)
    return point


def _count(point: ContactPoint, actor: Any, now: datetime, reason: str) -> None:
    point.verified_at, point.verified_until = now, now + COUNTS_FOR
    save_tracked(point, actor=actor, now=now, reason=reason)


def _require(actor: Any, point: ContactPoint, to: str) -> None:
    """People confirm their own contact points; others need the right to change them."""
    if actor is None or not (actor.is_active and actor.pk == point.person_id):
        require(actor, "portal.change_contactpoint", point, to=to)


def _hash(code: str, point: ContactPoint) -> str:
    return make_password(_bound(code, point))


def _bound(code: str, point: ContactPoint) -> str:
    """The code together with where it went: it confirms no other address."""
    return f"{code}\n{point.channel}\n{point.address}"
