"""A whole installation in processes of its own that a test starts, kills and asks."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from portal.foundation import clock
from tests.receiver import Receiver

PROJECT = Path(__file__).resolve().parents[2]
WHOLE_WAY = [(1, 1, "Ana Ruiz"), (1, 2, "Tom Berg"), (2, 1, "Kim Park"), (2, 2, "Eva Lind")]
# Pages of four people, and the word to the owner that nobody was reached.
MESSAGES_A_RUN = 5


@dataclass
class World:
    """`env` is what every process gets; `database` may be set to another address for some of them."""

    folder: Path
    env: dict[str, str]
    port: int
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    killed: Counter[str] = field(default_factory=Counter)
    hand: Any = None
    # How much of the engine's log was read.
    read: int = 0

    def start(self, name: str, **more: str) -> None:
        commands = {
            "engine": ["manage.py", "engine"],
            "sender": ["manage.py", "sender"],
            "worker": ["manage.py", "worker"],
            "web": ["-m", "gunicorn", "portal.wsgi", "--bind", f"127.0.0.1:{self.port}", "--threads", "4", "--no-control-socket"],
        }
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, *commands[name]], cwd=PROJECT, env={**self.env, **more}, start_new_session=True, stdout=log, stderr=log
            )

    def kill(self, name: str) -> None:
        """SIGKILL to the process and all its children."""
        process = self.running.pop(name)
        self.killed[name] += 1
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def ask(self, verb: str, **given: Any) -> Any:
        """What the hand in the database answers. Raises RuntimeError with its error."""
        self.hand.stdin.write(json.dumps([verb, given]).encode() + b"\n")
        self.hand.stdin.flush()
        how, answer = json.loads(self.hand.stdout.readline())
        if how == "failed":
            raise RuntimeError(answer)
        return answer

    def open_through_the_web(self, token: str, key: str, patience: float = 60) -> None:
        """Opens an incident as a monitoring system does: again and again with the same key until it is answered."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/v1/incidents/",
            json.dumps({"title": f"Incident {key}", "service": "card-payments", "impact": 1, "urgency": 2}).encode(),
            {"Content-Type": "application/json", "Authorization": f"Token {token}", "Idempotency-Key": key},
        )
        deadline = time.monotonic() + patience
        while True:
            try:
                with urllib.request.urlopen(request, timeout=15) as answer:
                    assert answer.status == 201
                    return
            except urllib.error.HTTPError as refused:
                problem = f"{refused.code} {refused.read().decode()}"
                # 409: the first of two equal requests is still at work, or died at work.
                if refused.code not in {409, 500, 503}:
                    raise AssertionError(problem) from refused
            except OSError as error:
                problem = str(error)
            assert time.monotonic() < deadline, problem
            time.sleep(0.3)

    def wait_until_over(self, incidents: int, seconds: float) -> None:
        """Until every incident's escalation is over and nothing is on its way."""
        deadline, stands = time.monotonic() + seconds, {}
        while time.monotonic() < deadline:
            with suppress(RuntimeError):
                stands = self.ask("standing")
                if stands == {"incidents": incidents, "runs": incidents, "over": incidents, "open": 0}:
                    return
            time.sleep(0.5)
        raise AssertionError(f"not over after {seconds} s: {stands}; {self.last_words()}")

    def wait_for_the_engine(self, seconds: float = 60) -> float:
        """Until the engine that was started last begins its first pass; that instant."""
        log = self.folder / "engine.log"
        wait_until(lambda: "The engine looks" in log.read_text()[self.read :], seconds)
        self.read = len(log.read_text())
        return clock.now().timestamp()

    def wait_for_pages(self, how_many: int, seconds: float) -> None:
        """Until that many people were alerted."""
        wait_until(lambda: self.ask("pages") >= how_many, seconds)

    def wait_until_sent(self, seconds: float) -> None:
        """Until no message is on its way."""
        wait_until(lambda: not self.ask("standing")["open"], seconds)

    def last_words(self) -> str:
        return "\n".join(f"== {path.name}\n{path.read_text()[-1500:]}" for path in sorted(self.folder.glob("*.log")))


@contextmanager
def world(folder: Path, database: str, *phones: Receiver, **env: str) -> Iterator[World]:
    """Nothing runs in it yet but the hand in the database. Everything that was started is killed in the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    settings = {
        **{name: value for name, value in os.environ.items() if not name.startswith("FAKETIME")},
        "DATABASE_URL": database,
        "DJANGO_SETTINGS_MODULE": "portal.settings.development",
        "PORTAL_VAR": str(folder),
        "OUTBOUND_ALLOWED_HOSTS": ",".join(f"127.0.0.1:{phone.port}" for phone in phones),
        **env,
    }
    made = World(folder, settings, port)
    with (folder / "hand.log").open("ab") as log:
        made.hand = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.scene"],
            cwd=PROJECT,
            env=settings,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
        )
    try:
        yield made
    finally:
        for name in list(made.running):
            made.kill(name)
        made.hand.kill()
        made.hand.wait()


def wait_until(what: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.05)


def hold_to_the_promise(found: dict[str, Any], heard: Counter[str], incidents: int, kills: int) -> int:
    """None lost, none skipped, none repeated; at most one extra copy of a message a kill, with the same key. The number of extra copies."""
    assert found["states"] == ["exhausted"] * incidents
    assert len(found["runs"]) == incidents
    for number, steps in found["runs"].items():
        pages = [(level, position, name) for _, action, level, position, name, *_ in steps if action == "paged"]
        assert pages == WHOLE_WAY, (number, pages)
        assert sorted({sequence for sequence, *_ in steps}) == list(range(max(steps)[0] + 1)), number
        assert [action for _, action, *_ in steps].count("exhausted") == 1
    assert Counter(state for _, state, *_ in found["messages"]) == {"delivered": incidents * MESSAGES_A_RUN}
    assert set(heard) == {key for key, *_ in found["messages"]}
    assert max(heard.values()) <= 1 + kills, heard.most_common(3)
    return heard.total() - len(heard)
