"""No page and no operation takes a form that another site had a browser send: the session's cookie alone opens nothing that changes anything."""

import re
from typing import Any

import pytest
from django.test import Client

from tests.factories.portal import person

from .knocking import routes, watched

pytestmark = [pytest.mark.django_db, pytest.mark.the_same_on_any_database]
# Doors for machines and for links in messages: each checks a signature or a token, and no cookie adds to it.
WITHOUT_A_SESSION = re.compile(r"hooks/|answer/|calendars/|duty/|health/|metrics")


def filled(path: str) -> str:
    """`path` with something in the place of its arguments."""
    text = re.sub(r"\(\?P<\w+>([^()]|\([^()]*\))*\)|<[^>]+>|\(\[\^/\]\+\)", "1", path)
    return "/" + re.sub(r"[\^$\\]|\(\?:|Z$", "", text)


def test_a_form_without_its_token_is_taken_nowhere() -> None:
    client: Any = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(person("Root", is_superuser=True))
    asked = 0
    for name, path, pattern in routes():
        if WITHOUT_A_SESSION.match(path) or name.endswith(("_history", "_delete")):
            continue
        with watched() as written:
            answer = client.post(filled(path), {"reason": "x", "why": "x"})
        asked += 1
        assert answer.status_code in (403, 404, 405, 401) or (answer.status_code == 301 and not written), (name, path, answer.status_code)
        assert written == [], (name, pattern)
    assert asked > 300


def test_only_doors_that_check_their_caller_are_exempt() -> None:
    exempt = {path for _, path, pattern in routes() if getattr(pattern.callback, "csrf_exempt", False)}
    # The API's views are, for the framework; it asks whoever comes with a session itself, as the test above shows.
    assert {path for path in exempt if not path.startswith("api/")} == {
        "calendars/<str:token>.ics",
        "answer/<str:token>/",
        "hooks/telephone/status/",
        "hooks/telephone/reply/",
        "hooks/telephone/keypad/",
        "hooks/slack/",
    }
