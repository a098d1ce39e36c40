"""A time-stamp authority (RFC 3161): it signs that the checkpoint was there at its time, without seeing more of it than a hash.

That the answer is about this checkpoint and this question is checked here; the authority's own signature is for the auditor, who knows whom
to trust: `openssl ts -verify`.
"""

import hashlib
import secrets
from datetime import datetime

from portal.foundation.errors import DeliveryFailed
from portal.foundation.outbound_http import post

from . import der
from .anchor import Anchor, AnchorFailed, Shown

SHA256 = "2.16.840.1.101.3.4.2.1"
SIGNED_DATA = der.object_name("1.2.840.113549.1.7.2")
TIME_STAMP = der.object_name("1.2.840.113549.1.9.16.1.4")
GRANTED = (0, 1)
REFUSALS = {2: "refused", 3: "asks to wait", 4: "warns of a revocation", 5: "was revoked"}
ASKED = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
EXPLICIT_0 = 0xA0


def show(anchor: Anchor, note: str, *, previous: Shown | None, now: datetime) -> bytes:
    """Has the note's signed text stamped; the receipt is the whole answer. Raises AnchorFailed when it is not about just that."""
    digest, nonce = imprint(note), secrets.randbits(63) | 1 << 62
    try:
        reply = post(anchor.address, content=request(digest, nonce), headers=ASKED, basic=anchor.basic)
        reply.refuse_bad()
    except DeliveryFailed as failed:
        raise AnchorFailed(f"{anchor.name}: {failed.message}") from failed
    try:
        stamped, answered = read(reply.body)
    except ValueError as error:
        raise AnchorFailed(f"{anchor.name}: {error}") from error
    if stamped != digest:
        raise AnchorFailed(f"{anchor.name} stamped something else than the checkpoint it was asked about.")
    if answered != nonce:
        raise AnchorFailed(f"{anchor.name} gave the answer to an older question.")
    return reply.body


def imprint(note: str) -> bytes:
    """What is stamped: SHA-256 of the signed text, up to and including the newline before the empty line."""
    return hashlib.sha256(note.partition("\n\n")[0].encode("utf-8") + b"\n").digest()


def request(digest: bytes, nonce: int) -> bytes:
    """A TimeStampReq (2.4.1) that asks for the authority's certificate too."""
    algorithm = der.written(der.SEQUENCE, der.object_name(SHA256), der.written(der.NULL))
    message = der.written(der.SEQUENCE, algorithm, der.written(der.OCTETS, digest))
    return der.written(der.SEQUENCE, der.whole_number(1), message, der.whole_number(nonce), der.TRUE)


def read(answer: bytes) -> tuple[bytes, int | None]:
    """Hash and nonce of a TimeStampResp (2.4.2). Raises ValueError in words when it is none, or a refusal."""
    try:
        status, *token = der.values(_of(der.SEQUENCE, der.one(answer)))
        code = int.from_bytes(_of(der.INTEGER, der.one(status[1])), "big", signed=True)
        if code not in GRANTED:
            raise _Refused(f"it {REFUSALS.get(code, f'answered with status {code}')}.")
        return _stamp(_of(der.SEQUENCE, token[0]))
    except _Refused:
        raise
    except (ValueError, IndexError) as error:
        raise ValueError("what came back is no time stamp.") from error


class _Refused(ValueError):
    """The authority would not."""


def _stamp(content_info: bytes) -> tuple[bytes, int | None]:
    """Out of ContentInfo, SignedData and EncapsulatedContentInfo the TSTInfo, and of it the hash and the nonce."""
    kind, signed = der.values(content_info)
    data = der.values(_of(der.SEQUENCE, der.one(_of(EXPLICIT_0, signed))))
    inner_kind, inner = der.values(_of(der.SEQUENCE, data[2]))
    if (der.written(*kind), der.written(*inner_kind)) != (SIGNED_DATA, TIME_STAMP):
        raise ValueError("another kind of message")
    fields = der.values(_of(der.SEQUENCE, der.one(_of(der.OCTETS, der.one(_of(EXPLICIT_0, inner))))))
    algorithm, digest = der.values(_of(der.SEQUENCE, fields[2]))
    if der.written(*der.values(algorithm[1])[0]) != der.object_name(SHA256):
        raise ValueError("another hash")
    nonces = [int.from_bytes(value, "big") for tag, value in fields[5:] if tag == der.INTEGER]
    return _of(der.OCTETS, digest), nonces[0] if nonces else None


def _of(tag: int, value: tuple[int, bytes]) -> bytes:
    if value[0] != tag:
        raise ValueError("another value was expected")
    return value[1]
