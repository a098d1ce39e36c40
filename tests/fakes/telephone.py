"""A telephone service as Twilio documents it: it checks requests, answers with its own codes, and calls back signed."""

import json
import re
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from xml.etree import ElementTree

from django.test import Client
from twilio.request_validator import RequestValidator

ACCOUNT, TOKEN, OWN = "AC" + "0" * 32, "t0p-s3cret", "+15005550006"
PORTAL = "https://portal.example"
EVENTS = {"initiated", "ringing", "answered", "completed"}
VERBS = {"Response", "Say", "Pause", "Gather"}
CONTRACTS = Path(__file__).parents[1] / "contracts" / "twilio"
_PATH = re.compile(r"/2010-04-01/Accounts/(AC[0-9a-f]{32})/(Messages|Calls)\.json")
_numbers = count(1)


@dataclass
class Telephone:
    """`taken` holds what was accepted: each form with its 'Sid'. `refusals` are codes to answer with, one a request."""

    port: int = 0
    taken: list[dict[str, list[str]]] = field(default_factory=list)
    refusals: list[int] = field(default_factory=list)

    def answer(self, path: str, authorization: str, body: str) -> tuple[int, dict[str, Any]]:
        """What the service answers, and what it keeps."""
        form = parse_qs(body, keep_blank_values=True)
        found = _PATH.fullmatch(path)
        if found is None:
            return 404, _refusal(20404, 404)
        if authorization != "Basic " + b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode():
            return 401, _refusal(20003, 401)
        code = self.refusals.pop(0) if self.refusals else _problem(found[2], form)
        if code:
            return 400, _refusal(code, 400)
        sid = f"{'SM' if found[2] == 'Messages' else 'CA'}{next(_numbers):032x}"
        self.taken.append(form | {"Sid": [sid]})
        return 201, {"sid": sid, "status": "queued", "to": form["To"][0], "account_sid": ACCOUNT}


def call_back(path: str, params: dict[str, str], *, secret: str = TOKEN, signed: str = "", **headers: str) -> Any:
    """Calls the portal as the service does: a form, signed over the public address. `signed` signs another address than the one called."""
    signature = RequestValidator(secret).compute_signature(signed or f"{PORTAL}{path}", params)
    return raw_call(path, urlencode(params), signature, **headers)


def raw_call(path: str, body: str | bytes, signature: str, content_type: str = "application/x-www-form-urlencoded", **headers: str) -> Any:
    """A call whose body is sent as it stands."""
    sent = {"X-Twilio-Signature": signature, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return Client(enforce_csrf_checks=True).generic("POST", path, body, content_type=content_type, headers=sent)


def documented(name: str, **changed: str) -> dict[str, str]:
    """The parameters of a call as tests/contracts/twilio has them, some changed."""
    return {**json.loads((CONTRACTS / f"{name}.json").read_text()), **changed}


@contextmanager
def telephone(settings: Any) -> Iterator[Telephone]:
    """A running service, and a portal that is set up for it."""
    service = Telephone()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            status, document = service.answer(self.path, self.headers.get("Authorization", ""), body)
            told = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    service.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    set_up(settings, f"http://127.0.0.1:{service.port}")
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()


def set_up(settings: Any, api: str = "http://127.0.0.1:9") -> None:
    """A portal with an account of the service, reachable from outside."""
    settings.PORTAL_URL, settings.TELEPHONE_API_URL = PORTAL, api
    settings.TELEPHONE_ACCOUNT_SID, settings.TELEPHONE_AUTH_TOKEN = ACCOUNT, TOKEN
    settings.TELEPHONE_SMS_FROM = settings.TELEPHONE_VOICE_FROM = OWN


def _problem(resource: str, form: dict[str, list[str]]) -> int:
    """The service's code for what is wrong with a request; 0 for nothing."""
    to, sender = form.get("To", [""])[0], form.get("From", [""])[0]
    if not re.fullmatch(r"\+[1-9]\d{6,14}", to):
        return 21211
    callback = urlsplit(form.get("StatusCallback", [PORTAL])[0])
    if callback.scheme not in {"http", "https"} or "." not in (callback.hostname or ""):
        return 21609
    if resource == "Messages":
        if not sender and "MessagingServiceSid" not in form:
            return 21603
        return 0 if 0 < len(form.get("Body", [""])[0]) <= 1600 else 21617
    if not set(form.get("StatusCallbackEvent", [])) <= EVENTS:
        return 21626
    return _problem_with_twiml(form.get("Twiml", [""])[0]) if sender else 21213


def _problem_with_twiml(document: str) -> int:
    if len(document) > 4_000:
        return 21218
    try:
        root = ElementTree.fromstring(document)  # noqa: S314 - our own
    except ElementTree.ParseError:
        return 12100
    if {each.tag for each in root.iter()} - VERBS:
        return 12200
    return 0 if all(gather.get("numDigits", "1").isdigit() and gather.get("action", PORTAL) for gather in root.iter("Gather")) else 13313


def _refusal(code: int, status: int) -> dict[str, Any]:
    return {"code": code, "message": "refused", "more_info": f"https://www.twilio.com/docs/errors/{code}", "status": status}
