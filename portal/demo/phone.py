"""A small receiver on this machine: every page of the demo arrives here, so that a newcomer sees it without any outside service.

Run as `python -m portal.demo.phone [PORT]`. It keeps the last messages in memory and shows them at `/`.
"""

import contextlib
import html
import json
import sys
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

from portal.foundation import clock

LARGEST_MESSAGE_BYTES = 100_000
MESSAGES_KEPT = 200

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Demo phones</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta http-equiv="refresh" content="3">
<style>
body{{font:16px/1.5 system-ui,sans-serif;margin:0;background:#f3f4f6;color:#111827}}
main{{max-width:44rem;margin:0 auto;padding:1.5rem 1rem}}
h1{{font-size:1.4rem;margin:0 0 .25rem}}p.lead{{margin:0 0 1.5rem;color:#4b5563}}
article{{background:#fff;border-left:4px solid #0f766e;border-radius:.5rem;padding:.75rem 1rem;margin:0 0 .75rem;box-shadow:0 1px 2px #0002}}
h2{{font-size:1rem;margin:0}}time{{color:#6b7280;font-size:.875rem;font-variant-numeric:tabular-nums}}
article p{{margin:.25rem 0;white-space:pre-line;overflow-wrap:anywhere}}a{{color:#0f766e}}
a.button{{display:inline-block;margin:.25rem 0;padding:.5rem 1.25rem;border-radius:.5rem;background:#0f766e;color:#fff;font-weight:600;text-decoration:none}}
@media (prefers-color-scheme:dark){{body{{background:#111827;color:#f3f4f6}}article{{background:#1f2937}}p.lead,time{{color:#9ca3af}}a{{color:#5eead4}}}}
</style></head><body><main><h1>Demo phones</h1>
<p class="lead">What the people of the demo organisation have just been sent, newest first. This page looks again every 3 seconds.</p>
{messages}</main></body></html>"""


@dataclass(frozen=True, slots=True)
class Arrived:
    """One message as it arrived. `key` is the sender's idempotency key: a repeat does not ring twice."""

    at: datetime
    phone: str
    key: str
    message: dict[str, Any]


class Phones:
    """The last messages of all phones, newest first."""

    def __init__(self) -> None:
        self.arrived: deque[Arrived] = deque(maxlen=MESSAGES_KEPT)

    def ring(self, message: Arrived) -> bool:
        """Keeps the message unless it is a repeat; says whether it rang."""
        if message.key and any(earlier.key == message.key for earlier in self.arrived):
            return False
        self.arrived.appendleft(message)
        return True

    def as_page(self) -> str:
        return PAGE.format(messages="".join(_article(message) for message in self.arrived) or "<p>No message yet.</p>")


def _article(arrived: Arrived) -> str:
    text = {name: html.escape(str(arrived.message.get(name, ""))) for name in ("title", "body", "link", "answer_link")}
    answer = _link(text["answer_link"], "Acknowledge", "button")
    return (
        f"<article><h2>{html.escape(arrived.phone)}: {text['title']}</h2>"
        f'<time datetime="{arrived.at.isoformat()}">{arrived.at:%H:%M:%S} UTC</time><p>{text["body"]}</p>'
        f"{answer}{_link(text['link'], 'Open the incident', 'plain')}</article>"
    )


def _link(address: str, words: str, look: str) -> str:
    """A link where `address` is one of the web."""
    return f'<p><a class="{look}" href="{address}">{words}</a></p>' if address.startswith(("http://", "https://")) else ""


class Server(ThreadingHTTPServer):
    # As many as a sender calls at once; the usual five would reset the others.
    request_queue_size = 128


def serve(port: int, phones: Phones, *, quiet: bool = False) -> ThreadingHTTPServer:
    """A server bound to this machine only; the caller runs `serve_forever()`. Raises OSError when the port is taken."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path != "/":
                self.answer(404, b"Not found", "text/plain")
                return
            self.answer(200, phones.as_page().encode(), "text/html; charset=utf-8")

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            if length > LARGEST_MESSAGE_BYTES:
                self.answer(413, b"{}", "application/json")
                return
            try:
                message = json.loads(self.rfile.read(length))
                phone = unquote(self.path.rsplit("/", 1)[-1])
            except ValueError:
                self.answer(400, b"{}", "application/json")
                return
            rang = phones.ring(Arrived(clock.now(), phone, self.headers.get("Idempotency-Key", ""), message))
            if rang and not quiet:
                # In one piece: threads of several phones speak at once.
                print(f"{phone} gets: {message.get('title', '')}\n", end="", flush=True)  # noqa: T201
            self.answer(200, b'{"received": true}', "application/json")

        def answer(self, status: int, body: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: Any) -> None:
            """Requests are not worth a line; messages are, and have one above."""

    return Server(("127.0.0.1", port), Handler)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        serve(int(sys.argv[1]) if len(sys.argv) > 1 else 8099, Phones()).serve_forever()
