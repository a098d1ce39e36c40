"""The small page for a frame: what it says, to whom, until it is revoked."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from policies.models import DutyPage, Team
from policies.oncall.duty_pages import make_page, revoke_page
from portal.foundation.errors import NotAllowed, WrongState
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
    things: tuple[Any, ...] = (rota, rota.team, service)
    for about in things:
        _, token = make_page(about, label="Intranet", actor=manager, now=now)
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
    page, token = make_page(make.schedule(person("Ana")), label="Intranet", actor=manager, now=now)
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
    _, token = make_page(make.service("Cards"), label="Intranet", actor=manager, now=now)
    assert "Nobody is on call" in Client().get(reverse("duty-page", args=[token])).content.decode()


def test_it_is_made_and_revoked_in_the_admin_and_its_address_shown_once(client: Client, manager: User) -> None:
    rota = make.schedule(person("Ana"))
    client.force_login(manager)
    add = reverse("admin:policies_dutypage_add")
    made = client.post(add, {"label": "Intranet", "schedule": rota.pk, "team": "", "service": "", "why": "For the desk"}, follow=True)
    page = DutyPage.objects.get()
    assert f"/duty/{page.hint}" in made.content.decode()
    assert f"/duty/{page.hint}" not in client.get(reverse("admin:policies_dutypage_change", args=[page.pk])).content.decode()
    both = client.post(add, {"label": "Two", "schedule": rota.pk, "team": Team.objects.create(name="T").pk, "service": "", "why": "x"})
    assert "one of them" in both.content.decode()
    client.post(reverse("admin:policies_dutypage_do", args=[page.pk, "revoke"]), {"reason": "Moved"})
    page.refresh_from_db()
    assert page.revoked_by == manager
    with pytest.raises(NotAllowed):
        make_page(rota, label="x", actor=person("Rita", roles=("responder",)), now=page.made_at)


def test_who_may_frame_it_is_a_setting_of_sources() -> None:
    from django.conf import settings

    assert settings.DUTY_PAGE_FRAME_ANCESTORS == ["'self'"]
