"""Providers that refuse, break, hang, drip, reset, or take everything and deliver nothing: every page arrives in the end."""

import os
import socket
import struct
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler
from itertools import count
from pathlib import Path

import pytest

from tests.journeys.test_engine_survives_a_kill import own_database
from tests.receiver import Answer, Receiver, receiver, status, told

from .world import WHOLE_WAY, world

pytestmark = pytest.mark.database_of_its_own
TIMEOUT = 2
_numbers = count(1)


def hang(request: BaseHTTPRequestHandler) -> None:
    time.sleep(TIMEOUT + 2)


def drip(request: BaseHTTPRequestHandler) -> None:
    """Always a letter of the answer within the time-out, never the whole of it."""
    for letter in b"HTTP/1.1 204 No Content\r\n":
        request.wfile.write(bytes([letter]))
        request.wfile.flush()
        time.sleep(TIMEOUT / 4)


def reset(request: BaseHTTPRequestHandler) -> None:
    request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.connection.close()


def accepted(request: BaseHTTPRequestHandler) -> None:
    """As Twilio takes a text; nothing is ever reported of it."""
    told(201, {"sid": f"SM{next(_numbers):032x}", "status": "queued"})(request)


FAULTS: dict[str, list[Answer]] = {
    "Ana Ruiz": [status(429, Retry_After="1"), status(503)],
    "Tom Berg": [status(500), status(500)],
    "Kim Park": [drip, reset],
    "Eva Lind": [hang, status(500)],
}


@pytest.fixture
def phones() -> Iterator[dict[str, Receiver]]:
    with ExitStack() as stack:
        yield {name: stack.enter_context(receiver(*FAULTS.get(name, []))) for name in (*FAULTS, "gateway", "*")}


def test_every_page_arrives_whatever_its_provider_does_first(tmp_path: Path, phones: dict[str, Receiver]) -> None:
    gateway = phones.pop("gateway")
    gateway.answers += [accepted] * 20
    texts = {
        "TELEPHONE_API_URL": f"http://127.0.0.1:{gateway.port}",
        "TELEPHONE_ACCOUNT_SID": f"AC{'0' * 32}",
        "TELEPHONE_AUTH_TOKEN": "s3cret",
        "TELEPHONE_SMS_FROM": "+15005550006",
        "OUTBOUND_TIMEOUT_SECONDS": str(TIMEOUT),
        # Reports are asked for, and waited for, only where others could reach the portal.
        "PORTAL_URL": "https://portal.example",
    }
    addresses = {name: [phone.url] for name, phone in phones.items()}
    # The owner's text is taken and never confirmed: the next way has to bring it.
    addresses["Olga Owner"] = ["sms:+15005550010", phones["*"].url]
    with own_database(tmp_path) as database, world(tmp_path, database, *phones.values(), gateway, **texts) as installation:
        installation.ask("prepare", phones=addresses, receipt_within={"sms": 3}, window=12, backup_after=6)
        for name in ("engine", "sender"):
            installation.start(name)
        installation.ask("incidents", count=1)
        installation.wait_until_over(1, 180)
        found = installation.ask("report")
    [steps] = found["runs"].values()
    assert [(level, position, name) for _, action, level, position, name, *_ in steps if action == "paged"] == WHOLE_WAY
    tries = {person: [state, *attempts] for _, state, person, attempts in found["messages"]}
    expected = {name: ["delivered", False, False, True] for name in FAULTS}
    # The gateway took it: that is an attempt that succeeded, and still not enough.
    assert tries == expected | {"Olga Owner": ["delivered", True, True]}
    keys = Counter(key for phone in phones.values() for key in phone.keys)
    assert set(keys) == {key for key, *_ in found["messages"]}
    assert sorted(keys.values()) == [1, 3, 3, 3, 3]


def test_a_dead_provider_delays_nobody_elses_messages(tmp_path: Path) -> None:
    how_many = int(os.environ.get("CHAOS_DEAD_CALLS", "40"))
    with own_database(tmp_path) as database, receiver(*[hang] * 1000) as dead, receiver() as well:
        addresses = {"Ana Ruiz": [dead.url], "*": [well.url]}
        with world(tmp_path, database, dead, well, OUTBOUND_TIMEOUT_SECONDS="10") as installation:
            installation.ask("prepare", phones=addresses, window=60, backup_after=4)
            for name in ("engine", "sender"):
                installation.start(name)
            installation.ask("incidents", count=how_many)
            deadline = time.monotonic() + 60
            while len(well.keys) < how_many and time.monotonic() < deadline:
                time.sleep(0.1)
    assert len(well.keys) >= how_many
