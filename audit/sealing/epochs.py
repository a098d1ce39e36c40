"""Going on after a restore: a new epoch says what was there, what was lost, why, and who approved it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from audit.events.services import act, actor_as_recorded
from audit.ledger.models import LedgerEvent
from portal.foundation.errors import InvalidInput, WrongState
from portal.foundation.registry import Registry
from portal.foundation.words import visible

from . import alarms, keys, prove
from .folder import locked
from .last_note import LastNote, recall, remember
from .models import LedgerCheckpoint, LedgerEpoch
from .notes import Checkpoint
from .sequencing import durable, flush, take_in_one
from .signing import ROTATED, ClockSetBack, present_epoch, published, read_again, rotation_details, standing
from .stored import StoredTree

RESTORED = "ledger.restored"
APPROVERS = 2
# Who else knows how large the tree was: the anchors.
known_sizes: Registry[Callable[[], int]] = Registry("size known of the ledger")
# Who looks elsewhere for what an epoch gives up for lost, in its transaction.
given_up: Registry[Callable[[LedgerEpoch, datetime], object]] = Registry("keeper of what is known of lost entries")


def open_epoch(*, reason: str, approvers: Sequence[Any], now: datetime) -> LedgerEpoch:
    """Opens the next epoch on the tree as it is. Two different active accounts approve.

    Raises InvalidInput without a reason or two approvers, WrongState when the sealer has nothing to wait for.
    """
    if len(visible(reason)) < 10:
        raise InvalidInput("Say in a sentence what happened: an auditor will read it.", {"reason": ["At least ten characters."]})
    if len({person.pk for person in approvers}) < APPROVERS or not all(person.is_active for person in approvers):
        raise InvalidInput("Two different people with active accounts have to approve.", {"approved_by": ["Name two accounts."]})
    with locked():
        _refuse_without_need(now)
        return _open(visible(reason), approvers, now)


def _refuse_without_need(now: datetime) -> None:
    try:
        tree = StoredTree()
        since = standing(tree)
        if since.last and now < since.last.checkpoint.at:
            raise ClockSetBack("The clock was set back.")
        read_again(tree, published(since))
    except WrongState:
        return
    raise WrongState("The ledger goes on from what was signed last; there is nothing to open an epoch for.")


def _open(reason: str, approvers: Sequence[Any], now: datetime) -> LedgerEpoch:
    last = recall()
    with transaction.atomic():
        durable()
        tree = StoredTree()
        root, (present, old_origin) = prove.root(tree.size, tree=tree), present_epoch()
        number = max(present, last.epoch if last else 1) + 1
        epoch = LedgerEpoch.objects.create(
            number=number,
            origin=f"{settings.LEDGER_NAME}/epoch-{number}",
            size=tree.size,
            lost_to=_lost_to(tree.size, last),
            opened_at=now,
            reason=reason,
        )
        with act(RESTORED, actor=None, now=now, why=reason) as running:
            running.details = {
                "epoch": number,
                "old_origin": last.checkpoint.origin if last else old_origin,
                "size": tree.size,
                "root": root.hex(),
                "lost_to": epoch.lost_to,
                "reason": reason,
                "approvers": [actor_as_recorded(person, "") for person in approvers],
            }
        _take_in_newest(RESTORED)
        _tell_lost_rotations(now)
        for _, keep in given_up:
            keep(epoch, now)
        alarms.silence("seal")
    flush()
    # After the commit: if this is lost, the next try opens one epoch more and still knows what was signed before.
    remember(LastNote(Checkpoint(epoch.origin, tree.size, root, now), number))
    return epoch


def _tell_lost_rotations(now: datetime) -> None:
    """Rotations that went with what was lost are told again, or nobody could follow from the old key to the present one."""
    for old, new in pairwise(keys.public_keys()):
        first, second = keys.held(old), keys.held(new)
        if first and second and not LedgerEvent.objects.filter(type=ROTATED, payload__contains=new).exists():
            with act(ROTATED, actor=None, now=now, why="Told again: the restore took it away.") as running:
                running.details = dict(rotation_details(first, second))
            # The epoch's first checkpoint has to hold it, for it is signed by the present key.
            _take_in_newest(ROTATED)


def _take_in_newest(kind: str) -> None:
    event = LedgerEvent.objects.filter(type=kind).latest("id")
    take_in_one(event.pk, event.payload.encode("utf-8"))


def _lost_to(size: int, last: LastNote | None) -> int:
    """The largest size known to have been signed or anchored."""
    stored = LedgerCheckpoint.objects.aggregate(most=Max("size"))["most"] or 0
    return max(size, stored, last.checkpoint.size if last else 0, *(known() for _, known in known_sizes))
