"""Writing one event in as few statements as the database allows: what nearly every act does.

An event's number within its object is known only in the statement that counts it. PostgreSQL puts it into the payload itself, between two
halves made here, so that counting and writing are one call; SQLite, where a call costs little, is asked twice.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from portal.foundation.canonical import canonical_json
from portal.foundation.many_rows import sqlite_moment
from portal.foundation.statements import ask, change, vendor

COLUMNS = "event_id, recorded_at, type, actor_id, object_model, object_pk, request_id, object_seq, payload"
COUNTING = """
INSERT INTO audit_ledgerobject (model, key, last) VALUES (%s, %s, 1)
ON CONFLICT (model, key) DO UPDATE SET last = audit_ledgerobject.last + 1 RETURNING last
"""
PLAIN = f"INSERT INTO audit_ledgerevent ({COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)"  # noqa: S608 - constants
IN_ONE = f"""
WITH counted AS ({COUNTING})
INSERT INTO audit_ledgerevent ({COLUMNS})
SELECT %s::uuid, %s::timestamptz, %s, %s, %s, %s, %s, last, %s::text || last || %s::text FROM counted RETURNING object_seq
"""  # noqa: S608
NUMBER = "seq"


def write(content: Mapping[str, Any], columns: Mapping[str, Any], event_id: uuid.UUID, now: datetime) -> str:
    """Stores an event of this content, with its object's next number in it, in the running transaction; the payload as it is stored.

    Raises ValueError as canonical_json.
    """
    postgresql = vendor() == "postgresql"
    start = [str(event_id), now] if postgresql else [event_id.hex, sqlite_moment(now)]
    start += [columns[name] for name in ("type", "actor_id", "object_model", "object_pk", "request_id")]
    subject = content.get("obj")
    if not subject:
        payload = canonical_json(content).decode("utf-8")
        change(PLAIN, [*start, None, payload])
        return payload
    head, tail = halves(content)
    key = [subject["model"], subject["pk"]]
    if postgresql:
        [[last]] = ask(IN_ONE, [*key, *start, head, tail])
    else:
        [[last]] = ask(COUNTING, key)
        change(PLAIN, [*start, last, f"{head}{last}{tail}"])
    return f"{head}{last}{tail}"


def halves(content: Mapping[str, Any]) -> tuple[str, str]:
    """The canonical payload before and after the object's number, in whose place the event's id stands at first: no text can hold that yet."""
    name, unknown = f'"{NUMBER}":', str(content["id"])
    payload = canonical_json({**content, "obj": {**content["obj"], NUMBER: unknown}}).decode("utf-8")
    head, tail = payload.split(f'{name}"{unknown}"')
    return head + name, tail
