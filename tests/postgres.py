"""Runs a command against a fresh PostgreSQL cluster: `python -m tests.postgres [--durable] [--kept FOLDER] COMMAND…`.

The server is started from its binaries, as an unprivileged user, on a free port of this machine, and removed afterwards.
With --durable it waits for the disk at each commit and looks after its tables, as in production. With --kept the cluster is in that folder,
stays there, and is taken up again by the next command: for databases that take long to fill. Exit status 77 when no PostgreSQL binaries are found.
"""

import argparse
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

NO_POSTGRES = 77


def binaries() -> Path | None:
    """The folder of initdb and pg_ctl, the newest version first; None when there is none."""
    found = shutil.which("pg_ctl")
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    folders += [Path(found).resolve().parent] if found else []
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


@dataclass(frozen=True)
class Cluster:
    """A cluster of its own: where it listens, and how it goes away as in a crash and comes back."""

    url: str
    stop_at_once: Callable[[], None]
    start: Callable[[], None]


@contextmanager
def server(*, durable: bool = False, kept: Path | None = None) -> Iterator[str]:
    """A running server's DATABASE_URL."""
    with cluster(durable=durable, kept=kept) as running:
        yield running.url


@contextmanager
def cluster(*, outlives_a_crash: bool = False, durable: bool = False, kept: Path | None = None) -> Iterator[Cluster]:
    """A running cluster. What it has committed is lost when it is stopped at once, unless it `outlives_a_crash`; `durable`: with its machine.

    It is removed at the end, unless it is `kept` in a folder.
    """
    folder = binaries()
    if folder is None:
        raise FileNotFoundError("no PostgreSQL binaries")
    account = _unprivileged_user()
    home = kept.resolve() if kept else Path(tempfile.mkdtemp(prefix="portal-pg-"))
    home.mkdir(parents=True, exist_ok=True)
    if account:
        shutil.chown(home, account)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    as_user = {"user": account} if account else {}

    def run(*command: str) -> None:
        subprocess.run(command, check=True, cwd=home, stdout=subprocess.DEVNULL, **as_user)  # type: ignore[call-overload]

    # Durability is switched off, and so is what looks after a database for years: the cluster lives as long as the tests do.
    options = f"-p {port} -k {home} -c listen_addresses=127.0.0.1"
    options += "" if durable else " -c fsync=off -c full_page_writes=off -c autovacuum=off"
    options += " -c jit=off -c wal_level=minimal -c max_wal_senders=0"
    options += "" if outlives_a_crash or durable else " -c synchronous_commit=off"
    control = (str(folder / "pg_ctl"), "-D", str(home / "data"))
    start = partial(run, *control, "-o", options, "-l", str(home / "log"), "-w", "start")
    stop = partial(run, *control, "-m", "immediate", "stop")
    if not (home / "data").exists():
        run(str(folder / "initdb"), "-D", str(home / "data"), "-U", "portal", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
    try:
        start()
        yield Cluster(f"postgres://portal@127.0.0.1:{port}/postgres", stop, start)
    finally:
        if kept:
            run(*control, "-m", "fast", "stop")
        else:
            stop()
            shutil.rmtree(home, ignore_errors=True)


def _unprivileged_user() -> str | None:
    """PostgreSQL refuses to run as root; None when we are not root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise RuntimeError("PostgreSQL does not run as root, and there is no user 'postgres' or 'nobody' to run it as.")


def main() -> int:
    if binaries() is None:
        return NO_POSTGRES
    parser = argparse.ArgumentParser(description="Runs a command against a PostgreSQL cluster.")
    parser.add_argument("--durable", action="store_true", help="wait for the disk, as in production")
    parser.add_argument("--kept", type=Path, help="a folder in which the cluster stays")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    asked = parser.parse_args()
    with server(durable=asked.durable, kept=asked.kept) as url:
        return subprocess.run(asked.command, env={**os.environ, "DATABASE_URL": url}).returncode


if __name__ == "__main__":
    sys.exit(main())
