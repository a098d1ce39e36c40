"""Canonical JSON: the same content gives the same bytes, so that it can be hashed and signed.

The profile is the part of RFC 8785 on which every library agrees: ASCII keys, no floats, integers below 2**53, no lone surrogates.
Times, durations and decimals go in as strings or whole numbers; what falls outside is refused instead of guessed.
"""

import hashlib
import json
from typing import Any

LARGEST_SAFE_INTEGER = 2**53 - 1
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, check_circular=False)


def canonical_json(content: Any) -> bytes:
    """UTF-8 bytes of `content`, keys sorted, no spaces. Raises ValueError for content outside the profile."""
    if not _is_good(content):
        _check(content, "$")
    return _ENCODER.encode(content).encode("utf-8")


def content_hash(content: Any) -> str:
    """SHA-256 of the canonical bytes, in hexadecimal (64 characters)."""
    return hashlib.sha256(canonical_json(content)).hexdigest()


def _is_good(value: Any) -> bool:
    """Quickly, for most content is: whether it is within the profile. `_check` says of the rest what is wrong and where, if anything is."""
    kind = type(value)
    if kind is str:
        return value.isascii()  # type: ignore[no-any-return]
    if kind is dict:
        # A generator at every level would take twice as long, as would a call for each text.
        for key, item in value.items():
            if type(key) is not str or not key.isascii() or not (item.isascii() if type(item) is str else _is_good(item)):
                return False
        return True
    if kind is list or kind is tuple:
        for item in value:  # noqa: SIM110
            if not _is_good(item):
                return False
        return True
    return value is None or kind is bool or (kind is int and -LARGEST_SAFE_INTEGER <= value <= LARGEST_SAFE_INTEGER)


def _check(value: Any, path: str) -> None:
    """Raises ValueError for the first value outside the profile."""
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            raise ValueError(f"{path}: text holds half of a surrogate pair") from None
    elif isinstance(value, int):
        if abs(value) > LARGEST_SAFE_INTEGER:
            raise ValueError(f"{path}: {value} is beyond 2**53, write it as text")
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str) or not key.isascii():
                raise ValueError(f"{path}: key {key!r} is not ASCII text")
            _check(item, f"{path}.{key}")
    elif isinstance(value, list | tuple):
        for position, item in enumerate(value):
            _check(item, f"{path}[{position}]")
    else:
        raise ValueError(f"{path}: {type(value).__name__} has no canonical form, write it as text")
