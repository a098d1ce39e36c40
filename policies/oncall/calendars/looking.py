"""The dry run: what a calendar says, whom it means, and what bringing it in would change. Reads, and changes nothing."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from policies.decisions.rota import Absence, Change, Imported, RotaPerson, RotaSnapshot, changes
from policies.oncall.queries import rota_of, still_counts
from policies.oncall.standing_in.models import DutyAbsence
from portal.foundation import words
from portal.foundation.errors import InvalidInput
from portal.foundation.people.models import User

from .models import CalendarSource, ImportedDuty
from .planning import Overlap, Rows, Stretch, by_person, overlaps, rows_to_change
from .reading import Occurrence, Reading, read_calendar
from .titles import Directory, Known, directory, matched

# How far ahead a calendar is brought in, and how far ahead its effect on duty is shown.
HORIZON, SHOWN = timedelta(days=180), timedelta(days=90)
MOST_NAMES = 20


@dataclass(frozen=True, slots=True)
class Look:
    """What was understood. `unknown` are names with what is wrong and how often; `notes` and `problems` are sentences."""

    reading: Reading
    wanted: tuple[Stretch, ...]
    rows: Rows
    unknown: tuple[tuple[str, str, int], ...] = ()
    notes: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    overlaps: tuple[Overlap, ...] = ()
    away: tuple[str, ...] = ()

    @property
    def people(self) -> list[tuple[str, int]]:
        return by_person(self.wanted)

    @property
    def remarks(self) -> str:
        """What was left out of a copy, a line each."""
        names = [f"'{name}' ({words.counted(count, 'event')}): {problem}." for name, problem, count in self.unknown]
        return "\n".join([*names, *self.notes, *self.reading.problems])


def look_at(source: CalendarSource, data: bytes, now: datetime) -> Look:
    """What `data` would do if it were brought in for `source`, which need not be saved. Raises InvalidInput when it has nothing to say."""
    if source.use == CalendarSource.Use.ABSENCE:
        return _absences(source, data, now)
    assert source.schedule is not None  # noqa: S101 (the database holds: a duty calendar has a schedule)
    rota = rota_of(source.schedule, now)
    reading = read_calendar(data, zone=rota.zone_at(now), since=now, until=now + HORIZON)
    wanted, unknown, notes = _matched(reading.occurrences)
    if not wanted:
        raise InvalidInput(_nothing(reading, unknown))
    after = _with(rota, source, wanted, now)
    return Look(
        reading,
        tuple(wanted),
        rows_to_change(standing_duty(source, now), wanted, now),
        tuple(unknown),
        tuple(notes),
        tuple(changes(rota, after, now, now + SHOWN)),
        tuple(overlaps(wanted)),
        tuple(_away(wanted, after)),
    )


def changes_without(source: CalendarSource, now: datetime) -> list[Change]:
    """What changes in the coming 90 days when `source` says nothing any more."""
    if source.schedule is None:
        return []
    rota = rota_of(source.schedule, now)
    return changes(rota, _with(rota, source, (), now), now, now + SHOWN)


def standing_duty(source: CalendarSource, now: datetime) -> list[Stretch]:
    """The rows of `source` that count now or later."""
    if source.pk is None:
        return []
    rows = ImportedDuty.objects.filter(source=source, ended_at=None, ends_at__gt=now).order_by("pk")
    return [Stretch(row.uid, RotaPerson(row.person_id, ""), row.starts_at, row.ends_at, row.priority, row.pk) for row in rows]


def standing_absences(source: CalendarSource, now: datetime) -> list[Stretch]:
    """The absences of `source` that count now or later."""
    if source.pk is None:
        return []
    rows = DutyAbsence.objects.filter(source=source, ended_at=None, ends_at__gt=now).order_by("pk")
    return [Stretch("", RotaPerson(row.person_id, ""), row.starts_at, row.ends_at, 0, row.pk) for row in rows]


def _absences(source: CalendarSource, data: bytes, now: datetime) -> Look:
    """Every event that keeps its person busy is an absence; what it is about stays in the calendar."""
    person = source.person
    assert person is not None  # noqa: S101 (the database holds: an absence calendar has a person)
    reading = read_calendar(data, zone=person.time_zone, since=now, until=now + HORIZON, may_be_empty=True)
    of = RotaPerson(person.pk, str(person))
    times = dict.fromkeys((each.starts_at, each.ends_at) for each in reading.occurrences if not each.free)
    wanted = tuple(Stretch("", of, starts, ends) for starts, ends in times)
    return Look(reading, wanted, rows_to_change(standing_absences(source, now), wanted, now))


def _matched(found: Iterable[Occurrence]) -> tuple[list[Stretch], list[tuple[str, str, int]], list[str]]:
    people = _everybody()
    wanted: list[Stretch] = []
    unknown: Counter[tuple[str, str]] = Counter()
    notes: dict[str, None] = {}
    for each in found:
        match = matched(each.title, people)
        if match.person is None:
            unknown[match.name or "an event", match.problem] += 1
            continue
        if match.note:
            notes[f"The event '{each.title[:80]}' {match.note}."] = None
        wanted.append(Stretch(each.uid, match.person, each.starts_at, each.ends_at, match.priority))
    return wanted, [(name, problem, count) for (name, problem), count in unknown.most_common(MOST_NAMES)], list(notes)[:MOST_NAMES]


def _everybody() -> Directory:
    rows = User.objects.filter(origin=User.Origin.PORTAL).only(
        "pk", "display_name", "first_name", "last_name", "username", "email", "is_active"
    )
    return directory(
        Known(RotaPerson(row.pk, str(row)), (row.display_name, row.get_full_name(), row.username, row.email), row.is_active) for row in rows
    )


def _nothing(reading: Reading, unknown: Sequence[tuple[str, str, int]]) -> str:
    if unknown:
        names = words.listed([f"'{name}' ({problem})" for name, problem, _ in unknown[:5]])
        return f"No event of the coming 180 days names somebody known here: {names}. Write people's names, user names or e-mail addresses."
    if reading.problems:
        return f"No event of the calendar can be used. {' '.join(reading.problems[:3])}"
    return "The calendar has no event in the coming 180 days."


def _with(rota: RotaSnapshot, source: CalendarSource, wanted: Sequence[Stretch], now: datetime) -> RotaSnapshot:
    """The schedule with what `source` says from `now` on replaced by `wanted`."""
    kept = [replace(told, ends_at=min(told.ends_at, now)) if told.calendar == source.name else told for told in rota.imported]
    others = [told for told in kept if told.starts_at < told.ends_at]
    made = [Imported(each.person, max(each.starts_at, now), each.ends_at, source.name, each.priority) for each in wanted]
    people = {each.person.person_id for each in wanted}
    away = DutyAbsence.objects.filter(still_counts(now), person__in=people).order_by("starts_at", "pk")
    known = {(absence.person_id, absence.starts_at): absence for absence in rota.absences}
    for row in away:
        ends = min(row.ends_at, row.ended_at or row.ends_at)
        known.setdefault((row.person_id, row.starts_at), Absence(row.person_id, row.starts_at, ends, row.get_kind_display()))
    return replace(rota, imported=(*others, *made), absences=tuple(known.values()))


def _away(wanted: Iterable[Stretch], rota: RotaSnapshot) -> list[str]:
    """Sentences on people whom the calendar puts on duty while they are away."""
    found: dict[str, None] = {}
    for each in wanted:
        for absence in rota.absences:
            if absence.person_id == each.person.person_id and absence.starts_at < each.ends_at and each.starts_at < absence.ends_at:
                found[each.person.name] = None
    return [f"{name} is away during duty that the calendar gives them: somebody else has to take it." for name in found]
