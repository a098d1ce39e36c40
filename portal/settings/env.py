"""The only reader of the environment: every value a deployment can set, with its default and its check."""

import ipaddress
import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

PROJECT = Path(__file__).resolve().parents[2]
TRUE_WORDS = {"1", "true", "yes", "on"}
FALSE_WORDS = {"0", "false", "no", "off", ""}


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, default).strip()


def required(name: str, why: str) -> str:
    """The value of `name`; raises ImproperlyConfigured with `why` when it is absent."""
    value = text(name)
    if not value:
        raise ImproperlyConfigured(f"{name} is not set. {why}")
    return value


def flag(name: str, *, default: bool = False) -> bool:
    raw = text(name, "1" if default else "0").lower()
    if raw in TRUE_WORDS:
        return True
    if raw in FALSE_WORDS:
        return False
    raise ImproperlyConfigured(f"{name} is '{raw}', which is neither yes nor no.")


def number(name: str, default: float) -> float:
    raw = text(name, str(default))
    try:
        return float(raw)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is '{raw}', which is not a number.") from None


def words(name: str, default: str = "") -> list[str]:
    """A comma-separated list, empty parts left out."""
    return [part.strip() for part in text(name, default).split(",") if part.strip()]


def networks(name: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """A comma-separated list of networks or addresses: 10.0.0.0/8, 127.0.0.1, fd00::/8."""
    try:
        return [ipaddress.ip_network(part) for part in words(name)]
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is no list of networks such as 10.0.0.0/8,127.0.0.1: {error}.") from None


def var_dir() -> Path:
    """Where the embedded defaults keep their state (SQLite file, secret key, demo); created when missing."""
    folder = Path(text("PORTAL_VAR") or PROJECT / "var")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _no_folder(folder, error) from error
    return folder


def _no_folder(path: Path, error: OSError) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{path} cannot be used ({error.strerror}). Set PORTAL_VAR to a folder that this account may write.")


def database_url() -> str:
    return text("DATABASE_URL") or f"sqlite:///{var_dir() / 'portal.sqlite3'}"


def database_label() -> str:
    """The database as it may be shown to a person: no user, no password, no query."""
    try:
        parts = urlsplit(database_url())
        host = f"{parts.hostname or ''}:{parts.port}" if parts.port else (parts.hostname or "")
    except ValueError:
        return "of DATABASE_URL"
    return f"{parts.scheme}://{host}{parts.path}"


def database() -> dict[str, Any]:
    """DATABASES['default'] for `DATABASE_URL`; raises ImproperlyConfigured for a URL that names no supported database."""
    try:
        config: dict[str, Any] = dict(dj_database_url.parse(database_url(), conn_max_age=60, conn_health_checks=True))
    except ValueError:
        # The parser's message repeats the whole URL, password included.
        raise ImproperlyConfigured("DATABASE_URL cannot be read. Use sqlite:///FILE or postgres://USER:PASSWORD@HOST:PORT/NAME.") from None
    engine = config.get("ENGINE", "")
    options = config.setdefault("OPTIONS", {})
    if engine.endswith("sqlite3"):
        # One writer at a time: take the write lock when the transaction starts, wait for it, and let readers go on (WAL). The log is
        # emptied when it has 16 MB, four times as late as by default: whoever commits then waits, and what was written often counts once.
        options.update(
            transaction_mode="IMMEDIATE",
            timeout=20,
            init_command="PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=4000; PRAGMA foreign_keys=ON;",
        )
    elif engine.endswith("postgresql"):
        options.setdefault("connect_timeout", 5)
    else:
        raise ImproperlyConfigured("DATABASE_URL must name SQLite or PostgreSQL.")
    return config


def development_secret_key() -> str:
    """A random key kept under var/, so that sessions outlive a restart and no key stands in the repository."""
    path = var_dir() / "secret_key"
    try:
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(50))
        return path.read_text()
    except OSError as error:
        raise _no_folder(path, error) from error
