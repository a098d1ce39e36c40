"""What may be called, and for how long we listen."""

import socket
import time
from http.server import BaseHTTPRequestHandler
from types import SimpleNamespace
from typing import Any

import pytest

from portal.foundation import kept_connections, outbound_http
from portal.foundation.errors import DeliveryFailed
from portal.foundation.outbound_http import check_host, post_json
from tests.receiver import receiver, status

INTERNAL = [
    "127.0.0.1",
    "localhost",
    "0.0.0.0",  # noqa: S104 - an address to refuse
    "10.0.0.1",
    "172.16.3.4",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "224.0.0.1",
    "::1",
    "::",
    "fe80::1",
    "fd00::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b:1::a00:1",
    "::127.0.0.1",
    "fec0::1",
    "fe80::5efe:7f00:1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2002:7f00:1::",
    "2130706433",
    "0x7f.1",
]


@pytest.fixture
def closed(settings: Any) -> None:
    settings.OUTBOUND_ALLOWED_HOSTS = []


@pytest.mark.parametrize("host", INTERNAL)
@pytest.mark.usefixtures("closed")
def test_internal_addresses_are_refused_for_good_and_nothing_is_called(host: str) -> None:
    with pytest.raises(DeliveryFailed, match=r"internal network|cannot be resolved") as refused:
        check_host(host, 80)
    assert host not in refused.value.message


@pytest.mark.usefixtures("closed")
def test_a_refused_receiver_hears_nothing() -> None:
    with receiver() as phone, pytest.raises(DeliveryFailed, match="internal network") as refused:
        post_json(phone.url, {})
    assert (phone.got, refused.value.permanent) == ([], True)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
@pytest.mark.usefixtures("closed")
def test_public_addresses_are_allowed(address: str) -> None:
    assert check_host(address, 443) == [address]


def test_one_internal_address_among_several_refuses_the_host(closed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: [(2, 1, 6, "", (ip, 80)) for ip in ("8.8.8.8", "127.0.0.1")])
    with pytest.raises(DeliveryFailed, match="internal network"):
        check_host("two-faced.example", 80)


def test_the_checked_address_is_the_one_that_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that answers differently the second time cannot lead us elsewhere: it is asked once."""
    asked = []
    original = socket.getaddrinfo

    def once(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host == "phone.example":
            asked.append(host)
            return original("127.0.0.1", *args, **kwargs)
        return original(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", once)
    with receiver() as phone:
        monkeypatch.setattr(outbound_http.settings, "OUTBOUND_ALLOWED_HOSTS", ["phone.example:*"])
        post_json(f"http://phone.example:{phone.port}/", {"hello": 1})
    assert (len(asked), phone.got) == (1, [{"hello": 1}])


def test_a_host_is_allowed_for_its_own_port_only(settings: Any) -> None:
    settings.OUTBOUND_ALLOWED_HOSTS = ["127.0.0.1:9"]
    assert check_host("127.0.0.1", 9) == ["127.0.0.1"]
    with pytest.raises(DeliveryFailed):
        check_host("127.0.0.1", 10)


def test_an_environment_proxy_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    with receiver() as phone:
        post_json(phone.url, {})
    assert len(phone.got) == 1


def test_a_redirect_is_not_followed() -> None:
    with receiver() as trap, receiver(status(307, Location=trap.url)) as phone:
        with pytest.raises(DeliveryFailed, match="redirect") as refused:
            post_json(phone.url, {})
        assert (len(phone.got), trap.got, refused.value.permanent) == (1, [], True)


@pytest.mark.parametrize(("code", "permanent"), [(400, True), (404, True), (408, False), (429, False), (500, False), (503, False)])
def test_only_answers_that_cannot_change_are_permanent(code: int, permanent: bool) -> None:
    with receiver(status(code)) as phone, pytest.raises(DeliveryFailed, match=str(code)) as failed:
        post_json(phone.url, {})
    assert failed.value.permanent is permanent


def test_a_big_answer_is_cut_off() -> None:
    def flood(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        for _ in range(64):
            request.wfile.write(b"x" * 65536)

    with receiver(flood) as phone, pytest.raises(DeliveryFailed, match="larger than 1 MB"):
        post_json(phone.url, {})


@pytest.mark.parametrize("part", ["body", "headers"])
def test_a_receiver_that_answers_a_byte_at_a_time_cannot_hold_us(part: str, settings: Any) -> None:
    settings.OUTBOUND_TIMEOUT_SECONDS = 0.6

    def drip(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(b"HTTP/1.0 200 OK\r\n" + (b"\r\n" if part == "body" else b"X-Slow: "))
        for _ in range(2_000):
            request.wfile.write(b"x")
            request.wfile.flush()
            time.sleep(0.05)

    began = time.monotonic()
    with receiver(drip) as phone, pytest.raises(DeliveryFailed, match="No answer"):
        post_json(phone.url, {})
    assert time.monotonic() - began < 60


@pytest.mark.parametrize(
    "url", ["", "phone", "ftp://127.0.0.1/", "http://", "http://[::1", "file:///etc/passwd", "http://127.0.0.1:99999/"]
)
def test_what_is_no_web_address_fails_in_words(url: str) -> None:
    with pytest.raises(DeliveryFailed):
        post_json(url, {})


def test_no_message_repeats_the_address() -> None:
    with pytest.raises(DeliveryFailed) as failed:
        post_json("http://s3cret.invalid/t0ken", {})
    assert "s3cret" not in failed.value.message
    assert "t0ken" not in failed.value.message


@pytest.fixture
def keeping(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Receivers that keep their connections open; the list grows by one a connection."""
    opened: list[Any] = []
    monkeypatch.setattr(kept_connections, "KEPT_SECONDS", 600.0)
    original = BaseHTTPRequestHandler.setup

    def setup(self: BaseHTTPRequestHandler) -> None:
        opened.append(self.client_address)
        original(self)

    monkeypatch.setattr(BaseHTTPRequestHandler, "protocol_version", "HTTP/1.1")
    monkeypatch.setattr(BaseHTTPRequestHandler, "setup", setup)
    return opened


def test_one_connection_serves_several_calls_and_takes_no_cookie_along(keeping: list[Any]) -> None:
    with receiver(status(200, Set_Cookie="who=ana")) as phone:
        for number in range(3):
            post_json(phone.url, {"number": number})
    assert (len(keeping), len(phone.got), "Cookie" in phone.headers[1]) == (1, 3, False)


def test_each_call_has_its_own_time_on_a_connection_that_is_kept(
    keeping: list[Any], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.OUTBOUND_TIMEOUT_SECONDS = 60
    passed = [0.0]
    monkeypatch.setattr(kept_connections, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + passed[0]))

    def slow(request: BaseHTTPRequestHandler) -> None:
        passed[0] += 25
        status(204)(request)

    with receiver(slow, slow, slow) as phone:
        for number in range(3):
            post_json(phone.url, {"number": number})
    assert (len(keeping), len(phone.got)) == (1, 3)
