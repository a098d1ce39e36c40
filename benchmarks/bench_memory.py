"""What the whole portal takes of the memory when it is idle: web, engine, sender, workers.

    python benchmarks/bench_memory.py [SECONDS]

Starts `manage.py up` with the demo on a database of its own, opens some pages as a manager, waits SECONDS (default 90: every recurring job of a
minute has run), and adds up the proportional set size (PSS) of every process: shared pages count once. The demo's phones are not counted.
DATABASE_URL may name an empty PostgreSQL database (its own processes are not counted). Linux only. The promise: at most 250 MiB.
"""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
PASSWORD = "for this measurement only"  # noqa: S105
PAGES = ("", "incidents/incident/", "policies/escalationpolicy/", "policies/policyversion/1/change/", "policies/oncallschedule/1/change/")
PROMISE_MIB = 250


def main(seconds: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        port, phones = free_port(), free_port()
        env = {**os.environ, "PORTAL_VAR": folder, "PORT": str(port), "PHONE_PORT": str(phones), "DEMO_PASSWORD": PASSWORD}
        with (Path(folder) / "log").open("wb") as log:
            running = subprocess.Popen([sys.executable, "manage.py", "up"], cwd=PROJECT, env=env, stdout=log, stderr=log)
            try:
                wait_for(f"http://127.0.0.1:{port}/health/engine/cycle?wait=20")
                show("started", running.pid)
                browse(f"http://127.0.0.1:{port}/admin/")
                time.sleep(seconds)
                total = show(f"idle, {seconds:g} s after {len(PAGES)} pages", running.pid)
                print(f"promise: at most {PROMISE_MIB} MiB: {'kept' if total <= PROMISE_MIB else 'NOT KEPT'}")
            finally:
                running.send_signal(signal.SIGINT)
                running.wait(30)


def show(when: str, parent: int) -> float:
    """Prints a line a process; the sum in MiB, phones left out."""
    print(f"\n{when}\n{'process':<12}{'PSS MiB':>9}{'own MiB':>9}")
    total = 0.0
    for name, pid in family(parent):
        pss, own = memory(pid)
        counted = name != "phones"
        total += pss * counted
        print(f"{name:<12}{pss:>9.1f}{own:>9.1f}{'' if counted else '   not counted'}")
    print(f"{'total':<12}{total:>9.1f}")
    return total


def family(parent: int) -> list[tuple[str, int]]:
    """Every process under `parent` with the part it belongs to; children are in the order in which they were started."""
    found = [("parent", parent)]
    for name, child in zip(("web", "engine", "sender", "worker", "phones"), children(parent), strict=False):
        found += [(name, pid) for pid in tree(child)]
    return found


def tree(pid: int) -> list[int]:
    return [pid, *(deep for child in children(pid) for deep in tree(child))]


def children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task")
    return sorted(int(child) for task in tasks.iterdir() for child in (task / "children").read_text().split())


def memory(pid: int) -> tuple[float, float]:
    """PSS, and what is the process's alone, in MiB."""
    fields = dict(re.findall(r"(\w+): +(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text()))
    return int(fields["Pss"]) / 1024, (int(fields["Private_Dirty"]) + int(fields["Private_Clean"])) / 1024


def browse(admin: str) -> None:
    jar = CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    opener.open(f"{admin}login/").read()
    token = next(cookie.value for cookie in jar if cookie.name == "csrftoken")
    form = {"csrfmiddlewaretoken": token or "", "username": "manager", "password": PASSWORD, "next": "/admin/"}
    opener.open(urllib.request.Request(f"{admin}login/", urllib.parse.urlencode(form).encode(), {"Referer": admin})).read()  # noqa: S310
    for page in PAGES:
        assert b"login-form" not in opener.open(f"{admin}{page}").read(), page


def wait_for(url: str) -> None:
    deadline = time.monotonic() + 180
    while True:
        try:
            urllib.request.urlopen(url, timeout=30).read()  # noqa: S310
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 90)
