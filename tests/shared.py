"""Fixtures whose rows are written once for all tests of a module, in a transaction around them all, as Django's setUpTestData does.

Each test gets copies of what was made, and what it writes is taken back before the next. For rows that are dear, in modules whose tests
neither commit nor end a transaction from inside, as guards on SQLite do. Tests that share nothing run first and find nothing of it.
"""

import inspect
import sys
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import pytest
from django.db import transaction

OF_THE_MODULE = "_of_the_module"
Write = Callable[[Callable[[], Any]], Any]


def shared(make: Callable[..., Any]) -> Any:
    """As `pytest.fixture`. What `make` asks for must be shared too, or be the same for all tests of the module."""
    home = sys._getframe(1).f_globals
    home[f"{make.__name__}{OF_THE_MODULE}"] = _once(make, home)
    return _copied(make.__name__)


def shared_by(item: pytest.Item) -> tuple[int, list[str]]:
    """What a test shares with others, as an order: whoever shares nothing runs first and finds nothing of it."""
    names = sorted(name for name in getattr(item, "fixturenames", ()) if name.endswith(OF_THE_MODULE))
    return len(names), names


def _once(make: Callable[..., Any], home: dict[str, Any]) -> Any:
    """The fixture that writes, once for each module."""
    asked = list(inspect.signature(make).parameters)
    names = {name: f"{name}{OF_THE_MODULE}" if f"{name}{OF_THE_MODULE}" in home else name for name in asked}

    def once(written_once: Write, **made: Any) -> Any:
        return written_once(lambda: make(**{name: made[names[name]] for name in asked}))

    return pytest.fixture(scope="module", name=f"{make.__name__}{OF_THE_MODULE}")(_asking(once, "written_once", *names.values()))


def _copied(name: str) -> Any:
    """The fixture that tests ask for: a copy, in which what two of them hold of one thing is one thing."""

    def copied(request: pytest.FixtureRequest, db: None, copies: dict[int, Any], **made: Any) -> Any:
        marker = request.node.get_closest_marker("django_db")
        assert not (marker and marker.kwargs.get("transaction")), f"{name} is shared, and this test commits. Give it one of its own."
        return deepcopy(made[f"{name}{OF_THE_MODULE}"], copies)

    return pytest.fixture(name=name)(_asking(copied, "request", "db", "copies", f"{name}{OF_THE_MODULE}"))


def _asking(function: Any, *names: str) -> Any:
    """`function` with these as the names of its parameters, for pytest to read."""
    kind = inspect.Parameter.KEYWORD_ONLY
    function.__signature__ = inspect.Signature([inspect.Parameter(name, kind) for name in names])
    return function


@pytest.fixture
def copies() -> dict[int, Any]:
    return {}


@pytest.fixture(scope="module")
def written_once(django_db_setup: None, django_db_blocker: Any) -> Iterator[Write]:
    """Writes what the tests of a module share; it is gone with the last of them."""

    def write(make: Callable[[], Any]) -> Any:
        with django_db_blocker.unblock():
            return make()

    around = transaction.atomic()
    write(around.__enter__)
    yield write
    write(lambda: transaction.set_rollback(True))
    write(lambda: around.__exit__(None, None, None))
