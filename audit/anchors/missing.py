"""Receipts that the tree does not hold: somebody removed or changed an event before it had its place, or the database was restored."""

import json
import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.db.models import Max

from audit.events.services import act
from audit.ledger.models import LedgerEvent
from audit.ledger.services import utc_text
from audit.sealing import alarms
from audit.sealing.models import LedgerEpoch, LedgerLeaf
from portal.foundation.words import counted

from .receipt import Receipt, parsed
from .spool import KEPT_FOR, files, folder, let_go_before

logger = logging.getLogger(__name__)
# An event has its place within two seconds; nobody is alarmed by a slow minute.
AFTER = timedelta(seconds=60)
AT_ONCE = 500
MOST_TOLD = 20
PROGRESS, MISSED = "checked.json", "missing"
ALARM = "receipts"


def missing_receipts(now: datetime) -> list[Receipt]:
    """Every kept receipt that is older than a minute and is not in the tree. Raises OSError when the folder cannot be read."""
    return _look(now, {})[0]


def check_receipts(*, now: datetime) -> int:
    """Looks at the receipts that came since the last time, and again at those that were missed; how many are missing.

    The alarm stands until none of them is, or somebody who looked into it took the file `missing` out of the folder.
    """
    place = folder()
    if place is None or not place.is_dir():
        return 0
    found, done = _look(now, _progress(place))
    known = _missed(place)
    new = [one for one in found if one not in known]
    if new:
        _tell(place, new, now)
    lost = [*_absent(known, _owned_up_to())[0], *new]
    if lost:
        said = (
            f"Missing from the ledger: {counted(len(lost), 'committed event')}, removed or changed before sealing, or lost by the database."
        )
        alarms.sound(ALARM, f"{said} The receipts stand in {place / MISSED}.", now=now)
    else:
        alarms.silence(ALARM)
        (place / MISSED).unlink(missing_ok=True)
    draft = place / f".{PROGRESS}"
    draft.write_text(json.dumps(done))
    draft.replace(place / PROGRESS)
    let_go_before((now - KEPT_FOR).date(), done=done)
    return len(lost)


def _look(now: datetime, since: Mapping[str, int]) -> tuple[list[Receipt], dict[str, int]]:
    """What is missing beyond the offsets `since`, by file, and the offsets up to which all have their places or are missing for good."""
    until, owned = utc_text(now - AFTER), _owned_up_to()
    lost: list[Receipt] = []
    done: dict[str, int] = {}
    for path in files():
        done[path.name] = start = _start(path, since.get(path.name, 0))
        goes_on = True
        for some, end in _batches(path, start, until):
            absent, waiting = _absent(some, owned)
            lost += absent
            goes_on = goes_on and not waiting
            if goes_on:
                done[path.name] = end
    return lost, done


def _start(path: Path, offset: int) -> int:
    if offset > path.stat().st_size:
        logger.critical("%s is shorter than it was: somebody took receipts out of it.", path)
        return 0
    return offset


def _batches(path: Path, start: int, until: str) -> Iterator[tuple[list[Receipt], int]]:
    """Receipts up to the first that is newer than `until`, some at once, and the offset behind them."""
    some: list[Receipt] = []
    end = start
    with path.open("rb") as file:
        file.seek(start)
        for line in file:
            receipt = parsed(line.decode("ascii", "replace"))
            if not line.endswith(b"\n") or (receipt and receipt.at > until):
                break
            end += len(line)
            if receipt:
                some.append(receipt)
            if len(some) == AT_ONCE:
                yield some, end
                some = []
    yield some, end


def _absent(receipts: Iterable[Receipt], owned: str) -> tuple[list[Receipt], bool]:
    """Those without a place, and whether some others still wait for theirs. What a restore owns up to is not missing. Four queries at most."""
    wanted = [one for one in receipts if one.at >= owned]
    events = {str(event): (key, payload) for event, key, payload in _events(wanted)}
    keys = [key for key, _ in events.values()]
    leaves = {event: bytes(kept).hex() for event, kept in LedgerLeaf.objects.filter(event__in=keys).values_list("event", "hash")}
    left = [one for one in wanted if one.event not in events or leaves.get(events[one.event][0]) != one.leaf]
    waiting = [one for one in left if one.event in events and events[one.event][0] not in leaves and _is(one, events[one.event][1])]
    rest = [one for one in left if one not in waiting]
    # An event that was let go of by age or on demand has left its leaf.
    there = LedgerLeaf.objects.filter(hash__in=[bytes.fromhex(one.leaf) for one in rest]).values_list("hash", flat=True) if rest else []
    hashes = {bytes(one).hex() for one in there}
    return [one for one in rest if one.leaf not in hashes], bool(waiting)


def _events(receipts: list[Receipt]) -> Iterable[tuple[Any, int, str]]:
    rows = LedgerEvent.objects.filter(event_id__in=[one.event for one in receipts])
    return rows.values_list("event_id", "pk", "payload") if receipts else []


def _is(receipt: Receipt, payload: str) -> bool:
    return sha256(b"\x00" + payload.encode("utf-8")).hexdigest() == receipt.leaf


def _owned_up_to() -> str:
    """Until when two people have said that the ledger may have lost something, in an epoch's first entry."""
    opened = LedgerEpoch.objects.aggregate(last=Max("opened_at"))["last"]
    return utc_text(opened) if opened else ""


def _tell(place: Path, new: list[Receipt], now: datetime) -> None:
    """Into the file first: what dies in between is told by the alarm."""
    descriptor = os.open(place / MISSED, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.writelines(one.line for one in new)
    with act("ledger.receipt_missing", actor=None, now=now) as running:
        running.details = {"receipts": [f"{one.event}:{one.leaf}" for one in new[:MOST_TOLD]], "missing": len(new)}


def _missed(place: Path) -> list[Receipt]:
    try:
        lines = (place / MISSED).read_text("ascii", "replace").splitlines(keepends=True)
    except FileNotFoundError:
        return []
    return [receipt for line in lines if (receipt := parsed(line))]


def _progress(place: Path) -> dict[str, int]:
    try:
        said = json.loads((place / PROGRESS).read_text())
        return {str(name): int(offset) for name, offset in said.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}
