"""Rules that the database itself enforces with triggers, written once for SQLite and PostgreSQL.

They are installed after every migration and dropped before it: SQLite rebuilds a table to alter it, which loses the table's triggers
and fails when another trigger names the table. An app registers its guards in `apps.py`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from django.db import connections

from .registry import Registry
from .triggers import Shown, fingerprints, is_as_wanted, present


@dataclass(frozen=True, slots=True)
class Guard:
    """Refuses `event` on `table` with `message` when `when` (SQL over OLD and NEW, valid in both databases) holds.

    `truncate` also refuses TRUNCATE on PostgreSQL, which no row trigger sees. `on_postgresql` stands in for `when` there, where
    the two databases cannot say the same, as in sums of times. `only_if`, part of a `when` that asks other rows, holds for every refused
    row without asking any: PostgreSQL calls the guard for those alone, as a call costs more than most conditions.
    """

    name: str
    table: str
    event: Literal["INSERT", "UPDATE", "DELETE"]
    message: str
    when: str = "1=1"
    truncate: bool = False
    on_postgresql: str = ""
    only_if: str = ""


@dataclass(frozen=True, slots=True)
class Echo:
    """Does `statement` (SQL over OLD and NEW, valid in both databases) after every row's `event` on `table`, whoever asked for it."""

    name: str
    table: str
    event: Literal["INSERT", "UPDATE", "DELETE"]
    statement: str
    on_postgresql: str = ""


guards: Registry[tuple[Guard | Echo, ...]] = Registry("set of guards")
# What the names of triggers begin with that others put on guarded tables, and look after.
beside: Registry[str] = Registry("others' triggers")
DROPPING = {
    "sqlite": "SELECT tbl_name, name, 'DROP TRIGGER \"' || name || '\"' FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": """
        SELECT relname, tgname, format('DROP TRIGGER %I ON %s', tgname, tgrelid::regclass)
        FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid WHERE NOT tgisinternal
        UNION ALL SELECT relname, rulename, format('DROP RULE %I ON %s', rulename, ev_class::regclass)
        FROM pg_rewrite JOIN pg_class ON pg_class.oid = ev_class WHERE rulename <> '_RETURN'
    """,
}


def install(app_label: str, using: str) -> None:
    with connections[using].cursor() as cursor:
        for statement in _statements(guards.get(app_label) or (), connections[using].vendor):
            cursor.execute(statement)


def drop(app_label: str, using: str, *, sparing: tuple[str, ...] = ()) -> None:
    """Drops every trigger and rule on the app's tables, those that an older version of the portal made under other names included.

    What has a name that begins like one of `sparing` stays.
    """
    with connections[using].cursor() as cursor:
        cursor.execute(DROPPING[connections[using].vendor])
        for table, name, statement in cursor.fetchall():
            if table.startswith(f"{app_label}_") and not name.startswith(sparing):
                cursor.execute(statement)


def install_after_migrate(sender: Any, using: str, **kwargs: Any) -> None:
    if guards.get(sender.label) and _tables_exist(sender.label, using):
        # Others' may be in place already: for the last app the order in which both are called is that in which they asked for it.
        drop(sender.label, using, sparing=tuple(beginning for _, beginning in beside))
        install(sender.label, using)


def drop_before_migrate(sender: Any, using: str, **kwargs: Any) -> None:
    drop(sender.label, using)


def missing(using: str = "default") -> list[str]:
    """Names of registered guards that the database does not have, or that are something else there; and of triggers and rules that are
    nobody's on a guarded table. Anything but an empty list is an alarm.
    """
    vendor = connections[using].vendor
    found = present(guarded_tables(), using, beside=tuple(beginning for _, beginning in beside))
    if vendor == "sqlite" and fingerprints((table, name, *shown) for (table, name), shown in found.items()) == expected():
        return []
    every = [guard for _, group in guards for guard in group]
    wanted = {guard: _triggers(guard, vendor) for guard in every}
    known = {(guard.table, name) for guard, triggers in wanted.items() for name in triggers}
    return [
        *(
            guard.name
            for guard, triggers in wanted.items()
            if not all(is_as_wanted(found.get((guard.table, name)), shown, guard.table, using) for name, shown in triggers.items())
        ),
        *(name for table, name in found if (table, name) not in known),
    ]


@cache
def guarded_tables() -> frozenset[str]:
    """The tables of all guards."""
    return frozenset(guard.table for _, group in guards for guard in group)


@cache
def expected() -> frozenset[bytes]:
    """What all guards are told by on SQLite; PostgreSQL shows them in words of its own. It stays the same as long as the code does: whoever
    forks others works it out before, once for all.
    """
    triggers = [(guard.table, name, *shown) for _, group in guards for guard in group for name, shown in _triggers(guard, "sqlite").items()]
    return fingerprints(triggers)


@cache
def _triggers(guard: Guard | Echo, vendor: str) -> dict[str, Shown]:
    """Name of each trigger of a guard, and how the database shows it."""
    body = ""
    found: dict[str, Shown] = {}
    for statement in _statements([guard], vendor):
        if statement.startswith("CREATE OR REPLACE FUNCTION "):
            body = re.split(r"\$\w+\$", statement)[1]
        elif statement.startswith("CREATE TRIGGER "):
            found[statement.split(" ", 3)[2]] = Shown(statement, body)
    return found


def _tables_exist(app_label: str, using: str) -> bool:
    existing = set(connections[using].introspection.table_names())
    return all(guard.table in existing for guard in guards[app_label])


def _statements(group: Iterable[Guard | Echo], vendor: str) -> Iterable[str]:
    for guard in group:
        if isinstance(guard, Echo):
            yield from _echo(guard, vendor)
            continue
        message = guard.message.replace("'", "''")
        if vendor == "sqlite":
            yield (
                f"CREATE TRIGGER {guard.name} BEFORE {guard.event} ON {guard.table} FOR EACH ROW WHEN {guard.when} "
                f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
            )
            continue
        # ENABLE ALWAYS: a session that plays replica (session_replication_role) is refused too.
        yield (
            f"CREATE OR REPLACE FUNCTION {guard.name}() RETURNS trigger LANGUAGE plpgsql AS $guard$ BEGIN "
            # In brackets, or PL/pgSQL takes the THEN of a CASE for its own.
            f"IF ({guard.on_postgresql or guard.when}) THEN "
            f"RAISE EXCEPTION '{message.replace('%', '%%')}' USING ERRCODE = 'integrity_constraint_violation'; END IF; "
            f"IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $guard$"
        )
        condition = guard.on_postgresql or guard.when
        first = guard.only_if or ("" if "SELECT" in condition else condition)
        yield (
            f"CREATE TRIGGER {guard.name} BEFORE {guard.event} ON {guard.table} FOR EACH ROW {f'WHEN ({first}) ' if first else ''}"
            f"EXECUTE FUNCTION {guard.name}()"
        )
        yield f"ALTER TABLE {guard.table} ENABLE ALWAYS TRIGGER {guard.name}"
        if guard.truncate:
            yield (
                f"CREATE OR REPLACE FUNCTION {guard.name}_truncate() RETURNS trigger LANGUAGE plpgsql AS $guard$ BEGIN "
                f"RAISE EXCEPTION '{message.replace('%', '%%')}' USING ERRCODE = 'integrity_constraint_violation'; END $guard$"
            )
            yield (
                f"CREATE TRIGGER {guard.name}_truncate BEFORE TRUNCATE ON {guard.table} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION {guard.name}_truncate()"
            )
            yield f"ALTER TABLE {guard.table} ENABLE ALWAYS TRIGGER {guard.name}_truncate"


def _echo(echo: Echo, vendor: str) -> Iterable[str]:
    if vendor == "sqlite":
        yield f"CREATE TRIGGER {echo.name} AFTER {echo.event} ON {echo.table} FOR EACH ROW BEGIN {echo.statement}; END"
        return
    yield (
        f"CREATE OR REPLACE FUNCTION {echo.name}() RETURNS trigger LANGUAGE plpgsql AS $echo$ BEGIN "
        f"{echo.on_postgresql or echo.statement}; RETURN NULL; END $echo$"
    )
    yield f"CREATE TRIGGER {echo.name} AFTER {echo.event} ON {echo.table} FOR EACH ROW EXECUTE FUNCTION {echo.name}()"
    yield f"ALTER TABLE {echo.table} ENABLE ALWAYS TRIGGER {echo.name}"
