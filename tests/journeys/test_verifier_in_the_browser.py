"""An auditor opens the bundle's own page from a folder, without any network, and gets the verdict.
Run where Playwright and Chromium are installed: `make browser`. SHOTS=folder keeps pictures of the page."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from audit.evidence.page import verifier_page
from tests.audit.evidence.verifier.made_bundles import Members, Signer, described, packed, small_ledger

from .chromium import CHROMIUM, browser

__all__ = ["browser"]
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="There is no Chromium on this machine.")
SHOTS = os.environ.get("SHOTS")


@pytest.fixture
def page(browser: Any, tmp_path: Path) -> Iterator[Any]:
    """The page as a file on a computer without a network. What it refused or tried is in `page.said`."""
    (tmp_path / "verify.html").write_bytes(verifier_page())
    context = browser.new_context(viewport={"width": 1440, "height": 900}, offline=True)
    page = context.new_page()
    page.said = []
    page.on("console", lambda said: page.said.append(said.text))
    page.on("pageerror", lambda error: page.said.append(str(error)))
    page.on("request", lambda asked: page.said.append(asked.url) if not asked.url.startswith(("file:", "blob:")) else None)
    page.goto((tmp_path / "verify.html").as_uri())
    yield page
    context.close()


def bundle(folder: Path, members: Members, name: str = "bundle.zip") -> str:
    (folder / name).write_bytes(packed(members))
    return str(folder / name)


def check(page: Any, *files: str) -> str:
    """Chooses the files and waits for the verdict."""
    page.evaluate("document.getElementById('result').replaceChildren()")
    page.set_input_files("#file", list(files))
    page.wait_for_selector("#result .verdict, #result .problem", timeout=60_000)
    return str(page.inner_text("#result"))


def keep(page: Any, name: str) -> None:
    """A picture in both widths; the page must fit into both."""
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), (name, width)
        if SHOTS:
            page.screenshot(path=f"{SHOTS}/{name}-{width}.png", full_page=True)


def test_an_auditor_checks_bundles_without_a_network(page: Any, tmp_path: Path) -> None:
    ledger = small_ledger()
    members = ledger.export()
    keep(page, "start")

    said = check(page, bundle(tmp_path, members))
    assert said.startswith("Sound")
    assert "13 in full" in said
    assert "Whose key it is: you gave none" in said
    keep(page, "sound")

    entries = members["entries.jsonl"].replace(b"note 5", b"note X")
    said = check(page, bundle(tmp_path, described({**members, "entries.jsonl": entries}), "tampered.zip"))
    assert said.startswith("Tampered")
    assert "one of 4 to 7, bounded by the checkpoint of 8 entries" in said
    keep(page, "tampered")

    cut = tmp_path / "cut.zip"
    cut.write_bytes(packed(members)[:-20])
    assert check(page, str(cut)).startswith("Incomplete")
    keep(page, "incomplete")
    assert page.said == []


def test_a_key_given_by_hand_binds(page: Any, tmp_path: Path) -> None:
    ledger = small_ledger()
    path = bundle(tmp_path, ledger.export())
    check(page, path)
    page.click("summary")
    for key, word in ((Signer("somebody else"), "Unknown key"), (ledger.keys[0], "Sound")):
        page.fill("#keys", key.vkey)
        page.click("#again")
        page.wait_for_function("word => document.querySelector('#result .word')?.textContent === word", arg=word)
    page.fill("#keys", "no key")
    page.click("#again")
    page.wait_for_selector("#result .problem")
    assert "neither a key nor a line of a policy" in page.inner_text("#result")
    keep(page, "key")
    assert page.said == []


def test_a_single_proof_is_checked_with_its_entry(page: Any, tmp_path: Path) -> None:
    ledger = small_ledger()
    (tmp_path / "item.json").write_bytes(ledger.entries[5])
    (tmp_path / "item.tlog-proof").write_text(ledger.proof(5))
    assert "Choose both files together" in check(page, str(tmp_path / "item.tlog-proof"))
    page.click("summary")
    page.fill("#keys", ledger.keys[0].vkey)
    assert check(page, str(tmp_path / "item.tlog-proof"), str(tmp_path / "item.json")).startswith("Sound")
    keep(page, "proof")
    assert page.said == []


def test_it_checks_signatures_itself_where_the_browser_cannot(page: Any, tmp_path: Path) -> None:
    members = small_ledger().export()
    page.evaluate("() => { crypto.subtle.importKey = () => Promise.reject(new Error('no Ed25519 here')); }")
    assert check(page, bundle(tmp_path, members)).startswith("Sound")
    forged = small_ledger(0)
    forged.write()
    forged.keys[0].private = Signer("somebody else").private
    assert check(page, bundle(tmp_path, forged.export(), "forged.zip")).startswith("Unsigned")
    assert page.said == []
