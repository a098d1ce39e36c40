"""Roles, grants and appointments against every page of the admin, every row and every verb: the answers are those of the promise.

`MATRIX=all` asks every page that opens as well, through everything that stands around it.
"""

import os
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.contrib import admin
from django.test import RequestFactory
from django.urls.converters import StringConverter

from portal.models import User
from tests.shared import Write

from . import expected
from .expected import among, opens, pages, sees, verbs
from .knocking import ELSEWHERE, NOT_SO, NOT_THERE, REFUSED, knock, routes, watched
from .promise import ROLES, ROUTES
from .world import HOUSE, World, built

pytestmark = [pytest.mark.django_db, pytest.mark.the_same_on_any_database]
ALL = os.environ.get("MATRIX") == "all"
# Who knocks at every address in every run; the others are like one of them but for what they reach, which is asked of every row.
ASKING = [
    *ROLES,
    "nobody",
    "gone root",
    "works the unit",
    "sees the incident",
    "saw the unit",
    "audits everything",
    "audits the unit",
    "root",
]
SAY = "Say in tests/attacks/promise.py who may: {}."
Row = tuple[str, str, Any]


@pytest.fixture(scope="module")
def world(written_once: Write, now: datetime) -> World:
    made: World = written_once(lambda: built(now))
    return made


def rows_of(world: World, label: str) -> dict[str, Any]:
    return world.things.get(label, {})


def as_(user: User) -> Any:
    request: Any = RequestFactory().get("/")
    request.user = user
    return request


def test_every_page_and_verb_of_the_admin_is_promised_to_somebody() -> None:
    known = {model._meta.label_lower: page for model, page in admin.site._registry.items()}
    assert known.keys() == pages().keys(), SAY.format("PAGES, rows of every model of the admin")
    pressed = {(label, verb.key) for label, page in known.items() for verb in getattr(page, "verbs", ())}
    assert pressed == set(verbs()), SAY.format("VERBS, buttons")
    others = {name.removeprefix("admin:") for name, path, _ in routes() if path.startswith("admin/") and not _is_a_models(name)}
    assert others == {line.split()[0] for line in ROUTES.strip().splitlines()} | {"login", "logout", "account_login"}, SAY.format("ROUTES")


def test_no_cell_of_the_matrix_is_other_than_promised(world: World) -> None:
    """Everybody against every row and every verb, by what the pages ask first; then every address for real, by whoever it is not promised to."""
    wrong, cells = [], 0
    for label, actor, what, place, promised, found in _cells(world):
        cells += 1
        if promised != found:
            wrong.append(f"{label}: {actor} {'is refused' if promised else 'may'} {what} at {place or 'all'}")
    for name, actor, method, pattern, keys in refusals(world):
        cells += 1
        with watched() as written:
            answer = knock(pattern, keys, world.actors[actor], method)
        # A page may say in words why not.
        said = answer in (REFUSED, NOT_THERE, NOT_SO, ELSEWHERE) or (method == "POST" and answer in (200, 400, 409))
        if written or not said:
            wrong.append(f"{method} {name} {keys} by {actor}: {answer}, writes to {written}")
    assert wrong == []
    assert cells >= 20_000


def _cells(world: World) -> Iterator[tuple[str, str, str, str, bool, bool]]:
    for model, page in admin.site._registry.items():
        label = model._meta.label_lower
        for actor, user in world.actors.items():
            request = as_(user)
            yield label, actor, "list", "", opens(actor, label), bool(page.has_view_permission(request))
            yield label, actor, "add", "", expected.adds(actor, label), bool(page.has_add_permission(request))
            if not rows_of(world, label):
                for what in ("change", "delete"):
                    may = bool(getattr(page, f"has_{what}_permission")(request))
                    yield label, actor, what, "", expected.changes(actor, label, what), may
            there = set(page.get_queryset(request).values_list("pk", flat=True)) if rows_of(world, label) else set()
            for place, row in rows_of(world, label).items():
                seen = row.pk in there and bool(page.has_view_permission(request, row))
                yield label, actor, "see", place, sees(actor, label, place), seen
                for what in ("change", "delete"):
                    may = seen and bool(getattr(page, f"has_{what}_permission")(request, row))
                    yield label, actor, what, place, expected.changes(actor, label, what), may
                for verb in getattr(page, "verbs", ()):
                    pressed = seen and bool(page.may_use(request, verb, row))  # type: ignore[attr-defined]
                    yield label, actor, verb.key, place, expected.presses(actor, label, verb.key, place), pressed


def _is_a_models(name: str) -> bool:
    return _of_a_model(name) is not None


def _of_a_model(name: str) -> tuple[str, str] | None:
    """Label and kind of one of the pages that every model has."""
    for model in admin.site._registry:
        start = f"admin:{model._meta.app_label}_{model._meta.model_name}_"
        if name.startswith(start) and name.removeprefix(start) in KINDS:
            return model._meta.label_lower, name.removeprefix(start)
    return None


KINDS = ("changelist", "add", "change", "delete", "history", "do", "simple_history")


def refusals(world: World) -> Iterator[tuple[str, str, str, Any, dict[str, Any]]]:
    """What must be refused: name, actor, method, where it leads, and with what in the address. Of each address and actor one, or all."""
    last = None
    for each in _all_refusals(world):
        # The first is by GET, the next actor's by POST: each address is asked in both ways, and by everybody in one of them.
        if ALL or (
            (each[0], each[4].get("key"), each[1]) != last and each[1] in ASKING and (each[2] == "GET") == (ASKING.index(each[1]) % 2 == 0)
        ):
            last = (each[0], each[4].get("key"), each[1])
            yield each


def _all_refusals(world: World) -> Iterator[tuple[str, str, str, Any, dict[str, Any]]]:
    for name, path, pattern in routes():
        of = _of_a_model(name)
        if of is not None:
            yield from _of_models(world, *of, name, pattern)
        elif path.startswith("admin/"):
            yield from _of_others(world, name, pattern)


def _of_models(world: World, label: str, kind: str, name: str, pattern: Any) -> Iterator[Any]:
    rows = rows_of(world, label) or {HOUSE: None}
    for actor in world.actors:
        if kind in ("changelist", "add"):
            allowed = opens(actor, label) if kind == "changelist" else expected.adds(actor, label)
            yield from ((name, actor, method, pattern, {}) for method in ("GET", "POST") if not allowed)
            continue
        for place, row in rows.items():
            key = row.pk if row is not None else 1
            for keys in _keys(label, kind, key):
                for method in ("GET", "POST"):
                    if not _allowed(actor, label, kind, place, method, keys):
                        yield name, actor, method, pattern, keys


def _keys(label: str, kind: str, key: Any) -> list[dict[str, Any]]:
    if kind == "do":
        return [{"object_id": str(key), "key": verb} for known, verb in verbs() if known == label]
    return [{"object_id": str(key), "version_id": "1"}] if kind == "simple_history" else [{"object_id": str(key)}]


def _allowed(actor: str, label: str, kind: str, place: str, method: str, keys: dict[str, Any]) -> bool:
    seen = sees(actor, label, place) or (place == HOUSE and opens(actor, label))
    if kind == "do":
        return expected.presses(actor, label, keys["key"], place)
    if kind == "delete" or (method == "POST" and kind == "simple_history"):
        return False
    if method == "POST" and kind == "change":
        return seen and expected.changes(actor, label, "change")
    return seen


def _of_others(world: World, name: str, pattern: Any) -> Iterator[Any]:
    promised = {line.split()[0]: line.split()[1:] for line in ROUTES.strip().splitlines()}.get(name.removeprefix("admin:"))
    for method, letters in zip(("GET", "POST"), promised or (), strict=False):
        for actor in world.actors:
            by_reach = actor in expected.GRANTED or actor == expected.AUDITS_UNIT
            if letters != "all" and not by_reach and not among(actor, letters):
                yield name, actor, method, pattern, _with(world, name, pattern)


def _with(world: World, name: str, pattern: Any) -> dict[str, Any]:
    """Something in the place of its arguments, from among what nobody reaches by grant."""
    label = next((label for label in world.things if name.removeprefix("admin:").startswith(f"{label.replace('.', '_')}_")), "")
    row = world.things[label].get("loans") or world.things[label].get(HOUSE) if label else None
    known = {
        "object_id": row.pk if row is not None else 1,
        "person_id": world.actors["manager"].pk,
        **dict.fromkeys(("before", "after", "version_id"), world.things["policies.policyversion"]["loans"].pk),
        "format_name": "csv",
        "key": row.pk if row is not None else 1,
        "app_label": "audit",
        "content_type_id": 1,
        "url": "x",
    }
    wanted = {**dict.fromkeys(pattern.pattern.regex.groupindex), **pattern.pattern.converters}
    return {part: str(known[part]) if isinstance(kind, StringConverter) else known[part] for part, kind in wanted.items()}
