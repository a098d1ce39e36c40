"""Giving new events their places in the tree: one transaction a batch.

Two sealers are kept apart by a leaf's two keys: whoever comes second breaks one of them, keeps nothing and starts over. The locks on the inbox
only save that work, and keep the events of one object in their order when the first sealer dies.
"""

import os
from collections.abc import Sequence

from django.db import connection, transaction

from audit.ledger.models import LedgerInbox

from . import merkle
from .models import LedgerTile
from .stored import from_below, tree_size

# SQLite has one writer; a business transaction must not wait for a long batch.
BATCH = {"sqlite": 500, "postgresql": 2000}
TAKEN = """
SELECT i.event, e.payload FROM audit_ledgerinbox i JOIN audit_ledgerevent e ON e.id = i.event
ORDER BY i.event LIMIT %s {lock}
"""
LETTING_GO = {
    "sqlite": "DELETE FROM audit_ledgerinbox WHERE event IN (SELECT value FROM json_each(%s))",
    "postgresql": "DELETE FROM audit_ledgerinbox WHERE event = ANY(%s)",
}
ADDING = {
    "sqlite": 'INSERT INTO audit_ledgerleaf ("index", event, hash) VALUES (%s, %s, %s)',
    "postgresql": 'INSERT INTO audit_ledgerleaf ("index", event, hash) SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bytea[])',
}
FORGOTTEN = """
SELECT e.id FROM audit_ledgerevent e WHERE NOT EXISTS (SELECT 1 FROM audit_ledgerleaf l WHERE l.event = e.id)
AND NOT EXISTS (SELECT 1 FROM audit_ledgerinbox i WHERE i.event = e.id)
"""
SEALED_ALREADY = "DELETE FROM audit_ledgerinbox WHERE EXISTS (SELECT 1 FROM audit_ledgerleaf l WHERE l.event = audit_ledgerinbox.event)"


def take_in() -> int:
    """The oldest waiting events become the next leaves; how many. Raises IntegrityError when another sealer was faster; then nothing has changed."""
    with transaction.atomic():
        durable()
        rows = _oldest(BATCH[connection.vendor])
        if rows:
            place([(event, payload.encode("utf-8")) for event, payload in rows])
            _let_go([event for event, _ in rows])
    return len(rows)


def place(events: Sequence[tuple[int, bytes]]) -> None:
    """Adds leaves for these events, in this order, and the tiles that become complete. In the running transaction."""
    size = tree_size()
    leaves = [(size + at, event, merkle.leaf_hash(payload)) for at, (event, payload) in enumerate(events)]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.executemany(ADDING["sqlite"], leaves)
        else:
            cursor.execute(ADDING["postgresql"], [list(column) for column in zip(*leaves, strict=True)])
    for level, number in merkle.complete_tiles(size, size + len(leaves)):
        hashes = from_below(level, number)
        LedgerTile.objects.create(level=level, number=number, hashes=b"".join(hashes), root=merkle.complete_root(hashes))


def take_in_one(event: int, payload: bytes) -> None:
    """This very event becomes the next leaf, before all that wait. In the running transaction."""
    place([(event, payload)])
    _let_go([event])


def put_back_forgotten() -> int:
    """Puts events into the inbox that are neither there nor in the tree; how many. There are none unless somebody removed them by hand."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(FORGOTTEN)
        forgotten = [LedgerInbox(event=event) for (event,) in cursor.fetchall()]
        LedgerInbox.objects.bulk_create(forgotten)
    return len(forgotten)


def let_go_of_sealed() -> None:
    """Takes events out of the inbox that have a place in the tree already: somebody put them there by hand."""
    with connection.cursor() as cursor:
        cursor.execute(SEALED_ALREADY)


def durable() -> None:
    """What this transaction commits is on disk when it is committed, and so is all that was committed before it (PostgreSQL).

    For SQLite there is `flush`, after it.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit = on")


def flush() -> None:
    """What was committed so far, by whomever, is on disk when this returns (SQLite; where PostgreSQL has committed it, it is).

    SQLite could do it with each commit, but keeps its one lock meanwhile: whoever writes would wait for the disk. Its log holds all that the
    database file does not hold yet, and what goes from there into that file is flushed by SQLite itself. Raises OSError.
    """
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA database_list")
        file = next(file for _, name, file in cursor.fetchall() if name == "main")
    try:
        log = os.open(f"{file}-wal", os.O_RDONLY)
    except FileNotFoundError:
        # All of it is in the database file, or the database is in memory.
        return
    try:
        os.fsync(log)
    finally:
        os.close(log)


def _oldest(limit: int) -> list[tuple[int, str]]:
    lock = "FOR UPDATE OF i" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(TAKEN.format(lock=lock), [limit])
        return list(cursor.fetchall())


def _let_go(events: list[int]) -> None:
    given: list[int] | str = events if connection.vendor == "postgresql" else str(events)
    with connection.cursor() as cursor:
        cursor.execute(LETTING_GO[connection.vendor], [given])
