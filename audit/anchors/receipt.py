"""What is kept of an event outside the database: a line `<event id> <leaf hash, hexadecimal> <when it was written>`."""

import re
from typing import NamedTuple

LINE = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}) ([0-9a-f]{64}) (\S{27})\n")


class Receipt(NamedTuple):
    """What was committed: the event's id, the hash of its leaf in hexadecimal, and when it was written, RFC 3339 in UTC."""

    event: str
    leaf: str
    at: str

    @property
    def line(self) -> str:
        return f"{self.event} {self.leaf} {self.at}\n"


def parsed(line: str) -> Receipt | None:
    """None for what is no whole line: the machine may have gone down while it was written."""
    found = LINE.fullmatch(line)
    return Receipt(*found.groups()) if found else None
