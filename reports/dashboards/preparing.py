"""Keeping the prepared facts true to what happened: days that changed are read again, and the figures of their parts worked out again.

Everything may be stopped at any moment and run again: a day stays stale until its facts and its quarter's figures are written, together.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import TruncDate

from incidents.lifecycle.models import OPERATIONAL
from incidents.models import Incident
from reports.packs.quarters import Quarter

from .changes import changed_since, days_of, marks_now
from .models import DayFacts, FactsProgress
from .places import COUNTED, FORMAT, Places
from .queries import places_now

# Whoever died while preparing keeps others from it for so long.
LONGEST = timedelta(minutes=10)
Clock = Callable[[], datetime]
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a pass did: days read, quarters worked out, and days that are still to be read."""

    days: int
    quarters: int
    left: int


def bring_up_to_date(*, now: datetime, clock: Clock, within: timedelta | None = None, tell: Tell = lambda step: None) -> Prepared | None:
    """One pass; None when another is under way. `within`: no quarter is begun after so long.

    1. What was written since the last pass makes days stale. 2. Quarter by quarter, the newest first, stale days are read and figures
    worked out. 3. When nothing is left, everything told until `now` is in the figures.
    """
    if not _taken(now):
        return None
    try:
        _notice(now)
        days = quarters = 0
        for quarter in _with_new_figures() if _waiting() or _of_another_format() else ():
            if within is not None and clock() - now >= within:
                break
            tell(f"Working out {quarter}")
            FactsProgress.objects.update(taken_until=clock() + LONGEST)
            days += _prepared(quarter, now)
            quarters += 1
        left = DayFacts.objects.filter(stale=True).count()
        if not left and not _progress().waiting:
            FactsProgress.objects.update(up_to=now)
        return Prepared(days, quarters, left)
    finally:
        FactsProgress.objects.update(taken_until=None)


def read_again(*, since: date | None = None, until: date | None = None) -> int:
    """Makes every day with incidents stale, or those from `since` until `until`, both included; how many."""
    rows = Incident.objects.filter(OPERATIONAL).order_by().annotate(day=TruncDate("opened_at", tzinfo=UTC))
    known = DayFacts.objects.all()
    if since is not None:
        rows, known = rows.filter(opened_at__gte=_midnight(since)), known.filter(day__gte=since)
    if until is not None:
        rows, known = rows.filter(opened_at__lt=_midnight(until) + timedelta(days=1)), known.filter(day__lte=until)
    days = {*rows.values_list("day", flat=True).distinct(), *known.values_list("day", flat=True)}
    _make_stale(days)
    return len(days)


def read_recent_again(*, now: datetime) -> int:
    """Makes the days of the running quarter and the one before stale: the nightly net below what a pass finds."""
    return read_again(since=Quarter.of(now).previous.start.date())


def _notice(now: datetime) -> None:
    """Everything is new when there were no facts; else what was written since, and what is called or belongs otherwise by now."""
    progress = _progress()
    places = places_now()
    with transaction.atomic():
        if not progress.marks:
            FactsProgress.objects.update(marks=marks_now(now))
            read_again()
        else:
            keys, marks = changed_since(progress.marks, now)
            _make_stale(days_of(keys))
            FactsProgress.objects.update(marks=marks)
        known = Places.from_json(progress.places)
        if places != known:
            waiting = _every_quarter() if known.differs_from(places) else progress.waiting
            FactsProgress.objects.update(places=places.as_json(), waiting=waiting)


def _with_new_figures() -> list[Quarter]:
    """What waits, which is every quarter when there are other figures than there were, they are counted otherwise, or facts are kept in other columns:
    nothing else would look at older quarters any more. Only now what counts is loaded."""
    from .measured import catalogue

    before, figures = _progress().catalogue, catalogue()
    if before != figures:
        changed = bool(before) and _named(before) != _named(figures)
        FactsProgress.objects.update(catalogue=figures, **({"waiting": _every_quarter()} if changed else {}))
    return _waiting()


def _of_another_format() -> bool:
    """Asked at each pass, so what counts is not loaded for it."""
    return any(not each.get("columns", "").startswith(f"{FORMAT}.{COUNTED}:") for each in _progress().catalogue[:1])


def _named(figures: Sequence[Mapping[str, str]]) -> list[tuple[str, str]]:
    return [(each["name"], each.get("columns", "")) for each in figures]


def _every_quarter() -> list[str]:
    return sorted({str(_quarter_of(day)) for day in DayFacts.objects.values_list("day", flat=True)})


def _waiting() -> list[Quarter]:
    stale = {_quarter_of(day) for day in DayFacts.objects.filter(stale=True).values_list("day", flat=True)}
    return sorted(stale | {Quarter.parse(text) for text in _progress().waiting}, reverse=True)


def _prepared(quarter: Quarter, now: datetime) -> int:
    from .working_out import work_out

    progress = _progress()
    worked = work_out(quarter, Places.from_json(progress.places), everything=str(quarter) in progress.waiting, now=now)
    with transaction.atomic():
        worked.write()
        FactsProgress.objects.update(waiting=[each for each in progress.waiting if each != str(quarter)])
    return worked.days_read


def _make_stale(days: set[date]) -> None:
    """And of each quarter that follows one of these, its first day: what was resolved in the one may have come back in the other."""
    after = [_first_day_of(quarter) for quarter in sorted({_quarter_of(day).next for day in days})]
    rows = [DayFacts(day=day, stale=True) for day in sorted(days.union(day for day in after if day is not None))]
    DayFacts.objects.bulk_create(rows, update_conflicts=True, unique_fields=["day"], update_fields=["stale"], batch_size=500)


def _first_day_of(quarter: Quarter) -> date | None:
    """That has facts."""
    days = DayFacts.objects.filter(day__gte=quarter.start.date(), day__lt=quarter.end.date()).order_by("day")
    return days.values_list("day", flat=True).first()


def _taken(now: datetime) -> bool:
    FactsProgress.objects.get_or_create(id=1)
    free = Q(taken_until=None) | Q(taken_until__lte=now)
    return FactsProgress.objects.filter(free, id=1).update(taken_until=now + LONGEST) == 1


def _progress() -> FactsProgress:
    return FactsProgress.objects.get(id=1)


def _quarter_of(day: date) -> Quarter:
    return Quarter.of(_midnight(day))


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
