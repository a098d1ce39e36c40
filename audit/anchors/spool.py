"""Receipts outside the database: a line for each event that was committed, so that one which goes before it has its place is missed.

A line is `<event id> <leaf hash, hexadecimal> <when it was written>`. There is a file a day and machine, so that machines may share the folder.
"""

import hashlib
import logging
import os
import re
import socket
import threading
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction

from audit.ledger.services import utc_text
from portal.foundation import clock

from .for_callers import noticed
from .receipt import Receipt

logger = logging.getLogger(__name__)
KEPT_FOR = timedelta(days=30)
NAME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})-.+\.txt")


def keep(written: Sequence[tuple[UUID, str]]) -> None:
    """Has receipts written once the running transaction commits, given each event's id and payload.

    One hash an event and one write a call. What cannot be written is said in the log: the events themselves stand already.
    """
    if settings.LEDGER_RECEIPTS and written:
        # As an event's `rec`: what counts is when it was really written.
        at = utc_text(clock.now())
        receipts = [Receipt(str(event), hashlib.sha256(b"\x00" + payload.encode("utf-8")).hexdigest(), at) for event, payload in written]
        transaction.on_commit(lambda: _committed(receipts))


def folder() -> Path | None:
    """Where receipts are kept; None where that is switched off."""
    return Path(settings.LEDGER_RECEIPTS) if settings.LEDGER_RECEIPTS else None


def files() -> list[Path]:
    """The files with receipts, the oldest first."""
    place = folder()
    return sorted(path for path in place.glob("*.txt") if NAME.fullmatch(path.name)) if place and place.is_dir() else []


def let_go_before(day: date, *, done: dict[str, int]) -> None:
    """Removes files of days before `day` that were checked to their ends: the tree holds what they said."""
    for path in files():
        if path.name[:10] < day.isoformat() and done.get(path.name) == path.stat().st_size:
            path.unlink()


def _committed(receipts: list[Receipt]) -> None:
    noticed(receipts)
    try:
        _files.write(receipts[0].at[:10], "".join(receipt.line for receipt in receipts).encode("ascii"))
    except OSError as error:
        logger.critical("Receipts of %s events cannot be kept in LEDGER_RECEIPTS (%s).", len(receipts), error.strerror)


class _Files:
    """The open file of the day. A child process opens its own; a file that was removed is made anew."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._open: tuple[int, str, str] | None = None
        self._descriptor = -1

    def write(self, day: str, lines: bytes) -> None:
        wanted = (os.getpid(), settings.LEDGER_RECEIPTS, day)
        with self._guard:
            if self._open != wanted or not os.fstat(self._descriptor).st_nlink:
                self._change(wanted)
            os.write(self._descriptor, lines)

    def _change(self, wanted: tuple[int, str, str]) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor, self._open = -1, None
        place = Path(wanted[1])
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = place / f"{wanted[2]}-{_machine()}.txt"
        self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._open = wanted


def _machine() -> str:
    return re.sub(r"[^A-Za-z0-9.-]", "_", socket.gethostname())[:60] or "machine"


_files = _Files()
