"""History rows reach the trail: added to the running act, or as an event of their own when no service was at work."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

from django.db import models, transaction

from audit.ledger.services import append, utc_text
from portal.foundation.history_rows import kept_columns

from .earlier import earlier_values
from .naming import owner_of, people_of, personal_columns
from .services import Act, as_event, object_as_recorded, running_act
from .unwritable import or_nothing

KINDS = {"+": "created", "~": "changed", "-": "deleted"}


def history_row_written(sender: Any, instance: models.Model, history_instance: Any, **kwargs: Any) -> None:
    change = describe(instance, history_instance)
    if change is None:
        return
    running = running_act()
    if running is not None:
        running.changes.append(change)
        running.people |= people_of(instance)
        return
    alone = Act(
        f"record.{change['kind']}",
        history_instance.history_user,
        instance,
        history_instance.history_date,
        history_instance.history_change_reason or "",
        changes=[change],
    )
    with or_nothing(), transaction.atomic():
        append(as_event(alone), now=history_instance.history_date)


def describe(instance: models.Model, history: Any) -> dict[str, Any] | None:
    """Before and after of the columns that differ; None for a save that changed nothing."""
    table: type[models.Model] = type(history)
    kind, written = KINDS[history.history_type], vars(history)
    after = {name: written[name] for name in kept_columns(table)}
    before: dict[str, Any] = (earlier_values(history) or {}) if kind == "changed" else {}
    if kind == "deleted":
        before, after = after, before
    # What is equal needs no words. The rest may still say the same in the ledger's profile.
    unlike = [name for name in after or before if before.get(name) != after.get(name)]
    before, after = ({name: plain(of[name]) for name in unlike if name in of} for of in (before, after))
    differing = sorted(name for name in unlike if before.get(name) != after.get(name))
    if kind == "changed" and not differing:
        return None
    label = instance._meta.label_lower
    owner = owner_of(label, instance)
    return {
        **object_as_recorded(instance),
        "kind": kind,
        "history_id": str(history.pk),
        "before": personal_columns(label, {name: before[name] for name in differing if name in before}, owner),
        "after": personal_columns(label, {name: after[name] for name in differing if name in after}, owner),
    }


def plain(value: Any) -> Any:
    """`value` in the ledger's profile: times, durations, decimals and fractions as text."""
    if value is None or isinstance(value, bool | int | str):
        return value.value if isinstance(value, Enum) else value
    if isinstance(value, datetime):
        return utc_text(value)
    if isinstance(value, timedelta):
        return f"{value.total_seconds():g} s"
    if isinstance(value, date | time | Decimal | float):
        return str(value)
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [plain(item) for item in value]
    return str(value)
