"""Where sessions of browsers are kept: each with its person, device and address, and two ends that come by themselves.

A session ends half an hour after its last use and half a day after the sign-in, whatever happens first. Both are in the row, so that reading it
is the check. Ending a session is deleting its row: the next request with its key is a stranger's.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.db import DatabaseError
from django.http import HttpRequest
from django.utils import timezone

from portal.foundation import patience

from .models import BrowserSession

# What the session's own data says of it.
SINCE, DEVICE = "since", "device"
A_MINUTE = timedelta(minutes=1)


class SessionStore(db.SessionStore):
    """As the framework's, in a table of our own."""

    row: BrowserSession | None = None

    @classmethod
    def get_model_class(cls) -> type[BrowserSession]:
        return BrowserSession

    def exists(self, session_key: str) -> bool:
        return BrowserSession.objects.filter(pk=kept(session_key)).exists()

    def _get_session_from_db(self) -> BrowserSession | None:
        self.row = BrowserSession.objects.filter(pk=kept(self.session_key), expire_date__gt=_now()).first()
        if self.row is None:
            self._session_key = None
        return self.row

    def create_model_instance(self, data: dict[str, Any]) -> BrowserSession:
        now, person = _now(), data.get(SESSION_KEY)
        address, agent = data.get(DEVICE) or ("", "")
        return BrowserSession(
            session_key=kept(self._get_or_create_session_key()),  # type: ignore[attr-defined]
            session_data=self.encode(data),
            expire_date=_end(data, now),
            user_id=int(person) if person else None,
            address=address,
            agent=agent,
            since=_since(data) or now,
            seen_at=now,
        )

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key:
            BrowserSession.objects.filter(pk=kept(key)).delete()

    def touch(self) -> None:
        """Notes that it is in use, at most once a minute. That this could not be written keeps nobody from reading."""
        now = _now()
        if self.row is None or now - self.row.seen_at < A_MINUTE:
            return
        try:
            with patience.briefly():
                BrowserSession.objects.filter(pk=self.row.pk).update(seen_at=now, expire_date=_end(dict(self.items()), now))
        except DatabaseError:
            return


def kept(session_key: str | None) -> str:
    """What stands in the table for `session_key`."""
    return hashlib.sha256((session_key or "").encode()).hexdigest()[:40]


def note_sign_in(sender: Any, request: HttpRequest, **kwargs: Any) -> None:
    """From where and when, for the person's own list. The time is what the half day counts from."""
    request.session[SINCE] = int(_now().timestamp())
    request.session[DEVICE] = [request.META.get("REMOTE_ADDR", "")[:45], request.META.get("HTTP_USER_AGENT", "")[:250]]


def _end(data: dict[str, Any], now: datetime) -> datetime:
    idle, since = now + timedelta(seconds=settings.SESSION_IDLE_SECONDS), _since(data)
    return min(idle, since + timedelta(seconds=settings.SESSION_COOKIE_AGE)) if since else idle


def _since(data: dict[str, Any]) -> datetime | None:
    seconds = data.get(SINCE)
    return datetime.fromtimestamp(seconds, UTC) if isinstance(seconds, int) else None


def _now() -> datetime:
    # Sessions end by the machine's own clock, as their cookies do.
    return timezone.now()  # noqa: TID251
