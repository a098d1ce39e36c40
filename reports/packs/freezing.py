"""Freezing a quarter's figures: read once at the cut-off, kept for good, and read back as they were."""

import zlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

from audit.events.services import act
from policies.models import BusinessUnit
from portal.foundation.access.checks import require
from portal.foundation.errors import InvalidInput, PortalError, WrongState
from reports.document import ReportDocument

from .frozen_form import document_of_lines, lines_of
from .models import FinishedPack, FrozenFigures
from .quarters import Quarter
from .services import Tell, read_document

RIGHT = "reports.build_quarterlypack"
_AT_ONCE = 1 << 16


class Packed(NamedTuple):
    """The lines of a document as they are stored: compressed, with their size and SHA-256 before that."""

    content: bytes
    size: int
    sha256: str


def freeze(
    quarter: Quarter,
    unit: BusinessUnit | None,
    *,
    actor: Any,
    now: datetime,
    number: int = 1,
    reason: str = "",
    tell: Tell = lambda step: None,
) -> FrozenFigures:
    """Reads all figures of `quarter` for `unit` (None: the whole organisation) at the cut-off `now`, and keeps them.

    Raises NotAllowed; InvalidInput for a restatement without a reason; WrongState when this number is there already, or none before it.
    """
    require(actor, RIGHT, to="freeze the figures of a quarter")
    reason = reason.strip()
    if number > 1 and not reason:
        raise InvalidInput("Say why the figures are stated anew.", {"reason": ["The words stand in the report and in the audit trail."]})
    there = FrozenFigures.objects.filter(quarter=str(quarter), unit=unit).order_by("-number").values_list("number", flat=True).first() or 0
    if number != there + 1:
        last = f"the last figures of {quarter} have the number {there}" if there else f"no figures of {quarter} are frozen yet"
        raise WrongState(f"Figures are numbered one after the other: {last}, so the next one is {there + 1}, not {number}.")
    # Before the transaction: others write while a large quarter is read.
    packed = pack(read_document(quarter, unit, now, tell))
    with act("reports.figures_frozen", actor=actor, now=now, why=reason) as running:
        running.subject = frozen = FrozenFigures.objects.create(
            quarter=str(quarter),
            unit=unit,
            number=number,
            cut_off=now,
            reason=reason,
            frozen_by=actor,
            document=packed.content,
            size=packed.size,
            sha256=packed.sha256,
        )
        running.details = {
            "quarter": str(quarter),
            "unit": unit.name if unit else "",
            "number": number,
            "bytes": packed.size,
            "sha256": packed.sha256,
        }
    return frozen


def document_of(kept: FrozenFigures | FinishedPack) -> ReportDocument:
    """The document as it was frozen, or finished. Raises PortalError when it is not what its digest says."""
    return document_of_lines(lines_in(kept))


def lines_in(kept: FrozenFigures | FinishedPack) -> Iterator[bytes]:
    """The stored lines; the digest is compared before the first of them is given out, in bounded memory."""
    digest = sha256()
    for part in _unpacked(bytes(kept.document)):
        digest.update(part)
    if digest.hexdigest() != kept.sha256:
        raise PortalError(f"{kept} are not what was frozen: their SHA-256 differs. Compare a backup, and look at the audit trail.")
    return _split(_unpacked(bytes(kept.document)))


def pack(document: ReportDocument) -> Packed:
    """The lines of `document`, compressed as they come."""
    digest, press = sha256(), zlib.compressobj(6)
    parts, size = [], 0
    for line in lines_of(document):
        digest.update(line)
        size += len(line)
        parts.append(press.compress(line))
    return Packed(b"".join([*parts, press.flush()]), size, digest.hexdigest())


def _unpacked(content: bytes) -> Iterator[bytes]:
    press = zlib.decompressobj()
    while content:
        yield press.decompress(content, _AT_ONCE)
        content = press.unconsumed_tail
    yield press.flush()


def _split(parts: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for part in parts:
        *lines, rest = (rest + part).split(b"\n")
        yield from lines
    if rest:
        yield rest
