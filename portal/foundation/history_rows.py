"""simple-history's rows at a fraction of their cost: the same rows, the same signals, but nothing that is known beforehand is asked anew."""

from functools import cache
from typing import Any, cast

from django.db import connection, models
from simple_history.models import HistoricalRecords
from simple_history.signals import post_create_historical_record, pre_create_historical_record

from . import clock
from .many_rows import Stored, insert_one, insert_one_and_ask, made, stored_in
from .statements import change

BOOKKEEPING = {"history_id", "history_date", "history_change_reason", "history_type", "history_user", "history_user_id"}
# Where the row of a change leaves what was found of the row before it: none or one, with the columns kept.
BEFORE = "_row_before"


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
        _insert(row, history_type)
        self.create_historical_record_m2ms(row, instance)
        post_create_historical_record.send(**about)

    def create_historical_record_m2ms(self, history_instance: Any, instance: models.Model) -> None:
        """What `instance` is joined with, copied in one statement without being read."""
        for field in history_instance._history_m2m_fields:
            change(_copying(field, self.m2m_models[field]), [history_instance.pk, instance.pk])


def _insert(row: Any, history_type: str) -> None:
    if history_type != "~":
        insert_one(row)
        return
    table: type[models.Model] = type(row)
    question, name, stored = _row_before(table)
    row.__dict__[BEFORE] = insert_one_and_ask(row, question, [stored(row.__dict__[name])])


@cache
def kept_columns(table: type[models.Model]) -> tuple[str, ...]:
    """The attributes of a table of history that are the row's own."""
    return tuple(field.attname for field in table._meta.concrete_fields if not {field.name, field.attname} & BOOKKEEPING)


@cache
def _row_before(table: Any) -> tuple[str, str, Stored]:
    """The question for the columns of a row as its newest row of history has them; the attribute given with it, and how."""
    quoted, meta = connection.ops.quote_name, table._meta
    key = meta.get_field(table.instance_type._meta.pk.attname)
    columns = ", ".join(quoted(meta.get_field(name).column) for name in kept_columns(table))
    question = (
        f"SELECT {columns} FROM {quoted(meta.db_table)} WHERE {quoted(key.column)} = %s "  # noqa: S608 - names of models' tables
        f"ORDER BY {quoted(meta.pk.column)} DESC LIMIT 1"
    )
    return question, key.attname, stored_in(key)


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
