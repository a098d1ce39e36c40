"""The rows of a small CSV file that somebody hands in, hostile ones too: text in UTF-8, commas or semicolons, each row with its line. Pure."""

import csv
import io
from collections.abc import Iterator

# Also the csv module's own limit. A larger cell is nearly always a quote that is never closed.
LARGEST_CELL = 131_072


class Broken(ValueError):
    """The file cannot be read; the message says on which line, what is wrong, and what to do."""


def decoded(content: bytes) -> str:
    """Raises Broken."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise Broken("Line 1: the file is text in UTF-16. Save it as UTF-8.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Broken(f"Line {line}: byte 0x{content[error.start]:02X} is not UTF-8. Save the file as UTF-8.") from None


def rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """The line on which a row begins, and its cells; rows of nothing are passed over. Raises Broken."""
    if "\0" in text:
        raise Broken(f"Line {text.count(chr(10), 0, text.index(chr(0))) + 1}: the file holds binary data. Export it as CSV in UTF-8.")
    first = next((line for line in text.splitlines() if line.strip()), "")
    csv.field_size_limit(LARGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if first.count(";") > first.count(",") else ",", strict=True)
    line = 1
    try:
        for cells in reader:
            begins, line = line, reader.line_num + 1
            if any(cell.strip() for cell in cells):
                yield begins, cells
    except csv.Error as error:
        raise Broken(f"Line {line}: this is not well-formed CSV ({error}). Is a closing quote missing?") from None
