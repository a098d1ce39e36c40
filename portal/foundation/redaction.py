"""Keeps secrets out of what is shown and control characters out of logs."""

import logging
import re
from urllib.parse import urlsplit

_URL_CREDENTIALS = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*://)[^\s/@]+@", re.IGNORECASE)
# C0 and C1 controls, line and paragraph separators, bidirectional overrides: they forge or hide log lines.
_UNPRINTABLE = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def one_line(text: str) -> str:
    """`text` with credentials in URLs masked and control characters written as escapes."""
    masked = _URL_CREDENTIALS.sub(r"\g<scheme>***@", text)
    return _UNPRINTABLE.sub(lambda match: match.group().encode("unicode_escape").decode("ascii"), masked)


def mask_address(address: str) -> str:
    """An address as it may be shown: scheme and host of a URL, the rest hidden, for tokens stand in paths too."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "***"
    if not parts.scheme or not parts.hostname:
        return "***"
    # In apprise URLs such as slack://TOKEN/… the 'host' is itself a secret; only a real host name has a dot or is local.
    host = parts.hostname if parts.scheme in {"http", "https"} else "***"
    return f"{parts.scheme}://{host}/***"


class LineFormatter(logging.Formatter):
    """One record, one line; a traceback keeps its line breaks, the message does not."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = one_line(record.message)
        return super().formatMessage(record)
