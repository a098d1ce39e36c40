"""What lets somebody answer a message: the address of a page that only they were sent, and the word to type in a reply."""

import base64
import binascii
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.core.signing import BadSignature, Signer

from portal.foundation.registry import Registry

from .models import OutboxMessage

# What to type to answer a message of this kind, such as '12'. Kinds that are not registered cannot be answered and carry no link.
answer_codes: Registry[Callable[[OutboxMessage], str]] = Registry("answer code")
# An alert is answered within minutes; a day later the portal itself is the place to look.
VALID_FOR = timedelta(hours=24)
SALT = "portal.answer.acknowledge"
_ID_BYTES, _WHEN_BYTES = 16, 5
# 21 bytes are 28 letters without a remainder, so that one token has one spelling.
_CLAIM = 28


def answer_link(message: OutboxMessage) -> str:
    """The address of the page that answers `message`; empty when its kind cannot be answered. The same for every copy of it."""
    if answer_codes.get(message.kind) is None:
        return ""
    return f"{settings.PORTAL_URL.rstrip('/')}/answer/{token_of(message)}/"


def answer_code(message: OutboxMessage) -> str:
    """What a reply names to answer `message`, such as '12'; empty when its kind cannot be answered."""
    code = answer_codes.get(message.kind)
    return code(message) if code else ""


def token_of(message: OutboxMessage) -> str:
    """Message and expiry, signed. Letters, digits, '-' and '_' only."""
    until = int((message.created_at + VALID_FOR).timestamp())
    claim = base64.urlsafe_b64encode(message.pk.bytes + until.to_bytes(_WHEN_BYTES, "big")).decode()
    return claim + Signer(salt=SALT).signature(claim)


def message_of(token: str) -> tuple[uuid.UUID, datetime] | None:
    """Which message `token` answers and until when it may; None for one that the portal did not make. Reads no row."""
    claim, signature = token[:_CLAIM], token[_CLAIM:]
    try:
        Signer(salt=SALT).unsign(f"{claim}:{signature}")
        told = base64.b64decode(claim, altchars=b"-_", validate=True)
    except (BadSignature, binascii.Error, ValueError):
        return None
    until = int.from_bytes(told[_ID_BYTES:], "big")
    return uuid.UUID(bytes=told[:_ID_BYTES]), datetime.fromtimestamp(until, UTC)
