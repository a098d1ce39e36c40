"""After a restore: what files elsewhere still hold of the part that the database has lost, so that it is known how much that was."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from audit.sealing import notes
from audit.sealing.models import LedgerEpoch
from audit.sealing.stored import tree_size

from . import file
from .anchor import FILE, Anchor, epoch_of
from .checking import is_signed
from .configured import anchors
from .known import failing, largest_size
from .models import AnchorReceipt

# A file may hold a checkpoint of every ten seconds; the newest tell how much was lost.
MOST = 500


def largest_size_anywhere() -> int:
    """The largest tree that an anchor has confirmed, by its receipts here and by the files elsewhere that can be read."""
    size = tree_size()
    return max([largest_size(), *(said.size for anchor in anchors() for said, _ in _beyond(anchor, size))])


def take_again(epoch: LedgerEpoch, now: datetime) -> int:
    """Puts back the receipts of checkpoints that `epoch` gives up for lost, as files elsewhere hold them; how many."""
    found = []
    for anchor in anchors():
        # Its newest row must go on saying that it fails.
        if failing(anchor) is None:
            newest = sorted(_beyond(anchor, epoch.size), key=lambda one: one[0].size)[-MOST:]
            found += [_receipt(anchor, said, note) for said, note in newest if epoch_of(said.origin) < epoch.number]
    there = set(AnchorReceipt.objects.filter(size__gt=epoch.size, error="").values_list("anchor", "epoch", "size"))
    return len(AnchorReceipt.objects.bulk_create([row for row in found if (row.anchor, row.epoch, row.size) not in there]))


def _beyond(anchor: Anchor, size: int) -> Iterator[tuple[notes.Checkpoint, str]]:
    """What the file holds of this ledger beyond the first `size` entries, signed by its keys."""
    if anchor.kind == FILE:
        with suppress(OSError):
            for note in file.kept(Path(anchor.address)):
                said, _ = notes.parsed(note)
                if said.size > size and epoch_of(said.origin) and is_signed(note):
                    yield said, note


def _receipt(anchor: Anchor, said: notes.Checkpoint, note: str) -> AnchorReceipt:
    told = " ".join(note.split("\n")[:3])
    receipt = f"{told}\n\n{note}".encode()
    return AnchorReceipt(anchor=anchor.name, kind=anchor.kind, epoch=epoch_of(said.origin), size=said.size, at=said.at, receipt=receipt)
