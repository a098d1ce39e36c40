"""The folder of the ledger's keys: nobody else may read these or write here, and what is written is there after a power cut.

Which keys there were and what was signed last are no secret: where web and workers run under another account than the sealer, they read that.
"""

import fcntl
import os
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from portal.foundation.errors import WrongState

OTHERS = stat.S_IRWXG | stat.S_IRWXO
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_mine = threading.local()


class Exposed(WrongState):
    """Somebody else can read what signs the ledger, or put something in its place."""


def folder() -> Path:
    """LEDGER_KEYS, made with mode 0700 on first use. Raises Exposed when others can write to it, WrongState when it cannot be used."""
    path = Path(settings.LEDGER_KEYS)
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.stat().st_mode & OTHERS_WRITE:
            raise Exposed(f"Others than the portal's own account can write to {path}, which signs the ledger. Run 'chmod 0700 {path}'.")
    except OSError as error:
        raise WrongState(f"LEDGER_KEYS names {path}, which cannot be used ({error.strerror}).") from error
    return path


def read_secret(name: str) -> str | None:
    """A file of the folder, None when it is not there. Raises Exposed when others can read it."""
    path = folder() / name
    try:
        if path.stat().st_mode & OTHERS:
            raise Exposed(
                f"Others than the portal's own account can read {path}, which signs the ledger. "
                f"Run 'chmod 0600 {path}'; who could read it can sign."
            )
        return path.read_text("utf-8")
    except FileNotFoundError:
        return None


def read_public(name: str) -> str | None:
    """A file of the folder that others may read, None when it is not there. Raises Exposed when they can write it."""
    path = folder() / name
    try:
        if path.stat().st_mode & OTHERS_WRITE:
            raise Exposed(
                f"Others than the portal's own account can write {path}. Put it back from your backup and run 'chmod 0644 {path}'."
            )
        return path.read_text("utf-8")
    except FileNotFoundError:
        return None
    except PermissionError:
        raise WrongState(
            f"The account that runs this may not read {path}. See 'An account for the sealer alone' in docs/operations.md."
        ) from None


def write_durably(name: str, text: str, *, public: bool = False) -> None:
    """Puts the whole file there or leaves the old one, whatever happens in between; on disk when this returns. Call it with the folder locked.

    Mode 0600, `public` 0644: whether somebody else comes to it is up to the folder.
    """
    path = folder()
    draft = path / f".{name}.new"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            os.fchmod(file.fileno(), 0o644 if public else 0o600)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path / name)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    sync_folder()


def sync_folder() -> None:
    """Makes the names in the folder durable."""
    descriptor = os.open(folder(), os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def locked() -> Iterator[None]:
    """Only one process at a time signs, or changes keys. A process that dies lets go; one that holds it may ask again."""
    if getattr(_mine, "held", False):
        yield
        return
    descriptor = os.open(folder() / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        _mine.held = True
        yield
    finally:
        _mine.held = False
        os.close(descriptor)
