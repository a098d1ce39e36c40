"""Holding a file against policy.schema.json, and saying in words what does not fit, with the line. Pure."""

import json
from functools import cache
from pathlib import Path as File
from typing import Any

from portal.foundation import words

from .reading import Parsed, Path

SCHEMA: dict[str, Any] = json.loads(File(__file__).with_name("policy.schema.json").read_text("utf-8"))
# More than a person works through before trying again.
MOST_PROBLEMS = 50
_ONE_OF = {
    "levels": "level",
    "stakeholder_levels": "stakeholder level",
    "compliance_levels": "compliance level",
    "targets": "target",
    "severity_rules": "severity rule",
    "thresholds": "threshold",
    "conditions": "condition",
    "business": "business rule",
    "matrix": "field of the matrix",
    "exceptions": "exception",
    "messages": "message",
    "announcements": "announcement",
}
_TYPES = {
    "string": "text (write it in quotes)",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a group of named fields",
}


def misfits(parsed: Parsed) -> list[str]:
    """What in the file does not fit the schema, in the file's order; the first fifty."""
    found = []
    for error in _validator().iter_errors(parsed.content):
        path: Path = tuple(error.absolute_path)
        found += [(parsed.lines.get(at, 0), f"{place(parsed.lines, at)}: {problem}") for at, problem in _problems(error, path)]
        if len(found) >= MOST_PROBLEMS:
            break
    return [text for _, text in sorted(found)]


@cache
def _validator() -> Any:
    """Loaded when the first file comes: some megabytes."""
    from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

    return Draft202012Validator(SCHEMA)


def place(lines: dict[Path, int], path: Path) -> str:
    """'line 14, level 2, target 1, window'."""
    parts = [f"line {lines[path]}"] if path in lines else []
    for index, step in enumerate(path):
        if isinstance(step, int):
            parts.append(f"{_ONE_OF.get(str(path[index - 1]), str(path[index - 1]))} {step + 1}")
        elif index + 1 == len(path) or not isinstance(path[index + 1], int):
            parts.append(step[:60])
    return ", ".join(parts) or "the file"


def _problems(error: Any, path: Path) -> list[tuple[Path, str]]:
    if error.validator == "additionalProperties":
        known = words.listed(list(error.schema["properties"]))
        extra = [name for name in error.instance if name not in error.schema["properties"]]
        return [((*path, name), f"there is no such field. Known here: {known}.") for name in extra]
    if error.validator == "required":
        return [(path, f"'{name}' is missing.") for name in error.validator_value if name not in error.instance and name in error.message]
    return [(path, _said(error, path))]


def _said(error: Any, path: Path) -> str:
    wanted, given = error.validator_value, f"'{str(error.instance)[:40]}'"
    if error.validator == "type":
        return f"this must be {_TYPES.get(str(wanted), str(wanted))}."
    if error.validator == "enum":
        return f"{given} is not one of {words.listed(list(wanted))}."
    if error.validator == "oneOf":
        named = [each["required"][0] for each in wanted]
        return f"name one of {words.listed(named)}, and only one."
    if error.validator == "anyOf" and path[-1:] == ("value",):
        return f"{given} is not a number such as 5 or '2.5', with up to eleven digits and three decimals."
    if error.validator == "anyOf":
        return f"{given} is not a duration such as 4 h, nor null."
    if error.validator == "pattern":
        return f"{given} is not {error.schema.get('description', 'what stands here')}."
    limits = {
        "minLength": "this must not be empty.",
        "minItems": "this must not be empty.",
        "maxLength": f"this is longer than {wanted} characters.",
        "minimum": f"{given} is less than {wanted}.",
        "maximum": f"{given} is more than {wanted}.",
        "maxItems": f"there are more than {wanted} entries.",
    }
    return limits.get(error.validator, "this does not fit.")
