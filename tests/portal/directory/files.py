"""Files of a CMDB for tests."""

import json
from datetime import datetime, timedelta
from typing import Any

from portal.foundation.directory.services import apply_sync, read_file
from portal.models import DirectoryRow, DirectorySync, User

MOBILE = {"order": 1, "channel": "webhook", "label": "mobile", "address": "https://phone.example.org/token-1"}
CHAT = {"order": 2, "channel": "webhook", "label": "chat", "address": "https://chat.example.org/token-2"}


def of(user: User, **fields: Any) -> dict[str, Any]:
    """What a CMDB says of `user`: that they exist, and `fields`."""
    return {"username": user.username, **fields}


def content_of(*people: dict[str, Any]) -> bytes:
    return json.dumps({"people": people}).encode()


def received(*people: dict[str, Any], now: datetime, actor: Any = None, name: str = "cmdb.json") -> DirectorySync:
    return read_file(content_of(*people), file_name=name, source="drop", actor=actor, operator="file drop", now=now)


def applied(*people: dict[str, Any], now: datetime, actor: Any = None) -> DirectorySync:
    return apply_sync(received(*people, now=now, actor=actor), actor=actor, now=now + timedelta(minutes=1), reason="Checked.")


def kinds(sync: DirectorySync) -> dict[str, str]:
    return {row.field: row.kind for row in DirectoryRow.objects.filter(sync=sync)}
