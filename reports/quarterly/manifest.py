"""The canonical text of what is signed. Pure: the same review gives the same bytes."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from portal.foundation.canonical import canonical_json

VERSION, KIND = 1, "quarterly-review"


def manifest(facts: Mapping[str, Any]) -> str:
    """The text that is hashed and that each signature names."""
    return canonical_json({"v": VERSION, "kind": KIND, **facts}).decode("utf-8")


def hash_of(text: str) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def content_of(text: str) -> dict[str, Any]:
    """A manifest read again; empty when it cannot be."""
    try:
        told = json.loads(text)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def differences(text: str, facts: Mapping[str, Any]) -> list[str]:
    """The parts of a manifest that `facts`, worked out again, no longer say; ['manifest'] when it cannot be read at all."""
    told = content_of(text)
    return [name for name, value in facts.items() if told.get(name) != value] if told else ["manifest"]


def utc(moment: datetime) -> str:
    """RFC 3339 in UTC with microseconds, as in the ledger."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:26] + "Z"
