"""One quarter: stale days read again, and the figures of every part that has changed worked out again. Loads numpy: for jobs alone."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

import numpy as np
from django.db.models import QuerySet

from reports.metrics.escalation_definitions import share_of_time
from reports.metrics.incident_queries import returns_of
from reports.metrics.levels import Truth
from reports.metrics.population import Population
from reports.packs.quarters import Quarter

from .columns import Facts, OtherFormat, digests, joined, microseconds, packed, unpacked
from .figures import RETURNED
from .measured import days_until, figures_of
from .models import DayFacts, QuarterFigures
from .places import Places
from .reading import read_day
from .returning import numbered

Part = tuple[str, str]
Dimension = QuarterFigures.Dimension
WHOLE: Part = (Dimension.WHOLE.value, "")
COMPARED = (Dimension.SERVICE.value, Dimension.TEAM.value)
# Of what each service or component is told by itself, too.
AGAIN_BY = {**dict.fromkeys((Dimension.WHOLE.value, Dimension.UNIT.value), RETURNED), Dimension.SERVICE.value: ("component",)}


@dataclass(slots=True)
class Worked:
    """What is to be written, at once: days, figures of parts, and parts that have no incidents any more."""

    quarter: Quarter
    now: datetime
    days: list[DayFacts] = field(default_factory=list)
    gone: list[date] = field(default_factory=list)
    figures: dict[Part, dict[str, Any]] = field(default_factory=dict)
    empty: list[Part] = field(default_factory=list)
    days_read: int = 0

    def write(self) -> None:
        """Inside the caller's transaction."""
        written = ["stale", "columns", "incidents", "read_at"]
        DayFacts.objects.bulk_create(self.days, update_conflicts=True, unique_fields=["day"], update_fields=written, batch_size=50)
        DayFacts.objects.filter(day__in=self.gone).delete()
        of_quarter = QuarterFigures.objects.filter(quarter=str(self.quarter))
        for dimension, part in self.empty:
            of_quarter.filter(dimension=dimension, part=part).delete()
        rows = [
            QuarterFigures(quarter=str(self.quarter), dimension=dimension, part=part, figures=figures, prepared_at=self.now)
            for (dimension, part), figures in self.figures.items()
        ]
        key, given = ["dimension", "part", "quarter"], ["figures", "prepared_at"]
        QuarterFigures.objects.bulk_create(rows, update_conflicts=True, unique_fields=key, update_fields=given, batch_size=100)


def work_out(quarter: Quarter, places: Places, *, everything: bool, now: datetime) -> Worked:
    """Reads and works out, and writes nothing. With `everything`, no figure is taken over.

    1. Stale days are read. 2. Over the whole quarter, with what was resolved before it, it is told what came back: that changes other days
    than those that were read. 3. Days are held against what they were, and the figures of parts in which any incident differs are worked out;
    where the cut-off has moved, those of all parts that hang on it, too.
    """
    worked = Worked(quarter, now)
    rows_of_days = DayFacts.objects.filter(day__gte=quarter.start.date(), day__lt=quarter.end.date())
    days, before = _days(rows_of_days, places)
    whole = _with_returns(joined([days[day] for day in sorted(days)]), quarter)
    touched = _compared(worked, days, before, whole, places)
    rows = parts_of(whole, places)
    kept = set(QuarterFigures.objects.filter(quarter=str(quarter)).values_list("dimension", "part"))
    whole = whole.cut_off(microseconds(quarter.start))
    before_it = _cut_off_kept(quarter)
    everything = everything or WHOLE not in kept or _counts_other_days(whole, before_it, quarter)
    if not everything and before_it != whole.escalations.known_until:
        hanging = whole.hang_on_the_cut_off
        touched |= {part for part, mine in rows.items() if part == WHOLE or (mine & hanging).any()}
    for part in sorted({*rows, *kept} if everything else touched):
        if part in rows and len(whole.keys):
            worked.figures[part] = _figures(whole, part, rows[part], quarter)
        else:
            worked.empty.append(part)
    if WHOLE in worked.figures:
        worked.figures[WHOLE]["bottlenecks"] = _bottlenecks(worked, places)
    return worked


def parts_of(given: Facts, places: Places) -> dict[Part, Truth]:
    """Every part that has incidents, with which those are."""
    severities = np.array([fact.severity for fact in given.facts], dtype=object)
    found: dict[Part, Truth] = {WHOLE: np.ones(len(given.keys), dtype=bool)} if len(given.keys) else {}
    for dimension, column in ((Dimension.SERVICE, given.services), (Dimension.TEAM, given.teams), (Dimension.SEVERITY, severities)):
        for value in set(column.tolist()) - {0, ""}:
            found[dimension.value, str(value)] = column == value
    for service in set(given.services.tolist()):
        for unit in places.units_of(service):
            part = (Dimension.UNIT.value, str(unit))
            found[part] = found.get(part, False) | (given.services == service)
    return found


def _days(rows: QuerySet[DayFacts], places: Places) -> tuple[dict[date, Facts], dict[date, bytes]]:
    """The facts of all days as they are now, and of those that were read again what they were before. What was packed otherwise is read."""
    days: dict[date, Facts] = {}
    before: dict[date, bytes] = {}
    for row in rows.order_by("day").iterator(20):
        known = None if row.stale else _known(bytes(row.columns), places)
        if known is None:
            before[row.day] = bytes(row.columns)
        days[row.day] = read_day(row.day, places) if known is None else known
    return days, before


def _with_returns(whole: Facts, quarter: Quarter) -> Facts:
    back = returns_of(Population(quarter.start, quarter.end), whole.services, whole.components, whole.opened_at, whole.resolved_at)
    return replace(whole, service_back=numbered(back["service"]), component_back=numbered(back["component"]))


def _compared(worked: Worked, days: Mapping[date, Facts], before: Mapping[date, bytes], whole: Facts, places: Places) -> set[Part]:
    """The parts of which any incident has changed. Days that have are to be written, and those that were read."""
    touched: set[Part] = set()
    place = 0
    for day in sorted(days):
        end = place + len(days[day].keys)
        after = replace(days[day], service_back=whole.service_back[place:end], component_back=whole.component_back[place:end])
        place = end
        if day in before:
            touched |= _parts_touched(_known(before[day], places), after, places)
        elif _came_back_alike(days[day], after):
            continue
        else:
            touched |= _parts_touched(days[day], after, places)
        if len(after.keys):
            columns = packed(after)
            worked.days.append(DayFacts(day=day, stale=False, columns=columns, incidents=len(after.keys), read_at=worked.now))
        else:
            worked.gone.append(day)
    worked.days_read = len(before)
    return touched


def _came_back_alike(one: Facts, other: Facts) -> bool:
    return np.array_equal(one.service_back, other.service_back) and np.array_equal(one.component_back, other.component_back)


def _cut_off_kept(quarter: Quarter) -> int | None:
    """Up to which the figures are known that are kept."""
    kept = QuarterFigures.objects.filter(quarter=str(quarter), dimension=WHOLE[0], part=WHOLE[1])
    found: int | None = kept.values_list("figures__cut_off", flat=True).first()
    return found


def _counts_other_days(whole: Facts, kept: int | None, quarter: Quarter) -> bool:
    """The frequency of every part counts a day more, or less, than when the figures were worked out."""
    return kept is None or days_until(quarter, kept) != days_until(quarter, whole.escalations.known_until)


def _figures(whole: Facts, part: Part, rows: Truth, quarter: Quarter) -> dict[str, Any]:
    """Every part is known up to the cut-off of the whole, as units are in their packs."""
    return figures_of(whole if part == WHOLE else whole.where(rows), quarter, AGAIN_BY.get(part[0], ()))


def _known(content: bytes, places: Places) -> Facts | None:
    try:
        return unpacked(content, places)
    except OtherFormat:
        return None


def _parts_touched(before: Facts | None, after: Facts, places: Places) -> set[Part]:
    said_before, said_after = digests(before) if before is not None else {}, digests(after)
    changed = {key for key in said_before.keys() | said_after.keys() if said_before.get(key) != said_after.get(key)}
    touched = {part for given in (before, after) if given is not None for part in _parts_with(given, changed, places)}
    return touched | {WHOLE} if changed else touched


def _parts_with(given: Facts, changed: set[int], places: Places) -> Iterator[Part]:
    rows = zip(given.keys.tolist(), given.services.tolist(), given.teams.tolist(), given.facts, strict=True)
    for key, service, team, fact in rows:
        if key in changed:
            yield Dimension.SERVICE.value, str(service)
            yield from ((Dimension.UNIT.value, str(unit)) for unit in places.units_of(service))
            yield from ((Dimension.TEAM.value, str(team)),) if team else ()
            yield from ((Dimension.SEVERITY.value, fact.severity),) if fact.severity else ()


def _bottlenecks(worked: Worked, places: Places) -> dict[str, Any]:
    """Where most of the time was waited: the service and the group, by the seconds that each part's figures hold."""
    names: Mapping[str, dict[int, str]] = {Dimension.SERVICE.value: places.services, Dimension.TEAM.value: places.teams}
    found: dict[str, Any] = {}
    for dimension in COMPARED:
        kept = QuarterFigures.objects.filter(quarter=str(worked.quarter), dimension=dimension)
        waited = dict(kept.values_list("part", "figures__waited"))
        waited |= {part: figures["waited"] for (of, part), figures in worked.figures.items() if of == dimension}
        for of, part in worked.empty:
            waited.pop(part, None) if of == dimension else None
        whole = sum(waited.values())
        if whole:
            part = min(waited, key=lambda each: (-waited[each], each))
            name = names[dimension].get(int(part), "")
            found[dimension] = {"part": part, "name": name, "seconds": waited[part], "share": share_of_time(waited[part], whole)}
    return found
