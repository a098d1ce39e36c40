"""Sealing, a round at a time, and how it stands."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError
from django.db.models import Subquery
from django.db.models.functions import Coalesce

from audit.events.services import act
from audit.ledger.models import LedgerEvent, LedgerInbox
from portal.foundation.errors import WrongState

from . import alarms, keys
from .folder import locked
from .last_note import recall
from .models import LedgerCheckpoint, LedgerLeaf
from .notes import Checkpoint
from .sequencing import durable_connection, let_go_of_sealed, take_in
from .signing import ROTATED, rotation_details, sign, standing
from .stored import StoredTree, tree_size

logger = logging.getLogger("sealer")
# A verifier finds an entry back-dated that is 300 s older than a checkpoint without it; so nothing older than this may be left waiting.
LEFT_WAITING_AT_MOST = timedelta(seconds=60)
# While more comes in than one batch holds, a checkpoint is due all the same.
TAKING_SECONDS = 0.5
LOST_AT_MOST = 20
MOST_COUNTED = 100_000


@dataclass(frozen=True, slots=True)
class State:
    """How sealing stands. `waiting` events have no checkpoint yet (counted up to 100,000), the first of them since `waiting_since`."""

    origin: str
    size: int
    at: datetime | None
    waiting: int
    waiting_since: datetime | None
    alarms: tuple[str, ...]

    def behind(self, now: datetime) -> timedelta:
        """For how long the oldest event has waited."""
        return max(now - self.waiting_since, timedelta()) if self.waiting_since else timedelta()


def seal(now: datetime, *, clock: Callable[[], datetime] | None = None) -> Checkpoint | None:
    """One round: takes in what waits, then signs; None when nothing was to be signed. May be repeated and killed at any point.

    With `clock` the checkpoint bears the time after taking in, which may last. Raises WrongState, the alarm standing, when it must not go on.
    """
    durable_connection()
    try:
        standing(StoredTree())
        _take_in_all(now)
        checkpoint = sign(now=clock() if clock else now)
    except WrongState as refused:
        alarms.sound("seal", refused.message, now=now)
        raise
    alarms.silence("seal")
    return checkpoint


def state() -> State:
    """How sealing stands. Five queries."""
    last = LedgerCheckpoint.objects.order_by("-id").first()
    size = last.size if last else 0
    inbox = LedgerInbox.objects.all()[:MOST_COUNTED].count()
    return State(
        origin=last.note.split("\n", 1)[0] if last else "",
        size=size,
        at=last.at if last else None,
        waiting=inbox + max(tree_size() - size, 0),
        waiting_since=waiting_since(size),
        alarms=tuple(alarms.standing()),
    )


def waiting_since(signed: int) -> datetime | None:
    """When the oldest event was recorded that the first `signed` leaves do not hold. One query of a row of an index each."""
    unsigned = LedgerLeaf.objects.filter(index=signed).values("event")
    waiting = LedgerInbox.objects.order_by("event").values("event")[:1]
    first = LedgerEvent.objects.filter(pk=Coalesce(Subquery(unsigned), Subquery(waiting)))
    return first.values_list("recorded_at", flat=True).first()


def something_waits() -> bool:
    """Whether there is an event without a place in the tree. One query of one row."""
    return LedgerInbox.objects.exists()


def rotate_key(*, now: datetime) -> tuple[str, str]:
    """Makes a new key and writes the event that both sign; the sealer's next checkpoint bears both. The old and the new key in text.

    Raises WrongState while an earlier rotation waits for its checkpoint.
    """
    with locked():
        old = keys.present()
        new = keys.following()
        if new and LedgerEvent.objects.filter(type=ROTATED, payload__contains=new.vkey).exists():
            raise WrongState("A new key waits for the next checkpoint already. Start the sealer, then rotate again.")
        # One whose event was never committed is used now.
        new = new or keys.make_following()
        with act(ROTATED, actor=None, now=now) as running:
            running.details = dict(rotation_details(old, new))
    return old.vkey, new.vkey


def remembered_size() -> int:
    """How many entries the last signed checkpoint holds, by the file beside the key."""
    last = recall()
    return last.checkpoint.size if last else 0


def _take_in_all(now: datetime) -> None:
    """Batches until nothing waits, or half a second is over and what waits is new.

    Another sealer may be faster with a batch: then its leaves are there, and this one goes on after them.
    """
    until, lost = time.monotonic() + TAKING_SECONDS, 0
    while True:
        try:
            taken = take_in()
        except IntegrityError:
            lost += 1
            if lost > LOST_AT_MOST:
                raise
            logger.info("Another sealer was faster; going on after it.")
            let_go_of_sealed()
            continue
        new = taken.first_at is not None and now - taken.first_at < LEFT_WAITING_AT_MOST
        if not taken.full or (new and time.monotonic() > until):
            return
