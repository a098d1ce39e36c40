"""Sealing, a round at a time, and how it stands."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError
from django.db.models import Exists, Max, OuterRef

from audit.events.services import act
from audit.ledger.models import LedgerEvent, LedgerInbox
from portal.foundation.errors import WrongState

from . import alarms, keys
from .folder import locked
from .last_note import recall
from .models import LedgerCheckpoint
from .notes import Checkpoint
from .sequencing import let_go_of_sealed, take_in
from .signing import ROTATED, rotation_details, sign, standing
from .stored import StoredTree, tree_size
from .waiting import waiting_since

logger = logging.getLogger("sealer")
# A verifier finds an entry back-dated that is 300 s older than a checkpoint without it: what came in earlier than this must not be left waiting.
LEFT_WAITING_SECONDS = 60.0
LOST_AT_MOST = 20
MOST_COUNTED, MOST_NAMED = 100_000, 10


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
    try:
        with locked():
            # In the middle of another sealer's round the folder would know more than the tree that was read.
            standing(StoredTree())
        _take_in_all(now)
        checkpoint = sign(clock=clock or (lambda: now))
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
        with act(ROTATED, actor=None, now=now, why="The key that signs the ledger was rotated.") as running:
            running.details = dict(rotation_details(old, new))
    return old.vkey, new.vkey


def remembered_size() -> int:
    """How many entries the last signed checkpoint holds, by the file beside the key."""
    last = recall()
    return last.checkpoint.size if last else 0


def _take_in_all(now: datetime) -> None:
    """Everything that waits now, and if that took long, everything that came meanwhile."""
    while (last := LedgerInbox.objects.aggregate(last=Max("event"))["last"]) is not None:
        begun, waiting = time.monotonic(), LedgerInbox.objects.filter(event__lte=last)
        while _take_in_a_batch() and waiting.exists():
            pass
        if waiting.exists():
            _tell_removed(now)
        if time.monotonic() - begun < LEFT_WAITING_SECONDS:
            return


def _tell_removed(now: datetime) -> None:
    """Of an event that was removed before it got its place only its number is left; it stays in the inbox."""
    there = LedgerEvent.objects.filter(pk=OuterRef("event"))
    gone = list(LedgerInbox.objects.filter(~Exists(there)).order_by("event").values_list("event", flat=True)[:MOST_NAMED])
    if gone:
        numbers = ", ".join(str(event) for event in gone)
        alarms.sound(
            "removed", f"Events were removed from the database before they were sealed: number {numbers}. Find out who did it.", now=now
        )


def _take_in_a_batch() -> int:
    """Another sealer may be faster: then its leaves are there, and this one goes on after them."""
    for _ in range(LOST_AT_MOST):
        try:
            return take_in()
        except IntegrityError:
            logger.info("Another sealer was faster; going on after it.")
            let_go_of_sealed()
    return take_in()
