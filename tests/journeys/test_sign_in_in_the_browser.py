"""Somebody new signs in on a new device: password, passkey, recovery codes; again with the passkey alone; an approval asks again and loses nothing."""

from typing import Any

import pytest

from audit.models import LedgerEvent
from portal.models import BrowserSession, User
from tests.factories.portal import person

from .chromium import CHROMIUM, PASSWORD, browser, forget_the_proofs, signed_in

__all__ = ["browser"]
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.the_same_on_any_database,
    pytest.mark.skipif(CHROMIUM is None, reason="There is no Chromium on this machine."),
]
# A device that keeps passkeys and asks for a finger, as the browser's own tools make it up.
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def test_from_the_first_password_to_a_passkey_and_back_to_what_was_typed(browser: Any, live_server: Any, settings: Any) -> None:
    settings.MFA_REQUIRED_FOR, settings.STEP_UP_SECONDS = ["all"], 600
    ada = person("Ada Admin", username="ada", password=PASSWORD, roles=("administrator",))
    eve = person("Eve")
    page = signed_in(browser, live_server.url, "ada", width=390)
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    tools.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})

    sets_up_a_passkey(page)
    signs_in_with_it_alone(page, live_server.url)
    is_asked_again_and_loses_nothing(page, eve, live_server.url)
    assert page.refused == []
    kinds = LedgerEvent.objects.filter(type__startswith="account.", object_pk=str(ada.pk)).order_by("id").values_list("type", flat=True)
    assert list(kinds) == ["account.signed_in", "account.factor_added", "account.factor_used", "account.signed_in", "account.factor_used"]
    assert BrowserSession.objects.filter(user=ada).count() == 2


def sets_up_a_passkey(page: Any) -> None:
    page.wait_for_url("**/account/factors/")
    page.click("text=Add a passkey")
    page.fill("#key-name", "My laptop")
    page.click("text=Make the passkey")
    page.wait_for_url("**/account/factors/codes/")
    assert page.locator(".door-codes li").count() == 10
    page.click("text=I have them, go on")
    page.wait_for_url("**/admin/")


def signs_in_with_it_alone(page: Any, address: str) -> None:
    page.goto(f"{address}/account/")
    assert "My laptop" in page.inner_text("#content-main")
    page.context.clear_cookies()
    page.goto(f"{address}/admin/login/?next=/account/")
    page.click("text=Sign in with a passkey")
    page.wait_for_url(f"{address}/account/")
    assert "You are signed in on" in page.inner_text("#content-main")


def is_asked_again_and_loses_nothing(page: Any, eve: User, address: str) -> None:
    page.goto(f"{address}/admin/portal/user/{eve.pk}/do/end-sessions/")
    page.fill("[name=reason]", "Her laptop was stolen")
    forget_the_proofs()
    page.click("form[data-keep] [type=submit]")
    page.wait_for_url("**/account/again/**")
    page.click("text=Use your passkey or security key")
    page.wait_for_url("**/do/end-sessions/#kept")
    page.wait_for_function("document.querySelector('[name=reason]').value === 'Her laptop was stolen'")
    page.click("form[data-keep] [type=submit]")
    page.wait_for_url(f"**/portal/user/{eve.pk}/change/")
    assert LedgerEvent.objects.filter(type="account.sessions_ended", object_pk=str(eve.pk)).count() == 1
