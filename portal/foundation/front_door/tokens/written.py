"""How a token is written: 'iegp_', eight characters that name it, and its secret with a check sum, so that scanners of leaked secrets know one."""

import hashlib
import re
import secrets
import string
import zlib

PREFIX = "iegp_"
_LETTERS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_NAMES = string.digits + string.ascii_lowercase
# 40 of 62 letters are 238 bits: nobody guesses one, so a plain hash keeps it.
_NAME, _SECRET, _CHECK = 8, 40, 6
FORM = re.compile(rf"{PREFIX}([0-9a-z]{{{_NAME}}})_[0-9A-Za-z]{{{_SECRET + _CHECK}}}")


def new() -> tuple[str, str]:
    """A token, and the name by which it is known."""
    name = "".join(secrets.choice(_NAMES) for _ in range(_NAME))
    body = f"{PREFIX}{name}_{''.join(secrets.choice(_LETTERS) for _ in range(_SECRET))}"
    return body + _check(body), name


def name_of(text: str) -> str:
    """The name of the token `text`; empty for what cannot be one, which is known without a look into the database."""
    found = FORM.fullmatch(text)
    return found.group(1) if found and _check(text[:-_CHECK]) == text[-_CHECK:] else ""


def digest_of(text: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(text.encode()).hexdigest()


def _check(body: str) -> str:
    number, found = zlib.crc32(body.encode()), ""
    for _ in range(_CHECK):
        number, place = divmod(number, len(_LETTERS))
        found = _LETTERS[place] + found
    return found
