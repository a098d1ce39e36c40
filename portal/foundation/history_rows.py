"""simple-history's rows at a fraction of their cost: the same rows, the same signals, but nothing that is known beforehand is asked anew."""

from functools import cache
from typing import Any, cast

from django.db import connection, models
from simple_history.models import HistoricalRecords
from simple_history.signals import post_create_historical_record, pre_create_historical_record

from . import clock
from .many_rows import insert_one, made
from .statements import change


class QuickRecords(HistoricalRecords):
    """Of one database, without `history_relation`. Rows of history send neither pre_save nor post_save, and those of their joins no signal."""

    def create_historical_record(self, instance: models.Model, history_type: str, using: str | None = None) -> None:
        table, names = _kept(type(instance), self.manager_name)
        told = {
            "history_date": getattr(instance, "_history_date", None) or clock.now(),
            "history_user": self.get_history_user(instance),
            "history_change_reason": self.get_change_reason_for_object(instance, history_type, using),
        }
        row = made(table, history_type=history_type, **told, **{name: getattr(instance, name) for name in names})
        about = {"sender": table, "instance": instance, "history_instance": row, "using": using, **told}
        pre_create_historical_record.send(**about)
        insert_one(row)
        self.create_historical_record_m2ms(row, instance)
        post_create_historical_record.send(**about)

    def create_historical_record_m2ms(self, history_instance: Any, instance: models.Model) -> None:
        """What `instance` is joined with, copied in one statement without being read."""
        for field in history_instance._history_m2m_fields:
            change(_copying(field, self.m2m_models[field]), [history_instance.pk, instance.pk])


@cache
def _kept(model: type[models.Model], manager_name: str) -> tuple[Any, tuple[str, ...]]:
    """The table of the history of `model`, and the attributes that it keeps."""
    table = getattr(model, manager_name).model
    return table, tuple(field.attname for field in table.tracked_fields)


@cache
def _copying(field: Any, kept: type[models.Model]) -> str:
    """The statement that copies an object's rows of a many-to-many `field` for its row of history: given that one's key, then the object's."""
    quoted, through, get = connection.ops.quote_name, field.remote_field.through, cast("Any", kept._meta.get_field)
    own = [column.column for column in through._meta.concrete_fields]
    into = [get(name).column for name in ("history", *(column.name for column in through._meta.concrete_fields))]
    return (
        f"INSERT INTO {quoted(kept._meta.db_table)} ({', '.join(map(quoted, into))}) "  # noqa: S608 - names of models' tables
        f"SELECT %s, {', '.join(map(quoted, own))} FROM {quoted(through._meta.db_table)} WHERE {quoted(field.m2m_column_name())} = %s"
    )
