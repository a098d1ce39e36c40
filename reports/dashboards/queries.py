"""Reading what is prepared, within the reader's rights. A constant number of queries, whatever the number of incidents.

Figures count every incident of their part, confidential ones too; no figure carries a title. A list of incidents holds only those that its
reader may see.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from incidents.models import Incident
from policies.decisions.vocabulary import Severity
from policies.models import BusinessUnit, Component, Service, Team
from portal.foundation.access.checks import may, visible_to
from portal.foundation.access.reach import reach_of
from portal.foundation.errors import NotAllowed, WrongState
from reports.packs.quarters import Quarter

from .models import DayFacts, FactsProgress, QuarterFigures
from .places import Places
from .selection import COMPONENT, Dimension, Selection

RIGHT, SEE = "reports.view_dashboard", "incidents.view_incident"
QUARTERS = 8
WORDS = {COMPONENT: "component ", Dimension.TEAM.value: "group "}
ANEW = "The facts of this quarter are being worked out anew. Try again in a minute."
# So many incidents can be looked through while somebody waits, some 200 ms; to unpack a day takes as long as so many more.
LOOKED_THROUGH, A_DAY = 150_000, 100


@dataclass(frozen=True, slots=True)
class Scope:
    """Which figures somebody may see: all of them, or those of the units and services whose incidents they were given to see."""

    everything: bool
    units: frozenset[int] = frozenset()
    services: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return self.everything or bool(self.units or self.services)

    def holds(self, selection: Selection) -> bool:
        """Groups and severities cross units: with them two figures could be held against each other that tell of neither alone."""
        keys = {Dimension.UNIT.value: self.units, Dimension.SERVICE.value: self.services}.get(selection.dimension, frozenset())
        own = selection.part.isdecimal() and int(selection.part) in keys
        return self.everything or (own and all(dimension == COMPONENT for dimension, _ in selection.also))


def scope_of(reader: Any) -> Scope:
    """By role for everything, by grants for the units and services that they reach."""
    if may(reader, RIGHT) and may(reader, SEE):
        return Scope(everything=True)
    reach = reach_of(reader, SEE)
    return Scope(False, frozenset(reach.units), frozenset(reach.services)) if reader.is_active else Scope(False)


def require_figures(reader: Any, selection: Selection) -> None:
    """Raises NotAllowed, in words, when `reader` may not see the figures of `selection`."""
    if not scope_of(reader).holds(selection):
        raise NotAllowed("You may not see these figures. You see those of units and services whose incidents you may see.")


def progress() -> FactsProgress:
    """How far the facts are; a blank one before anything was prepared."""
    return FactsProgress.objects.filter(id=1).first() or FactsProgress()


def quarters_with_figures(scope: Scope) -> list[Quarter]:
    """The latest first."""
    rows = QuarterFigures.objects.order_by()
    rows = rows.filter(dimension=Dimension.WHOLE.value) if scope.everything else _within(rows, scope)
    return sorted({Quarter.parse(text) for text in rows.values_list("quarter", flat=True).distinct()}, reverse=True)


def parts_in(quarters: Sequence[Quarter], scope: Scope) -> dict[str, list[tuple[Selection, str]]]:
    """The parts that have figures in `quarters` with their names, by dimension. Four queries."""
    rows = QuarterFigures.objects.filter(quarter__in=[str(quarter) for quarter in quarters]).exclude(dimension=Dimension.WHOLE.value)
    found: dict[str, set[str]] = {}
    for dimension, part in (rows if scope.everything else _within(rows, scope)).order_by().values_list("dimension", "part").distinct():
        found.setdefault(dimension, set()).add(part)
    return {dimension: _named(dimension, found.get(dimension, set())) for dimension in Dimension.values if dimension in found}


def name_of(selection: Selection) -> str:
    """What the part is called; '' when there is no such thing."""
    if not selection.conditions:
        return "The whole organisation"
    names = [next((name for _, name in _named(dimension, {part})), "") for dimension, part in selection.conditions]
    said = [f"{WORDS.get(dimension, '')}{name}" for (dimension, _), name in zip(selection.conditions, names, strict=True)]
    return (names[0] if len(names) == 1 else ", ".join(said)) if all(names) else ""


def kind_of(selection: Selection) -> str:
    """Of what kind it is, without a name: 'service', or 'business unit and severity'."""
    kinds = [Dimension(name).label if name in Dimension.values else "Component" for name, _ in selection.conditions]
    return " and ".join(kinds).lower() or Dimension.WHOLE.label.lower()


def names_in(again: Mapping[str, Any]) -> dict[str, dict[int, str]]:
    """What the services and components are called that figures tell of one by one. A query for each of both."""
    keys = {of: {str(row["key"]) for row in told["rows"]} for of, told in again.items()}
    return {of: {int(selection.part): name for selection, name in _named(of, parts)} for of, parts in keys.items() if parts}


def figures_by_quarter(selection: Selection, quarters: Sequence[Quarter]) -> dict[str, dict[str, Any]]:
    """All figures of `selection`, by quarter. One query when they are prepared."""
    if not selection.is_prepared:
        return _figures_asked(selection, quarters)
    rows = QuarterFigures.objects.filter(dimension=selection.dimension, part=selection.part, quarter__in=[str(each) for each in quarters])
    return dict(rows.values_list("quarter", "figures"))


def affordable(selection: Selection, quarters: Sequence[Quarter]) -> list[Quarter]:
    """All of `quarters` where figures are prepared; else the last and as many before it as can be looked through while somebody waits. One query."""
    if selection.is_prepared:
        return list(quarters)
    days = DayFacts.objects.filter(day__gte=quarters[0].start.date(), day__lt=quarters[-1].end.date()).order_by()
    sizes: dict[str, int] = {}
    for day, incidents in days.values_list("day", "incidents"):
        name = f"{day.year:04d}Q{(day.month + 2) // 3}"
        sizes[name] = sizes.get(name, 0) + incidents + A_DAY
    found = [quarters[-1]]
    whole = sizes.get(str(found[0]), 0)
    for quarter in reversed(quarters[:-1]):
        whole += sizes.get(str(quarter), 0)
        if whole > LOOKED_THROUGH:
            break
        found.insert(0, quarter)
    return found


def _figures_asked(selection: Selection, quarters: Sequence[Quarter]) -> dict[str, dict[str, Any]]:
    """Worked out from the prepared days. Two queries. Raises WrongState while these are worked out anew."""
    from .asked import figures_asked
    from .columns import OtherFormat

    days = _days_of(quarters[0], quarters[-1]).values_list("day", "columns")
    places = Places.from_json(progress().places)
    try:
        return figures_asked(((day, bytes(columns)) for day, columns in days), selection, places)
    except OtherFormat as error:
        raise WrongState(ANEW) from error


def figures_by_part(dimension: str, quarter: Quarter, scope: Scope) -> Iterator[tuple[Selection, str, dict[str, Any]]]:
    """All figures of every part of `dimension` in `quarter`, with the part's name."""
    rows = QuarterFigures.objects.filter(dimension=dimension, quarter=str(quarter)).order_by()
    found = dict((rows if scope.everything else _within(rows, scope)).values_list("part", "figures"))
    for selection, name in _named(dimension, set(found)):
        yield selection, name, found[selection.part]


def picked_from(selection: Selection, quarter: Quarter) -> Any:
    """The incidents of `selection`, a `behind.Picked`. Two queries. Raises WrongState while the facts are worked out anew."""
    # Here: what a page of figures shows needs none of this.
    from .behind import picked
    from .columns import OtherFormat

    days = _days_of(quarter, quarter)
    places = Places.from_json(progress().places)
    try:
        return picked(map(bytes, days.values_list("columns", flat=True)), selection, places)
    except OtherFormat as error:
        raise WrongState(ANEW) from error


def places_now() -> Places:
    """As they are now. Three queries."""
    services = list(Service.objects.order_by().values_list("pk", "name", "business_unit_id"))
    return Places(
        services={key: name for key, name, _ in services},
        teams=dict(Team.objects.order_by().values_list("pk", "name")),
        unit_of={key: unit for key, _, unit in services if unit is not None},
        above=dict(BusinessUnit.objects.filter(part_of__isnull=False).order_by().values_list("pk", "part_of_id")),
    )


def seen_among(reader: Any, keys: Sequence[int]) -> QuerySet[Incident]:
    """Those of `keys` that `reader` may see."""
    return visible_to(reader, Incident.objects.filter(pk__in=keys).select_related("service"), SEE)


def _days_of(first: Quarter, last: Quarter) -> QuerySet[DayFacts]:
    return DayFacts.objects.filter(day__gte=first.start.date(), day__lt=last.end.date(), read_at__isnull=False).order_by("day")


def _within(rows: QuerySet[QuarterFigures], scope: Scope) -> QuerySet[QuarterFigures]:
    units = rows.filter(dimension=Dimension.UNIT.value, part__in=[str(key) for key in scope.units])
    return units | rows.filter(dimension=Dimension.SERVICE.value, part__in=[str(key) for key in scope.services])


def _named(dimension: str, parts: set[str]) -> list[tuple[Selection, str]]:
    if dimension == Dimension.SEVERITY.value:
        known = {step.value: step.label for step in Severity}
        return [(Selection(dimension, part), known[part]) for part in sorted(parts & set(known))]
    keys = [int(part) for part in parts if part.isdecimal() and len(part) < 19]
    if dimension == COMPONENT:
        named = Component.objects.filter(pk__in=keys).order_by("service__name", "name").values_list("pk", "service__name", "name")
        return [(Selection(dimension, str(key)), f"{service}: {name}") for key, service, name in named]
    model: Any = {Dimension.UNIT.value: BusinessUnit, Dimension.SERVICE.value: Service, Dimension.TEAM.value: Team}[dimension]
    rows = model.objects.filter(pk__in=keys).order_by("name").values_list("pk", "name")
    return [(Selection(dimension, str(key)), name) for key, name in rows]
