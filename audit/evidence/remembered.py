"""What is known of signed checkpoints beside the database's own list: by the sealer's memory, by receipts of anchors, by who owned up to a loss."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef

from audit.anchors.models import AnchorReceipt
from audit.sealing import prove
from audit.sealing.last_note import LastNote
from audit.sealing.models import LedgerCheckpoint, LedgerEpoch
from audit.sealing.signing import present_epoch
from audit.sealing.stored import Damaged, StoredTree

from .findings import Finding

LATE = timedelta(seconds=10)
MOST_TOLD = 20


def findings(last: LastNote | None, *, now: datetime) -> Iterator[Finding]:
    """What the database lacks or contradicts of what was signed. `last` was read before the tree that it is held to."""
    if last is not None:
        yield from _against_memory(last, now)
    kept = LedgerCheckpoint.objects.filter(epoch=OuterRef("epoch"), size=OuterRef("size"))
    owned_up = LedgerEpoch.objects.filter(number__gt=OuterRef("epoch"), size__lt=OuterRef("size"), lost_to__gte=OuterRef("size"))
    shown = AnchorReceipt.objects.filter(~Exists(kept), ~Exists(owned_up), error="").order_by("size").values_list("size", "anchor")
    for size, name in shown[:MOST_TOLD]:
        yield Finding("checkpoint_missing", f"The checkpoint of {size} entries that {name} confirmed is not here any more.", size - 1)
    for one in LedgerEpoch.objects.filter(lost_to__gt=F("size")).order_by("number"):
        words = f"Entries {one.size} to {one.lost_to - 1} of an earlier epoch were lost; two people owned up to it: {one.reason}"
        yield Finding("lost_range", words, one.size)


def _against_memory(last: LastNote, now: datetime) -> Iterator[Finding]:
    signed, tree, (epoch, origin) = last.checkpoint, StoredTree(), present_epoch()
    if last.epoch > epoch:
        words = f"The sealer signed for '{signed.origin}' last; the database is of '{origin}'. It was restored, or is another one."
        yield Finding("entries_missing", words, tree.size)
    if last.epoch != epoch:
        # Somebody opens an epoch at this moment; else the sealer refuses to go on and says so.
        return
    if signed.size > tree.size:
        words = f"The sealer remembers a tree of {signed.size} entries; {tree.size} are here. It was cut, or restored from a backup."
        yield Finding("entries_missing", words, tree.size)
    elif not _fits(last, tree):
        words = f"The first {signed.size} entries do not have the root that the sealer remembers."
        yield Finding("root_differs", words, max(signed.size - 1, 0))
    elif last.keys and now - signed.at > LATE and not LedgerCheckpoint.objects.filter(epoch=epoch, size=signed.size).exists():
        # A sealer that dies between the two leaves this behind, too; it signs anew when it starts.
        words = f"The last checkpoint, of {signed.size} entries, was signed and is not here. Is the sealer running?"
        yield Finding("checkpoint_missing", words, signed.size - 1)


def _fits(last: LastNote, tree: StoredTree) -> bool:
    try:
        return prove.root(last.checkpoint.size, tree=tree) == last.checkpoint.root
    except Damaged:
        return False
