"""Every type of event: what it means, what it tells beside what all events tell, and the test that makes one.

`docs/events.md` is this, written out; the tests hold both to what the portal really writes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROWS = Path(__file__).with_name("catalogue.txt")
# Of a family each model has its own: 'region.created', 'runbook.created'.
ANY = "{model}"
KINDS = {"text": "string", "number": "integer", "yes or no": "boolean", "list": "array", "map": "object"}
EXAMPLES: dict[str, Any] = {"text": "…", "number": 3, "yes or no": True, "list": ["…"], "map": {"…": 1}}


@dataclass(frozen=True, slots=True)
class Kind:
    """One type of event. `details` and `decision` are its own parts: names, and what kind of value stands there."""

    type: str
    meaning: str
    details: dict[str, str]
    decision: dict[str, str]
    test: str

    @property
    def group(self) -> str:
        return self.type.partition(".")[0]


@cache
def kinds() -> dict[str, Kind]:
    """All of them by type, in the order of the alphabet."""
    return {kind.type: kind for kind in sorted(_read(), key=lambda kind: kind.type)}


def kind_of(event_type: str) -> Kind | None:
    """The entry of `event_type`, be it its family's."""
    _, _, verb = event_type.rpartition(".")
    return kinds().get(event_type) or kinds().get(f"{ANY}.{verb}")


def schema(kind: Kind) -> dict[str, Any]:
    """The JSON schema of the parts that are its own. What else an entry holds is in docs/ledger-format.md."""
    parts = {part: _object(told) for part, told in (("details", kind.details), ("decision", kind.decision)) if told}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": kind.type,
        "description": kind.meaning,
        "type": "object",
        "properties": {"type": {"type": "string", **({} if ANY in kind.type else {"const": kind.type})}, **parts},
        "required": ["type"],
    }


def example(kind: Kind) -> dict[str, Any]:
    """An entry of this type as a reader sees it, without what every entry has."""
    told = {
        part: {name: EXAMPLES[value] for name, value in names.items()}
        for part, names in (("details", kind.details), ("decision", kind.decision))
    }
    return {"type": kind.type.replace(ANY, "region"), **{part: values for part, values in told.items() if values}}


def as_document() -> str:
    """docs/events.md."""
    lines = [*HEAD, ""]
    group = ""
    for kind in kinds().values():
        if kind.group != group:
            group = kind.group
            lines += ["", f"## {group.replace('_', ' ')}", "", "| Type | Meaning | Of its own | Test |", "|---|---|---|---|"]
        lines.append(f"| `{kind.type}` | {kind.meaning} | {_own(kind)} | {_test(kind)} |")
    return "\n".join([*lines, ""]).replace("\n\n\n", "\n\n")


HEAD = (
    "# The audit trail's types of events",
    "",
    "Written by `python manage.py list_events --markdown`; a test holds it to audit/events/catalogue.py. `python manage.py list_events --schemas`",
    "prints a JSON schema and an example of each.",
    "",
    "Every event tells who (`actor`: key, name, account, and on whose behalf a job ran), when (`ts`, `rec`), by which way (`ctx`: channel, id of the",
    "request, address), about what (`obj`, with the event's own number in the object's history), why, and which governed rows changed, before and",
    "after (`changes`). Names and addresses of people are sealed and can be erased; a text that names somebody says `{person:7}`, and",
    "`details.named` tells, sealed, who that is. The bytes are in [ledger-format.md](ledger-format.md). Below stands only what a type adds of its own.",
)


def _read() -> Iterator[Kind]:
    for line in ROWS.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            name, meaning, own, test = (part.strip() for part in line.split("|"))
            details, _, decision = own.partition(";")
            yield Kind(name, meaning, _pairs(details), _pairs(decision), test)


def _pairs(words: str) -> dict[str, str]:
    """'told: list, tries: number' as a map; what has no kind is text."""
    pairs = (part.partition(":") for part in words.split(",") if part.strip())
    return {name.strip(): kind.strip() or "text" for name, _, kind in pairs}


def _object(told: dict[str, str]) -> dict[str, Any]:
    return {"type": "object", "properties": {name: {"type": KINDS[kind]} for name, kind in told.items()}}


def _own(kind: Kind) -> str:
    parts = [f"`{name}` ({value})" for name, value in kind.details.items()]
    parts += [f"decision `{name}` ({value})" for name, value in kind.decision.items()]
    return ", ".join(parts) or "nothing"


def _test(kind: Kind) -> str:
    file, _, name = kind.test.partition("::")
    return f"{name.replace('_', ' ')} ({file})" if name else file
