"""The database that the migrations make is the one that the models say, to the last column and constraint."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.apps import apps
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.state import ProjectState

from portal.foundation.migrating import only_what_changes

Schema = dict[str, list[str]]
BOOKKEEPING = "django_migrations"


@contextmanager
def made_of_the_models() -> Iterator[sqlite3.Connection]:
    """A database with a table for each model as it is now, that saw no migration."""
    bare: BaseDatabaseWrapper = type(connections["default"])({**connection.settings_dict, "NAME": ":memory:"}, "models")
    connections["models"] = bare
    try:
        with bare.schema_editor() as editor:
            for model in apps.get_models():
                if model._meta.can_migrate(bare):
                    editor.create_model(model)
        yield bare.connection
    finally:
        bare.close()
        del connections["models"]


def schema(database: sqlite3.Connection) -> Schema:
    """For each table and index its columns and constraints, in an order that does not tell when a column came."""
    rows = database.execute("SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'index') AND name NOT LIKE 'sqlite_%'")
    return {name: sorted(clauses(sql or "")) for name, sql in rows if name != BOOKKEEPING}


def clauses(sql: str) -> list[str]:
    """What a table's statement lists, cut at the commas that stand in no inner bracket and in no quotes; another statement is whole."""
    if not sql.startswith("CREATE TABLE"):
        return [sql]
    found, depth, quote = [""], 0, ""
    for sign in sql[sql.index("(") + 1 : sql.rindex(")")]:
        if quote or sign in "'\"":
            quote = "" if sign == quote else quote or sign
        elif sign in "()":
            depth += 1 if sign == "(" else -1
        if sign == "," and depth == 0 and not quote:
            found.append("")
        else:
            found[-1] += sign
    return [" ".join(part.split()) for part in found]


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "sqlite", reason="The migrations are the same; SQLite's statements can be read back whole.")
def test_the_migrations_make_what_the_models_say() -> None:
    with made_of_the_models() as wanted:
        expected = schema(wanted)
    migrated = schema(connection.connection)
    assert len(expected) > 500
    assert {name: (parts, migrated.get(name)) for name, parts in expected.items() if migrated.get(name) != parts} == {}
    assert migrated.keys() - expected.keys() == set()


def test_the_quicker_way_ends_with_the_migrating() -> None:
    ways = ProjectState.add_model, ProjectState.reload_model
    with only_what_changes():
        assert (ProjectState.add_model, ProjectState.reload_model) != ways
    assert (ProjectState.add_model, ProjectState.reload_model) == ways
