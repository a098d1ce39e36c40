"""Addresses as rows may show them, and fingerprints by which they are compared without standing anywhere."""

from django.utils.crypto import salted_hmac

from portal.foundation.redaction import mask_address

from .columns import PUBLIC_CHANNELS, Contact

_SALT = "portal.foundation.directory"
# Fewer characters than this show too much of what they hide.
SHORTEST = 8


def fingerprint(*parts: str) -> str:
    """64 hexadecimal characters; keyed, for telephone numbers are few enough to be guessed."""
    return salted_hmac(_SALT, "\n".join(parts), algorithm="sha256").hexdigest()


def shown_address(channel: str, address: str) -> str:
    """'+34…12', 'a…@example.org', 'https://host/***': enough to recognise it, too little to use it."""
    if channel not in PUBLIC_CHANNELS or "://" in address:
        return mask_address(address)
    name, at, host = address.rpartition("@")
    if at:
        return f"{name[:1]}…@{host}"
    return f"{address[:3]}…{address[-2:]}" if len(address) >= SHORTEST else "***"


def shown_contact(contact: Contact, channels: dict[str, str]) -> str:
    """'Text message (SMS), mobile, +34…12'; `channels` gives the channels' names."""
    return ", ".join(
        (channels.get(contact.channel, contact.channel[:20]), contact.label[:80], shown_address(contact.channel, contact.address))
    )


def mark_of(contact: Contact) -> str:
    return fingerprint(contact.channel, contact.label, contact.address)
