"""What the database refuses about duty by itself, reached without any service and by hostile SQL."""

# ruff: noqa: S608

from datetime import time, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, models, transaction

from policies.models import (
    CalendarSource,
    DutyAbsence,
    DutySwap,
    ImportedDuty,
    LayerMember,
    LayerWindow,
    OnCallOverride,
    OnCallSchedule,
    RotaLayer,
    SchedulePlan,
)
from tests.factories import policies as make
from tests.factories.portal import person

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
STAYS = "published plan cannot be changed"
ENDED = "it can only be ended"


@pytest.fixture
def rota() -> OnCallSchedule:
    window = {"weekdays": 127, "starts": time(8), "ends": time(20)}
    return make.schedule(person("Ana"), person("Tom"), layers=({"windows": (window,)},))


@pytest.fixture
def draft(rota: OnCallSchedule) -> SchedulePlan:
    plan: SchedulePlan = SchedulePlan.objects.create(schedule=rota, number=2)
    make.rota_layer(plan, 1, person("Omar"), windows=({"weekdays": 1, "starts": time(9), "ends": time(10)},))
    return plan


def refused(words: str, what: Any) -> None:
    with pytest.raises(DatabaseError, match=words), transaction.atomic():
        what()


def sql(statement: str, *values: Any) -> Any:
    return lambda: connection.cursor().execute(statement, values)


def update(row: models.Model, **values: Any) -> Any:
    return lambda: type(row)._default_manager.filter(pk=row.pk).update(**values)


def replace_row(row: models.Model, **values: Any) -> Any:
    """SQLite's INSERT OR REPLACE of `row` with other values; an ordinary insert of the same key elsewhere."""
    columns = {field.column: getattr(row, field.attname) for field in row._meta.concrete_fields} | values
    placed = {name: row._meta.get_field(name).get_db_prep_save(value, connection) for name, value in columns.items()}
    verb = "INSERT OR REPLACE" if connection.vendor == "sqlite" else "INSERT"
    marks = ", ".join(["%s"] * len(placed))
    names = ", ".join(f'"{name}"' for name in placed)
    return sql(f"{verb} INTO {row._meta.db_table} ({names}) VALUES ({marks})", *placed.values())


def test_a_published_plan_never_changes_nor_goes(rota: OnCallSchedule, now: Any) -> None:
    plan = rota.plans.get()
    for values in (
        {"time_zone": "Asia/Kolkata"},
        {"effective_from": now},
        {"state": "draft", "effective_from": None, "published_at": None},
        {"content": {"layers": []}},
        {"reason": "Better"},
        {"published_by": person("Eve")},
    ):
        refused(STAYS, update(plan, **values))
    refused("keeps its schedule", update(plan, number=7))
    refused("keeps its schedule|begins at the same instant", update(plan, id=70))
    refused(STAYS, sql("DELETE FROM policies_scheduleplan"))
    refused("such a plan already", replace_row(plan, state="draft", effective_from=None, published_at=None))
    refused("such a plan already|starts as a draft", replace_row(plan, id=71))


def test_a_withdrawn_plan_stays_withdrawn(rota: OnCallSchedule, draft: SchedulePlan, now: Any) -> None:
    SchedulePlan.objects.filter(pk=draft.pk).update(state="published", published_at=now, effective_from=now + DAY)
    SchedulePlan.objects.filter(pk=draft.pk).update(state="withdrawn", withdrawn_at=now)
    refused(STAYS, update(draft, state="published", withdrawn_at=None))
    refused("plan_withdrawn_before_it_began", update(rota.plans.get(number=1), state="withdrawn", withdrawn_at=now))


def test_a_plan_starts_as_a_draft_and_is_published_with_people(rota: OnCallSchedule, draft: SchedulePlan, now: Any) -> None:
    published = {"state": "published", "published_at": now, "effective_from": now}
    refused("starts as a draft", lambda: SchedulePlan.objects.create(schedule=make.schedule(), number=1, **published))
    LayerMember.objects.filter(layer__plan=draft).delete()
    refused("has somebody in it", update(draft, **published))
    LayerWindow.objects.filter(layer__plan=draft).delete()
    RotaLayer.objects.filter(plan=draft).delete()
    refused("has somebody in it", update(draft, **published))


def test_a_plan_does_not_take_the_place_of_another(rota: OnCallSchedule, draft: SchedulePlan) -> None:
    verb = "UPDATE OR REPLACE" if connection.vendor == "sqlite" else "UPDATE"
    begins = rota.plans.get(number=1)
    same = sql(
        f"{verb} policies_scheduleplan SET state = 'published', published_at = "
        "(SELECT published_at FROM policies_scheduleplan WHERE id = %s), effective_from = "
        "(SELECT effective_from FROM policies_scheduleplan WHERE id = %s) WHERE id = %s",
        *(begins.pk, begins.pk, draft.pk),
    )
    refused("begins at the same instant", same)
    refused("keeps its schedule", sql(f"{verb} policies_scheduleplan SET number = 1 WHERE id = %s", draft.pk))


@pytest.mark.parametrize("model", [RotaLayer, LayerMember, LayerWindow])
def test_what_a_published_plan_consists_of_stays(rota: OnCallSchedule, draft: SchedulePlan, model: Any) -> None:
    of = "plan" if model is RotaLayer else "layer__plan"
    mine, drafted = model.objects.filter(**{of: rota.plans.get(number=1)}).first(), model.objects.get(**{of: draft})
    column = "plan_id" if model is RotaLayer else "layer_id"
    table, verb = model._meta.db_table, "UPDATE OR REPLACE" if connection.vendor == "sqlite" else "UPDATE"
    refused(STAYS, sql(f"UPDATE {table} SET {column} = {column}"))
    refused(STAYS, sql(f"DELETE FROM {table} WHERE id = %s", mine.pk))
    refused(STAYS, replace_row(mine, **{column: getattr(drafted, column)}))
    refused(STAYS, replace_row(drafted, id=900, **{column: getattr(mine, column)}))
    refused(STAYS, sql(f"{verb} {table} SET id = %s WHERE id = %s", mine.pk, drafted.pk))
    refused(STAYS, sql(f"{verb} {table} SET {column} = %s WHERE id = %s", getattr(mine, column), drafted.pk))


@pytest.fixture
def swap(rota: OnCallSchedule, now: Any) -> DutySwap:
    ana, tom = LayerMember.objects.values_list("person", flat=True)
    times = {"gives_from": now + DAY, "gives_until": now + 2 * DAY, "asked_at": now}
    made: DutySwap = DutySwap.objects.create(schedule=rota, giver_id=ana, taker_id=tom, asked_by_id=ana, reason="x", **times)
    return made


def stand_in(kind: str, rota: OnCallSchedule, now: Any) -> Any:
    who, when = person("Omar"), {"starts_at": now, "ends_at": now + DAY, "made_at": now}
    if kind == "override":
        return OnCallOverride.objects.create(schedule=rota, person=who, reason="x", **when)
    if kind == "absence":
        return DutyAbsence.objects.create(person=who, **when)
    source = CalendarSource.objects.create(name="Team", schedule=rota)
    return ImportedDuty.objects.create(source=source, schedule=rota, person=who, **when)


@pytest.mark.parametrize("kind", ["override", "absence", "imported duty"])
def test_what_stands_in_is_only_ever_ended_once(rota: OnCallSchedule, now: Any, kind: str) -> None:
    row = stand_in(kind, rota, now)
    for values in (
        {"starts_at": now + HOUR},
        {"ends_at": now + HOUR},
        {"person": person("Eve")},
        {"made_at": now - DAY},
        {"id": 900},
    ):
        refused(ENDED, update(row, **values))
    refused("past", update(row, ended_at=now - HOUR))
    refused(ENDED, sql(f"DELETE FROM {row._meta.db_table}"))
    refused(ENDED, replace_row(row, ends_at=now + HOUR))
    update(row, ended_at=now + HOUR)()
    refused(ENDED, update(row, ended_at=now + 2 * HOUR))
    refused(ENDED, update(row, ended_at=None))


def test_nothing_that_stands_in_begins_before_it_is_made(rota: OnCallSchedule, now: Any) -> None:
    when = {"starts_at": now - HOUR, "ends_at": now + HOUR, "made_at": now}
    refused("override_changes_no_past", lambda: OnCallOverride.objects.create(schedule=rota, person=person("Omar"), reason="x", **when))
    refused("absence_changes_no_past", lambda: DutyAbsence.objects.create(person=person("Omar"), **when))


def test_a_swap_is_accepted_by_both_and_stays_as_it_was_answered(rota: OnCallSchedule, swap: DutySwap, now: Any) -> None:
    made = {"schedule": rota, "person": swap.taker, "starts_at": now, "ends_at": now + DAY, "made_at": now, "reason": "x"}
    for kind in ("swap", "cover"):
        refused("once both people have accepted", lambda: OnCallOverride.objects.create(kind=kind, swap=swap, **made))  # noqa: B023
    refused("swap_accepted_by_both", update(swap, state="accepted"))
    refused("stays as it was", update(swap, taker=person("Eve")))
    refused("stays as it was", update(swap, gives_until=now + 3 * DAY))
    update(swap, giver_accepted_at=now)()
    refused("stays as it was", update(swap, giver_accepted_at=None))
    update(swap, state="accepted", taker_accepted_at=now, settled_at=now)()
    refused("stays as it was", update(swap, state="declined"))
    refused("stays as it was", replace_row(swap, state="asked"))
    refused("stays as it was", sql("DELETE FROM policies_dutyswap"))
    refused("starts as a question", replace_row(swap, id=900, state="accepted"))


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no TRUNCATE")
@pytest.mark.parametrize("table", ["scheduleplan", "rotalayer", "layermember", "layerwindow", "oncalloverride", "dutyabsence", "dutyswap"])
def test_no_table_of_duty_is_emptied_at_once(table: str) -> None:
    refused(f"{STAYS}|stays as it was", sql(f"TRUNCATE policies_{table} CASCADE"))
