"""Many rows at once: governed ones each with its history row and its event, as `save_tracked` does for one; plain ones as fast as may be."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import chain
from typing import Any, TypeVar

from django.db import connection, models
from django.db.models import prefetch_related_objects

from audit.events.in_bulk import Telling, Values, acts_of, values_of
from audit.events.services import Act, record

T = TypeVar("T")
M = TypeVar("M", bound=models.Model)
# Large enough that the work per statement does not count, small enough that a whole quarter is never in memory as rows.
ROWS_AT_ONCE = 500
# PostgreSQL itself takes 65,535; statements of this size are already as fast as they get.
MOST_PARAMETERS = 5_000
AS_A_ROW = Telling()


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who writes, when and why."""

    actor: Any
    now: datetime
    reason: str


def batches(items: Sequence[T], size: int = ROWS_AT_ONCE) -> Iterator[Sequence[T]]:
    """`items` in slices of at most `size`."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def create_tracked(model: type[M], rows: Sequence[M], stamp: Stamp, told: Telling = AS_A_ROW, *, named_by: str = "") -> list[M]:
    """Inserts `rows`; returns them with their keys. `named_by` is the relation that a row gets its name from."""
    created: list[M] = []
    for batch in batches(rows):
        new = model._default_manager.bulk_create(batch)
        if named_by:
            prefetch_related_objects(new, named_by)
        _remember(new, {}, stamp, "+", told)
        created += new
    return created


def update_tracked(model: type[M], rows: Sequence[M], fields: Sequence[str], stamp: Stamp, told: Telling = AS_A_ROW) -> None:
    """Writes `fields` of existing `rows`, as upserts, which cost what inserts cost."""
    for batch in batches(rows):
        before = {row.pk: values_of(row) for row in model._default_manager.filter(pk__in=[row.pk for row in batch])}
        model._default_manager.bulk_create(batch, update_conflicts=True, unique_fields=["id"], update_fields=list(fields))
        _remember(batch, before, stamp, "~", told)


def _remember(rows: Sequence[models.Model], before: Mapping[Any, Values], stamp: Stamp, kind: str, told: Telling) -> None:
    """In the history, and in the trail."""
    history = _into_history(type(rows[0]), [row.pk for row in rows], stamp, kind)
    by = Act("", stamp.actor, None, stamp.now, stamp.reason)
    record(acts_of(rows, before=before, history=history, told=told, by=by), now=stamp.now)


def insert_rows(model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Inserts plain values for the fields `names`; foreign keys are given as keys.

    The ORM would make an object of each row and prepare each value by itself, which takes ten times as long as the database does, and
    on SQLite nobody else can write meanwhile.
    """
    fields: list[Any] = [model._meta.get_field(name) for name in names]
    preparations = [_preparation(field) for field in fields]
    needed = [(place, prepare) for place, prepare in enumerate(preparations) if prepare]
    columns = ", ".join(_quoted(field.column) for field in fields)
    start = f"INSERT INTO {_quoted(model._meta.db_table)} ({columns}) VALUES "  # noqa: S608 - names come from the models
    mark = f"({', '.join(['%s'] * len(fields))})"
    at_once = (connection.features.max_query_params or MOST_PARAMETERS) // len(fields)

    def prepared(row: Sequence[Any]) -> list[Any]:
        values = list(row)
        for place, prepare in needed:
            values[place] = prepare(values[place])
        return values

    with connection.cursor() as cursor:
        for batch in batches(list(rows), at_once):
            cursor.execute(start + ", ".join([mark] * len(batch)), list(chain.from_iterable(map(prepared, batch))))


def _preparation(field: Any) -> Callable[[Any], Any] | None:
    if isinstance(field, models.DateTimeField):
        return lru_cache(maxsize=4096)(connection.ops.adapt_datetimefield_value)
    if isinstance(field, models.JSONField):
        return lambda value: connection.ops.adapt_json_value(value, None)
    return None


def _into_history(model: type[models.Model], keys: Sequence[int], stamp: Stamp, kind: str) -> dict[int, int]:
    """Copies the stored rows into their history, without a signal for each; the new rows' keys by what they are of."""
    history: Any = model.history.model  # type: ignore[attr-defined]
    columns = ", ".join(_quoted(field.column) for field in history.tracked_fields)
    own = ", ".join(map(_quoted, ("history_date", "history_change_reason", "history_type", "history_user_id")))
    marks = ", ".join(["%s"] * len(keys))
    statement = (
        f"INSERT INTO {_quoted(history._meta.db_table)} ({columns}, {own}) SELECT {columns}, %s, %s, %s, %s "  # noqa: S608 - as above
        f"FROM {_quoted(model._meta.db_table)} WHERE id IN ({marks}) ORDER BY id RETURNING id, history_id"
    )
    at = connection.ops.adapt_datetimefield_value(stamp.now)
    with connection.cursor() as cursor:
        cursor.execute(statement, [at, stamp.reason, kind, stamp.actor.pk if stamp.actor else None, *keys])
        return dict(cursor.fetchall())


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
