"""An incident from its opening to its resolution, with real processes and a real browser: the phones ring one after the other, somebody
answers from the phone, hands over, and the timeline says why each step happened. Run where Chromium is installed: `make browser`."""

import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from .chromium import CHROMIUM, browser, signed_in
from .test_one_command import answers, free_port

__all__ = ["browser"]
pytestmark = [
    pytest.mark.the_same_on_any_database,
    pytest.mark.skipif(CHROMIUM is None, reason="There is no Chromium on this machine."),
]
PROJECT = Path(__file__).resolve().parents[2]
# Milliseconds that the browser waits for a phone to ring: two windows of the scene and a busy machine.
PATIENCE = 90_000


@contextmanager
def process(*command: str, env: dict[str, str], log: Path) -> Iterator[None]:
    with log.open("ab") as out:
        running = subprocess.Popen([sys.executable, *command], cwd=PROJECT, env=env, stdout=out, stderr=out, start_new_session=True)
        try:
            yield
        finally:
            with suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)
            running.wait()


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """The addresses of a running portal and of its phones; web, engine and sender are processes of their own."""
    port, phone_port, log = free_port(), free_port(), tmp_path / "log"
    address, phones = f"http://localhost:{port}", f"http://127.0.0.1:{phone_port}"
    env = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{tmp_path / 'journey.sqlite3'}",
        "DJANGO_SETTINGS_MODULE": "portal.settings.development",
        "PORTAL_VAR": str(tmp_path),
        "PORTAL_URL": address,
        "OUTBOUND_ALLOWED_HOSTS": f"127.0.0.1:{phone_port}",
    }
    subprocess.run([sys.executable, "-m", "tests.journeys.escalation_scene", phones], cwd=PROJECT, env=env, check=True)
    with ExitStack() as stack:
        web = ("-m", "gunicorn", "portal.wsgi", "--bind", f"127.0.0.1:{port}", "--threads", "4", "--log-level", "warning")
        for command in (("-m", "portal.demo.phone", str(phone_port)), web, ("manage.py", "engine"), ("manage.py", "sender")):
            stack.enter_context(process(*command, env=env, log=log))
        answers(f"{phones}/", log)
        answers(f"{address}/admin/login/", log)
        yield address, phones


def test_an_incident_reaches_a_person_is_handed_over_and_is_explained(portal: tuple[str, str], browser: Any) -> None:
    address, phones = portal
    opened = opens_an_incident(signed_in(browser, address, "rita"), address)
    answer = the_phones_ring_until_level_two(browser, phones)
    kim_acknowledges_from_the_phone(browser, answer)
    kim = signed_in(browser, address, "kim", width=390)
    kim_hands_over_to_eva(kim, opened)
    eva = signed_in(browser, address, "eva", width=390)
    eva_accepts_what_her_phone_offers(eva, browser, phones)
    eva_resolves_it(eva, opened)
    the_timeline_explains_each_step(eva, opened)
    assert kim.refused == eva.refused == []


def opens_an_incident(page: Any, address: str) -> str:
    page.goto(f"{address}/admin/incidents/incident/add/")
    page.fill("[name=title]", "Card payments fail")
    # The list of services is drawn by a script over the field itself.
    page.evaluate("document.querySelector('[name=service]').value = document.querySelector('[name=service] option:last-child').value")
    page.locator("[name=_save]").first.click()
    page.wait_for_url(re.compile(r"/incident/\d+/"))
    assert "Ana Ruiz" in page.inner_text("#content-main") or "alerts the first level" in page.inner_text("#content-main")
    return str(page.url).partition("?")[0]


def the_phones_ring_until_level_two(browser: Any, phones: str) -> str:
    """Nobody of level 1 answers. The address behind the answer on the phone of level 2."""
    page = browser.new_page()
    page.goto(phones)
    for name in ("ana", "tom", "kim"):
        page.locator("article", has_text=re.compile(f"^{name}: ")).first.wait_for(timeout=PATIENCE)
    rang = [said.split(":")[0] for said in page.locator("article h2").all_inner_texts()]
    assert rang == ["kim", "tom", "ana"]
    kims = page.locator("article", has_text=re.compile("^kim: "))
    assert "Duty manager" in kims.inner_text() or "level 2" in kims.inner_text()
    return str(kims.get_by_role("link", name=re.compile("Acknowledge|Answer")).get_attribute("href"))


def kim_acknowledges_from_the_phone(browser: Any, answer: str) -> None:
    """A program that looks at the link acknowledges nothing; a person confirms, once."""
    with urllib.request.urlopen(answer) as looked_at:
        assert looked_at.status == 200
    page = browser.new_context(viewport={"width": 390, "height": 800}).new_page()
    page.goto(answer)
    assert "Acknowledge this alert?" in page.inner_text("body")
    page.get_by_role("button", name="Acknowledge").click()
    assert "It is yours" in page.inner_text("body")
    page.goto(answer)
    assert page.get_by_role("button", name="Acknowledge").count() == 0


def kim_hands_over_to_eva(page: Any, opened: str) -> None:
    page.goto(opened)
    page.get_by_text("More", exact=True).click()
    page.get_by_role("link", name="Hand over").click()
    page.select_option("#content-main [name=person]", label="Eva Lind")
    page.fill("[name=reason]", "Restarted the gateway twice. The processor looks at it; call them at the full hour.")
    page.locator("#content-main form [type=submit]").first.click()
    page.goto(opened)
    # Until Eva accepts, Kim has it.
    assert "Kim Park" in page.inner_text(".inc-answers")


def eva_accepts_what_her_phone_offers(page: Any, browser: Any, phones: str) -> None:
    phone = browser.new_page()
    phone.goto(phones)
    offered = phone.locator("article", has_text=re.compile("^eva: ")).first
    offered.wait_for(timeout=PATIENCE)
    page.goto(str(offered.get_by_role("link").first.get_attribute("href")))
    accept = page.get_by_role("link", name=re.compile("^Accept")).or_(page.get_by_role("button", name=re.compile("^Accept"))).first
    accept.click()
    page.wait_for_load_state()
    if "/do/" in page.url:
        page.locator("#content-main form [type=submit]").first.click()
        page.wait_for_load_state()


def eva_resolves_it(page: Any, opened: str) -> None:
    page.goto(opened)
    assert "Eva Lind" in page.inner_text(".inc-answers")
    page.get_by_role("link", name="Resolve").first.click()
    page.fill("[name=reason]", "The processor rolled back their release.")
    page.locator("#content-main form [type=submit]").first.click()
    page.wait_for_load_state()


def the_timeline_explains_each_step(page: Any, opened: str) -> None:
    page.goto(f"{opened}?all")
    told = page.inner_text(".inc-story")
    for said in (
        "Ana Ruiz is alerted, primary of level 1",
        "Ana Ruiz did not acknowledge within 6 s.",
        "Tom Berg is alerted, backup 1 of level 1",
        "Escalated to level 2, Duty manager",
        "Ana Ruiz and Tom Berg did not acknowledge within 12 s.",
        "Kim Park acknowledged",
        "Eva Lind",
        "Eva Lind resolved it",
        "The processor rolled back their release.",
    ):
        assert said in told, f"{said!r} is missing in:\n{told}"
