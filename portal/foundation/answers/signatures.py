"""Whether a call was made by whom it says: the signatures of the telephone service and of Slack. Pure; both compare in constant time."""

import base64
import hashlib
import hmac
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

# As Slack advises: whoever records a call cannot play it back tomorrow.
OLDEST = timedelta(minutes=5)
STANDARD_PORTS = {"https": 443, "http": 80}


def telephone_signature_fits(url: str, params: Collection[tuple[str, str]], signature: str, secret: str) -> bool:
    """Whether the telephone service, which knows `secret`, called `url` with the form `params`.

    It signs the address as it was told to call it, followed by all names and values in order. Some of its senders write the port, some do not.
    """
    fits = False
    for spelling in _spellings(url):
        signed = f"{spelling}{_joined(params)}".encode("utf-8", "surrogatepass")
        made = base64.b64encode(hmac.new(secret.encode(), signed, hashlib.sha1).digest())
        fits |= hmac.compare_digest(made, signature.encode("utf-8", "surrogatepass"))
    return fits


def slack_signature_fits(body: bytes, timestamp: str, signature: str, secret: str, now: datetime) -> bool:
    """Whether Slack, which knows `secret`, sent exactly this `body` in the five minutes before `now`."""
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 12):
        return False
    if abs(now.timestamp() - int(timestamp)) > OLDEST.total_seconds():
        return False
    made = "v0=" + hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(made.encode(), signature.encode("utf-8", "surrogatepass"))


def _joined(params: Iterable[tuple[str, str]]) -> str:
    """Names in order, each followed by its value; of a name with several values the different ones, in order."""
    return "".join(f"{name}{value}" for name, value in sorted(set(params)))


def _spellings(url: str) -> set[str]:
    """`url` with its port and without."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or STANDARD_PORTS.get(parts.scheme, 443)
    host = f"[{host}]" if ":" in host else host
    return {parts._replace(netloc=netloc).geturl() for netloc in (host, f"{host}:{port}")}
