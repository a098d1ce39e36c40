"""Reading what people write back: 'ACK', 'ack 12', 'Acknowledge INC-000012.' Pure."""

import re
from dataclasses import dataclass

_SAID = re.compile(r"[\W_]*(?:ack|acknowledged?)\b[\s:#,]*(?P<which>[a-z0-9-]{0,20})[\W_]*", re.IGNORECASE | re.ASCII)
_CODE = re.compile(r"(?:INC-?)?0*(?P<code>[1-9][0-9]{0,17}[A-Z]?)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Said:
    """An acknowledgement. `code` is the alert's, such as '12' or '12C'; empty when none was named."""

    code: str


def read(text: str) -> Said | None:
    """What `text` says; None for everything that is no acknowledgement, or names what cannot be a code."""
    found = _SAID.fullmatch(text.strip())
    if found is None:
        return None
    which = found["which"].upper()
    if not which:
        return Said("")
    code = _CODE.fullmatch(which)
    return Said(code["code"]) if code else None
