"""What every test stands on."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.test import TransactionTestCase

from portal.foundation import database_guards
from tests import quick_migrations

quick_migrations.install()
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


# What asks for one of these may use the database; from all other tests it is locked away.
DATABASE_FIXTURES = frozenset({"db", "transactional_db", "django_db_reset_sequences", "django_db_serialized_rollback", "live_server"})


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What cannot touch a database runs once, with SQLite: on PostgreSQL it would say the same again."""
    if connection.vendor == "sqlite":
        return
    once = [item for item in items if not _uses_a_database(item)]
    if once:
        config.hook.pytest_deselected(items=once)
        items[:] = [item for item in items if _uses_a_database(item)]


def _uses_a_database(item: pytest.Item) -> bool:
    asked = frozenset(getattr(item, "fixturenames", ()))
    return any(item.get_closest_marker(name) for name in ("django_db", "database_of_its_own")) or bool(asked & DATABASE_FIXTURES)


@pytest.fixture
def now() -> datetime:
    """A Monday morning: tests name their time instead of reading the clock."""
    return NOW


@pytest.fixture(autouse=True, scope="session")
def _emptying_the_database_passes_the_guards() -> Iterator[None]:
    """Tests that commit empty every table afterwards, which is exactly what the guards refuse; they step aside for that moment."""
    original = TransactionTestCase._fixture_teardown

    def teardown(self: TransactionTestCase) -> None:
        for name in connections:
            for label, _ in database_guards.guards:
                database_guards.drop(label, name)
        original(self)  # its flush ends with post_migrate, which installs the guards again
        call_command("sync_roles", verbosity=0, stdout=open("/dev/null", "w"))

    TransactionTestCase._fixture_teardown = teardown  # type: ignore[method-assign]
    yield
    TransactionTestCase._fixture_teardown = original  # type: ignore[method-assign]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: Any, django_db_blocker: Any) -> None:
    with django_db_blocker.unblock():
        call_command("sync_roles", verbosity=0, stdout=open("/dev/null", "w"))
