"""Cookies that are set at the door: kept from scripts, from other sites, and from lines that others read."""

from typing import Any

import pytest
from django.test import Client

from tests.factories.portal import person

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough secret"


def test_cookies_are_kept_from_scripts_other_sites_and_open_lines(settings: Any) -> None:
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    ana = person("Ana Person", roles=("responder",))
    ana.set_password(PASSWORD)
    ana.save()
    client = Client()
    before = client.get("/admin/login/", secure=True).cookies
    answer = client.post("/admin/login/", {"username": ana.get_username(), "password": PASSWORD}, secure=True)
    assert answer.status_code == 302
    after = answer.cookies
    session = after[settings.SESSION_COOKIE_NAME]
    assert session.value != (before[settings.SESSION_COOKIE_NAME].value if settings.SESSION_COOKIE_NAME in before else "")
    for cookies in (before, after):
        for name, cookie in cookies.items():
            assert (bool(cookie["secure"]), cookie["samesite"] in {"Lax", "Strict"}, cookie["domain"]) == (True, True, ""), name
    assert session["httponly"]
