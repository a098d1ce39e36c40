"""The published schema of a pack's JSON: `python -m reports.packs.schema > docs/pack.schema.json` writes it. Pure."""

import json
import sys
from typing import Any

from reports.document import Kind

NAME = "pack.schema.json"
_TEXT, _MOMENT = {"type": "string"}, {"type": "string", "format": "date-time", "pattern": "Z$"}
_SHA256 = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_COUNT = {"type": "integer", "minimum": 0}


def _object(properties: dict[str, Any], optional: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    required = sorted(name for name in properties if name not in optional)
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False} | more


_COLUMN = _object(
    {"key": _TEXT, "title": _TEXT, "type": {"enum": [kind.value for kind in Kind]}, "unit": {"enum": ["", "seconds", "%", "UTC"]}}
)
_TABLE = _object(
    {
        "title": _TEXT,
        "description": _TEXT,
        "columns": {"type": "array", "items": _COLUMN, "minItems": 1},
        "rows": {"type": "array", "items": {"type": "array", "items": {"type": ["string", "number", "boolean", "null"]}}},
    }
)
_PERCENT = {"type": "number", "minimum": 0, "maximum": 100}
_SHARED: dict[str, Any] = {"with_number": _COUNT, "satisfied": _COUNT, "share": _PERCENT, "low": _PERCENT, "high": _PERCENT}
_KINDS = ("customer", "team", "stakeholder")


def _by_kind(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    """By who gave answers; null where too few did."""
    each = {"anyOf": [_object(properties), {"type": "null"}]}
    return {"type": "object", "properties": more, "required": sorted((*_KINDS, *more)), "additionalProperties": each}


_FEEDBACK = _object(
    {
        "feedback_given": _by_kind({"answers": _COUNT, "with_number": _COUNT}, withdrawn=_COUNT),
        "satisfaction": _by_kind({**_SHARED, "mean": {"type": "number"}, "numbers": _object({str(each): _COUNT for each in range(1, 6)})}),
        "satisfaction_by_service": {"type": "array", "items": _object({"service": _TEXT, **_SHARED})},
        "satisfaction_change": _by_kind(
            {
                "share": _PERCENT,
                "share_before": _PERCENT,
                "with_number": _COUNT,
                "with_number_before": _COUNT,
                **{name: {"type": "number", "minimum": -100, "maximum": 100} for name in ("difference", "low", "high")},
                "shown": {"enum": ["higher", "lower", "neither"]},
            }
        ),
        "feedback_followed": {"type": "object", "additionalProperties": _COUNT},
    },
    description="What customers, teams and stakeholders said, without their words. Absent where nobody did; null is what too few people said.",
)
SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Quarterly pack",
    "description": "The review of a quarter for machines. Names and meanings of figures: definitions. Durations are seconds, percents 0 to 100.",
    **_object(
        {
            "quarter": {"type": "string", "pattern": "^[0-9]{4}Q[1-4]$"},
            "title": _TEXT,
            "unit": _object({"name": _TEXT, "parts": {"type": "array", "items": _TEXT}}, description="Absent for the whole organisation."),
            "period": _object({"start": _MOMENT, "end": _MOMENT, "end_included": {"const": False}}),
            "progress": {"enum": ["over", "running", "to come"]},
            "population": _TEXT,
            "last_event_at": {"anyOf": [_MOMENT, {"type": "null"}]},
            "summary": {"type": "array", "items": _TEXT},
            "notes": {"type": "array", "items": _TEXT},
            "metrics": {
                "type": "object",
                "description": "Each figure by its name; a spread has null where there is nothing to measure.",
                "properties": {"incidents_opened": _COUNT},
                "required": ["incidents_opened"],
            },
            "coverage": {"type": "object", "additionalProperties": _COUNT, "description": "What the figures leave out."},
            "definitions": {
                "type": "object",
                "additionalProperties": _object({"title": _TEXT, "unit": _TEXT, "definition": _TEXT}),
            },
            "tables": {"type": "object", "additionalProperties": _TABLE},
            "feedback": _FEEDBACK,
            "frozen": _object(
                {"sha256": _SHA256, "number": {"type": "integer", "minimum": 1}, "cut_off": _MOMENT, "reason": _TEXT},
                description="The frozen figures that the pack is made of. Absent in a pack of the data as they are.",
            ),
        },
        optional=("unit", "frozen", "feedback"),
        # Chapters of further analyses, each under its key.
        additionalProperties={"type": "object"},
    ),
}


def published() -> bytes:
    """The bytes of the schema's file."""
    return json.dumps(SCHEMA, indent=1, ensure_ascii=False).encode("utf-8") + b"\n"


if __name__ == "__main__":
    sys.stdout.write(published().decode("utf-8"))
