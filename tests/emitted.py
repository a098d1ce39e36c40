"""Watches which types of events tests make: each must be in the catalogue, and a test that the catalogue names must make its type.

With EVENTS_SEEN=FILE every test's types are added to FILE, from which the catalogue's tests are chosen.
"""

import os
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from audit.events.catalogue import kind_of, kinds
from audit.ledger import services

HOME = Path(__file__).parents[1]
_emitted: set[str] = set()
_columns_of = services.columns_of


def _noting(content: Mapping[str, Any]) -> dict[str, Any]:
    _emitted.add(str(content.get("type", "")))
    return _columns_of(content)


services.columns_of = _noting


@cache
def _named() -> dict[str, set[str]]:
    """Types by the test that the catalogue names for them."""
    wanted: dict[str, set[str]] = {}
    for kind in kinds().values():
        wanted.setdefault(kind.test, set()).add(kind.type)
    return wanted


def _is_made_up(name: str) -> bool:
    """Whether it is one of the tests' own."""
    return f'"{name.partition(".")[0]}.' in _tests()


@cache
def _tests() -> str:
    return "".join(file.read_text(encoding="utf-8") for file in (HOME / "tests").rglob("*.py"))


@pytest.fixture(autouse=True)
def types_of_events_are_known(request: pytest.FixtureRequest) -> Iterator[None]:
    _emitted.clear()
    yield
    node = request.node.nodeid
    unknown = [name for name in _emitted if kind_of(name) is None and not _is_made_up(name)]
    assert unknown == [], "Say in audit/events/catalogue.txt what these events mean."
    # Of a parametrised test any case will do, so only whole names are held to it.
    made = {name if name in kinds() else kind_of(name).type for name in _emitted if kind_of(name)}  # type: ignore[union-attr]
    assert _named().get(node, set()) <= made, "The catalogue names this test for events that it does not make."
    if os.environ.get("EVENTS_SEEN") and made:
        with open(os.environ["EVENTS_SEEN"], "a", encoding="utf-8") as seen:
            seen.writelines(f"{name} {node}\n" for name in sorted(made))
