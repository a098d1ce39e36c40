"""Makes the pictures of the texts anew, from a demo that has just begun: `python -m tests.journeys.pictures http://localhost:8000 PASSWORD [NAME …]`.

The first are of an alert that runs, so begin within two minutes of the demo's start. `pack.png` is of a file and is not among them.
"""

import shutil
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from portal.foundation import clock
from reports.packs.quarters import Quarter

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
WIDE, TALL = {"width": 1440, "height": 900}, {"width": 1440, "height": 1000}
PHONE = {"width": 390, "height": 844}
SIMULATE = "/admin/policies/policyversion/simulate/"
SCRIPT = (
    "+2min acknowledge sofia.rossi",
    "+50min acknowledge lena.brandt compliance",
    "+80min acknowledge second.approver stakeholder",
    "+2h resolve",
)


class Visit:
    """One reader's browser at the demo."""

    def __init__(self, browser: Any, address: str, username: str, password: str, **context: Any) -> None:
        self.browser, self.address, self.password = browser, address, password
        self.page = browser.new_context(**context).new_page()
        self.page.set_default_timeout(120_000)
        self.page.goto(f"{address}/admin/login/")
        self.page.fill("#id_username", username)
        self.page.fill("#id_password", password)
        with self.page.expect_navigation():
            self.page.click("form [type=submit]")

    def to(self, path: str) -> None:
        self.page.goto(self.address + path)

    def beside(self, username: str) -> "Visit":
        """Somebody else at the same demo."""
        return Visit(self.browser, self.address, username, self.password)

    def choose(self, name: str, words: str) -> None:
        """By the field itself: a script draws the list of choices over it."""
        self.page.evaluate(
            "([name, words]) => { const field = document.querySelector(`[name=${name}]`);"
            " field.value = [...field.options].find(option => option.text.trim() === words).value; }",
            [name, words],
        )

    def press(self, selector: str) -> None:
        with self.page.expect_navigation():
            self.page.locator(selector).first.click()

    def link(self, words: str, within: str = "#content-main, .work-list") -> None:
        with self.page.expect_navigation():
            self.page.locator(within).get_by_role("link", name=words).first.click()


def live(visit: Visit) -> None:
    visit.to("/admin/")
    visit.link("Payments fail for some")


def work_list(visit: Visit) -> None:
    visit.to("/admin/")


def approval(visit: Visit) -> None:
    visit.to("/admin/")
    visit.link("Card payments escalation v2")


def schedule(visit: Visit) -> None:
    visit.to("/admin/policies/oncallschedule/")
    visit.link("Payments platform rota", "#result_list")
    if not visit.page.get_by_text("Override", exact=True).count():
        visit.link("Next", "body")
        visit.page.evaluate("scrollTo(0, 0)")


def simulation(visit: Visit) -> None:
    visit.to(SIMULATE)
    told = {"severity": "SEV2", "begins": "2027-03-28T01:30:00+01:00", "zone": "Europe/Madrid", "event": SCRIPT}
    for name, words in {"version": "Card payments escalation, version 2", "service": "Card payments"}.items():
        told[name] = visit.page.locator(f"[name={name}] option", has_text=words).first.get_attribute("value")
    visit.to(f"{SIMULATE}?{urlencode(told, doseq=True)}")


def review(visit: Visit) -> None:
    visit.to("/admin/")
    visit.link("the whole organisation")


def dashboard(visit: Visit) -> None:
    visit.to("/admin/reports/dashboard/figures/")


def conformance(visit: Visit) -> None:
    """Of a level that a commander leaves out first."""
    commander = visit.beside("commander")
    commander.to("/admin/incidents/incident/add/")
    commander.page.fill("[name=title]", "One acquirer answers nothing any more")
    commander.choose("service", "Card payments")
    commander.press("[name=_save]")
    incident = commander.page.url.partition("/change/")[0]
    commander.page.wait_for_timeout(3000)
    commander.page.goto(f"{incident}/do/bypass/")
    commander.page.fill("[name=reason]", "The acquirer's contract is with the head of payments, who alone can have it switched.")
    commander.press("#content-main form [type=submit]")
    visit.to(f"/admin/reports/dashboard/conformance/?quarter={Quarter.of(clock.now())}")


PICTURES: dict[str, tuple[str, dict[str, Any], Callable[[Visit], None]]] = {
    "incident": ("responder", {"viewport": TALL}, live),
    "incident-narrow": ("responder", {"viewport": PHONE, "device_scale_factor": 2, "color_scheme": "dark"}, live),
    "work-list": ("responder", {"viewport": WIDE}, work_list),
    "approval": ("approver", {"viewport": TALL}, approval),
    "on-call": ("responder", {"viewport": TALL}, schedule),
    "simulation": ("manager", {"viewport": TALL}, simulation),
    "quarterly-review": ("compliance", {"viewport": TALL}, review),
    "dashboard": ("compliance", {"viewport": TALL}, dashboard),
    "conformance": ("compliance", {"viewport": TALL}, conformance),
}


def keep(picture: bytes, name: str) -> None:
    """In 256 colours: a third of the bytes, and nobody sees it."""
    from PIL import Image

    Image.open(BytesIO(picture)).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(IMAGES / f"{name}.png", optimize=True)


def main(address: str, password: str, *names: str) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as drives:
        browser = drives.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"])
        for name in names or PICTURES:
            reader, context, goes = PICTURES[name]
            visit = Visit(browser, address, reader, password, **context)
            goes(visit)
            visit.page.wait_for_load_state("networkidle")
            keep(visit.page.screenshot(), name)
            sys.stdout.write(f"{name}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
