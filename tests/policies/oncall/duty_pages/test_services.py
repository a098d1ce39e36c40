"""The small page for a frame: what it says, to whom, until it is revoked."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from audit.models import LedgerEvent
from policies.models import DutyPage, Team
from policies.oncall.duty_pages.services import make_page, revoke_page
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from portal.models import User
from tests.factories import policies as make
from tests.factories.portal import contact, person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh() -> None:
    cache.clear()


@pytest.fixture
def manager() -> User:
    return person("Mia", roles=("manager",))


def test_it_says_who_is_on_call_in_a_frame_without_script_or_contact(manager: User, now: Any) -> None:
    ana = person("Ana <b>")
    contact(ana, "http://secret.example.com/")
    rota = make.schedule(ana, person("Tom"), name="Madrid", team=Team.objects.create(name="Payments"))
    service = make.service("Cards", team=rota.team)
    things: tuple[dict[str, Any], ...] = ({"schedule": rota}, {"team": rota.team}, {"service": service})
    for about in things:
        _, token = make_page("Intranet", **about, actor=manager, now=now, reason="For the desk")
        answer = Client().get(reverse("duty-page", args=[token]))
        body = answer.content.decode()
        assert answer.status_code == 200
        assert "Ana &lt;b&gt;" in body or "Tom" in body
        assert "secret.example.com" not in body
        assert "<script" not in body
        assert "frame-ancestors 'self'" in answer["Content-Security-Policy"]
        assert "X-Frame-Options" not in answer
        assert answer["Cache-Control"] == "private, max-age=30"
        assert not answer.cookies


def test_readings_are_counted_and_a_revoked_page_is_gone_at_once(manager: User, now: Any) -> None:
    page, token = make_page("Intranet", schedule=make.schedule(person("Ana")), actor=manager, now=now, reason="For the desk")
    address = reverse("duty-page", args=[token])
    assert [Client().get(address).status_code for _ in range(2)] == [200, 200]
    page.refresh_from_db()
    assert (page.reads, page.token_hash == token) == (2, False)
    revoke_page(page, actor=manager, now=now + timedelta(hours=1))
    assert Client().get(address).status_code == 404
    with pytest.raises(WrongState):
        revoke_page(page, actor=manager, now=now + timedelta(hours=2))


@pytest.mark.parametrize("token", ["x", "%00", "a" * 5_000, "%F0%9F%92%A9", "..%2F"])
def test_a_token_that_opens_nothing_is_not_found(token: str) -> None:
    assert Client().get(f"/duty/{token}/").status_code == 404


def test_nobody_on_call_is_said(manager: User, now: Any) -> None:
    _, token = make_page("Intranet", service=make.service("Cards"), actor=manager, now=now, reason="For the desk")
    assert "Nobody is on call" in Client().get(reverse("duty-page", args=[token])).content.decode()


def test_it_is_made_with_a_reason_and_without_its_secret(manager: User, now: Any) -> None:
    page, token = make_page(" Intranet,  desk ", schedule=make.schedule(person("Ana")), actor=manager, now=now, reason="For the desk")
    kept = str(DutyPage.objects.filter(pk=page.pk).values().get()) + str(list(page.history.values()))
    assert (page.label, page.made_by, page.hint, token in kept) == ("Intranet, desk", manager, token[:6], False)
    event = LedgerEvent.objects.get(type="duty_page.made")
    assert ("For the desk" in event.payload, token in event.payload) == (True, False)


def test_it_is_about_exactly_one_thing_has_a_label_and_needs_the_right(manager: User, now: Any) -> None:
    rota, team = make.schedule(person("Ana")), Team.objects.create(name="Payments")
    responder = person("Rita", roles=("responder",))
    about: dict[str, Any] = {"schedule": rota, "actor": manager, "now": now, "reason": "x"}
    for wrong, refusal, problem in (
        ({"schedule": None}, InvalidInput, "one of them"),
        ({"team": team}, InvalidInput, "one of them"),
        ({"label": " "}, InvalidInput, "where the page is shown"),
        ({"label": "x" * 81}, InvalidInput, "80 characters"),
        ({"actor": responder}, NotAllowed, "make a page"),
    ):
        with pytest.raises(refusal, match=problem):
            make_page(**{"label": "Intranet", **about, **wrong})
    assert not DutyPage.objects.exists()


def test_who_may_frame_it_is_a_setting_of_sources() -> None:
    from django.conf import settings

    assert settings.DUTY_PAGE_FRAME_ANCESTORS == ["'self'"]
