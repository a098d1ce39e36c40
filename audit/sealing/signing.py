"""Signing what is durable, and only what was read back: nothing smaller, nothing that contradicts the last note, nothing earlier.

The order: leaves are committed; they and their events are read and hashed again; the note is signed; the file `sealed` remembers it; the
database stores it. Whatever dies in between, the next start finds a note that agrees with the tree.
"""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import Max

from portal.foundation.errors import WrongState

from . import keys, merkle, prove
from .folder import locked
from .last_note import LastNote, recall, remember
from .models import LedgerCheckpoint, LedgerEpoch, LedgerTile
from .notes import Checkpoint, rotation_statement, signed
from .sequencing import durable, flush
from .stored import Damaged, StoredTree, from_below, split

READ_AT_ONCE = 2000
ROTATED = "ledger.key_rotated"
NEW_ENTRIES = """
SELECT l."index", l.hash, e.payload FROM audit_ledgerleaf l LEFT JOIN audit_ledgerevent e ON e.id = l.event
WHERE l."index" >= %s AND l."index" < %s ORDER BY l."index"
"""
WAY_OUT = "Nothing is sealed until 'manage.py open_ledger_epoch' says what happened and who approved it (docs/operations.md, 'The ledger')."


class Behind(WrongState):
    """The database holds another or a shorter tree than the one that was signed."""


class ClockSetBack(WrongState):
    """It is earlier than when the last checkpoint was signed."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where sealing goes on from: the epoch, its origin, and the last note, None before the first."""

    epoch: int
    origin: str
    last: LastNote | None

    @property
    def size(self) -> int:
        return self.last.checkpoint.size if self.last else 0


def standing(tree: StoredTree) -> Standing:
    """Where sealing goes on from. Raises Behind when the database does not hold what was signed."""
    last = recall()
    epoch, origin = present_epoch()
    if last is None:
        if LedgerCheckpoint.objects.exists():
            raise Behind(
                f"The database holds checkpoints, but {settings.LEDGER_KEYS} remembers none. Put its file 'sealed' back. {WAY_OUT}"
            )
        return Standing(epoch, origin, None)
    said = last.checkpoint
    if (last.epoch, said.origin) != (epoch, origin):
        raise Behind(
            f"The last checkpoint is of '{said.origin}', the database of '{origin}': it was restored, or is another one. {WAY_OUT}"
        )
    if tree.size < said.size:
        raise Behind(f"{said.size} entries were sealed, the database holds {tree.size}: it was restored from a backup. {WAY_OUT}")
    if prove.root(said.size, tree=tree) != said.root:
        raise Behind(
            f"The first {said.size} entries are not those that were sealed: the database was changed by hand, or is another one. {WAY_OUT}"
        )
    _agree_with_stored(epoch, tree)
    return Standing(epoch, origin, last)


def _agree_with_stored(epoch: int, tree: StoredTree) -> None:
    """Raises Behind when the newest checkpoint in the database is of another tree."""
    newest = LedgerCheckpoint.objects.filter(epoch=epoch).order_by("-size").first()
    if newest and (newest.size > tree.size or prove.root(newest.size, tree=tree).hex() != newest.root):
        raise Behind(f"The checkpoint of {newest.size} entries in the database is not of the entries there. {WAY_OUT}")


def present_epoch() -> tuple[int, str]:
    """Number and origin of the epoch that the database is in."""
    found = LedgerEpoch.objects.order_by("-number").first()
    return (found.number, found.origin) if found else (1, settings.LEDGER_NAME)


def sign(*, clock: Callable[[], datetime]) -> Checkpoint | None:
    """Signs the tree as it stands, when it has grown since the last note or that was never stored; None when there is nothing to sign.

    The clock is read when nobody else can sign any more. Raises Behind, ClockSetBack, Damaged, Exposed.
    """
    with locked():
        _finish_rotation()
        tree = StoredTree()
        since = standing(tree)
        base = published(since)
        if tree.size == base:
            return None
        # What is signed was committed when its size was read.
        flush()
        now = clock()
        if since.last and now < since.last.checkpoint.at:
            raise ClockSetBack(
                f"It is {now:%Y-%m-%d %H:%M:%S} UTC by this machine's clock, earlier than the last checkpoint of "
                f"{since.last.checkpoint.at:%Y-%m-%d %H:%M:%S}. Nothing is signed until then. Put the clock right, or open a new epoch."
            )
        root, rotations = read_again(tree, base)
        checkpoint = Checkpoint(since.origin, tree.size, root, now)
        signers = _signers(rotations)
        note = signed(checkpoint, [key.signer for key in signers])
        remember(LastNote(checkpoint, since.epoch, tuple(key.vkey for key in signers)))
        _store(checkpoint, since.epoch, note)
        _finish_rotation()
        return checkpoint


def read_again(tree: StoredTree, since: int) -> tuple[bytes, list[dict[str, Any]]]:
    """Root of the tree out of the events as they are stored now, and the rotations among them. Raises Damaged for any difference."""
    frontier, rotations = merkle.Frontier.read(since, StoredTree(since).read), list[dict[str, Any]]()
    for index, kept, payload in _entries(since, tree.size):
        if index != frontier.size or payload is None or merkle.leaf_hash(payload.encode("utf-8")) != bytes(kept):
            raise Damaged(f"Entry {frontier.size} was changed or removed after it got its place and before it was sealed. {WAY_OUT}")
        frontier.append(bytes(kept))
        if ROTATED in payload and (content := json.loads(payload)).get("type") == ROTATED:
            rotations.append(content.get("details") or {})
    for level, number in merkle.complete_tiles(since, tree.size):
        _check_tile(level, number)
    root = frontier.root()
    if frontier.size != tree.size or root != prove.root(tree.size, tree=tree):
        raise Damaged(f"The tree of {tree.size} entries does not have the root of its entries. {WAY_OUT}")
    return root, rotations


def _entries(first: int, end: int) -> Iterator[tuple[int, bytes, str | None]]:
    with connection.cursor() as cursor:
        for at in range(first, end, READ_AT_ONCE):
            cursor.execute(NEW_ENTRIES, [at, min(end, at + READ_AT_ONCE)])
            yield from cursor.fetchall()


def _check_tile(level: int, number: int) -> None:
    tile = LedgerTile.objects.filter(level=level, number=number).first()
    hashes = from_below(level, number)
    if tile is None or split(tile.hashes) != hashes or bytes(tile.root) != merkle.complete_root(hashes):
        raise Damaged(f"Tile {level}/{number} of the ledger's tree does not hold what is below it. {WAY_OUT}")


def published(since: Standing) -> int:
    """How many entries the last note holds that everybody can read. One that was remembered and not stored is made anew, as if never made."""
    stored = LedgerCheckpoint.objects.filter(epoch=since.epoch, size__lte=since.size).aggregate(most=Max("size"))["most"]
    if stored is not None:
        return int(stored)
    return LedgerEpoch.objects.filter(number=since.epoch).values_list("size", flat=True).first() or 0


def _store(checkpoint: Checkpoint, epoch: int, note: str) -> None:
    row = LedgerCheckpoint(epoch=epoch, size=checkpoint.size, root=checkpoint.root.hex(), at=checkpoint.at, note=note)
    try:
        with transaction.atomic():
            durable()
            row.save(force_insert=True)
    except IntegrityError:
        # Another sealer, with a folder of its own, has signed this size: one note is enough.
        return


def _signers(rotations: list[dict[str, Any]]) -> list[keys.Key]:
    """The present key, and both keys of every rotation that this checkpoint is the first to hold."""
    named = [str(rotation.get(which)) for rotation in rotations for which in ("old", "new")]
    found = {name: keys.held(name) for name in [*named, keys.present().vkey]}
    return [key for key in found.values() if key]


def _finish_rotation() -> None:
    """Once a remembered checkpoint bears the following key, that key is the present one."""
    new, last = keys.following(), recall()
    if new and last and new.vkey in last.keys:
        keys.promote()


def rotation_details(old: keys.Key, new: keys.Key) -> dict[str, str]:
    """What the event of a rotation tells (docs/ledger-format.md, section 6)."""
    statement = rotation_statement(old.vkey, new.vkey)
    return {
        "old": old.vkey,
        "new": new.vkey,
        "old_signature": base64.b64encode(old.sign(statement)).decode("ascii"),
        "new_signature": base64.b64encode(new.sign(statement)).decode("ascii"),
    }
