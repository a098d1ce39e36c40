"""Guards across versions of the portal."""

import pytest
from django.db import connection, transaction

from portal.foundation import database_guards

pytestmark = pytest.mark.django_db


def test_a_guard_that_an_older_version_called_otherwise_goes_before_a_migration() -> None:
    """It would refuse what is allowed by now, and on SQLite no table that it names could be rebuilt."""
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("CREATE TRIGGER an_older_guard BEFORE INSERT ON policies_level BEGIN SELECT RAISE(ABORT, 'never'); END")
        else:
            cursor.execute("CREATE FUNCTION an_older_guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$")
            cursor.execute("CREATE TRIGGER an_older_guard BEFORE INSERT ON policies_level FOR EACH ROW EXECUTE FUNCTION an_older_guard()")
        database_guards.drop("policies", "default")
        database_guards.install("policies", "default")
        table, column = ("sqlite_master", "name") if connection.vendor == "sqlite" else ("pg_trigger", "tgname")
        cursor.execute(f"SELECT count(*) FROM {table} WHERE {column} = 'an_older_guard'")  # noqa: S608  both are constants
        assert cursor.fetchone() == (0,)
    assert database_guards.missing() == []
