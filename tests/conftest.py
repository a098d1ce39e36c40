"""What every test stands on.

The suite runs twice, on SQLite and on PostgreSQL. Every test that may touch a database runs on both, with two exceptions that run once, with
SQLite: what cannot touch one, and what is marked `the_same_on_any_database`. The mark is for journeys in a real browser, for walks over every page,
and for what stands on paper: their subject is what people get to see, and what these pages ask and write has tests of its own that run on both.
"""

import gc
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.template import Context, Template
from django.test import TransactionTestCase
from hypothesis import HealthCheck, settings

from tests import remembered
from tests.emitted import types_of_events_are_known
from tests.put_back import AsItWas
from tests.shared import copies, shared_by, written_once

__all__ = ["copies", "types_of_events_are_known", "written_once"]

# Looking for garbage took a quarter of the suite's time: a page makes more objects than the standard threshold of 700 was meant for.
gc.set_threshold(100_000, 20, 20)
# Generated input is the same in every run, so that nobody's change fails by what somebody else's could have found, and may take any time on a
# slow machine. `--hypothesis-profile=default` looks for what is new.
settings.register_profile("the same for all", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("the same for all")
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
# Folders of tests that take long, however few they are.
LONG = frozenset({"journeys", "properties"})


# What asks for one of these may use the database; from all other tests it is locked away.
DATABASE_FIXTURES = frozenset({"db", "transactional_db", "django_db_reset_sequences", "django_db_serialized_rollback", "live_server"})


def pytest_sessionstart(session: pytest.Session) -> None:
    """The admin knows its pages from then on; tests ask it before any page is asked for."""
    import_module("portal.urls")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What another database does not change runs once, with SQLite."""
    if connection.vendor != "sqlite":
        once = [item for item in items if not _hangs_on_the_database(item)]
        if once:
            config.hook.pytest_deselected(items=once)
            items[:] = [item for item in items if _hangs_on_the_database(item)]
    _long_files_first(items)


def _long_files_first(items: list[pytest.Item]) -> None:
    """Journeys wait for processes of their own, and a property is one test of minutes, so they begin, while there is work for the other
    workers; then the files with most tests."""
    tests = Counter(item.path for item in items)
    items.sort(key=lambda item: (LONG.isdisjoint(item.path.parts), -tests[item.path], item.path, shared_by(item)))


def pytest_collection_finish(session: pytest.Session) -> None:
    """What is loaded by now stays, so nobody has to look for garbage in it."""
    gc.collect()
    gc.freeze()


def _hangs_on_the_database(item: pytest.Item) -> bool:
    if item.get_closest_marker("the_same_on_any_database"):
        return False
    asked = frozenset(getattr(item, "fixturenames", ()))
    return any(item.get_closest_marker(name) for name in ("django_db", "database_of_its_own")) or bool(asked & DATABASE_FIXTURES)


@pytest.fixture(scope="session")
def now() -> datetime:
    """A Monday morning: tests name their time instead of reading the clock."""
    return NOW


@pytest.fixture(autouse=True)
def _nothing_remembered_from_an_earlier_test() -> None:
    remembered.forget()


@pytest.fixture(autouse=True, scope="session")
def _only_whole_pages_are_told(django_test_environment: None) -> None:
    """Django's test client is told of every template with a copy of its context, and a page is made of hundreds: of its own one is enough."""
    told = Template._render

    def rendered(template: Template, context: Context) -> str:
        return told(template, context) if context.template is template else template.nodelist.render(context)

    Template._render = rendered


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: Any, django_db_blocker: Any) -> Iterator[None]:
    """The roles are there, and each test that commits is followed by the database as it is now."""
    original = TransactionTestCase._fixture_teardown
    with django_db_blocker.unblock():
        call_command("sync_roles", verbosity=0, stdout=open("/dev/null", "w"))
        before = AsItWas()
    TransactionTestCase._fixture_teardown = lambda case: before.put_back()  # type: ignore[method-assign]
    yield
    TransactionTestCase._fixture_teardown = original  # type: ignore[method-assign]
    if connection.vendor == "postgresql":
        # A thread that outlived its test may hold a session, and a database in use cannot be dropped.
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
