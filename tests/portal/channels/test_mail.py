"""E-mail carries codes and information through a real connection to a mail server, and never an alert."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message as Read
from typing import Any

import pytest

from portal.foundation.channels.base import Handed, Message, can_alert, channels, check_address
from portal.foundation.errors import DeliveryFailed, InvalidInput

NEWS = Message("key-1", "duty.unverified", "Ana", "You are on duty\nsoon", "From Monday.", "https://portal.example/1")


@contextmanager
def mail_server(settings: Any, rcpt: bytes = b"250 ok") -> Iterator[list[Read]]:
    """A server that takes mail, or answers RCPT with `rcpt`."""
    got: list[Read] = []

    class Talk(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 mail\r\n")
            for line in self.rfile:
                verb = line.strip().upper()
                if verb == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    lines = []
                    while (text := self.rfile.readline()) != b".\r\n":
                        lines.append(text)
                    got.append(message_from_bytes(b"".join(lines)))
                self.wfile.write((rcpt if verb.startswith(b"RCPT") else b"221 bye" if verb == b"QUIT" else b"250 ok") + b"\r\n")
                if verb == b"QUIT":
                    return

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Talk) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.server_address[1]
        settings.EMAIL_USE_TLS, settings.DEFAULT_FROM_EMAIL = False, "Portal <portal@example.com>"
        yield got
        server.shutdown()


def test_information_goes_out_as_plain_text_with_a_key_that_repeats_share(settings: Any) -> None:
    with mail_server(settings) as got:
        assert channels["email"].send("ana@example.com", NEWS) == Handed("taken by the mail server")
    (mail,) = got
    assert (mail["To"], mail["From"], mail["Subject"]) == ("ana@example.com", "Portal <portal@example.com>", "You are on duty soon")
    assert (mail["Message-ID"], mail["Auto-Submitted"]) == ("<key-1@example.com>", "auto-generated")
    assert str(mail.get_payload()).strip().replace("\r\n", "\n") == "From Monday.\n\nhttps://portal.example/1"


@pytest.mark.parametrize("kind", ["escalation.page", "escalation.exhausted", "drill.page"])
def test_an_alert_never_goes_by_email(settings: Any, kind: str) -> None:
    settings.EMAIL_HOST = "127.0.0.1"
    with pytest.raises(DeliveryFailed, match="does not carry alerts") as refused:
        channels["email"].send("ana@example.com", Message("k", kind, "Ana", "SEV1", "", ""))
    assert refused.value.permanent
    assert not can_alert("email", "ana@example.com")


@pytest.mark.parametrize(("answer", "permanent"), [(b"550 ana@example.com unknown", True), (b"451 later", False)])
def test_a_refused_address_is_not_told(settings: Any, answer: bytes, permanent: bool) -> None:
    with mail_server(settings, answer), pytest.raises(DeliveryFailed, match="does not accept this address") as failed:
        channels["email"].send("ana@example.com", NEWS)
    assert failed.value.permanent is permanent
    assert "ana@" not in failed.value.message


def test_a_server_that_is_not_there_is_worth_another_try(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    with pytest.raises(DeliveryFailed, match="cannot be reached") as failed:
        channels["email"].send("ana@example.com", NEWS)
    assert not failed.value.permanent


def test_without_a_server_it_says_that_it_is_not_set_up() -> None:
    with pytest.raises(DeliveryFailed, match="EMAIL_HOST"):
        channels["email"].send("ana@example.com", NEWS)


@pytest.mark.parametrize(
    "typed", ["ana", "ana@", "@example.com", "ana@localhost", "a@b.com, c@d.com", "a@b.com\nBcc: c@d.com", "mailto:a@b.com", ""]
)
def test_what_is_no_mail_address_is_refused(typed: str) -> None:
    with pytest.raises(InvalidInput, match="not a mail address"):
        check_address("email", typed)
