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
from statistics import median

import pytest

from portal.foundation.outbox.sending import CALLS_A_LANE
from tests.journeys.test_engine_survives_a_kill import own_database
from tests.receiver import Answer, Receiver, receiver, status, told

from .world import WHOLE_WAY, World, wait_until, world

pytestmark = pytest.mark.database_of_its_own
TIMEOUT = 2
# Each call to the dead provider takes this long, and there are several times as many of them as may run at once.
DEAD_AFTER = 10
DEAD_CALLS = int(os.environ.get("CHAOS_DEAD_CALLS", "300"))
BURST, BURSTS = 40, 5
_numbers = count(1)


def hang(request: BaseHTTPRequestHandler) -> None:
    time.sleep(TIMEOUT + 2)


def silent(request: BaseHTTPRequestHandler) -> None:
    time.sleep(DEAD_AFTER + 2)


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


def test_a_dead_provider_delays_nobody_elses_messages_by_more_than_a_second(tmp_path: Path) -> None:
    with own_database(tmp_path) as database, receiver(*[silent] * 10_000) as dead, receiver() as well:
        # Another name of this machine is another provider.
        addresses = {"Ana Ruiz": [dead.url.replace("127.0.0.1", "localhost")], "*": [well.url]}
        allowed = f"localhost:{dead.port},127.0.0.1:{well.port}"
        with world(tmp_path, database, OUTBOUND_ALLOWED_HOSTS=allowed, OUTBOUND_TIMEOUT_SECONDS=f"{DEAD_AFTER}") as installation:
            installation.ask("prepare", phones=addresses)
            installation.ask("incidents", count=1)
            installation.start("sender")
            installation.ask("messages", name="Tom Berg", keys=["first"])
            wait_until(lambda: bool(well.keys), 60)
            alone = [slowest(installation, well, f"alone-{number}") for number in range(BURSTS)]
            installation.ask("messages", name="Ana Ruiz", keys=[f"dead-{number}" for number in range(DEAD_CALLS)])
            wait_until(lambda: len(dead.keys) >= CALLS_A_LANE, DEAD_AFTER)
            beside = [slowest(installation, well, f"beside-{number}") for number in range(BURSTS)]
            # It was dead all the while, and is called in vain.
            assert len(dead.keys) >= CALLS_A_LANE
            said = installation.ask("report")["messages"]
    print(f"{BURST} messages alone {alone}, beside a dead provider {beside} s")  # noqa: T201
    assert {state for key, state, *_ in said if key.startswith("dead")} <= {"pending", "sending"}
    # Of each the one in the middle: this machine may be busy with something else for a moment.
    assert median(beside) <= median(alone) + 1, (alone, beside)


def slowest(installation: World, phone: Receiver, name: str) -> float:
    """Seconds from the commit of many messages to the moment in which the last of them is at their provider."""
    keys = {f"{name}-{number}" for number in range(BURST)}
    begun = installation.ask("messages", name="Tom Berg", keys=sorted(keys))
    wait_until(lambda: keys <= set(phone.keys), 60)
    return round(max(at for key, at in zip(phone.keys, phone.at, strict=False) if key in keys) - begun, 2)
