"""What governed models share: tracked history that knows who, when and why."""

from datetime import datetime
from functools import cache
from typing import Any

from django.db import models
from django.db.models.signals import post_save
from simple_history.manager import HistoryManager
from simple_history.models import HistoricalRecords

from .history_rows import QuickRecords
from .many_rows import QuicklyInserted, insert_one


class PastManager(HistoryManager):
    """The manager behind `.history`. Its class is made once; the library makes a new one each time that somebody says `.history`."""

    @classmethod
    @cache
    def from_queryset(cls, queryset_class: type[models.QuerySet], class_name: str | None = None) -> type[HistoryManager]:
        made: type[HistoryManager] = super().from_queryset(queryset_class, class_name)
        return made


def tracked(*, without: tuple[str, ...] = (), m2m: tuple[Any, ...] = ()) -> HistoricalRecords:
    """History for a governed model: every saved row with its author and reason. `without` names secrets, which it must not keep."""
    return QuickRecords(
        excluded_fields=list(without),
        m2m_fields=list(m2m),
        history_change_reason_field=models.TextField(null=True),
        history_manager=PastManager,
        bases=(QuicklyInserted,),
        user_db_constraint=False,
    )


def save_tracked(instance: models.Model, *, actor: Any, now: datetime, reason: str = "", **save: Any) -> None:
    """Saves `instance` so that its history row says who (`actor` may be None for the engine), when and why."""
    instance._history_user = actor  # type: ignore[attr-defined]
    instance._history_date = now  # type: ignore[attr-defined]
    instance._change_reason = reason  # type: ignore[attr-defined]
    instance.save(**save)


def insert_tracked(instance: QuicklyInserted, *, actor: Any, now: datetime) -> None:
    """Saves a new `instance`, whose values are as the database takes them: as `save_tracked`, but it is not asked to prepare itself."""
    instance._history_user, instance._history_date, instance._change_reason = actor, now, ""  # type: ignore[attr-defined]
    insert_one(instance)
    told = {"instance": instance, "created": True, "update_fields": None, "raw": False, "using": instance._state.db}
    post_save.send(sender=type(instance), **told)


def delete_tracked(instance: models.Model, *, actor: Any, now: datetime, reason: str = "") -> None:
    """Deletes `instance` so that its last history row says who, when and why."""
    instance._history_user = actor  # type: ignore[attr-defined]
    instance._history_date = now  # type: ignore[attr-defined]
    instance._change_reason = reason  # type: ignore[attr-defined]
    instance.delete()
