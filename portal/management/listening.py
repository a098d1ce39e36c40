"""Where the portal listens, checked before anything is started: every problem is one line that says what to change."""

import errno
import socket

from django.conf import settings
from django.core.management.base import CommandError

LAST_PORT = 65535


def listening_address(name: str, raw: str) -> tuple[str, int]:
    """HOST and the port that the setting `name` holds. Raises CommandError for what is no port."""
    if not raw.isdecimal() or not 1 <= int(raw) <= LAST_PORT:
        raise CommandError(f"{name} is '{raw}', which is not a port number from 1 to {LAST_PORT}.")
    return settings.LISTEN_HOST, int(raw)


def written(host: str, port: int) -> str:
    """host:port, with the brackets that an IPv6 address takes."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def reachable(host: str) -> str:
    """A host a browser can open: the wildcard addresses are not one."""
    return "localhost" if host in {"0.0.0.0", "::", "127.0.0.1"} else host  # noqa: S104


def check_free(host: str, port: int, name: str) -> None:
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
