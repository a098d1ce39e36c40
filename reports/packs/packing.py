"""Formats that are asked for, and files as people take them home: one as it is, several as a ZIP archive that is always the same."""

import io
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO

from portal.foundation.errors import InvalidInput
from reports.exports.formats import FORMATS

# The archive's entries need a time; a fixed one keeps the same files the same archive. 1980 is the format's first year.
_ENTRY_TIME = (1980, 1, 1, 0, 0, 0)
# An archive says on which system it was made, and how its permissions are to be read.
_UNIX = 3
_MEDIA_TYPES = {
    ".json": "application/json",
    ".csv": "text/csv; charset=utf-8",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pdf": "application/pdf",
    ".zip": "application/zip",
}


def chosen_formats(names: Sequence[str]) -> tuple[str, ...]:
    """`names` without repeats, or every format when there are none. Raises InvalidInput for a name that is no format."""
    for name in names:
        if name not in FORMATS:
            raise InvalidInput(f"'{name[:40]}' is not a format of the pack; choose from {', '.join(FORMATS)}.")
    return tuple(dict.fromkeys(names or FORMATS))


def media_type_of(name: str) -> str:
    return _MEDIA_TYPES[Path(name).suffix]


def one_file_of(files: Sequence[Path], folder: Path) -> Path:
    """The only one of `files`, or an archive of all of them in `folder`, named after the report."""
    if len(files) == 1:
        return files[0]
    # A table's file is called after the report and the table; the shortest name is the report's own, if there is one.
    name = min((file.stem for file in files), key=len) if any(file.suffix != ".csv" for file in files) else _common(files)
    archive = folder / f"{name}.zip"
    with archive.open("wb") as out:
        _write(((file.name, file.read_bytes()) for file in files), out)
    return archive


def archive_of(members: Iterable[tuple[str, bytes]]) -> bytes:
    """An archive of files by name, in the order given; the same files give the same bytes on any system."""
    out = io.BytesIO()
    _write(members, out)
    return out.getvalue()


def _write(members: Iterable[tuple[str, bytes]], out: IO[bytes]) -> None:
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members:
            entry = zipfile.ZipInfo(name, _ENTRY_TIME)
            entry.compress_type, entry.external_attr, entry.create_system = zipfile.ZIP_DEFLATED, 0o644 << 16, _UNIX
            packed.writestr(entry, content)


def _common(files: Sequence[Path]) -> str:
    first, last = min(file.stem for file in files), max(file.stem for file in files)
    same = next((place for place, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), len(first))
    return first[:same].rstrip("-_")
