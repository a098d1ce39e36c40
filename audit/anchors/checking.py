"""Holding the tree to what lies outside of the database: checkpoints at anchors that can be read back, and receipts of single events."""

import base64
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from audit.sealing import notes, prove
from audit.sealing.keys import public_keys
from audit.sealing.models import LedgerCheckpoint, LedgerEpoch
from audit.sealing.stored import Damaged, StoredTree

from . import file, witness
from .anchor import FILE, WITNESS, Anchor, AnchorFailed, epoch_of
from .configured import anchors, problems
from .known import failing, largest_size
from .missing import missing_receipts

__all__ = ["Found", "findings", "missing_receipts"]
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Found:
    """`code` is stable, for machines: anchor_differs, anchor_beyond, receipt_missing (tampering), anchor_failing (something is not there)."""

    code: str
    text: str
    index: int | None = None


class Told(NamedTuple):
    """A checkpoint as an anchor has it; `note` in full where it keeps that."""

    epoch: int
    size: int
    root: bytes
    note: str = ""


def findings(*, now: datetime) -> Iterator[Found]:
    """Everything that anchors and receipts hold against the tree. Asks files and witnesses; changes nothing."""
    for words in problems():
        yield Found("anchor_failing", f"LEDGER_ANCHORS: {words}")
    confirmed, ours = largest_size(), _Ours()
    if confirmed > max(ours.tree.size, ours.lost_to(0)):
        yield Found("anchor_beyond", f"Anchors have confirmed {confirmed} entries; {ours.tree.size} are here.", ours.tree.size)
    for anchor in anchors():
        bad = failing(anchor)
        if bad is not None:
            yield Found("anchor_failing", f"No checkpoint has reached an anchor since {bad.at:%Y-%m-%d %H:%M} UTC. {bad.error}")
        yield from _of(anchor, ours, told=bad is not None)
    try:
        for receipt in missing_receipts(now):
            yield Found("receipt_missing", f"Event {receipt.event}, written at {receipt.at}, is not in the tree.")
    except OSError as error:
        yield Found("anchor_failing", f"The receipts in LEDGER_RECEIPTS cannot be read ({error.strerror}).")


def _of(anchor: Anchor, ours: "_Ours", *, told: bool) -> Iterator[Found]:
    """What one anchor has; that it cannot be read is said unless it was `told` that it fails."""
    try:
        if anchor.kind == FILE and (Path(anchor.address).exists() or not told):
            yield from ours.hold_to(anchor.name, _in_file(anchor))
        elif anchor.kind == WITNESS:
            yield from ours.hold_to(anchor.name, _at_witness(anchor))
    except AnchorFailed as error:
        if not told:
            yield Found("anchor_failing", error.message)
    except OSError as error:
        yield Found("anchor_failing", f"{anchor.address} cannot be read ({error.strerror}).")


def _in_file(anchor: Anchor) -> Iterator[Told]:
    for note in file.kept(Path(anchor.address)):
        said, _ = notes.parsed(note)
        yield Told(epoch_of(said.origin), said.size, said.root, note)


def _at_witness(anchor: Anchor) -> Iterator[Told]:
    for origin, size, root in witness.last_seen(anchor):
        try:
            yield Told(epoch_of(origin), size, base64.b64decode(root, validate=True))
        except ValueError:
            raise AnchorFailed(f"{anchor.name} does not tell in its usual words what it has seen.") from None


class _Ours:
    """The tree, and what restores own up to."""

    def __init__(self) -> None:
        self.tree = StoredTree()
        self.epochs = list(LedgerEpoch.objects.order_by("number"))

    def hold_to(self, name: str, checkpoints: Iterable[Told]) -> Iterator[Found]:
        """What of these the tree contradicts. Those that are stored here with the same root are proved with the tree itself."""
        for some in _in_batches(one for one in checkpoints if one.epoch):
            rows = LedgerCheckpoint.objects.filter(size__in={one.size for one in some}).values_list("epoch", "size", "root")
            stored = {(epoch, size): root for epoch, size, root in rows}
            for one in some:
                if stored.get((one.epoch, one.size)) != one.root.hex():
                    yield from self._contradicted(name, one)

    def lost_to(self, epoch: int) -> int:
        """The largest size that restores after this epoch own up to."""
        return max((one.lost_to for one in self.epochs if one.number > epoch), default=0)

    def _contradicted(self, name: str, one: Told) -> Iterator[Found]:
        if one.size > self.tree.size:
            # It may have grown since.
            self.tree = StoredTree()
        kept = min([self.tree.size, *(later.size for later in self.epochs if later.number > one.epoch)])
        present = self.epochs[-1].number if self.epochs else 1
        if one.epoch > present:
            said = f"{name} holds a checkpoint of epoch {one.epoch}; the database is in epoch {present}."
        elif one.size > kept:
            if one.size <= self.lost_to(one.epoch):
                return
            said = f"{name} holds a checkpoint of {one.size} entries; the ledger has {kept}."
        elif self._root(one.size) == one.root:
            return
        else:
            said = f"{name} holds a checkpoint of {one.size} entries with another root than the ledger's first {one.size} have."
        if one.note and not is_signed(one.note):
            yield Found("anchor_failing", f"{said} No key of this ledger signed it, so somebody else wrote it there.")
            return
        yield Found("anchor_beyond" if one.size > kept else "anchor_differs", said, min(one.size, kept) - 1 if kept else 0)

    def _root(self, size: int) -> bytes | None:
        try:
            return prove.root(size, tree=self.tree)
        except Damaged:
            return None


def _in_batches(checkpoints: Iterable[Told]) -> Iterator[list[Told]]:
    some: list[Told] = []
    for one in checkpoints:
        some.append(one)
        if len(some) == AT_ONCE:
            yield some
            some = []
    yield some


def is_signed(note: str) -> bool:
    """Whether a key of this ledger made one of its signatures."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    said, seals = notes.parsed(note)
    for _, public in map(notes.parsed_vkey, public_keys()):
        for seal in seals:
            with suppress(InvalidSignature):
                Ed25519PublicKey.from_public_bytes(public).verify(seal.signature, said.text().encode("utf-8"))
                return True
    return False
