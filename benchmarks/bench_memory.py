"""What the whole portal takes of the memory, idle and over a day: web, engine, sender, sealer, workers.

    python benchmarks/bench_memory.py [SECONDS] [INCIDENTS]

Starts `manage.py up` with the demo on a database of its own, opens some pages as a manager, and adds up the proportional set size (PSS) of every
process once a second for SECONDS (default 90: every recurring job of a minute has run): shared pages count once. The demo's phones are not counted.
The promise: at most 250 MiB at rest, which is the middle one of these sums. The highest is shown beside it: a job worked in that second.

Then a day's load goes through it as fast as it is taken: INCIDENTS (default 2,000; 0 leaves it out) are opened, acknowledged and resolved over the
API in four quarters, people are alerted, pages are read. The promise: what the first quarter has filled stays; the other three add at most 25 MiB.

DATABASE_URL may name an empty PostgreSQL database (its own processes are not counted). Linux only.
"""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
PASSWORD = "for this measurement only"  # noqa: S105
PAGES = ("", "incidents/incident/", "policies/escalationpolicy/", "policies/policyversion/1/change/", "policies/oncallschedule/1/change/")
PROMISE_MIB, GROWTH_MIB = 250, 25
QUARTERS, CLIENTS = 4, 4
BUSY, TRIES = 503, 5
PHONES = "phones"
# Name, PSS and what is its alone, in MiB.
Process = tuple[str, float, float]
# What the workers and the sender still have in hand is let go.
REST_SECONDS = 15


def main(seconds: float, incidents: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        port, phones = free_ports()
        env = {**os.environ, "PORTAL_VAR": folder, "PORT": str(port), "PHONE_PORT": str(phones), "DEMO_PASSWORD": PASSWORD}
        with (Path(folder) / "log").open("wb") as log:
            running = subprocess.Popen([sys.executable, "manage.py", "up"], cwd=PROJECT, env=env, stdout=log, stderr=log)
            try:
                wait_for(f"http://127.0.0.1:{port}/health/engine/cycle?wait=20")
                show("started", measured(running.pid))
                site = f"http://127.0.0.1:{port}"
                browse(f"{site}/admin/")
                at_rest = watch(f"at rest, {seconds:g} s after {len(PAGES)} pages", running.pid, seconds)
                verdict(f"at most {PROMISE_MIB} MiB at rest", at_rest <= PROMISE_MIB)
                if incidents:
                    try:
                        totals = day(site, token(env), incidents, running.pid)
                    except OSError:
                        print(*Path(folder, "log").read_text(errors="replace").splitlines()[-60:], sep="\n")
                        raise
                    verdict(f"at most {GROWTH_MIB} MiB more after the first quarter", max(totals) - totals[0] <= GROWTH_MIB)
            finally:
                running.send_signal(signal.SIGTERM)
                running.wait(60)


def verdict(promise: str, kept: bool) -> None:
    print(f"promise: {promise}: {'kept' if kept else 'NOT KEPT'}", flush=True)


def day(site: str, token: str, incidents: int, parent: int) -> list[float]:
    """The total after each quarter, in MiB."""
    totals, each = [], incidents // QUARTERS
    for quarter in range(QUARTERS):
        begun = time.monotonic()
        with ThreadPoolExecutor(CLIENTS) as clients:
            for done in [clients.submit(one_incident, site, token, f"{quarter}-{number}") for number in range(each)]:
                done.result()
        browse(f"{site}/admin/")
        took = time.monotonic() - begun
        time.sleep(REST_SECONDS)
        totals.append(show(f"{(quarter + 1) * each:,} incidents ({each} in {took:.0f} s)", measured(parent)))
    return totals


def one_incident(site: str, token: str, name: str) -> None:
    """Opened, taken, put right; one of ten is left to the engine."""

    def post(path: str, **document: Any) -> Any:
        headers = {"Authorization": f"Token {token}", "Content-Type": "application/json"}
        call = urllib.request.Request(f"{site}/api/v1/incidents/{path}", json.dumps(document).encode(), headers)  # noqa: S310
        left = TRIES
        while True:
            try:
                with urllib.request.urlopen(call, timeout=120) as answer:  # noqa: S310
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                left -= 1
                # Too busy: whoever calls the portal tries again then, and so does this.
                if error.code != BUSY or not left:
                    raise
                time.sleep(1)

    number = post("", title=f"Card payments fail {name}", service="card-payments", impact=1, urgency=2)["number"]
    if not name.endswith("0"):
        post(f"{number}/acknowledge/")
        post(f"{number}/resolve/", reason="Put right.")


def token(env: dict[str, str]) -> str:
    made = subprocess.run(
        [sys.executable, "manage.py", "create_token", "commander"], cwd=PROJECT, env=env, check=True, capture_output=True, text=True
    )
    return made.stdout.split()[-1]


def watch(when: str, parent: int, seconds: float) -> float:
    """The middle one of the sums of every second; prints its processes, and the highest sum."""
    samples: list[list[Process]] = []
    until = time.monotonic() + seconds
    while not samples or time.monotonic() < until:
        samples.append(measured(parent))
        time.sleep(1)
    samples.sort(key=total)
    middle = show(when, samples[len(samples) // 2])
    print(f"{len(samples)} sums, the lowest {total(samples[0]):.1f}, the highest {total(samples[-1]):.1f}", flush=True)
    return middle


def show(when: str, processes: list[Process]) -> float:
    """Prints a line a process; the sum in MiB, phones left out."""
    print(f"\n{when}\n{'process':<12}{'PSS MiB':>9}{'own MiB':>9}")
    for name, pss, own in processes:
        print(f"{name:<12}{pss:>9.1f}{own:>9.1f}{'' if name != PHONES else '   not counted'}", flush=True)
    print(f"{'total':<12}{total(processes):>9.1f}", flush=True)
    return total(processes)


def total(processes: list[Process]) -> float:
    return sum(pss for name, pss, _ in processes if name != PHONES)


def measured(parent: int) -> list[Process]:
    """Every process. A job worker comes and goes: then all is read again."""
    while True:
        try:
            return [(name, *memory(pid)) for name, pid in family(parent)]
        except (FileNotFoundError, ProcessLookupError):
            time.sleep(1)


def family(parent: int) -> list[tuple[str, int]]:
    """Every process under `parent` with the part it belongs to; children are in the order in which they were started."""
    found = [("parent", parent)]
    for name, child in zip(("web", "engine", "sender", "sealer", "worker", PHONES), children(parent), strict=False):
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
    deadline = time.monotonic() + 600
    while True:
        try:
            urllib.request.urlopen(url, timeout=30).read()  # noqa: S310
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)


def free_ports() -> tuple[int, int]:
    """Two; held together, for else they could be one."""
    with socket.socket() as first, socket.socket() as second:
        first.bind(("127.0.0.1", 0))
        second.bind(("127.0.0.1", 0))
        return int(first.getsockname()[1]), int(second.getsockname()[1])


if __name__ == "__main__":
    asked = [float(value) for value in sys.argv[1:3]]
    given = (asked + [90.0, 2_000.0][len(asked) :])[:2]
    main(given[0], int(given[1]))
