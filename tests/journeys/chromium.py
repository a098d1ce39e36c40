"""A real browser for journeys; tests that use it are skipped where Playwright or Chromium is missing."""

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from portal.models import BrowserSession

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PASSWORD = "a long password for tests"
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync")


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed; see `make browser`.")
    # Playwright's own loop runs in this thread; the server answers from another one.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with playwright.sync_playwright() as drives:
        browser = drives.chromium.launch(executable_path=CHROMIUM, args=[*QUIET])
        yield browser
        browser.close()


def signed_in(browser: Any, address: str, username: str, *, width: int = 1440) -> Any:
    """A page of its own, signed in. `page.refused` gathers what the page's security policy refused."""
    page = browser.new_context(viewport={"width": width, "height": 900}).new_page()
    page.set_default_timeout(60_000)
    page.refused = []
    page.on("console", lambda said: page.refused.append(said.text) if "Content Security Policy" in said.text else None)
    page.goto(f"{address}/admin/login/")
    page.fill("#id_username", username)
    page.fill("#id_password", PASSWORD)
    # Whoever goes to the next page before this has answered cuts the sign-in off.
    with page.expect_navigation():
        page.click("form [type=submit]")
    return page


def forget_the_proofs() -> None:
    """As eleven minutes would."""
    for row in BrowserSession.objects.exclude(user=None):
        told = row.get_decoded()
        for proof in told.get("account_authentication_methods", ()):
            proof["at"] -= 660
        row.session_data = row.get_session_store_class()().encode(told)
        row.save()
