"""A real receiver on this machine: answers as told and remembers what it got."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

Answer = Callable[[BaseHTTPRequestHandler], None]
LONGEST_HELD_SECONDS = 60.0


@dataclass
class Receiver:
    """`answers` are used up in order, one a request; then it answers 204. `at` is when each came, on the monotonic clock."""

    port: int = 0
    got: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    headers: list[Message] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/phone"


def status(code: int, body: bytes = b"", **headers: str) -> Answer:
    """An answer with this status; in the names of `headers` an underscore stands for a hyphen."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(code)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    return answer


@contextmanager
def held() -> Iterator[tuple[Answer, Callable[[], None]]]:
    """An answer that keeps its caller waiting until the function beside it is called, at the latest at the end of the block. What runs meanwhile
    runs while the receiver is slow, however slow the machine is."""
    over = threading.Event()

    def answer(request: BaseHTTPRequestHandler) -> None:
        over.wait(LONGEST_HELD_SECONDS)
        status(204)(request)

    try:
        yield answer, over.set
    finally:
        over.set()


def told(code: int, document: Any, **headers: str) -> Answer:
    """An answer with a JSON document."""
    return status(code, json.dumps(document).encode(), Content_Type="application/json", **headers)


def _read(body: bytes, kind: str) -> dict[str, Any]:
    """A form or a JSON document; of anything else only the body is kept."""
    if "form" in kind:
        return dict(parse_qsl(body.decode(), keep_blank_values=True))
    try:
        return json.loads(body or b"{}")  # type: ignore[no-any-return]
    except ValueError:
        return {}


class Server(ThreadingHTTPServer):
    """With room for as many at once as a sender calls; a sixth that comes while five wait would be reset."""

    request_queue_size = 128
    daemon_threads = True


@contextmanager
def receiver(*answers: Answer) -> Iterator[Receiver]:
    """A running receiver on a free port."""
    heard = Receiver(answers=list(answers))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            heard.at.append(time.monotonic())
            heard.paths.append(self.path)
            heard.keys.append(self.headers.get("Idempotency-Key", ""))
            heard.headers.append(self.headers)
            heard.bodies.append(body)
            heard.got.append(_read(body, self.headers.get("Content-Type", "")))
            answer = heard.answers.pop(0) if heard.answers else status(204)
            try:
                answer(self)
            except OSError:
                self.close_connection = True

        do_GET = do_POST

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing."""

    server = Server(("127.0.0.1", 0), Handler)
    heard.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield heard
    finally:
        server.shutdown()
        server.server_close()
