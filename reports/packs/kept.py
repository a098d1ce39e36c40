"""What was frozen or finished, as it is kept: packed, read back, and made into the report that is printed."""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import NamedTuple

from portal.foundation.errors import PortalError
from reports.document import Chapter, ReportDocument

from .frozen_form import document_of_lines, lines_of
from .models import FinishedPack, FrozenFigures
from .provenance import Origin, with_chapters, with_origin

_AT_ONCE = 1 << 16


class Packed(NamedTuple):
    """The lines of a document as they are stored: compressed, with their size and SHA-256 before that."""

    content: bytes
    size: int
    sha256: str


def first_line(packed: Packed) -> bytes:
    """The line that says all of the document but the rows of its tables."""
    return next(_split(_unpacked(packed.content)))


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


def report_of(frozen: FrozenFigures, chapters: Sequence[Chapter] = ()) -> ReportDocument:
    """The document of `frozen` as it is printed: with `chapters`, its cut-off, the digest of its figures, and how to check them."""
    return with_origin(with_chapters(document_of(frozen), chapters), Origin(frozen.sha256, frozen.number, frozen.cut_off, frozen.reason))
