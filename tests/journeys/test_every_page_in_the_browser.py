"""Every page of the demo organisation in a real browser: nothing refused, no error, nothing unnamed, nothing wider than a telephone."""

import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from audit.models import ReviewPeriod
from audit.reviews.opening import open_due
from audit.sealing.services import seal
from portal.demo import past
from portal.foundation import clock

from .chromium import CHROMIUM, PASSWORD, browser, signed_in
from .whole_site import Looks, pages

__all__ = ["browser"]
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.the_same_on_any_database,
    pytest.mark.skipif(CHROMIUM is None, reason="There is no Chromium on this machine."),
]
# Each page is opened by the first of them who may, beginning with whose work it is.
WORK = {"admin": {"portal", "django_q", "auth"}, "compliance": {"audit", "reports"}, "manager": {"policies", "incidents"}}
CLOSED = {403, 404}
FEWEST = 250


@pytest.fixture
def demo(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The organisation with a short past, its ledger sealed and its log review open."""
    settings.LEDGER_KEYS, settings.DEMO_PASSWORD = str(tmp_path / "keys"), PASSWORD
    monkeypatch.setattr(past, "INCIDENTS", 3)
    call_command("demo", phone_port=9, stdout=StringIO())
    seal(clock.now())
    open_due(now=clock.now())
    assert ReviewPeriod.objects.exists()


def test_every_page_is_whole_for_whoever_may_open_it(demo: None, browser: Any, live_server: Any) -> None:
    looks = {reader: Looks(signed_in(browser, live_server.url, reader)) for reader in WORK}
    for each in looks.values():
        each.page.wait_for_url("**/admin/")
    paths = pages()
    opened = sum(any(looks[reader].at(live_server.url, path) not in CLOSED for reader in _readers(path)) for path in paths)
    sys.stdout.write(f"\n{opened} pages opened, {len(paths) - opened} closed to all of them")
    assert [each.wrong for each in looks.values()] == [{}, {}, {}]
    assert opened >= FEWEST


def _readers(path: str) -> list[str]:
    app = path.split("/")[2] if path.startswith("/admin/") else ""
    return sorted(WORK, key=lambda reader: app not in WORK[reader])


@pytest.mark.parametrize("path", ["/admin/login/", "/account/password/forgotten/", "/admin/login/?next=/admin/audit/ledgerevent/"])
def test_pages_before_the_sign_in_are_whole_too(path: str, browser: Any, live_server: Any) -> None:
    looks = Looks(browser.new_page())
    assert looks.at(live_server.url, path) == 200
    assert looks.wrong == {}
