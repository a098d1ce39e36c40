"""Getting a calendar from its address. Addresses are secrets: no message here names one."""

from urllib.parse import urlsplit

from django.conf import settings

from portal.foundation.errors import DeliveryFailed, InvalidInput
from portal.foundation.outbound_http import get_body

from .reading import LARGEST_BYTES, TOO_LARGE


def checked_address(typed: str) -> str:
    """The address to read, webcal:// as https://. Raises InvalidInput, in words, for what is no https address.

    http:// is taken only for host:port that an operator allowed: whoever listens on the way would learn the address and change the duty.
    """
    address = typed.strip()
    if address.lower().startswith(("webcal://", "webcals://")):
        address = f"https://{address.partition('://')[2]}"
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if not host or len(address) > 500 or any(letter.isspace() for letter in address):
        raise _refused("This is not an address. Give the calendar's secret iCal address: it begins with https:// and often ends in .ics.")
    allowed = {f"{host}:{port or 80}", f"{host}:*"} & set(settings.OUTBOUND_ALLOWED_HOSTS)
    if parts.scheme.lower() != "https" and not (parts.scheme.lower() == "http" and allowed):
        raise _refused("The address must begin with https://, so that nobody on the way can read it or change who is on duty.")
    return address


def fetched(address: str) -> bytes:
    """What the calendar's address answers. Raises InvalidInput or DeliveryFailed in words; private addresses and redirects are refused."""
    try:
        return get_body(checked_address(address), largest=LARGEST_BYTES, accept="text/calendar, */*;q=0.5")
    except DeliveryFailed as error:
        if "larger than" in error.message:
            raise InvalidInput(TOO_LARGE) from error
        if "redirect" in error.message:
            said = "The address leads on to another one, which is not followed. Open it in a browser and give the address where it ends."
            raise DeliveryFailed(said, permanent=True) from error
        raise


def _refused(words: str) -> InvalidInput:
    return InvalidInput(words, {"address": [words]})
