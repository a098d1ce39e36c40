"""What a signature freezes, as bytes: the manifest, and a line for each entry that was drawn. Pure.

The download is one file of lines, each canonical JSON (RFC 8785 without floats) and a line feed. The first line is the manifest; the rest are the
entries by place in the ledger. `items.sha256` in the manifest is SHA-256 over all lines but the first, line feeds included; the SHA-256 over the
first line without its line feed stands in the event 'log_review.signed' of the ledger.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from portal.foundation.canonical import canonical_json

VERSION, KIND = 1, "log-review"


@dataclass(frozen=True, slots=True)
class Line:
    """An entry that was drawn and what was said of it. `by` and `finding` are keys."""

    place: int
    event: int
    leaf: str
    drawn_as: str
    mark: str
    note: str
    by: int | None
    at: datetime | None
    finding: int | None

    def bytes(self) -> bytes:
        """With its line feed."""
        told = {
            "place": self.place,
            "event": self.event,
            "leaf": self.leaf,
            "drawn": self.drawn_as,
            "mark": self.mark,
            "note": self.note,
            "by": self.by,
            "at": utc(self.at) if self.at else None,
            "finding": self.finding,
        }
        return canonical_json(told) + b"\n"


@dataclass(slots=True)
class Tally:
    """Of lines that went by: how many, SHA-256 over them, marks, and who made how many."""

    lines: int = 0
    marks: dict[str, int] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)
    _hash: Any = field(default_factory=hashlib.sha256)

    def take(self, lines: Iterable[Line]) -> Iterator[bytes]:
        """The lines' bytes as they go by."""
        for line in lines:
            said = line.bytes()
            self.lines += 1
            self._hash.update(said)
            self.marks[line.mark] = self.marks.get(line.mark, 0) + 1
            if line.by is not None:
                self.people[str(line.by)] = self.people.get(str(line.by), 0) + 1
            yield said

    def as_data(self) -> dict[str, Any]:
        return {"count": self.lines, "sha256": self._hash.hexdigest(), "marks": self.marks, "judged_by": self.people}


def tallied(lines: Iterable[Line]) -> dict[str, Any]:
    """`items` of a manifest."""
    tally = Tally()
    for _ in tally.take(lines):
        pass
    return tally.as_data()


def manifest(facts: Mapping[str, Any], signed: Mapping[str, Any]) -> str:
    """The manifest as text: `facts` can be worked out again from what is frozen, `signed` tells of the moment of the signature."""
    return canonical_json({"v": VERSION, "kind": KIND, **facts, "signed": dict(signed)}).decode("utf-8")


def hash_of(text: str) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def differences(text: str, facts: Mapping[str, Any]) -> list[str]:
    """The parts of a manifest that `facts`, worked out again, no longer say; ['manifest'] when it cannot be read at all."""
    try:
        told = json.loads(text)
    except ValueError:
        return ["manifest"]
    if not isinstance(told, dict):
        return ["manifest"]
    return [name for name, value in facts.items() if told.get(name) != value]


def utc(moment: datetime) -> str:
    """RFC 3339 in UTC with microseconds, as in the ledger."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:26] + "Z"
