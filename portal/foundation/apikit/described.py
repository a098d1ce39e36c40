"""What the API's description says at every door: the problems that may come back, and the header that makes a repeat harmless."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from . import repeats
from .problems import MEDIA_TYPE


class ProblemItem(serializers.Serializer):
    """What is wrong with one field."""

    field = serializers.CharField()
    problem = serializers.CharField()


class Problem(serializers.Serializer):
    """What went wrong (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField()
    request_id = serializers.CharField()
    errors = ProblemItem(many=True, required=False)  # type: ignore[assignment]


REPEATABLE = OpenApiParameter(
    repeats.HEADER, str, OpenApiParameter.HEADER, description="Makes a repeat harmless: the same key gets the same answer for a day."
)
# Wherever a token may be sent it may be no good, not for this, or one of too many.
_OF_TOKENS = dict.fromkeys((401, 403, 429), Problem)
PROBLEMS = dict.fromkeys((400, 401, 403, 404, 409, 413, 415, 422, 429), Problem)
LISTED = {400: Problem, **_OF_TOKENS}
FOUND = {**_OF_TOKENS, 404: Problem}
ASKED = {400: Problem, **_OF_TOKENS, 404: Problem}


def as_it_comes(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """The last touch of the description: what every operation may answer, problems by their own media type, and addresses as they are given."""
    for path, item in result["paths"].items():
        for operation in item.values():
            answers = operation.get("responses", {}) if isinstance(operation, dict) else {}
            if answers and path.startswith("/api/v1/"):
                # Whoever is not signed in, and whatever is out of reach or beyond the last page.
                for status in ("401", "404"):
                    answers.setdefault(status, {"content": {"application/json": {"schema": _PROBLEM}}, "description": ""})
            for content in (answer.get("content", {}) for status, answer in answers.items() if status.startswith("4")):
                if content.get("application/json", {}).get("schema") == _PROBLEM:
                    content[MEDIA_TYPE] = content.pop("application/json")
    for schema in result["components"]["schemas"].values():
        address = schema.get("properties", {}).get("url", {})
        if address.get("format") == "uri":
            address["format"] = "uri-reference"
    return result


_PROBLEM = {"$ref": "#/components/schemas/Problem"}
