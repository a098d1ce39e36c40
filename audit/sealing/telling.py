"""The sealer's own events: that it began, that it is there, that it stopped. A gap between heartbeats shows when nothing was captured."""

import hashlib
import logging
from datetime import datetime

from django.db import connection

from audit.capture import installing
from audit.events.services import act
from portal.foundation import database_guards

from . import alarms, keys
from .sequencing import put_back_forgotten
from .services import remembered_size
from .stored import tree_size

logger = logging.getLogger("sealer")
DEFINED = {
    "sqlite": "SELECT name || ' ' || sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name",
    "postgresql": """
SELECT tgname || ' ' || tgenabled::text || ' ' || pg_get_triggerdef(t.oid) || ' ' || pg_get_functiondef(t.tgfoid) FROM pg_trigger t
JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT t.tgisinternal AND n.nspname = current_schema() ORDER BY relname, tgname
""",
}


def check_start(*, now: datetime) -> None:
    """Before the first round: the key can be used, the guards are there, nothing was taken out of the inbox by hand."""
    keys.present()
    missing = _missing()
    if missing:
        alarms.sound(
            "guards",
            f"{len(missing)} of the database's guards are missing or were changed ({', '.join(missing[:3])} …). Run 'python manage.py migrate'.",
            now=now,
        )
    else:
        alarms.silence("guards")
    put_back = put_back_forgotten()
    if put_back:
        logger.critical("%s events were neither sealed nor waiting: somebody took them out of the inbox. They are sealed now.", put_back)


def started(*, now: datetime) -> None:
    with act("ledger.started", actor=None, now=now, why="The sealer has started.") as running:
        running.details = {
            "key": keys.present().vkey,
            "sealed": remembered_size(),
            "guards": guards_hash(),
            "guards_missing": _missing(),
        }


def heartbeat(*, now: datetime) -> None:
    """How many events the tree holds, under the signature of the next checkpoint."""
    size = tree_size()
    with act("ledger.heartbeat", actor=None, now=now, why=f"{size} events are in the ledger.") as running:
        running.details = {"events": size}


def stopped(*, now: datetime) -> None:
    with act("ledger.stopped", actor=None, now=now, why="The sealer was asked to stop.") as running:
        running.details = {"events": tree_size()}


def _missing() -> list[str]:
    """What refuses, and what witnesses, but is not there."""
    return [*database_guards.missing(), *installing.missing()]


def guards_hash() -> str:
    """SHA-256 over the definitions of all triggers, in hexadecimal: the same as long as nobody changes one."""
    with connection.cursor() as cursor:
        cursor.execute(DEFINED[connection.vendor])
        lines = [line for (line,) in cursor.fetchall()]
    return hashlib.sha256("\n".join(lines).encode("utf-8")).hexdigest()
