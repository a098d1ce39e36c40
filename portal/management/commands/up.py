"""One command for a first look: migrate, seed the demo once, then web, engine, sender and workers in the foreground."""

import contextlib
import errno
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from honcho.manager import Manager, ProcessManager

from portal.foundation.people.models import User

INTERRUPTED = 128 + signal.SIGINT
LAST_PORT = 65535


class Command(BaseCommand):
    help = "Prepares the database, seeds the demo organisation on the first start, and runs everything until Ctrl-C."

    def handle(self, *args: Any, **options: Any) -> None:
        host, port, phone_port = _address()
        _check_free(host, port, "PORT")
        _check_free("127.0.0.1", phone_port, "PHONE_PORT")
        self.stdout.write("Preparing the database …")
        Path(str(settings.STATIC_ROOT)).mkdir(parents=True, exist_ok=True)
        call_command("migrate", interactive=False, verbosity=0)
        call_command("sync_roles", verbosity=0, stdout=_Silent())
        call_command("sync_jobs", verbosity=0, stdout=_Silent())
        phones = f"http://127.0.0.1:{phone_port}"
        # Set before the seed, which already sends the past's messages.
        settings.OUTBOUND_ALLOWED_HOSTS = [*settings.OUTBOUND_ALLOWED_HOSTS, f"127.0.0.1:{phone_port}"]
        settings.PORTAL_URL = f"http://{_reachable(host)}:{port}"
        if not User.objects.exists():
            self.stdout.write("Seeding the demo organisation (once) …")
            call_command("demo", phone_port=phone_port)
        else:
            call_command("demo", phone_port=phone_port, only_phones=True)
        self.stdout.write(f"\n  Portal   {settings.PORTAL_URL}/admin/\n  Phones   {phones}/\n  Ctrl-C stops everything.\n")
        self.stdout.flush()
        sys.exit(_run(host, port, phone_port))


def _run(host: str, port: int, phone_port: int) -> int:
    environment = {
        **os.environ,
        "PYTHONUNBUFFERED": "1",
        "OUTBOUND_ALLOWED_HOSTS": ",".join(settings.OUTBOUND_ALLOWED_HOSTS),
        "PORTAL_URL": settings.PORTAL_URL,
    }
    python = f"exec {sys.executable}"
    manage = f"{python} manage.py"
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    manager = Manager()
    manager._procmgr = _OneByOne()
    web = f"{python} -m gunicorn portal.wsgi --bind {address} --workers 1 --threads 8 --log-level warning"
    manager.add_process("web", web, env=environment)
    manager.add_process("engine", f"{manage} engine", env=environment)
    manager.add_process("sender", f"{manage} sender", env=environment)
    manager.add_process("worker", f"{manage} qcluster", env=environment)
    manager.add_process("phones", f"{python} -m portal.demo.phone {phone_port}", env=environment)
    manager.loop()
    # Ctrl-C is how one stops it, not an error.
    return 0 if manager.returncode == INTERRUPTED else int(manager.returncode or 0)


class _OneByOne(ProcessManager):
    """Asks only the process itself to stop, not its children: the job cluster ends its own workers after the message they are sending."""

    def terminate(self, pid: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)


def _address() -> tuple[str, int, int]:
    ports = []
    for name, raw in (("PORT", settings.LISTEN_PORT), ("PHONE_PORT", settings.PHONE_PORT)):
        if not raw.isdecimal() or not 1 <= int(raw) <= LAST_PORT:
            raise CommandError(f"{name} is '{raw}', which is not a port number from 1 to {LAST_PORT}.")
        ports.append(int(raw))
    if ports[0] == ports[1]:
        raise CommandError(f"PORT and PHONE_PORT are both {ports[0]}. Choose two different ones.")
    return settings.LISTEN_HOST, ports[0], ports[1]


def _reachable(host: str) -> str:
    """A host a browser can open: the wildcard addresses are not one."""
    return "localhost" if host in {"0.0.0.0", "::", "127.0.0.1"} else host  # noqa: S104


def _check_free(host: str, port: int, name: str) -> None:
    """Before anything is written: raises CommandError when `port` cannot be listened on."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except (socket.gaierror, UnicodeError):
        raise CommandError(f"HOST is '{host}', which is not an address of this machine.") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            other = port + 1 if port < LAST_PORT else port - 1
            raise CommandError(f"Port {port} is in use. Choose another: {name}={other} make run") from None
        raise CommandError(f"{host}:{port} cannot be listened on ({error.strerror}). Choose another HOST or {name}.") from None


class _Silent:
    def write(self, text: str) -> None:
        """Says nothing."""
