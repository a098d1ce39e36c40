"""Puts the witnesses into the database after every migration, takes them out before, and says which are missing."""

from typing import Any

from django.apps import AppConfig, apps
from django.db import connections
from django.db.models.signals import post_migrate, pre_migrate

from .governed import governed_tables
from .witnesses import NAME, ON_CHANGE, ON_TRUNCATE, Witness, witnesses

# Names start with this, so that those of an older version of the portal are found too; each with its table and whether it is at work.
PRESENT = {
    "sqlite": f"SELECT name, tbl_name, 1 FROM sqlite_master WHERE type = 'trigger' AND name LIKE '{NAME}%'",  # noqa: S608 - a constant
    "postgresql": (
        f"SELECT tgname, relname, tgenabled = 'A' FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid WHERE tgname LIKE '{NAME}%'"  # noqa: S608
    ),
}


def connect(config: AppConfig) -> None:
    """Called once at start. They come after the guards of all apps, which begin by taking every trigger off their tables."""
    pre_migrate.connect(drop_before_migrate, sender=config)
    post_migrate.connect(install_after_migrate, sender=list(apps.get_app_configs())[-1])


def install_after_migrate(sender: Any, using: str, **kwargs: Any) -> None:
    existing = set(connections[using].introspection.table_names())
    wanted = _wanted(using)
    if not existing >= {witness.table for witness in wanted} | {"audit_openact", "audit_rawchange"}:
        return
    drop(using)
    with connections[using].cursor() as cursor:
        if connections[using].vendor == "postgresql":
            for function in (*ON_CHANGE, ON_TRUNCATE):
                cursor.execute(function)
        for witness in wanted:
            for statement in witness.statements:
                cursor.execute(statement)


def drop_before_migrate(sender: Any, using: str, **kwargs: Any) -> None:
    drop(using)


def drop(using: str) -> None:
    vendor = connections[using].vendor
    with connections[using].cursor() as cursor:
        for name, table, _ in _present(using):
            cursor.execute(f"DROP TRIGGER {name}" if vendor == "sqlite" else f"DROP TRIGGER {name} ON {table}")


def missing(using: str = "default") -> list[str]:
    """Names of witnesses that the database does not have, or that were switched off. Anything but an empty list is an alarm."""
    present = {name for name, _, at_work in _present(using) if at_work}
    return [witness.name for witness in _wanted(using) if witness.name not in present]


def _present(using: str) -> list[tuple[str, str, bool]]:
    with connections[using].cursor() as cursor:
        cursor.execute(PRESENT[connections[using].vendor])
        return [(name, table, bool(at_work)) for name, table, at_work in cursor.fetchall()]


def _wanted(using: str) -> list[Witness]:
    return list(witnesses(governed_tables(), connections[using].vendor))
