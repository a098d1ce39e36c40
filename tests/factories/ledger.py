"""Events to be sealed, and what a sealed ledger must be like."""

import hashlib
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import transaction

from audit.ledger.services import append_all
from audit.models import LedgerCheckpoint, LedgerEvent, LedgerInbox, LedgerLeaf
from audit.sealing.notes import key_id, parsed, parsed_vkey


def write_events(count: int, *, now: datetime, about: str = "test.event") -> None:
    """That many events, in one transaction."""
    with transaction.atomic():
        append_all([{"type": about, "details": {"number": number}} for number in range(count)], now=now)


def naive_root(hashes: list[bytes]) -> bytes:
    """RFC 6962, 2.1, word for word."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    middle = 1
    while middle * 2 < len(hashes):
        middle *= 2
    return hashlib.sha256(b"\x01" + naive_root(hashes[:middle]) + naive_root(hashes[middle:])).digest()


def naive_leaf(payload: str) -> bytes:
    return hashlib.sha256(b"\x00" + payload.encode("utf-8")).digest()


def hold_to_the_tree() -> int:
    """Every event has one place, every checkpoint the root of its entries. The size of the tree."""
    payloads = dict(LedgerEvent.objects.values_list("id", "payload"))
    leaves = list(LedgerLeaf.objects.order_by("index").values_list("index", "event", "hash"))
    assert [index for index, _, _ in leaves] == list(range(len(leaves)))
    assert sorted(event for _, event, _ in leaves) == sorted(set(payloads) - set(LedgerInbox.objects.values_list("event", flat=True)))
    hashes = [naive_leaf(payloads[event]) for _, event, _ in leaves]
    assert [bytes(one) for _, _, one in leaves] == hashes
    for checkpoint in LedgerCheckpoint.objects.all():
        assert checkpoint.root == naive_root(hashes[: checkpoint.size]).hex()
    return len(leaves)


def signers(note: str, *vkeys: str) -> list[str]:
    """Which of these keys signed the note, each checked."""
    checkpoint, lines = parsed(note)
    found = []
    for vkey in vkeys:
        name, public = parsed_vkey(vkey)
        for line in lines:
            if (line.name, line.key_id) == (name, key_id(name, public)):
                Ed25519PublicKey.from_public_bytes(public).verify(line.signature, checkpoint.text().encode())
                found.append(vkey)
    return found


def last_note() -> Any:
    """The newest checkpoint's row."""
    return LedgerCheckpoint.objects.order_by("-id").first()
