"""Serializers that take exactly what they declare, in exactly the type they declare."""

import re
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.utils.dateparse import parse_datetime
from django.utils.functional import cached_property
from rest_framework import serializers
from rest_framework.fields import SkipField, empty, get_error_detail

# A plus sign in an unencoded query string arrives as a space.
_SPACE_FOR_PLUS = re.compile(r" (?=\d\d:?\d\d$)")


class StrictSerializer(serializers.Serializer):
    """Refuses fields it does not know: a typing mistake must not be taken for silence."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            return super().to_internal_value(data)
        unknown = sorted(str(name) for name in data.keys() - self.fields.keys())
        if unknown:
            known = ", ".join(name for name, field in self.fields.items() if not field.read_only)
            raise serializers.ValidationError({name[:60]: [f"Unknown field. Known: {known}."] for name in unknown[:20]})
        return super().to_internal_value(data) if self.looked_at is None else self._each(data, self.looked_at)

    def _each(self, data: dict[str, Any], fields: "Fields") -> dict[str, Any]:
        """As the framework's own loop, past the fields that are not given and that nothing stands for."""
        values: dict[str, Any] = {}
        problems: dict[str, Any] = {}
        for name, field, wanted in fields:
            if wanted or name in data:
                try:
                    values[name] = field.run_validation(data.get(name, empty))
                except SkipField:
                    pass
                except serializers.ValidationError as error:
                    problems[name] = error.detail
                except DjangoValidationError as error:
                    problems[name] = get_error_detail(error)
        if problems:
            raise serializers.ValidationError(problems)
        return values

    def run_validators(self, value: Any) -> None:
        if self.validators:
            super().run_validators(value)

    @cached_property
    def looked_at(self) -> "Fields | None":
        """Each field, and whether it is looked at when it is not given; None where the framework has to see to more."""
        fields = self.fields.items()
        plain = not self.partial and all(
            field.source == name and not field.read_only and not hasattr(self, f"validate_{name}") for name, field in fields
        )
        return tuple((name, field, field.required or field.default is not empty) for name, field in fields) if plain else None


Fields = tuple[tuple[str, serializers.Field, bool], ...]


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
