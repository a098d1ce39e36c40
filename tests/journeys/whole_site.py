"""Every page of the portal that a browser can be led to, and what is looked for on each."""

import re
import sys
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.urls import get_resolver, reverse

from tests.audit.test_completeness import addresses

# What is no page: files, parts of pages, and what ends the session.
NO_PAGE = re.compile(
    r"/policyversion/[^/]+/replay/|/(logout|jsi18n|autocomplete|line|live|lock|proof|entries|marks|manifest|download|duty-hours|search|check)/|sessions/end/|/login/|\.csv|/admin/r/|/oidc/|/history/."
)
# What a browser says of a file, and of an answer without a body.
NO_HTML = ("Download is starting", "ERR_HTTP_RESPONSE_CODE_FAILURE")
REFUSED, ENOUGH = {400, 403, 404}, 4
ARGUMENT = re.compile(r"\(\?P<\w+>(?:\[[^\]]*\]|[^()])*\)|\(\[\^/\]\+\)|<[^>]*>")

# Run in the page: what is wrong with it, in words.
WRONG = r"""() => {
  const wrong = [], shown = it => it.getClientRects().length > 0 && getComputedStyle(it).visibility !== "hidden";
  const told = ids => (ids || "").split(/\s+/).map(id => document.getElementById(id)?.textContent.trim() || "").join("");
  if (!document.documentElement.lang) wrong.push("no language");
  if (!document.title.trim()) wrong.push("no title");
  const heads = document.querySelectorAll("h1").length;
  if (heads !== 1) wrong.push(`${heads} first headings`);
  for (const it of document.querySelectorAll("input:not([type=hidden]), select, textarea")) {
    const labels = [...(it.labels || [])].map(label => label.textContent.trim()).join("");
    const button = ["submit", "button", "reset"].includes(it.type) ? it.value : "";
    if (shown(it) && !(labels || it.ariaLabel || told(it.getAttribute("aria-labelledby")) || it.title || button)) wrong.push(`no label: ${it.outerHTML.slice(0, 120)}`);
  }
  for (const it of document.querySelectorAll("a[href], button")) {
    const name = it.textContent.trim() || it.ariaLabel || it.title || told(it.getAttribute("aria-labelledby")) || it.querySelector("[title], img[alt]:not([alt=''])");
    if (shown(it) && !name) wrong.push(`no name: ${it.outerHTML.slice(0, 120)}`);
  }
  for (const it of document.querySelectorAll("img:not([alt])")) wrong.push(`no words for ${it.outerHTML.slice(0, 120)}`);
  const seen = new Set();
  for (const { id } of document.querySelectorAll("[id]")) seen.has(id) ? wrong.push(`id '${id}' twice`) : seen.add(id);
  return wrong;
}"""
TOO_WIDE = "() => document.documentElement.scrollWidth > innerWidth ? document.documentElement.scrollWidth : 0"


def pages() -> list[str]:
    """Lists, forms, histories and deletions of each kind of thing, its verbs, and what else hangs beside them; of the newest thing of its kind."""
    return list(dict.fromkeys([*_of_things(), *_of_addresses(), "/admin/nowhere/", "/nowhere/"]))


def _of_things() -> Iterator[str]:
    for model, page in admin.site._registry.items():
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield from (reverse(f"{name}_changelist"), reverse(f"{name}_add"))
        row = _newest(model)
        if row is not None:
            yield from (reverse(f"{name}_{kind}", args=[row.pk]) for kind in ("change", "history", "delete"))
            yield from (page.verb_address(row, verb) for verb in getattr(page, "verbs", ()) if not verb.one_press)


def _of_addresses() -> Iterator[str]:
    """Those with one argument are taken to name a thing of the kind that they hang under."""
    kinds = {f"/admin/{model._meta.app_label}/{model._meta.model_name}/": model for model in admin.site._registry}
    for route in addresses(get_resolver()):
        arguments = len(ARGUMENT.findall(route))
        under = next((base for base in kinds if route.startswith(base)), "")
        row = _newest(kinds[under]) if under else None
        if route.startswith(("/admin/", "/account/")) and arguments < 2 and (row or not arguments) and not NO_PAGE.search(route):
            yield ARGUMENT.sub(str(row.pk) if row else "", route)


def _newest(model: Any) -> Any:
    return model._default_manager.order_by("-pk").first()


class Looks:
    """A browser's page that goes from address to address and gathers what is wrong, by address."""

    def __init__(self, page: Any) -> None:
        self.page, self.wrong, self._now, self._refused = page, dict[str, list[str]](), list[str](), 0
        self._no_pages = set[str]()
        page.on("console", self._said)
        page.on("pageerror", lambda error: self._now.append(str(error)))
        page.on("requestfailed", self._failed)

    def _said(self, said: Any) -> None:
        # Of what is no page a browser still complains when it is at the next one.
        if said.type == "error" and said.location.get("url", "") not in self._no_pages:
            self._now.append(said.text)

    def _failed(self, request: Any) -> None:
        # Leaving a page cuts off what it still loads.
        if "ERR_ABORTED" not in str(request.failure):
            self._now.append(f"{request.url}: {request.failure}")

    def at(self, address: str, path: str) -> int:
        """The answer's status; 0 for what is no page of HTML."""
        self._now.clear()
        try:
            answer = self.page.goto(address + path)
        except Exception as error:  # noqa: BLE001 - Playwright may not be there to name its error
            if not any(words in str(error) for words in NO_HTML):
                self.wrong[path] = [str(error)]
                sys.stdout.write(f"\n{path}: {error}")
            self._no_pages.add(address + path)
            return 0
        if "html" not in answer.headers.get("content-type", ""):
            return 0
        # Refusals look alike.
        self._refused += answer.status in REFUSED
        if answer.status in REFUSED and self._refused > ENOUGH:
            return int(answer.status)
        wrong = list(self.page.evaluate(WRONG))
        self.page.set_viewport_size({"width": 390, "height": 844})
        if wide := self.page.evaluate(TOO_WIDE):
            wrong.append(f"{wide} pixels wide on a narrow screen")
        self.page.set_viewport_size({"width": 1440, "height": 900})
        # A browser says itself that a page was refused or is not there.
        refused = f"the server responded with a status of {answer.status}"
        wrong += [said for said in self._now if answer.status not in REFUSED or refused not in said]
        if wrong or answer.status >= 500:
            self.wrong[f"{answer.status} {path}"] = wrong
            # As it comes, for whoever waits for the whole of it.
            sys.stdout.write(f"\n{answer.status} {path}: {wrong}")
        return int(answer.status)
