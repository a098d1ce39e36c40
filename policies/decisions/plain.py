"""A snapshot as plain data, in the shape that policies.decisions.frozen reads: for rules that no single version holds."""

from dataclasses import fields, is_dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

from .ruleset import PolicySnapshot

# Told in whole seconds, also where there is none.
_DURATIONS = frozenset(
    {"resolve_within", "silent_after", "window", "backup_after", "for_at_least", "reminders", "first_within", "repeat_every"}
)


def plain(content: PolicySnapshot) -> dict[str, Any]:
    """`content` as a frozen content says it; reading it back gives the same snapshot."""
    told = _rule(content)
    told["matrix"] = [dict(zip(("impact", "urgency", "priority"), cell, strict=True)) for cell in content.matrix]
    return told


def _rule(rule: Any) -> dict[str, Any]:
    """What makes a rule what it is: not a criterion's `own`, which stands among the measures, nor what was worked out from the rest."""
    named = [field.name for field in fields(rule) if field.compare]
    return {f"{name}_seconds" if name in _DURATIONS else name: _value(getattr(rule, name)) for name in named}


def _value(value: Any) -> Any:
    if is_dataclass(value):
        return _rule(value)
    if isinstance(value, tuple):
        return [_value(item) for item in value]
    if isinstance(value, timedelta):
        return value.days * 86_400 + value.seconds
    if isinstance(value, Decimal):
        return f"{value.normalize():f}" if value else "0"
    if isinstance(value, date):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value
