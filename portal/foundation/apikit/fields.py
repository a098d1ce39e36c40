"""Serializers that take exactly what they declare, in exactly the type they declare."""

import re
from datetime import UTC, datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from rest_framework import serializers

# A plus sign in an unencoded query string arrives as a space.
_SPACE_FOR_PLUS = re.compile(r" (?=\d\d:?\d\d$)")


class StrictSerializer(serializers.Serializer):
    """Refuses fields it does not know: a typing mistake must not be taken for silence."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            unknown = sorted(str(name) for name in data.keys() - self.fields.keys())
            if unknown:
                known = ", ".join(name for name, field in self.fields.items() if not field.read_only)
                raise serializers.ValidationError({name[:60]: [f"Unknown field. Known: {known}."] for name in unknown[:20]})
        return super().to_internal_value(data)


class Text(serializers.CharField):
    """Text that was sent as text: a number is not quietly turned into one."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            raise serializers.ValidationError("Send text.")
        return str(super().to_internal_value(data))


class Moment(serializers.DateTimeField):
    """A time with its zone, in RFC 3339; always written in UTC."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("default_timezone", UTC)
        super().__init__(**kwargs)

    def to_internal_value(self, value: Any) -> datetime:
        return aware(value)


def aware(text: Any) -> datetime:
    """The time that `text` names, in UTC. Raises ValidationError for anything without a zone."""
    problem = "Send a time with its zone, e.g. 2026-03-02T09:00:00Z."
    try:
        moment = parse_datetime(text) if isinstance(text, str) else None
        if moment is None or moment.tzinfo is None:
            raise serializers.ValidationError(problem)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise serializers.ValidationError(problem) from None


def aware_in_query(text: str) -> datetime:
    """The time that a part of a query string names, in UTC. Raises ValidationError as `aware` does."""
    return aware(_SPACE_FOR_PLUS.sub("+", text))
