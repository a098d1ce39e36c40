"""The triggers on governed tables: what changes there while nobody tells it leaves a row in RawChange, whoever changed it and however.

On PostgreSQL they ask at the very end of the transaction whether it wrote an event; on SQLite, which cannot wait, they ask whether an act
is running. See docs/adr/0009.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from .governed import Governed

NAME = "audit_witness"
LAST_EVENT = "(SELECT coalesce(max(id), 0) FROM audit_ledgerevent)"
SHORT = {"INSERT": "I", "UPDATE": "U", "DELETE": "D"}

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
    """One trigger: its name, its table, and the statements that make it."""

    name: str
    table: str
    statements: tuple[str, ...]


def witnesses(tables: Iterator[Governed], vendor: str) -> Iterator[Witness]:
    make = _on_sqlite if vendor == "sqlite" else _on_postgresql
    for one in tables:
        yield from make(one)


def _on_sqlite(one: Governed) -> Iterator[Witness]:
    for operation in ("UPDATE", "DELETE") if one.is_history else SHORT:
        row = "OLD" if operation == "DELETE" else "NEW"
        name = f"{NAME}_{SHORT[operation].lower()}_{one.table}"
        changed = f" AND ({_differs(one, 'IS NOT')})" if operation == "UPDATE" else ""
        yield Witness(
            name,
            one.table,
            (
                f"CREATE TRIGGER {name} AFTER {operation} ON {one.table} FOR EACH ROW "
                f"WHEN NOT EXISTS (SELECT 1 FROM audit_openact){changed} BEGIN "
                f'INSERT INTO audit_rawchange ("table", key, operation, at, "transaction", after_event) VALUES '
                f"('{one.table}', substr({_named(one, row)}, 1, 255), '{SHORT[operation]}', strftime('%Y-%m-%d %H:%M:%f000', 'now'), '', "
                f"{LAST_EVENT}); END",
            ),
        )


def _on_postgresql(one: Governed) -> Iterator[Witness]:
    function = f"{NAME}_of_busy" if one.is_busy else NAME
    arguments = ", ".join(f"'{column}'" for column in one.key)
    kinds = ("UPDATE", "DELETE") if one.is_history else tuple(SHORT)
    calls = [("", " OR ".join(kinds), "")]
    if one.counting:
        others = " OR ".join(kind for kind in kinds if kind != "UPDATE")
        calls = [("", others, ""), ("_u", "UPDATE", f"WHEN ({_differs(one, 'IS DISTINCT FROM')}) ")]
    for suffix, operations, when in calls:
        name = _short(f"{NAME}{suffix}_{one.table}")
        yield Witness(
            name,
            one.table,
            (
                f"CREATE CONSTRAINT TRIGGER {name} AFTER {operations} ON {one.table} DEFERRABLE INITIALLY DEFERRED "
                f"FOR EACH ROW {when}EXECUTE FUNCTION {function}({arguments})",
                f"ALTER TABLE {one.table} ENABLE ALWAYS TRIGGER {name}",
            ),
        )
    name = _short(f"{NAME}_t_{one.table}")
    yield Witness(
        name,
        one.table,
        (
            f"CREATE TRIGGER {name} AFTER TRUNCATE ON {one.table} FOR EACH STATEMENT EXECUTE FUNCTION {NAME}_of_all()",
            f"ALTER TABLE {one.table} ENABLE ALWAYS TRIGGER {name}",
        ),
    )


def _differs(one: Governed, different: str) -> str:
    """Empty columns included. SQLite knows PostgreSQL's words for it only since 3.39."""
    return " OR ".join(f'OLD."{column}" {different} NEW."{column}"' for column in one.counting or one.columns)


def _named(one: Governed, row: str) -> str:
    if len(one.key) == 1:
        return f'{row}."{one.key[0]}"'
    return " || ' ' || ".join(f"'{column}=' || coalesce({row}.\"{column}\", '')" for column in one.key)


def _short(name: str) -> str:
    """PostgreSQL cuts longer names."""
    return name[:63]
