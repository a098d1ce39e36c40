"""Serializers put together once: that costs more than what they then read or write."""

from copy import copy
from functools import cache
from typing import Any

from rest_framework.serializers import Serializer

from .fields import StrictSerializer


def read(form: type[Serializer], data: Any) -> Any:
    """What `data` says by `form`. Raises ValidationError."""
    asked = copy(_made(form))
    asked.initial_data = data
    asked.is_valid(raise_exception=True)
    return asked.validated_data


def shown(form: type[Serializer], thing: Any) -> Any:
    """`thing` as `form` shows it."""
    return _made(form).to_representation(thing)


@cache
def _made(form: type[Serializer]) -> Serializer:
    """One for all requests: its fields remember nothing of what passes through them. It knows no context."""
    made = form()
    # Asked for here, so that every copy has them.
    list(made.fields)
    if isinstance(made, StrictSerializer):
        _ = made.looked_at, made.validators
    return made
