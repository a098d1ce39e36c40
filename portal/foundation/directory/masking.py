"""Addresses as rows may show them, and fingerprints by which they are compared without standing anywhere."""

from django.utils.crypto import salted_hmac

from portal.foundation.redaction import mask_address

from .columns import Contact

_SALT = "portal.foundation.directory"


def fingerprint(*parts: str) -> str:
    """64 hexadecimal characters; keyed, for telephone numbers are few enough to be guessed."""
    return salted_hmac(_SALT, "\n".join(parts), algorithm="sha256").hexdigest()


def shown_contact(contact: Contact, channels: dict[str, str]) -> str:
    """'Text message (SMS), mobile, +34 *** ** 12'; `channels` gives the channels' names."""
    return ", ".join((channels.get(contact.channel, contact.channel[:20]), contact.label[:80], mask_address(contact.address)))


def mark_of(contact: Contact) -> str:
    return fingerprint(contact.channel, contact.label, contact.address)
