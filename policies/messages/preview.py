"""What a message would look like, on a sample or on a real incident that the viewer may see."""

from dataclasses import dataclass
from typing import Any

from portal.foundation.errors import InvalidInput

from .rendering import MISSING, problems_in, render, sample_values, variables_in
from .values import providers


@dataclass(frozen=True, slots=True)
class Preview:
    """A rendered message. `problems` are what saving would refuse; `missing` the names that had no value; `about` tells of what."""

    subject: str
    body: str
    about: str
    problems: tuple[str, ...]
    missing: tuple[str, ...]


def preview(subject: str, body: str, *, viewer: Any, number: str = "", level: int = 0, level_name: str = "") -> Preview:
    """`subject` and `body` as the incident `number` would have them, or as a sample would when no number is given.

    A level that is not given, and the person, are the sample's: they are known only when somebody is alerted.
    Raises InvalidInput when there is no such incident that `viewer` may see.
    """
    values = sample_values()
    if number.strip():
        real = _real(number.strip(), viewer)
        values = {name: real.get(name, "") if name.startswith("incident.") else real.get(name) or values[name] for name in values}
    if level:
        values |= {"level.number": str(level), "level.name": level_name or MISSING}
    used = dict.fromkeys((*variables_in(subject), *variables_in(body)))
    missing = tuple(name for name in used if values.get(name, MISSING) in ("", MISSING))
    about = f"incident {values['incident.number']}" if number.strip() else "a sample incident"
    problems = tuple(dict.fromkeys((*problems_in(subject), *problems_in(body))))
    return Preview(render(subject, values), render(body, values), about, problems, missing)


def _real(number: str, viewer: Any) -> dict[str, str]:
    for _, provider in providers:
        return dict(provider(number, viewer))
    raise InvalidInput("There are no incidents here to preview with. Leave the number empty for a sample.")
