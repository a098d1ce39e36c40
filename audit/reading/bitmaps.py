"""Sets of events within a block of 8,192 numbers, as whole numbers of as many bits: one instruction joins or intersects them. Pure."""

import zlib
from array import array
from collections.abc import Iterable, Iterator

BITS = 13
BLOCK = 1 << BITS
BYTES = BLOCK // 8
# So few are kept as a list of places; more as packed bits.
FEW = 24
AS_PLACES, AS_BITS = b"p", b"b"


def block_of(event: int) -> int:
    """The block in which an event's number is."""
    return event >> BITS


def place_of(event: int) -> int:
    """Its place there."""
    return event & (BLOCK - 1)


def bitmap(places: Iterable[int]) -> int:
    """The set of these places."""
    held = bytearray(BYTES)
    for place in places:
        held[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(held, "little")


def packed(held: int) -> bytes:
    """The set as it is stored."""
    if held.bit_count() <= FEW:
        return AS_PLACES + array("H", reversed(list(places_down(held)))).tobytes()
    return AS_BITS + zlib.compress(held.to_bytes(BYTES, "little"), 1)


def packed_few(places: Iterable[int]) -> bytes:
    """What `packed` makes of the set of these places, of which there are at most FEW."""
    return AS_PLACES + array("H", sorted(places)).tobytes()


def unpacked(stored: bytes | memoryview) -> int:
    """What `packed` was given. Raises ValueError for what it did not write."""
    kind, rest = bytes(stored[:1]), bytes(stored[1:])
    if kind == AS_PLACES:
        # Mostly one or two: put together as numbers, not as bytes.
        held = 0
        for place in array("H", rest):
            held |= 1 << place
        return held
    if kind == AS_BITS:
        return int.from_bytes(zlib.decompress(rest), "little")
    raise ValueError("This is no set of events.")


def places_down(held: int) -> Iterator[int]:
    """The places in the set, the highest first."""
    while held:
        place = held.bit_length() - 1
        yield place
        held ^= 1 << place


def below(place: int) -> int:
    """All places lower than this one."""
    return (1 << place) - 1
