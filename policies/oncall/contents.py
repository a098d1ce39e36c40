"""What a plan says, in one value: written when it is published, so that a thousand schedules are read without reading their layers.

A content is JSON: {"layers": [{"name", "starts_on", "handover_at", "every", "unit", "holidays", "shadow", "people": [primary keys],
"windows": [[weekdays as LayerWindow counts them, "09:00:00", "17:00:00"]]}]}, layers in the order of their position. Names of people
and holidays are not in it: a person who marries is called by the new name, and a calendar's days are rows of their own.
"""

from collections.abc import Collection, Mapping
from datetime import date, time
from typing import Any

from policies.decisions.rota import Holidays, Layer, RotaPerson, Unit, Window

from .models import LayerMember, LayerWindow, RotaLayer, SchedulePlan

Content = dict[str, Any]
NOTHING: Content = {"layers": []}


def content_of(plan: SchedulePlan) -> Content:
    """What the rows of `plan` say now. Three queries."""
    return contents_of([plan.pk]).get(plan.pk, NOTHING)


def contents_of(plans: Collection[int]) -> dict[int, Content]:
    """What the rows of several plans say now, by primary key; a plan without layers is missing. Three queries."""
    rows = list(RotaLayer.objects.filter(plan__in=plans).order_by("plan_id", "position"))
    people: dict[int, list[int]] = {row.pk: [] for row in rows}
    for layer, person in LayerMember.objects.filter(layer__in=rows).order_by("position").values_list("layer_id", "person_id"):
        people[layer].append(person)
    windows: dict[int, list[list[Any]]] = {row.pk: [] for row in rows}
    for window in LayerWindow.objects.filter(layer__in=rows):
        windows[window.layer_id].append([window.weekdays, window.starts.isoformat(), window.ends.isoformat()])
    found: dict[int, Content] = {}
    for row in rows:
        said = {
            "name": row.name,
            "starts_on": row.starts_on.isoformat(),
            "handover_at": row.handover_at.isoformat(),
            "every": row.every,
            "unit": row.unit,
            "holidays": row.holidays,
            "shadow": row.shadow,
            "people": people[row.pk],
            "windows": windows[row.pk],
        }
        found.setdefault(row.plan_id, {"layers": []})["layers"].append(said)
    return found


def people_in(content: Content) -> set[int]:
    """Everybody whom the content names."""
    return {person for layer in content["layers"] for person in layer["people"]}


def layers_from(content: Content, people: Mapping[int, RotaPerson]) -> tuple[Layer, ...]:
    """The layers as plain values; `people` has everybody of `people_in`."""
    return tuple(
        Layer(
            name=said["name"],
            starts_on=date.fromisoformat(said["starts_on"]),
            handover_at=time.fromisoformat(said["handover_at"]),
            every=said["every"],
            unit=Unit(said["unit"]),
            people=tuple(people[person] for person in said["people"]),
            windows=tuple(_window(*window) for window in said["windows"]),
            holidays=Holidays(said["holidays"]),
            shadow=said["shadow"],
        )
        for said in content["layers"]
    )


def weekdays_of(mask: int) -> frozenset[int]:
    """LayerWindow.weekdays as weekdays, Monday is 0."""
    return frozenset(day for day in range(7) if mask & 1 << day)


def _window(weekdays: int, starts: str, ends: str) -> Window:
    return Window(weekdays_of(weekdays), time.fromisoformat(starts), time.fromisoformat(ends))
