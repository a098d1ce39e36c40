"""Triggers as the database shows them, and whether one is what it should be."""

import json
import re
from collections.abc import Iterable
from functools import cache
from hashlib import blake2b
from typing import NamedTuple

from django.db import DatabaseError, connections, transaction


class Shown(NamedTuple):
    """How a trigger was made, and what the function does that it calls; SQLite's call none."""

    trigger: str
    body: str


# By table and name. What PostgreSQL does not fire whoever writes, or runs with settings of its own, does nothing that can be relied on.
# A rule there could swallow what is written before any trigger sees it.
PRESENT = {
    "sqlite": "SELECT tbl_name, name, sql, '' FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": """
        SELECT relname, tgname, pg_get_triggerdef(pg_trigger.oid, true),
            CASE WHEN tgenabled = 'A' AND lanname = 'plpgsql' AND proconfig IS NULL THEN prosrc ELSE '' END
        FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
        JOIN pg_proc ON pg_proc.oid = tgfoid JOIN pg_language ON pg_language.oid = prolang
        WHERE NOT tgisinternal AND pg_table_is_visible(tgrelid) AND relname = ANY(%(tables)s) AND tgname NOT LIKE ALL(%(others)s)
        UNION ALL SELECT relname, rulename, '', '' FROM pg_rewrite JOIN pg_class ON pg_class.oid = ev_class
        WHERE pg_table_is_visible(ev_class) AND relname = ANY(%(tables)s) AND rulename <> '_RETURN'
    """,
}
PARTS = re.compile(r"(CREATE TRIGGER .+? FOR EACH \w+) (?:WHEN \((.+)\) )?(EXECUTE FUNCTION .+)", re.DOTALL)
WORD = re.compile(r'"|[a-z_]\w*\(?')
# What PostgreSQL says of its own when it shows a condition.
SAID_BY_POSTGRESQL = {
    *("all", "and", "any", "array", "bigint", "boolean", "character", "date", "double", "false", "integer", "interval", "jsonb", "not"),
    *("numeric", "or", "precision", "smallint", "text", "time", "timestamp", "true", "uuid", "varying", "with", "without", "zone"),
}


def present(tables: Iterable[str], using: str, *, beside: tuple[str, ...] = ()) -> dict[tuple[str, str], Shown]:
    """Every trigger and rule on `tables`, by table and name, but those whose names begin with one of `beside`. One query."""
    connection, asked = connections[using], {"tables": sorted(tables), "others": [f"{beginning}%" for beginning in beside]}
    with connection.cursor() as cursor:
        cursor.execute(PRESENT[connection.vendor], asked if connection.vendor == "postgresql" else None)
        rows = cursor.fetchall()
    return {(table, name): Shown(*shown) for table, name, *shown in rows if table in asked["tables"] and not name.startswith(beside)}


def fingerprints(shown: Iterable[Iterable[str]]) -> frozenset[bytes]:
    """Sixteen bytes for each of some texts that belong together. Whoever only asks whether all is as it should be compares these."""
    return frozenset(blake2b("\0".join(one).encode("utf-8"), digest_size=16).digest() for one in shown)


def is_as_wanted(found: Shown | None, wanted: Shown, table: str, using: str) -> bool:
    """Whether a trigger is what it should be. PostgreSQL shows a condition in words of its own, and is asked whether they mean the same."""
    if found is None or found.body != wanted.body or found.trigger == wanted.trigger:
        return found == wanted
    ours, theirs = PARTS.fullmatch(wanted.trigger), PARTS.fullmatch(found.trigger)
    if ours is None or theirs is None or ours.group(1, 3) != theirs.group(1, 3) or not ours.group(2) or not theirs.group(2):
        return False
    try:
        return _mean_the_same(ours.group(2), theirs.group(2), table, using)
    except DatabaseError:
        return False


@cache
def _mean_the_same(ours: str, theirs: str, table: str, using: str) -> bool:
    """Whether PostgreSQL makes the same of two conditions over OLD and NEW. Nothing is carried out; asked once for each.

    Theirs may be anybody's: one with words or calls that ours lacks is not even shown to it, for to plan a call may be to make it.
    """
    if not _words(theirs) <= _words(ours) | SAID_BY_POSTGRESQL:
        return False
    question = f"EXPLAIN (VERBOSE, COSTS OFF, FORMAT JSON) SELECT ({ours}), ({theirs}) FROM {table} AS old, {table} AS new"  # noqa: S608
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute(question)
        [(plan,)] = cursor.fetchall()
    shown = (json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]["Output"]
    return len(shown) == 2 and bool(shown[0] == shown[1])


def _words(condition: str) -> set[str]:
    return set(WORD.findall(condition.lower()))
