"""Keeps secrets out of what is shown and control characters out of logs."""

import logging
import re
from urllib.parse import urlsplit

_URL_CREDENTIALS = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*://)[^\s/@]+@", re.IGNORECASE)
# Where the token in the path is the key: whoever reads it in a log can use it.
SECRET_PATHS = ("calendars", "duty", "answer")
# '%' as well: a mail program may write '-' and '_' escaped.
_SECRET_PATH = re.compile(rf"/(?P<prefix>{'|'.join(SECRET_PATHS)})/[\w%-]{{8,}}")
# An API token: how it is called may be read, its secret not.
_TOKEN = re.compile(r"\b(?P<known>iegp_[0-9a-z]{8}_)[0-9A-Za-z]+")
# C0 and C1 controls, line and paragraph separators, bidirectional overrides: they forge or hide log lines.
_UNPRINTABLE = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")

_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_MEMBER = re.compile(r"[UW][A-Z0-9]{6,20}")
# E.164 country codes of two digits; but for 1 and 7 all others have three.
_TWO_DIGIT_COUNTRIES = frozenset(
    str(code) for code in (20, 27, 30, 31, 32, 33, 34, 36, *range(39, 42), *range(43, 50), *range(51, 59), *range(60, 67), 81, 82, 84, 86)
) | frozenset(str(code) for code in (*range(90, 96), 98))


def one_line(text: str) -> str:
    """`text` with credentials in URLs, tokens in secret paths and API tokens masked and control characters written as escapes."""
    masked = _SECRET_PATH.sub(r"/\g<prefix>/***", _URL_CREDENTIALS.sub(r"\g<scheme>***@", text))
    masked = _TOKEN.sub(r"\g<known>***", masked)
    return _UNPRINTABLE.sub(lambda match: match.group().encode("unicode_escape").decode("ascii"), masked)


def mask_address(address: str) -> str:
    """An address as it may be shown: scheme and host of a URL, the rest hidden, for tokens stand in paths too.

    Of a telephone number the country and the last two digits, '+34 *** ** 12'; of a mail address its first letter and its domain.
    """
    if _NUMBER.fullmatch(address):
        digits = address[1:]
        country = 1 if digits[0] in "17" else 2 if digits[:2] in _TWO_DIGIT_COUNTRIES else 3
        return f"+{digits[:country]} *** ** {digits[-2:]}"
    if _MEMBER.fullmatch(address):
        return f"{address[0]}***{address[-2:]}"
    try:
        parts = urlsplit(address)
    except ValueError:
        return "***"
    if not parts.scheme and address.count("@") == 1:
        name, _, domain = address.partition("@")
        return f"{name[:1]}***@{domain}"
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
