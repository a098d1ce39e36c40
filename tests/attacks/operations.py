"""The operations of the API as its description lists them, and something to send in the place of every argument."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from types import SimpleNamespace
from typing import Any

from drf_spectacular.generators import SchemaGenerator

METHODS = ("get", "post", "put", "patch", "delete")
_ARGUMENT = re.compile(r"\{(\w+)\}")


@cache
def described() -> dict[str, Any]:
    """The description of the API, as anybody gets it."""
    return dict(SchemaGenerator().get_schema(request=None, public=True))  # type: ignore[no-untyped-call]


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and description of each."""
    for path, item in described()["paths"].items():
        for method in METHODS:
            if method in item:
                yield method, path, item[method]


def address(path: str, things: dict[str, dict[str, Any]], place: str, *, of: str = "") -> str:
    """`path` with the rows of `place` in its arguments, which mean what they mean in `of`."""

    def there(found: re.Match[str]) -> str:
        return str(_argument(of or path, found.group(1), things, place))

    return _ARGUMENT.sub(there, path)


def _argument(path: str, name: str, things: dict[str, dict[str, Any]], place: str) -> Any:
    def at(label: str) -> Any:
        rows = things.get(label) or {"": SimpleNamespace(pk=1)}
        return rows.get(place) or next(iter(rows.values()))

    by_name = {
        "number": lambda: (
            1
            if "/versions/" in path or "/events/" in path
            else at("incidents.changerequest" if "/changes/" in path else "incidents.incident").number
        ),
        "track": lambda: "technical",
        "key": lambda: at("policies.service").key,
        "policy": lambda: at("policies.escalationpolicy").pk,
        "schedule": lambda: at("policies.oncallschedule").pk,
        "event": lambda: 1,
    }
    kinds = {
        "hand-offs": "incidents.handoff",
        "feedback": "incidents.feedback",
        "exports": "audit.evidenceexport",
        # What only services write, of which there is none here.
        "log-reviews": "audit.reviewperiod",
        "quarterly-reviews": "reports.quarterlyreview",
        "decisions": "reports.quarterlydecision",
        "actions": "reports.quarterlyaction",
        "runs": "reports.reviewrun",
        "plans": "audit.reviewplan",
        "findings": "audit.reviewfinding",
        "policies": "policies.escalationpolicy",
        "absences": "policies.dutyabsence",
        "overrides": "policies.oncalloverride",
        "swaps": "policies.dutyswap",
        "teams": "policies.team",
        "schedules": "policies.oncallschedule",
    }
    if name in by_name and not (name == "number" and "/versions/" in path and place == "none"):
        return at("policies.policyversion").number if name == "number" and "/versions/" in path else by_name[name]()
    return at(next(label for part, label in reversed(kinds.items()) if f"/{part}/{{{name}}}" in path)).pk


def body(operation: dict[str, Any], things: dict[str, dict[str, Any]], place: str, now: datetime) -> Any:
    """What a good sender would send: every required field, with rows of `place`."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    return _made(content.get("schema", {}), "", things, place, now)


def _made(schema: dict[str, Any], name: str, things: dict[str, dict[str, Any]], place: str, now: datetime) -> Any:
    if "$ref" in schema:
        schema = described()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for part in ("allOf", "oneOf", "anyOf"):
        if part in schema:
            return _made(schema[part][0], name, things, place, now)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    if kind == "object":
        wanted = schema.get("required", ()) or list(schema.get("properties", {}))[:1]
        return {each: _made(schema["properties"][each], each, things, place, now) for each in wanted}
    if kind == "array":
        return [_made(schema["items"], name, things, place, now)]
    if name == "service":
        return things["policies.service"][place].key
    known: dict[Any, Any] = {"integer": max(1, schema.get("minimum", 1)), "number": 1, "boolean": True}
    if schema.get("format") == "date-time":
        return (now + timedelta(days=2 if "end" in name or "until" in name else 1)).isoformat()
    return known.get(kind, "1" if schema.get("format") == "decimal" else "because")
