"""How much a bundle will hold, told before it is written."""

import zlib
from dataclasses import dataclass

from django.db import connection

from audit.sealing.models import LedgerCheckpoint
from audit.sealing.stored import tree_size

from .selection import Selection

# The verifiers, the manifest and the words for people.
ALWAYS_BYTES = 70_000
CHECKPOINT_BYTES = 260
MOST_CHECKPOINTS = 5_000
HASH_BYTES = 45
SAMPLE = 300


@dataclass(frozen=True, slots=True)
class Estimate:
    """`entries` of a tree of `size` in full, in a file of about `length` bytes."""

    entries: int
    size: int
    length: int


def estimate(selection: Selection) -> Estimate:
    """Counts the events; how well they can be packed is tried on some of them. Four queries, none of which reads the tree."""
    condition, values = ("1=1", []) if selection.is_everything else selection.in_sql()
    size = tree_size()
    with connection.cursor() as cursor:
        entries = size
        if not selection.is_everything:
            cursor.execute(f"SELECT COUNT(*) FROM audit_ledgerevent e WHERE {condition}", values)  # noqa: S608 - constants; values are parameters
            entries = min(int(cursor.fetchone()[0]), size)
        cursor.execute(f"SELECT payload FROM audit_ledgerevent e WHERE {condition} LIMIT {SAMPLE}", values)  # noqa: S608
        sample = [payload.encode("utf-8") for (payload,) in cursor.fetchall()]
    each = len(zlib.compress(b"\n".join(sample), 6)) / len(sample) if sample else 0
    return Estimate(entries, size, ALWAYS_BYTES + int(entries * each) + _tree_bytes(entries, size))


def _tree_bytes(entries: int, size: int) -> int:
    """Between two entries that are apart stand about two hashes for each doubling of what lies between them; hashes cannot be packed."""
    left_out = size - entries
    gaps = min(entries, left_out)
    hashes = gaps * (left_out // max(gaps, 1)).bit_length() * 2
    return min(hashes, left_out) * HASH_BYTES + LedgerCheckpoint.objects.order_by()[:MOST_CHECKPOINTS].count() * CHECKPOINT_BYTES
