"""The triggers on governed tables: what changes there while nobody tells it leaves a row in RawChange, whoever changed it and however.

On PostgreSQL they ask at the very end of the transaction whether it wrote an event; on SQLite, which cannot wait, they ask whether an act
is running. See docs/adr/0009.

What they have in common stands there once: each connection to SQLite holds all of them in memory. Every statement is written as the database
shows it, so that one that was put in its place is told from it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .governed import Governed

NAME = "audit_witness"
# PostgreSQL cuts longer ones.
LONGEST_NAME = 63
LAST_EVENT = "(SELECT coalesce(max(id), 0) FROM audit_ledgerevent)"
SHORT = {"INSERT": "I", "DELETE": "D", "UPDATE": "U"}
NOTES = "audit_rawchange"
# On SQLite they write into this, which holds nothing: what is written there becomes a note.
VIEW = f"{NAME}_notes"

# ruff: noqa: S608 - names of our own tables and columns
# Who sets `portal.told` by hand is believed only on busy tables: looking for the event costs ten times as much as asking the setting.
EVENT_IS_THERE = """
        IF EXISTS (
            SELECT FROM audit_ledgerinbox
            WHERE event = current_setting('portal.event', true)::bigint AND transaction = pg_current_xact_id()::text
        ) THEN
            RETURN NULL;
        END IF;"""
FUNCTION = """
CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $witness$
DECLARE
    kept jsonb;
BEGIN
    IF current_setting('portal.told', true) = pg_current_xact_id()::text THEN
        {believed}
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF OLD IS NOT DISTINCT FROM NEW THEN
            RETURN NULL;
        END IF;
    END IF;
    kept := to_jsonb(CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END);
    INSERT INTO audit_rawchange ("table", key, operation, at, transaction, after_event) VALUES (
        TG_TABLE_NAME,
        (SELECT left(string_agg(CASE TG_NARGS WHEN 1 THEN '' ELSE name || '=' END || coalesce(kept ->> name, ''), ' '), 255)
            FROM unnest(TG_ARGV) name),
        left(TG_OP, 1), clock_timestamp(), pg_current_xact_id()::text, {LAST_EVENT}
    );
    RETURN NULL;
END $witness$
"""
ON_CHANGE = (
    FUNCTION.format(name=NAME, believed=EVENT_IS_THERE.strip(), LAST_EVENT=LAST_EVENT),
    FUNCTION.format(name=f"{NAME}_of_busy", believed="RETURN NULL;", LAST_EVENT=LAST_EVENT),
)
ON_TRUNCATE = f"""
CREATE OR REPLACE FUNCTION {NAME}_of_all() RETURNS trigger LANGUAGE plpgsql AS $witness$
BEGIN
    INSERT INTO audit_rawchange ("table", key, operation, at, transaction, after_event)
    VALUES (TG_TABLE_NAME, 'all rows', 'D', clock_timestamp(), pg_current_xact_id()::text, {LAST_EVENT});
    RETURN NULL;
END $witness$
"""


@dataclass(frozen=True, slots=True)
class Witness:
    """One trigger, or what several of them call: its name, its table, and the statement that makes it.

    `shown` is how the database shows what it does, and `by_law` what lets it count for replicas too.
    """

    name: str
    table: str
    statement: str
    shown: str
    by_law: str = ""


def witnesses(tables: Iterable[Governed], vendor: str) -> Iterator[Witness]:
    """All of them, in the order in which they are made."""
    if vendor == "sqlite":
        yield from _in_common()
    make = _on_sqlite if vendor == "sqlite" else _on_postgresql
    for one in tables:
        yield from make(one)


def _in_common() -> Iterator[Witness]:
    view = f"CREATE VIEW {VIEW} AS SELECT '' AS t, '' AS k, '' AS o WHERE 0"
    yield Witness(VIEW, NOTES, view, view)
    name = f"{NAME}_of_all"
    trigger = (
        f"CREATE TRIGGER {name} INSTEAD OF INSERT ON {VIEW} WHEN NOT EXISTS (SELECT 1 FROM audit_openact) BEGIN "
        f'INSERT INTO {NOTES} ("table", key, operation, at, "transaction", after_event) VALUES '
        f"(NEW.t, substr(NEW.k, 1, 255), NEW.o, strftime('%Y-%m-%d %H:%M:%f000', 'now'), '', {LAST_EVENT}); END"
    )
    yield Witness(name, NOTES, trigger, trigger)


def _on_sqlite(one: Governed) -> Iterator[Witness]:
    for operation in ("DELETE", "UPDATE") if one.is_history else SHORT:
        row = "OLD" if operation == "DELETE" else "NEW"
        name = f"{NAME}_{SHORT[operation].lower()}_{one.table}"
        # Rows of a history are not saved again, so whether one changed needs no asking: most columns of all are theirs.
        asked = operation == "UPDATE" and not one.is_history
        changed = f" WHEN {_differs(one, 'OLD', 'IS NOT', 'NEW')}" if asked else ""
        trigger = (
            f"CREATE TRIGGER {name} AFTER {operation} ON {one.table}{changed} BEGIN "
            f"INSERT INTO {VIEW} VALUES ('{one.table}', {_named(one, row)}, '{SHORT[operation]}'); END"
        )
        yield Witness(name, one.table, trigger, trigger)


def _on_postgresql(one: Governed) -> Iterator[Witness]:
    function, does = (f"{NAME}_of_busy", ON_CHANGE[1]) if one.is_busy else (NAME, ON_CHANGE[0])
    arguments = ", ".join(f"'{column}'" for column in one.key)
    kinds = ("DELETE", "UPDATE") if one.is_history else tuple(SHORT)
    calls = [("", kinds, "")]
    if one.counting:
        others = tuple(kind for kind in kinds if kind != "UPDATE")
        calls = [("", others, ""), ("_u", ("UPDATE",), f"WHEN ({_differs(one, 'old', 'IS DISTINCT FROM', 'new')}) ")]
    for suffix, operations, when in calls:
        name = f"{NAME}{suffix}_{one.table}"[:LONGEST_NAME]
        yield _always(
            name,
            one.table,
            f"CREATE CONSTRAINT TRIGGER {name} AFTER {' OR '.join(operations)} ON {one.table} DEFERRABLE INITIALLY DEFERRED "
            f"FOR EACH ROW {when}EXECUTE FUNCTION {function}({arguments})",
            does,
        )
    name = f"{NAME}_t_{one.table}"[:LONGEST_NAME]
    yield _always(
        name,
        one.table,
        f"CREATE TRIGGER {name} AFTER TRUNCATE ON {one.table} FOR EACH STATEMENT EXECUTE FUNCTION {NAME}_of_all()",
        ON_TRUNCATE,
    )


def _always(name: str, table: str, trigger: str, function: str) -> Witness:
    body = function.split("$witness$")[1]
    return Witness(name, table, trigger, trigger.replace('"', "") + body, f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")


def _differs(one: Governed, old: str, different: str, new: str) -> str:
    """Empty columns included. SQLite knows PostgreSQL's words for it only since 3.39."""
    return " OR ".join(f'{old}."{column}" {different} {new}."{column}"' for column in one.counting or one.columns)


def _named(one: Governed, row: str) -> str:
    if len(one.key) == 1:
        return f'{row}."{one.key[0]}"'
    return " || ' ' || ".join(f"'{column}=' || coalesce({row}.\"{column}\", '')" for column in one.key)
