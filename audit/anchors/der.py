"""As much of DER (X.690) as a time stamp needs: writing a few values, and walking through what comes back."""

from collections.abc import Iterator

INTEGER, BIT_STRING, OCTETS, NULL, OBJECT, SEQUENCE, SET = 0x02, 0x03, 0x04, 0x05, 0x06, 0x30, 0x31
TRUE = b"\x01\x01\xff"


def written(tag: int, *parts: bytes) -> bytes:
    """A value of this tag with these contents."""
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def whole_number(value: int) -> bytes:
    """An INTEGER of 0 or more."""
    return written(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def object_name(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER such as 2.16.840.1.101.3.4.2.1."""
    first, second, *rest = (int(part) for part in dotted.split("."))
    return written(OBJECT, b"".join(_base_128(number) for number in (first * 40 + second, *rest)))


def values(content: bytes) -> list[tuple[int, bytes]]:
    """The values side by side in `content`: tag and contents of each. Raises ValueError when they do not fill it exactly."""
    return list(_walk(content))


def one(data: bytes) -> tuple[int, bytes]:
    """The first value of `data`; whatever follows is left alone. Raises ValueError."""
    return next(_walk(data), None) or _refuse()


def _walk(content: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(content):
        if len(content) < at + 2 or content[at] & 0x1F == 0x1F:
            _refuse()
        tag, size, start = content[at], content[at + 1], at + 2
        if size >= 0x80:
            count = size & 0x7F
            if not 1 <= count <= 4:
                _refuse()
            size, start = int.from_bytes(content[start : start + count], "big"), start + count
        at = start + size
        if at > len(content):
            _refuse()
        yield tag, content[start:at]


def _base_128(number: int) -> bytes:
    groups = [number & 0x7F]
    while number := number >> 7:
        groups.append(number & 0x7F | 0x80)
    return bytes(reversed(groups))


def _refuse() -> tuple[int, bytes]:
    raise ValueError("This is no DER.")
