"""Whatever the API's description allows, and much that it does not, is answered as described and never by an error of ours, as each role.

`MATRIX=all` tries many more examples of each operation, as everybody.
"""

import os
from collections.abc import Iterator
from datetime import datetime
from itertools import cycle
from typing import Any

import pytest
import requests  # noqa: TID251 - no call goes out: only its form is used
import schemathesis
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict  # noqa: TID251
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance
from urllib3 import HTTPResponse

from tests.shared import Write

from .operations import address, described
from .promise import ROLES
from .world import PLACES, World, built

pytestmark = [pytest.mark.django_db, pytest.mark.the_same_on_any_database]
ALL = os.environ.get("MATRIX") == "all"
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
SENDERS = ("root", "commander", "manager", "compliance", "works the unit", "audits everything", "nobody")


@pytest.fixture(scope="module")
def world(written_once: Write, now: datetime) -> World:
    made: World = written_once(lambda: built(now))
    return made


def signed_in(world: World, actor: str) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(world.actors[actor])
    return client


def sent(case: Any, client: Client) -> requests.Response:
    """What is answered, in the form that is checked: the portal runs inside the test's own transaction. Whose it is, the session says."""
    wanted = case.as_transport_kwargs(base_url="http://testserver")
    known = {name: wanted.get(name) for name in ("method", "url", "params", "json", "data", "headers", "cookies")}
    asked = requests.Request(**known).prepare()
    headers = {
        name: str(value)
        for name, value in asked.headers.items()
        if name.lower() not in ("content-length", "content-type", "authorization", "cookie")
    }
    body = asked.body or b""
    kind = asked.headers.get("Content-Type", "application/json")
    with transaction.atomic():
        found: Any = client.generic(str(asked.method), asked.path_url, body, content_type=kind, headers=headers)
        answer = requests.Response()
        answer.status_code, answer._content, answer.request = found.status_code, found.getvalue(), asked
        answer.headers, answer.url = CaseInsensitiveDict(found.items()), str(asked.url)
        answer.raw = HTTPResponse(body=found.getvalue(), headers=dict(found.items()), status=found.status_code)
        transaction.set_rollback(True)
    return answer


def operations_of(schema: Any) -> Iterator[Any]:
    for found in schema.get_all_operations():
        operation = found.ok()
        # The description of itself is none of what it describes.
        if operation.path.startswith("/api/v1/"):
            yield operation


def test_every_operation_answers_as_described(world: World) -> None:
    schema = schemathesis.openapi.from_dict(described())
    asked = [0]
    senders = cycle([*ROLES, *SENDERS] if ALL else SENDERS)
    for operation in operations_of(schema):
        for _ in range(len(ROLES) + len(SENDERS) if ALL else 1):
            _try(operation, signed_in(world, next(senders)), world, asked)
    assert asked[0] >= 150


def _try(operation: Any, client: Client, world: World, asked: list[int]) -> None:
    @settings(
        max_examples=20 if ALL else 2,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), place=st.sampled_from((*PLACES, "")))
    def attempt(case: Any, place: str) -> None:
        if place and case.path_parameters:
            # Rows that are there, in the place of what was made up.
            known = address("/".join(f"{{{name}}}" for name in case.path_parameters), world.things, place, of=operation.path).split("/")
            case.path_parameters = dict(zip(case.path_parameters, known, strict=True))
        case.validate_response(sent(case, client), checks=CHECKS)
        asked[0] += 1

    attempt()
