"""A file elsewhere, on a mount that the database's people cannot change: one checkpoint after another, each followed by an empty line."""

import fcntl
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from audit.sealing import notes

from .anchor import Anchor, AnchorFailed, Shown

PLACE = re.compile(rb"\noffset ([0-9]+) bytes ([0-9]+) sha256 ([0-9a-f]{64})\n")


def show(anchor: Anchor, note: str, *, previous: Shown | None, now: datetime) -> bytes:
    """Appends the note and waits until it is on disk. Raises AnchorFailed when the file no longer ends with, or goes on from, what is known."""
    path = Path(anchor.address)
    try:
        return _append(path, note.encode("utf-8"), previous)
    except OSError as error:
        raise AnchorFailed(f"{path} cannot be written ({error.strerror}).") from error


def kept(path: Path) -> Iterator[str]:
    """Every note in the file, in order; what was cut off while it was written is passed over. Raises OSError."""
    text: list[str] = []
    block: list[str] = []
    with path.open(encoding="utf-8", errors="replace", newline="\n") as file:
        for line in file:
            if line != "\n":
                block.append(line)
                continue
            note = "".join([*text, "\n", *block])
            if text and block and block[0].startswith("\u2014 "):
                with suppress(ValueError):
                    notes.parsed(note)
                    yield note
            text, block = block, []


def _append(path: Path, note: bytes, previous: Shown | None) -> bytes:
    flags = os.O_RDWR | os.O_APPEND | (0 if previous else os.O_CREAT)
    if previous and not path.exists():
        raise AnchorFailed(f"{path} is gone; checkpoints up to {previous.size} entries were in it. Is its disk mounted?")
    descriptor = os.open(path, flags, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        end = os.fstat(descriptor).st_size
        if previous:
            _hold_to(descriptor, path, previous)
        written = b"".join([_separation(descriptor, end), note, b"\n"])
        if os.write(descriptor, written) != len(written):
            raise AnchorFailed(f"{path} took only a part of the checkpoint: its disk is full.")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if not previous:
        _make_durable(path.parent)
    return _receipt(note, end + len(written) - len(note) - 1)


def _receipt(note: bytes, offset: int) -> bytes:
    told = b" ".join(note.split(b"\n")[:3])
    return b"%s\noffset %d bytes %d sha256 %s\n" % (told, offset, len(note), hashlib.sha256(note).hexdigest().encode("ascii"))


def _hold_to(descriptor: int, path: Path, previous: Shown) -> None:
    """Raises AnchorFailed unless what was written last is still where it was."""
    found = PLACE.search(previous.receipt)
    if not found:
        return
    offset, length, digest = int(found[1]), int(found[2]), found[3].decode("ascii")
    there = os.pread(descriptor, length, offset)
    if hashlib.sha256(there).hexdigest() != digest:
        raise AnchorFailed(
            f"{path} no longer holds the checkpoint of {previous.size} entries that was written there at {previous.at:%Y-%m-%d %H:%M} UTC. "
            "Somebody shortened or changed it: keep it as it is, find out who, and name another file."
        )


def _separation(descriptor: int, end: int) -> bytes:
    """What a writer that died in the middle left is ended with an empty line."""
    tail = os.pread(descriptor, 2, max(end - 2, 0))
    return b"" if not end or tail == b"\n\n" else b"\n\n"


def _make_durable(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
