"""Reading what people write back: 'ACK', 'ack 12', 'Acknowledge INC-000012.' Pure."""

import re
from dataclasses import dataclass

# Only marks that stand around words: whatever else is written along could be a 'no' in another language.
_MARKS = r"[\s.,;:!#'\"’“”()]*"
_SAID = re.compile(rf"{_MARKS}(?:ack|acknowledged?)\b{_MARKS}(?P<which>[a-z0-9-]{{0,20}}){_MARKS}", re.IGNORECASE | re.ASCII)
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
