"""Opens a log, plain or gzip, and yields its rows with their line in the file. What is not a whole CSV file is refused. Pure."""

import csv
import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple, cast

from portal.foundation.errors import InvalidInput

# A quarter of a large desk is 20 MB of text; a gzip that unpacks to more than this is no log of incidents.
LARGEST_TEXT = 256 * 1024 * 1024
# Twenty times the lines of the largest public log; without it a small gzip of blank lines would be read for minutes.
MOST_LINES = 2_000_000
LONGEST_LINE = 1024 * 1024
# Also the csv module's own limit. A larger cell is nearly always a quote that is never closed.
LARGEST_CELL = 131_072
GZIP = b"\x1f\x8b"
NOT_CSV = {
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "an Excel workbook or another ZIP archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"\xff\xfe": "text in UTF-16",
    b"\xfe\xff": "text in UTF-16",
    b"<": "an HTML or XML page",
    b"{": "JSON",
    b"[": "JSON",
}


class Row(NamedTuple):
    """One row: the line on which it begins (the header being line 1), its cells, and what is wrong with its quotes, if anything."""

    line: int
    cells: list[str]
    problem: str = ""


class _Hashing(io.RawIOBase):
    """Passes a file's bytes on and hashes them, so that the hash is of exactly what was read."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw
        self.hash = hashlib.sha256()
        self.position = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]  # the only buffer is BufferedReader's
        chunk = self._raw.read(len(buffer))
        buffer[: len(chunk)] = chunk
        self.hash.update(chunk)
        self.position += len(chunk)
        return len(chunk)


class LogFile:
    """A log that is being read. `sha256` is that of the whole file once all rows were taken."""

    def __init__(self, path: Path, raw: IO[bytes]) -> None:
        self.name = path.name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        self.size = path.stat().st_size
        self._source = _Hashing(raw)
        buffered = io.BufferedReader(cast(io.RawIOBase, self._source), 1 << 16)
        packed = buffered.peek(2)[:2] == GZIP
        self._stream: io.BufferedIOBase = gzip.GzipFile(fileobj=buffered) if packed else buffered
        self._recognised = False
        self._line = 0
        self._taken = 0
        self._pending: list[str] = []

    @property
    def position(self) -> int:
        """Bytes of the file read so far, of `size`."""
        return self._source.position

    @property
    def sha256(self) -> str:
        return self._source.hash.hexdigest()

    def rows(self) -> Iterator[Row]:
        """The header, then the rows; blank lines are passed over. Raises InvalidInput for a file that cannot be used as a whole."""
        try:
            yield from self._rows()
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise InvalidInput(
                f"{self.name} is cut off or damaged: its gzip stream breaks after line {self._line}. Copy it again."
            ) from error
        except OSError as error:
            raise InvalidInput(f"{self.name} cannot be read to its end: {error.strerror or error}.") from error

    def _rows(self) -> Iterator[Row]:
        csv.field_size_limit(LARGEST_CELL)
        reader = csv.reader(self._lines(), strict=True)
        while True:
            first, self._pending = self._line + 1, []
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                self._refuse_unbounded(first, str(error))
                yield Row(first, ["".join(self._pending).rstrip("\r\n")], f"the row is not well-formed CSV ({error})")
                continue
            if cells:
                yield Row(first, cells)

    def _refuse_unbounded(self, first: int, problem: str) -> None:
        """After these two nobody can tell where the next row begins."""
        if "field larger" in problem:
            raise InvalidInput(
                f"{self.name}, line {first}: a cell is longer than {LARGEST_CELL:,} characters. Is a closing quote missing? "
                "Mend that row and import the file again."
            )
        if "unexpected end" in problem:
            raise InvalidInput(f"{self.name}: a quote opened in the row at line {first} is never closed. Mend that row, or export again.")

    def _lines(self) -> Iterator[str]:
        while raw := self._stream.readline(LONGEST_LINE + 1):
            self._line += 1
            self._taken += len(raw)
            if not self._recognised and raw.strip():
                self._recognise(raw)
            if len(raw) > LONGEST_LINE:
                raise InvalidInput(
                    f"{self.name}, line {self._line}: the line is longer than {LONGEST_LINE:,} bytes, which no row of an incident log is. "
                    "Mend that row and import the file again."
                )
            if self._taken > LARGEST_TEXT:
                raise InvalidInput(
                    f"{self.name} holds more than {LARGEST_TEXT // 1024**2} MB of text at line {self._line}, the most that one import takes. "
                    "Split the export by period."
                )
            if self._line > MOST_LINES:
                raise InvalidInput(
                    f"{self.name} has more than {MOST_LINES:,} lines, the most that one import takes. Split the export by period."
                )
            text = self._decoded(raw)
            self._pending.append(text)
            yield text

    def _recognise(self, start: bytes) -> None:
        """Refuses by its first line what people export by mistake; the line says it better than a missing column would."""
        self._recognised = True
        kind = next((words for signature, words in NOT_CSV.items() if start.lstrip(b" \t\r\n\xef\xbb\xbf").startswith(signature)), "")
        if not kind and b"\0" in start:
            kind = "binary data"
        if kind:
            raise InvalidInput(f"{self.name} is not a CSV file: it looks like {kind}. Export the log as CSV in UTF-8, plain or gzip.")

    def _decoded(self, raw: bytes) -> str:
        try:
            return raw.decode("utf-8-sig" if self._line == 1 else "utf-8")
        except UnicodeDecodeError as error:
            start = "" if self._line > 1 else f"{self.name} is not a CSV file in UTF-8. "
            raise InvalidInput(
                f"{start}{self.name}, line {self._line}: byte 0x{raw[error.start]:02X} is not UTF-8. "
                "Export the log in UTF-8, or convert it (iconv -f WINDOWS-1252 -t UTF-8)."
            ) from error


@contextmanager
def open_log(path: Path) -> Iterator[LogFile]:
    """The log at `path`, open for reading. Raises InvalidInput when it cannot be opened."""
    try:
        # A pipe would be waited for without an end.
        if path.exists() and not path.is_file():
            raise InvalidInput(f"{path} is not a file. Name the exported log itself.")
        raw = path.open("rb")
    except FileNotFoundError:
        raise InvalidInput(f"There is no file {path}.") from None
    except PermissionError:
        raise InvalidInput(f"{path} may not be read by this account.") from None
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{path} cannot be opened: {error}.") from error
    with raw:
        yield LogFile(path, raw)
