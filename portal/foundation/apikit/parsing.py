"""Reading JSON that may be hostile: bounded size and depth, no repeated keys, nothing that cannot be stored or written back."""

import json
from typing import Any

from rest_framework import status
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import JSONParser

# A request carries one incident with some readings: a few kilobytes.
LARGEST_BODY_BYTES = 1_000_000
DEEPEST = 20


class BodyTooLarge(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = f"The body is larger than {LARGEST_BODY_BYTES:,} bytes."
    default_code = "body_too_large"


class StrictJSONParser(JSONParser):
    """JSON by RFC 8259 as strict readers agree on it. Raises ParseError and BodyTooLarge."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        raw = stream.read(LARGEST_BODY_BYTES + 1)
        if len(raw) > LARGEST_BODY_BYTES:
            raise BodyTooLarge
        try:
            parsed = json.loads(raw.decode("utf-8"), object_pairs_hook=_without_repeats, parse_constant=_refuse_constant)
        except RecursionError:
            raise ParseError("The JSON is nested too deeply.") from None
        except ValueError as error:
            # Only our own words and the position: the decoder's message may repeat what was sent.
            position = f" near character {error.pos + 1}" if isinstance(error, json.JSONDecodeError) else ""
            own = str(error) if isinstance(error, _Refused) else f"The body is not valid JSON{position}."
            raise ParseError(own) from None
        _check(parsed, 0)
        return parsed


class _Refused(ValueError):
    pass


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise _Refused("A key of the JSON stands twice.")
    return content


def _refuse_constant(name: str) -> Any:
    raise _Refused(f"{name} is not a JSON number.")


def _check(value: Any, depth: int) -> None:
    if depth > DEEPEST:
        raise ParseError("The JSON is nested too deeply.")
    if isinstance(value, str):
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise ParseError("A text holds half of a surrogate pair.")
    elif isinstance(value, dict):
        for key, item in value.items():
            _check(key, depth + 1)
            _check(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _check(item, depth + 1)
