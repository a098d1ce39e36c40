"""Roles, grants and appointments against every operation of the API: the answers are those of the promise, and none tells of what is out of reach."""

import json
import os
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from portal.models import User
from tests.shared import Write

from .expected import AUDITS_UNIT, GRANTED, among, sees
from .knocking import watched
from .operations import address, body, operations
from .promise import HANGS, OPERATIONS, PAGES, ROLES
from .world import HOUSE, PLACES, World, built

pytestmark = [pytest.mark.django_db, pytest.mark.the_same_on_any_database]
ALL = os.environ.get("MATRIX") == "all"
BASE = "/api/v1/"
BY_REACH = ("works the unit", "sees the service", "sees the incident", AUDITS_UNIT, "saw the unit")
LABELS = {line.split()[0].replace(".", ""): line.split()[0] for line in PAGES.strip().splitlines()}
MARK = re.compile(rf"zq([a-z]+?)q({'|'.join((*PLACES, HOUSE))})qz")
SAY = "Say in OPERATIONS of tests/attacks/promise.py who may."
Asked = tuple[str, str, dict[str, Any], str, str]


@pytest.fixture(scope="module")
def world(written_once: Write, now: datetime) -> World:
    made: World = written_once(lambda: built(now))
    return made


def promised() -> dict[tuple[str, str], tuple[str, str, bool]]:
    """Letters, what rows it is about, and whether a grant to work counts, by method and path."""
    found = {}
    for line in OPERATIONS.strip().splitlines():
        method, path, letters, label, *more = line.split()
        found[method, BASE + path] = (letters, label, more == ["works"])
    return found


def signed_in(user: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def test_every_operation_is_promised_to_somebody() -> None:
    assert {(method, path) for method, path, _ in operations()} == promised().keys(), SAY


def test_no_operation_answers_other_than_promised_or_tells_what_is_out_of_reach(world: World) -> None:
    wrong, cells = [], 0
    clients = {actor: signed_in(user) for actor, user in world.actors.items()}
    for method, path, operation in operations():
        for actor, place in _asked(method, path, world):
            cells += 1
            with transaction.atomic(), watched() as written:
                answer = _sent(clients[actor], method, path, operation, world, place)
                transaction.set_rollback(True)
            wrong += [
                f"{method} {path} at {place} by {actor}: {problem}" for problem in _problems(method, path, actor, place, answer, written)
            ]
    assert wrong == []
    assert cells >= 900


def _asked(method: str, path: str, world: World) -> Iterator[tuple[str, str]]:
    """Each role where nothing but the role counts; grants where they reach and where they do not. With MATRIX=all everybody everywhere."""
    if ALL:
        yield from ((actor, place) for actor in world.actors for place in PLACES if not actor.startswith("gone"))
        return
    letters, label, _ = promised()[method, path]
    yield from ((actor, "loans") for actor in (*ROLES, "nobody", "audits everything") if not among(actor, letters))
    yield from ((actor, place) for actor in BY_REACH for place in (("cards", "loans") if label != "-" or letters == "all" else ("loans",)))


def _sent(client: Client, method: str, path: str, operation: dict[str, Any], world: World, place: str, **more: Any) -> Any:
    sent = body(operation, world.things, place, world.now) if method != "get" else None
    data = json.dumps({**sent, **more} if isinstance(sent, dict) else sent) if method != "get" else ""
    answer: Any = client.generic(method.upper(), address(path, world.things, place), data, content_type="application/json")
    answer.sent = data
    return answer


def _problems(method: str, path: str, actor: str, place: str, answer: Any, written: list[str]) -> Iterator[str]:
    letters, label, works = promised()[method, path]
    seen = label == "-" or sees(actor, label, place)
    allowed = among(actor, letters) or (
        label != "-" and seen and (_works(actor, works, label) if method != "get" else _looks(actor, path, label))
    )
    status = answer.status_code
    if status >= 500:
        yield f"{status}"
    if not allowed and (written or status not in ({400, 403, 404, 409} if seen else {400, 404})):
        yield f"{status}, writes to {written}"
    if allowed and method == "get" and status in (401, 403):
        yield f"{status}, and it is promised"
    # What was sent may be named in the answer: 'there is no service …'.
    for model, where in set(MARK.findall(answer.content.decode())) - set(MARK.findall(_said(answer))):
        if not _told(actor, LABELS[model], where, works=works):
            yield f"tells of {LABELS[model]} at {where}"


def _said(answer: Any) -> str:
    return str(answer.wsgi_request.path) + answer.sent


def _works(actor: str, works: bool, label: str) -> bool:
    given = GRANTED.get(actor)
    return bool(works and given and given[1] and HANGS[label] in ("incident", "service"))


def _looks(actor: str, path: str, label: str) -> bool:
    """What a grant shows, but for the rules of a service, which are for those who see policies."""
    shown = label in ("incidents.feedback", "incidents.handoff", "incidents.incident", "policies.service") and not path.endswith("/rules/")
    return actor == AUDITS_UNIT or (actor in GRANTED and shown)


def _told(actor: str, label: str, place: str, *, works: bool) -> bool:
    """Beside rows in reach: an incident names its service, a plan its view, and whoever may send a reading is told what can be measured."""
    if label == "policies.service" and sees(actor, "incidents.incident", place):
        return True
    if label == "audit.savedview" and sees(actor, "audit.reviewplan", place):
        return True
    return sees(actor, label, place) or (label == "policies.ownmeasure" and works)


def test_nobody_asks_without_signing_in(world: World) -> None:
    client = Client(raise_request_exception=False)
    for method, path, operation in operations():
        answer = _sent(client, method, path, operation, world, "cards")
        assert answer.status_code == 401, (method, path, answer.status_code)
        assert not MARK.search(answer.content.decode())


def test_what_stands_in_no_form_is_refused_and_not_taken(world: World) -> None:
    """Fields of the tables themselves, sent along by somebody who may do nearly everything."""
    client = signed_in(world.actors["root"])
    crafted = {"is_superuser": True, "groups": [1], "state": "closed", "owner": 1, "approved_by": 1, "id": 1}
    for method, path, operation in operations():
        if method == "get" or not isinstance(body(operation, world.things, "cards", world.now), dict):
            continue
        with transaction.atomic(), watched() as written:
            answer = _sent(client, method, path, operation, world, "cards", **crafted)
            transaction.set_rollback(True)
        assert answer.status_code in (400, 403, 404, 409), (method, path, answer.status_code)
        assert written == [], (method, path, answer.status_code)
