"""One quarter: stale days read again, and the figures of every part that has changed worked out again. Loads numpy: for jobs alone."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import numpy as np
from django.db.models import QuerySet

from reports.metrics.escalation_definitions import share_of_time
from reports.metrics.levels import Truth
from reports.packs.quarters import Quarter

from .columns import Facts, OtherFormat, digests, joined, microseconds, packed, unpacked
from .measured import figures_of
from .models import DayFacts, QuarterFigures
from .places import Places
from .reading import read_day

Part = tuple[str, str]
Dimension = QuarterFigures.Dimension
WHOLE: Part = (Dimension.WHOLE.value, "")
COMPARED = (Dimension.SERVICE.value, Dimension.TEAM.value)


@dataclass(slots=True)
class Worked:
    """What is to be written, at once: days, figures of parts, and parts that have no incidents any more."""

    quarter: Quarter
    now: datetime
    days: list[DayFacts] = field(default_factory=list)
    gone: list[date] = field(default_factory=list)
    figures: dict[Part, dict[str, Any]] = field(default_factory=dict)
    empty: list[Part] = field(default_factory=list)

    @property
    def days_read(self) -> int:
        return len(self.days) + len(self.gone)

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
    """Reads and works out, and writes nothing. With `everything`, no figure is taken over."""
    worked = Worked(quarter, now)
    rows_of_days = DayFacts.objects.filter(day__gte=quarter.start.date(), day__lt=quarter.end.date())
    read, touched = _read_again(rows_of_days.filter(stale=True), worked, places)
    if not everything and not touched:
        return worked
    known = _known_days(rows_of_days.filter(stale=False), worked, places)
    days = {**known, **read}
    whole = joined([days[day] for day in sorted(days)])
    rows = parts_of(whole, places)
    kept = set(QuarterFigures.objects.filter(quarter=str(quarter)).values_list("dimension", "part"))
    wanted = {*rows, *kept} if everything or WHOLE not in kept else touched
    for part in sorted(wanted):
        if part in rows and len(whole.keys):
            chosen = whole if part == WHOLE else whole.where(rows[part])
            worked.figures[part] = figures_of(chosen.known_until(microseconds(quarter.start)))
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


def _read_again(rows: QuerySet[DayFacts], worked: Worked, places: Places) -> tuple[dict[date, Facts], set[Part]]:
    """The facts of the days as they are now, and the parts of which any has changed."""
    days: dict[date, Facts] = {}
    touched: set[Part] = set()
    for row in rows.order_by("day").iterator(20):
        after = read_day(row.day)
        content = packed(after)
        # As it comes out of the bytes, so that both are named alike.
        after = unpacked(content, places)
        touched |= _parts_touched(_known(row, places), after, places)
        if len(after.keys):
            days[row.day] = after
            worked.days.append(DayFacts(day=row.day, stale=False, columns=content, incidents=len(after.keys), read_at=worked.now))
        else:
            worked.gone.append(row.day)
    return days, touched


def _known_days(rows: QuerySet[DayFacts], worked: Worked, places: Places) -> dict[date, Facts]:
    """The facts of days that have not changed; those that were packed otherwise are read."""
    days: dict[date, Facts] = {}
    others = []
    for row in rows.order_by("day").iterator(20):
        facts = _known(row, places)
        if facts is None:
            others.append(row.day)
        else:
            days[row.day] = facts
    return {**days, **_read_again(DayFacts.objects.filter(day__in=others), worked, places)[0]} if others else days


def _known(row: DayFacts, places: Places) -> Facts | None:
    try:
        return unpacked(bytes(row.columns), places)
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
