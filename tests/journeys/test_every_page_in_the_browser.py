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
# Each page is opened by the first of them who may.
READERS = ("admin", "compliance", "manager")
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
    left, opened, wrong = pages(), 0, {}
    for reader in READERS:
        looks = Looks(signed_in(browser, live_server.url, reader))
        looks.page.wait_for_url("**/admin/")
        closed = [path for path in left if looks.at(live_server.url, path) in {403, 404}]
        opened, left = opened + len(left) - len(closed), closed
        wrong.update(looks.wrong)
    sys.stdout.write(f"\n{opened} pages opened, {len(left)} closed to all of them")
    assert wrong == {}
    assert opened >= FEWEST


@pytest.mark.parametrize("path", ["/admin/login/", "/account/password/forgotten/", "/admin/login/?next=/admin/audit/ledgerevent/"])
def test_pages_before_the_sign_in_are_whole_too(path: str, browser: Any, live_server: Any) -> None:
    looks = Looks(browser.new_page())
    assert looks.at(live_server.url, path) == 200
    assert looks.wrong == {}
