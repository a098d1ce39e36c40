"""A witness (C2SP tlog-witness): it cosigns a checkpoint once it has seen that the ledger only grew since the last one it cosigned."""

import base64
from datetime import datetime, timedelta

from audit.sealing import notes, prove
from audit.sealing.stored import Damaged
from portal.foundation.errors import DeliveryFailed
from portal.foundation.outbound_http import Reply, get_body, post

from .anchor import Anchor, AnchorFailed, Shown, WitnessKey, epoch_of

LARGEST_ANSWER_BYTES = 100_000
CONFLICT, REFUSED = 409, 422
TIME_BYTES = 8
# A verifier takes a cosignature that is older than what it signs by more than this for a forgery.
CLOCKS_DIFFER_AT_MOST = timedelta(seconds=300)


def show(anchor: Anchor, note: str, *, previous: Shown | None, now: datetime) -> bytes:
    """Has the note cosigned; the receipt is the line of its cosignature, with a valid signature.

    1. Ask from the size that it confirmed last. 2. Where it has seen another size, ask from that. Raises AnchorFailed when it refuses.
    """
    checkpoint, _ = notes.parsed(note)
    old = previous.size if previous and previous.size <= checkpoint.size and _is_of(previous, checkpoint.origin) else 0
    reply = _ask(anchor, note, old, checkpoint.size)
    if reply.status == CONFLICT:
        seen = _seen(anchor, reply)
        if seen > checkpoint.size:
            raise AnchorFailed(
                f"{anchor.name} has seen a ledger of {seen} entries and is shown one of {checkpoint.size}: "
                "the database was restored from a backup, or is another one."
            )
        if seen == old:
            raise AnchorFailed(f"{anchor.name} has seen another ledger of {seen} entries: this one was rewritten.")
        reply = _ask(anchor, note, seen, checkpoint.size)
    return _cosignature(anchor, note, reply)


def last_seen(anchor: Anchor) -> list[tuple[str, int, str]]:
    """Origin, size and root (base64) of what our own witness cosigned last; empty for one that does not tell. Raises AnchorFailed."""
    try:
        answer = get_body(f"{anchor.address}/", largest=LARGEST_ANSWER_BYTES)
    except DeliveryFailed as failed:
        if failed.permanent:
            return []
        raise AnchorFailed(f"{anchor.name}: {failed.message}") from failed
    lines = [line.split(" ") for line in answer.decode("utf-8", "replace").splitlines()]
    return [(parts[0], int(parts[1]), parts[2]) for parts in lines if len(parts) == 3 and parts[1].isdecimal()]


def _is_of(previous: Shown, origin: str) -> bool:
    """A new epoch is a new log to a witness."""
    return previous.epoch == epoch_of(origin)


def _ask(anchor: Anchor, note: str, old: int, size: int) -> Reply:
    try:
        path = prove.consistency(old, size) if 0 < old < size else []
        proof = "".join(f"{base64.b64encode(one).decode('ascii')}\n" for one in path)
        return post(f"{anchor.address}/add-checkpoint", content=f"old {old}\n{proof}\n{note}".encode())
    except DeliveryFailed as failed:
        raise AnchorFailed(f"{anchor.name}: {failed.message}") from failed
    except Damaged as damaged:
        raise AnchorFailed(f"{anchor.name} cannot be shown a proof. {damaged.message}") from damaged


def _seen(anchor: Anchor, reply: Reply) -> int:
    text = reply.body.decode("ascii", "replace").strip()
    if not text.isdecimal() or len(text) > 18:
        raise AnchorFailed(f"{anchor.name} refused without saying which size it has seen.")
    return int(text)


def _cosignature(anchor: Anchor, note: str, reply: Reply) -> bytes:
    if reply.status == REFUSED:
        raise AnchorFailed(f"{anchor.name} does not see in the checkpoint what it has seen before: the ledger was rewritten, or forked.")
    if reply.status in (403, 404):
        raise AnchorFailed(f"{anchor.name} does not know the key of this ledger. Start it with --log-key and the present one.")
    if not 200 <= reply.status < 300:
        raise AnchorFailed(f"{anchor.name} answered with status {reply.status}.")
    for line in reply.body.decode("utf-8", "replace").splitlines():
        if anchor.key and is_cosignature(line, note, anchor.key):
            _refuse_an_old_one(anchor, line, note)
            return f"{line}\n".encode()
    raise AnchorFailed(f"{anchor.name} answered without a valid cosignature of its key.")


def _refuse_an_old_one(anchor: Anchor, line: str, note: str) -> None:
    checkpoint, _ = notes.parsed(note)
    seconds = int.from_bytes(base64.b64decode(line.split(" ")[2])[notes.ID_BYTES :][:TIME_BYTES], "big")
    if checkpoint.at.timestamp() - seconds > CLOCKS_DIFFER_AT_MOST.total_seconds():
        raise AnchorFailed(f"{anchor.name} cosigned with a time long before the checkpoint's: put its clock right, or this machine's.")


def is_cosignature(line: str, note: str, key: WitnessKey) -> bool:
    """Whether `line` holds this witness' signature of the note (C2SP tlog-cosignature, version 1)."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    text = note.partition("\n\n")[0] + "\n"
    try:
        [seal] = notes.parsed(f"{text}\n{line}\n")[1]
        if (seal.name, seal.key_id) != (key.name, key.key_id) or len(seal.signature) != TIME_BYTES + 64:
            return False
        seconds = int.from_bytes(seal.signature[:TIME_BYTES], "big")
        statement = f"cosignature/v1\ntime {seconds}\n{text}".encode()
        Ed25519PublicKey.from_public_bytes(key.public).verify(seal.signature[TIME_BYTES:], statement)
    except (ValueError, InvalidSignature):
        return False
    return True
