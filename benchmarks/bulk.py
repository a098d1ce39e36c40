"""Rows by the million into a database, column by column, past models, services and triggers: for what is made up to be measured."""

# ruff: noqa: S608 - names of models' tables and columns; values are parameters
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

BLOCK = 50_000
Column = Sequence[Any]


@contextmanager
def without_triggers() -> Iterator[None]:
    """Guards and witnesses are off meanwhile, and on PostgreSQL the checks of keys, too: they would cost more than the rows."""
    from django.db import connection

    from audit.capture import installing
    from portal.foundation import database_guards

    apps = ("portal", "policies", "incidents")
    installing.drop("default")
    for app in apps:
        database_guards.drop(app, "default")
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA synchronous = OFF")
            cursor.execute("PRAGMA cache_size = -400000")
        else:
            cursor.execute("SET session_replication_role = replica")
    yield
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = DEFAULT")
    for app in apps:
        database_guards.install(app, "default")
    installing.install_after_migrate(sender=None, using="default")


def write(model: Any, count: int, **columns: Column) -> None:
    """`count` rows of `model`: what `columns` does not name is as the model has it by default. Times are arrays of datetime64, NaT for none."""
    from django.db import connection

    fields = [field for field in model._meta.concrete_fields if not field.generated and (field.attname in columns or not field.primary_key)]
    names = ", ".join(f'"{field.column}"' for field in fields)
    given = [columns[field.attname] if field.attname in columns else [_default(field, connection.vendor)] * count for field in fields]
    table = f'"{model._meta.db_table}"'
    with connection.cursor() as cursor:
        for first in range(0, count, BLOCK):
            block = [_told(column[first : first + BLOCK]) for column in given]
            if connection.vendor == "sqlite":
                statement = f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(fields))})"
                connection.connection.executemany(statement, zip(*block, strict=True))
            else:
                lines = "".join("\t".join(row) + "\n" for row in zip(*(_as_text(column) for column in block), strict=True))
                with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                    copy.write(lines)


def keys_go_on(*models: Any) -> None:
    """After rows with keys of their own, PostgreSQL's counters go on behind them."""
    from django.db import connection

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for model in models:
                table, key = model._meta.db_table, model._meta.pk.column
                cursor.execute(f'SELECT setval(pg_get_serial_sequence(\'"{table}"\', \'{key}\'), (SELECT max("{key}") FROM "{table}"))')


def tell_the_planner() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA analysis_limit = 1000")
        cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")


def only(values: Any, where: Any) -> list[Any]:
    """`values` where `where` holds, None elsewhere."""
    return [value if there else None for value, there in zip(np.asarray(values).tolist(), where.tolist(), strict=True)]


def _default(field: Any, vendor: str) -> Any:
    value = field.get_default()
    if isinstance(value, dict | list):
        return "{}" if isinstance(value, dict) else "[]"
    return getattr(value, "value", value)


def _told(column: Column) -> list[Any]:
    """As the SQLite driver takes it."""
    if not isinstance(column, np.ndarray):
        return list(column)
    if column.dtype.kind != "M":
        return list(column.tolist())
    told = np.char.replace(np.datetime_as_string(column, unit="us"), "T", " ").tolist()
    return [None if each == "Na " else each for each in told]


def _as_text(values: list[Any]) -> list[str]:
    """As COPY reads it."""
    return ["\\N" if value is None else value if type(value) is str else _plain(value) for value in values]


def _plain(value: Any) -> str:
    return ("t" if value else "f") if isinstance(value, bool) else str(value)
