"""Showing the newest checkpoint to an anchor, and writing down what came of it."""

from collections.abc import Callable
from datetime import datetime

from audit.events.services import act
from audit.sealing.models import LedgerCheckpoint

from . import file, syslog, timestamp, witness
from .anchor import FILE, RFC3161, SYSLOG, WITNESS, Anchor, AnchorFailed, Shown
from .known import every, failing, last_shown
from .models import AnchorReceipt

Show = Callable[..., bytes]
# Each is called as show(anchor, note, *, previous, now), answers with what came back, and raises AnchorFailed.
KINDS: dict[str, Show] = {FILE: file.show, SYSLOG: syslog.show, RFC3161: timestamp.show, WITNESS: witness.show}


def show_newest(anchor: Anchor, *, now: datetime) -> AnchorReceipt | None:
    """Shows the newest checkpoint where it is due; None when nothing was. What lies between it and the last one is proved by it too.

    Raises AnchorFailed; `failed` writes that down.
    """
    newest = LedgerCheckpoint.objects.order_by("-id").first()
    last, bad = last_shown(anchor), failing(anchor)
    if newest is None or (bad is None and last is not None and not _is_due(anchor, newest, last, now)):
        return None
    previous = Shown(last.epoch, last.size, last.at, bytes(last.receipt or b"")) if last else None
    receipt = KINDS[anchor.kind](anchor, newest.note, previous=previous, now=now)
    return _shown(anchor, newest, receipt, bad, now)


def failed(anchor: Anchor, error: AnchorFailed, *, now: datetime) -> bool:
    """Writes down that an anchor fails, once until it is well again; whether this was the first time."""
    if failing(anchor) is not None:
        return False
    newest = LedgerCheckpoint.objects.order_by("-id").first()
    with act("ledger.anchor_failed", actor=None, now=now, why=error.message) as running:
        running.details = {"anchor": anchor.name, "kind": anchor.kind, "size": newest.size if newest else 0}
        AnchorReceipt.objects.create(
            anchor=anchor.name,
            kind=anchor.kind,
            epoch=newest.epoch if newest else 1,
            size=newest.size if newest else 0,
            at=now,
            error=error.message,
        )
    return True


def _is_due(anchor: Anchor, newest: LedgerCheckpoint, last: AnchorReceipt, now: datetime) -> bool:
    """The clock may have been set back."""
    return (newest.epoch, newest.size) > (last.epoch, last.size) and abs(now - last.at) >= every(anchor)


def _shown(anchor: Anchor, newest: LedgerCheckpoint, receipt: bytes, bad: AnchorReceipt | None, now: datetime) -> AnchorReceipt:
    row = AnchorReceipt(anchor=anchor.name, kind=anchor.kind, epoch=newest.epoch, size=newest.size, at=now, receipt=receipt)
    if bad is None:
        row.save(force_insert=True)
        return row
    with act("ledger.anchor_restored", actor=None, now=now) as running:
        running.details = {"anchor": anchor.name, "kind": anchor.kind, "size": newest.size, "failed_since": bad.at.isoformat()}
        row.save(force_insert=True)
    return row
