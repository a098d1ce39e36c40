"""Rows to look for: one of a kind and place, with a mark in every text of theirs, so that what leaks says itself where it came from."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.db import models

_numbers = count(1)
PAST, LATER = timedelta(days=3), datetime(2100, 1, 1, tzinfo=UTC)


def mark(label: str, place: str) -> str:
    """What stands in the texts of a row: lower case and digits only, so that no escaping or folding hides it."""
    return f"zq{label.replace('.', '').replace('_', '')}q{place}qz"


def planted(model: type[models.Model], place: str, now: datetime, beside: Mapping[str, Any], **given: Any) -> Any:
    """A row of `model`, written past the services: fields that must have a value get one of their kind, foreign keys what `beside` has."""
    words = mark(model._meta.label_lower, place)
    values = {
        field.name: found
        for field in model._meta.concrete_fields
        if field.name not in given and not field.primary_key and (found := _value(field, words, now, beside)) is not None
    }
    row = model(**{**values, **given})
    row.save(force_insert=True)
    return row


def _value(field: Any, words: str, now: datetime, beside: Mapping[str, Any]) -> Any:
    if field.is_relation:
        known = beside.get(field.name) or beside.get(field.related_model._meta.label_lower)
        return known if known is not None and (not field.null or field.name in beside) else None
    if field.choices:
        return None if field.has_default() or field.blank else next(key for key, _ in field.flatchoices if key != "")
    if field.name == "time_zone":
        return "UTC"
    if isinstance(field, models.TextField | models.CharField):
        return f"{words}{next(_numbers)}"[: field.max_length] if field.unique else words[: field.max_length]
    if field.has_default() or field.null:
        return None
    return _plain(field, now)


def _plain(field: Any, now: datetime) -> Any:
    later = any(word in field.name for word in ("end", "until", "due", "expires"))
    kinds: tuple[tuple[type, Any], ...] = (
        (models.DateTimeField, LATER if later else now - PAST),
        (models.DateField, LATER.date() if later else date(2026, 2, 1)),
        (models.TimeField, time(9)),
        (models.DurationField, timedelta(minutes=5)),
        (models.DecimalField, Decimal(3)),
        (models.BooleanField, False),
        (models.IntegerField, next(_numbers)),
        (models.BinaryField, b"x"),
        (models.JSONField, {}),
    )
    return next((value for kind, value in kinds if isinstance(field, kind)), None)
