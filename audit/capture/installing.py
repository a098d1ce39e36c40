"""Puts the witnesses into the database after every migration, takes them out before, and says which are missing or are no longer ours."""

from functools import cache
from typing import Any

from django.apps import AppConfig, apps
from django.db import connections, transaction
from django.db.models.signals import post_migrate, pre_migrate

from portal.foundation.triggers import fingerprints

from .governed import governed_tables
from .witnesses import NAME, NOTES, ON_CHANGE, ON_TRUNCATE, Witness, witnesses

# Names start with this, so that those of an older version of the portal are found too; so is whatever else hangs on the notes' own table,
# which could swallow them. Each with its table, what it does, and how to take it out. One that is switched off does nothing.
PRESENT = {
    "sqlite": f"""
        SELECT name, tbl_name, sql, 'DROP ' || type || ' IF EXISTS "' || name || '"' FROM sqlite_master
        WHERE type IN ('trigger', 'view') AND (name LIKE '{NAME}%' OR tbl_name = '{NOTES}')""",  # noqa: S608 - constants
    "postgresql": f"""
        SELECT tgname, relname,
            CASE WHEN tgenabled = 'A' THEN replace(replace(pg_get_triggerdef(pg_trigger.oid, true), '"', ''), '::text', '') || prosrc ELSE '' END,
            format('DROP TRIGGER IF EXISTS %I ON %s', tgname, tgrelid::regclass)
        FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid JOIN pg_proc ON pg_proc.oid = tgfoid
        WHERE NOT tgisinternal AND (tgname LIKE '{NAME}%' OR relname = '{NOTES}')
        UNION ALL
        SELECT rulename, relname, pg_get_ruledef(pg_rewrite.oid), format('DROP RULE IF EXISTS %I ON %s', rulename, ev_class::regclass)
        FROM pg_rewrite JOIN pg_class ON pg_class.oid = ev_class WHERE relname = '{NOTES}'""",  # noqa: S608 - constants
}


def connect(config: AppConfig) -> None:
    """Called once at start. They come when the last app has its tables; the guards of apps, which take old triggers off theirs, spare them."""
    pre_migrate.connect(drop_before_migrate, sender=config)
    post_migrate.connect(install_after_migrate, sender=list(apps.get_app_configs())[-1])


def install_after_migrate(sender: Any, using: str, **kwargs: Any) -> None:
    existing = set(connections[using].introspection.table_names())
    wanted = _wanted(using)
    if not existing >= {witness.table for witness in wanted} | {"audit_openact"}:
        return
    drop(using)
    statements = [statement for witness in wanted for statement in (witness.statement, witness.by_law) if statement]
    if connections[using].vendor == "postgresql":
        statements = [*ON_CHANGE, ON_TRUNCATE, *statements]
    _execute(statements, using)


def drop_before_migrate(sender: Any, using: str, **kwargs: Any) -> None:
    drop(using)


def drop(using: str) -> None:
    _execute([statement for _, _, _, statement in _present(using)], using)


def missing(using: str = "default") -> list[str]:
    """Names of witnesses that the database does not have, that were switched off, or that do something else there; and of whatever else
    is called like one or hangs on the table of their notes. Anything but an empty list is an alarm.
    """
    present = _present(using)
    if fingerprints((name, does) for name, _, does, _ in present) == expected(connections[using].vendor):
        return []
    wanted = {witness.name: witness.shown for witness in _wanted(using)}
    does = {name: shown for name, _, shown, _ in present}
    return [
        *(name for name, shown in wanted.items() if does.get(name) != shown),
        *(name for name, _, _, _ in present if name not in wanted),
    ]


@cache
def expected(vendor: str) -> frozenset[bytes]:
    """What all witnesses are told by. It stays the same as long as the code does: whoever forks others works it out before, once for all."""
    return fingerprints((witness.name, witness.shown) for witness in witnesses(governed_tables(), vendor))


def _present(using: str) -> list[tuple[str, str, str, str]]:
    with connections[using].cursor() as cursor:
        cursor.execute(PRESENT[connections[using].vendor])
        return list(cursor.fetchall())


def _execute(statements: list[str], using: str) -> None:
    """All or none. PostgreSQL takes them in one go."""
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        for statement in statements if connections[using].vendor == "sqlite" else filter(None, [";\n".join(statements)]):
            cursor.execute(statement)


def _wanted(using: str) -> list[Witness]:
    return list(witnesses(governed_tables(), connections[using].vendor))
