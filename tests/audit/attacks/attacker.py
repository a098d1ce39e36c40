"""What somebody does who owns the database: takes the guards off, changes what lies there with raw SQL, and puts the guards back.

Positions are indexes of the tree. With `resign` they have the key, too.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

from audit.models import LedgerCheckpoint, LedgerEvent, LedgerLeaf
from audit.sealing import keys, merkle, notes
from audit.sealing.last_note import LastNote, remember
from portal.foundation import database_guards
from portal.foundation.canonical import canonical_json

Attack = Callable[[int], None]


@contextmanager
def without_guards() -> Iterator[None]:
    for guard in database_guards.guards["audit"]:
        if connection.vendor == "sqlite":
            sql(f"DROP TRIGGER {guard.name}")
            continue
        for name in (guard.name, f"{guard.name}_truncate"):
            sql(f"DROP TRIGGER IF EXISTS {name} ON {guard.table}")
    yield
    database_guards.install("audit", "default")


def sql(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)


def event_at(at: int) -> LedgerEvent:
    """The event of this entry."""
    found: LedgerEvent = LedgerEvent.objects.get(pk=LedgerLeaf.objects.get(index=at).event)
    return found


def edit(at: int) -> None:
    event = event_at(at)
    content = {**json.loads(event.payload), "why": "Nothing to see here."}
    sql("UPDATE audit_ledgerevent SET payload = %s WHERE id = %s", canonical_json(content).decode(), event.pk)


def edit_and_recompute(at: int) -> None:
    edit(at)
    recompute()


def delete(at: int) -> None:
    sql("DELETE FROM audit_ledgerevent WHERE id = %s", event_at(at).pk)


def delete_and_renumber(at: int) -> None:
    """Places and numbers of the object close up behind the entry; what remains has the hashes that it should have."""
    gone = event_at(at)
    delete(at)
    sql('DELETE FROM audit_ledgerleaf WHERE "index" = %s', at)
    for index, _ in leaves(at + 1):
        sql('UPDATE audit_ledgerleaf SET "index" = %s WHERE "index" = %s', index - 1, index)
    later = LedgerEvent.objects.filter(object_model=gone.object_model, object_pk=gone.object_pk, object_seq__gt=gone.object_seq or 0)
    for event in later.order_by("pk"):
        content = json.loads(event.payload)
        content["obj"]["seq"] -= 1
        payload = canonical_json(content).decode()
        sql("UPDATE audit_ledgerevent SET payload = %s, object_seq = object_seq - 1 WHERE id = %s", payload, event.pk)
    recompute()


def swap(at: int) -> None:
    """With the neighbour, hashes and all."""
    other = at - 1 if at == size() - 1 else at + 1
    one, two = LedgerLeaf.objects.get(index=at), LedgerLeaf.objects.get(index=other)
    sql('DELETE FROM audit_ledgerleaf WHERE "index" IN (%s, %s)', at, other)
    for index, leaf in ((other, one), (at, two)):
        sql('INSERT INTO audit_ledgerleaf ("index", event, hash) VALUES (%s, %s, %s)', index, leaf.event, bytes(leaf.hash))
    recompute()


def back_date(at: int) -> None:
    """An hour earlier than it was written, hashes and all."""
    event = event_at(at)
    content = json.loads(event.payload)
    content["ts"] = f"2020{content['ts'][4:]}"
    content.pop("rec", None)
    sql("UPDATE audit_ledgerevent SET payload = %s WHERE id = %s", canonical_json(content).decode(), event.pk)
    recompute()


def cut(after: int) -> None:
    """Everything behind the first `after` entries, as if it had never been: an older genuine checkpoint is the last one."""
    beyond = list(LedgerLeaf.objects.filter(index__gte=after).values_list("event", flat=True))
    for event in beyond:
        sql("DELETE FROM audit_ledgerevent WHERE id = %s", event)
    sql('DELETE FROM audit_ledgerleaf WHERE "index" >= %s', after)
    sql("DELETE FROM audit_ledgercheckpoint WHERE size > %s", after)
    sql("DELETE FROM audit_anchorreceipt WHERE size > %s", after)
    recompute()


def recompute() -> None:
    """Hashes of leaves and tiles out of the payloads that are there."""
    payloads = dict(LedgerEvent.objects.values_list("id", "payload"))
    hashes = []
    for index, leaf in leaves(0):
        hashes.append(merkle.leaf_hash(payloads[leaf.event].encode()))
        if bytes(leaf.hash) != hashes[-1]:
            sql('UPDATE audit_ledgerleaf SET hash = %s WHERE "index" = %s', hashes[-1], index)
    width = merkle.TILE_WIDTH
    sql("DELETE FROM audit_ledgertile WHERE number >= %s", len(hashes) // width)
    for number in range(len(hashes) // width):
        held = hashes[number * width : (number + 1) * width]
        row = (b"".join(held), merkle.complete_root(held), number)
        sql("UPDATE audit_ledgertile SET hashes = %s, root = %s WHERE level = 0 AND number = %s", *row)


def resign() -> None:
    """All checkpoints over what is there now, with the ledger's own key; the file beside the key says the same."""
    hashes = [bytes(leaf.hash) for _, leaf in leaves(0)]
    signer = keys.present().signer
    for row in LedgerCheckpoint.objects.order_by("size"):
        if row.size > len(hashes):
            sql("DELETE FROM audit_ledgercheckpoint WHERE id = %s", row.pk)
            continue
        resign_one(row, root_of(hashes[: row.size]), signer)
    last = LedgerCheckpoint.objects.order_by("-size").first()
    assert last
    said, _ = notes.parsed(last.note)
    remember(LastNote(said, last.epoch, (keys.present().vkey,)))


def resign_one(row: LedgerCheckpoint, root: bytes, signer: Any) -> None:
    said = notes.Checkpoint(row.note.split("\n", 1)[0], row.size, root, row.at)
    sql("UPDATE audit_ledgercheckpoint SET root = %s, note = %s WHERE id = %s", root.hex(), notes.signed(said, [signer]), row.pk)


def root_of(hashes: list[bytes]) -> bytes:
    tree = merkle.Frontier()
    for one in hashes:
        tree.append(one)
    return tree.root()


def leaves(first: int) -> list[tuple[int, LedgerLeaf]]:
    return [(leaf.index, leaf) for leaf in LedgerLeaf.objects.filter(index__gte=first).order_by("index")]


def size() -> int:
    return LedgerLeaf.objects.count()
