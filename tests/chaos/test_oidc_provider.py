"""Signing in at a real provider of OpenID Connect: npm's oidc-provider on this machine, walked through as a browser would.

Install it anywhere (`npm install oidc-provider`) and say where: OIDC_PROVIDER_MODULES=/path/to/node_modules CHAOS=1.
"""

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest

from audit.models import LedgerEvent
from portal.foundation.front_door.oidc import providers
from portal.models import LinkedIdentity, User
from tests.factories.portal import person

MODULES = Path(os.environ.get("OIDC_PROVIDER_MODULES", "node_modules"))
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(shutil.which("node") is None, reason="There is no node on this machine."),
    pytest.mark.skipif(not (MODULES / "oidc-provider").is_dir(), reason="OIDC_PROVIDER_MODULES names no folder with npm's oidc-provider."),
]


@pytest.fixture
def issuer(live_server: Any, settings: Any) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings.PORTAL_URL = live_server.url
    script = Path(__file__).with_name("oidc_provider.mjs")
    command = ["node", str(script), str(MODULES.resolve()), str(port), f"{live_server.url}/account/oidc/1/back/"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as node:
        assert node.stdout
        said = []
        while not (said and said[-1].strip() == "ready"):
            said.append(node.stdout.readline())
            assert said[-1], "".join(said)
        providers.forget()
        settings.OIDC_PROVIDERS = [
            {
                "key": "1",
                "name": "oidc-provider",
                "issuer": f"http://127.0.0.1:{port}",
                "client_id": "portal",
                "client_secret": "s:cret & 100 %",
                "groups_claim": "groups",
                "roles": {"sre": "responder", "grc": "compliance"},
            }
        ]
        yield f"http://127.0.0.1:{port}"
        node.kill()


class Browser:
    """Follows redirects and fills in the provider's forms."""

    def __init__(self, name: str) -> None:
        self.name, self.client = name, httpx.Client(trust_env=False)

    def opens(self, address: str) -> httpx.Response:
        """Where one is in the end."""
        answer = self.client.get(address)
        for _ in range(20):
            if answer.has_redirect_location:
                answer = self.client.get(urljoin(str(answer.url), answer.headers["location"]))
            elif "/interaction/" in str(answer.url):
                answer = self.answers(answer)
            else:
                return answer
        raise AssertionError("It leads round in circles.")

    def answers(self, page: httpx.Response) -> httpx.Response:
        """The provider's own pages: who one is, and that one agrees."""
        action = re.search(r'<form[^>]* action="([^"]+)"', page.text)
        fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
        if 'name="login"' in page.text:
            fields |= {"login": self.name, "password": "any"}
        assert action, page.text
        return self.client.post(urljoin(str(page.url), unescape(action[1])), data=fields)


def test_an_identity_is_refused_until_linked_then_opens_the_account_with_its_mapped_role(issuer: str, live_server: Any, now: Any) -> None:
    go = f"{live_server.url}/account/oidc/1/?next=/account/"
    stranger = Browser("ana").opens(go)
    assert (stranger.status_code, "is not linked" in stranger.text) == (403, True)
    assert LedgerEvent.objects.filter(type="account.identity_refused").count() == 1

    ana = person("Ana Ruiz", roles=("compliance",))
    LinkedIdentity.objects.create(user=ana, issuer=issuer, subject="ana", linked_at=now)
    browser = Browser("ana")
    page = browser.opens(go)
    assert (page.status_code, str(page.url)) == (200, f"{live_server.url}/account/")
    assert "oidc-provider" in page.text
    assert list(ana.groups.values_list("name", flat=True)) == ["Responders"]
    assert Browser("tom").opens(go).status_code == 403
    assert User.objects.count() == 1

    again = browser.opens(f"{live_server.url}/account/oidc/1/?next=/account/password/")
    assert again.status_code == 200, again.text
