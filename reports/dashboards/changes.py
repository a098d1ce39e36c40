"""Which incidents something was written about since the last look, found by the primary keys of what is only ever added to.

A transaction that is committed late shows a key that is lower than others seen before. So the rows behind the last look are counted, back
to where no key is missing, and are all looked at again when there are more than there were. What is missing for a day is taken to have
been taken back; the nightly pass over everything recent stands behind that.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import Max

from incidents.lifecycle.models import OPERATIONAL
from incidents.models import EscalationStep, Incident, IncidentChange, IncidentProblem, TimelineEntry

KEPT_BACK = 1_000
SETTLED_AFTER = timedelta(minutes=10)
GIVEN_UP_AFTER = timedelta(days=1)
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Source:
    """A table that is added to with every change of an incident: its own key, and the way to the incident's."""

    model: Any
    key: str
    incident: str

    def count(self, above: int, until: int) -> int:
        return int(self._between(above, until).count()) if until > above else 0

    def incidents(self, above: int, until: int) -> set[int]:
        if until <= above:
            return set()
        return set(self._between(above, until).values_list(self.incident, flat=True).order_by().distinct())

    def highest(self) -> int:
        return int(self.model.objects.order_by().aggregate(highest=Max(self.key))["highest"] or 0)

    def _between(self, above: int, until: int) -> Any:
        return self.model.objects.filter(**{f"{self.key}__gt": above, f"{self.key}__lte": until})


@dataclass(frozen=True, slots=True)
class Mark:
    """Looked at up to `high`; `count` rows lie above `low`. Once `pivot`, an earlier `high`, is settled, it becomes `low`."""

    low: int
    pivot: int
    pivot_at: str
    high: int
    count: int


SOURCES: dict[str, Source] = {
    "incident": Source(Incident.history.model, "history_id", "id"),
    "step": Source(EscalationStep, "id", "run__incident_id"),
    "told": Source(TimelineEntry, "id", "incident_id"),
    "problem": Source(IncidentProblem.history.model, "history_id", "incident_id"),
    "change": Source(IncidentChange.history.model, "history_id", "incident_id"),
}


def marks_now(now: datetime) -> dict[str, Any]:
    """Marks behind which everything counts as seen, but for a stretch in which transactions may be under way."""
    marks = {}
    for name, source in SOURCES.items():
        high = source.highest()
        low = max(high - KEPT_BACK, 0)
        marks[name] = asdict(Mark(low, high, now.isoformat(), high, source.count(low, high)))
    return marks


def changed_since(marks: dict[str, Any], now: datetime) -> tuple[set[int], dict[str, Any]]:
    """The keys of the incidents about which something was written, and the marks for the next look."""
    keys: set[int] = set()
    after: dict[str, Any] = {}
    for name, source in SOURCES.items():
        # A table that is followed only now: everything is worked out anew once a night.
        mark = Mark(**marks[name]) if name in marks else Mark(**marks_now(now)[name])
        found, following = _look(source, mark, now)
        keys |= found
        after[name] = asdict(following)
    return keys, after


def days_of(keys: set[int]) -> set[date]:
    """The days (UTC) on which the incidents were opened, by their rows and by what these were before; drills have none."""
    found: set[date] = set()
    for some in _batches(sorted(keys)):
        operational = set(Incident.objects.filter(OPERATIONAL, pk__in=some).values_list("pk", flat=True))
        now = Incident.objects.filter(pk__in=operational).values_list("opened_at", flat=True)
        before = Incident.history.filter(id__in=operational).values_list("opened_at", flat=True).order_by().distinct()
        found |= {moment.astimezone(UTC).date() for moment in (*now, *before)}
    return found


def _look(source: Source, mark: Mark, now: datetime) -> tuple[set[int], Mark]:
    high = max(source.highest(), mark.high)
    before = source.count(mark.low, mark.high)
    new = source.count(mark.high, high)
    # Counted first, read after: what comes between is read now or counted the next time.
    found = source.incidents(mark.high if before == mark.count else mark.low, high)
    settled = _settled(source, mark, now)
    if settled is None:
        return found, Mark(mark.low, mark.pivot, mark.pivot_at, high, before + new)
    return found, Mark(mark.pivot, high, now.isoformat(), high, before + new - settled)


def _settled(source: Source, mark: Mark, now: datetime) -> int | None:
    """How many rows there are up to the pivot, when nothing can come there any more; None while something can."""
    age = now - datetime.fromisoformat(mark.pivot_at)
    if age < SETTLED_AFTER:
        return None
    count = source.count(mark.low, mark.pivot)
    return count if count == mark.pivot - mark.low or age >= GIVEN_UP_AFTER else None


def _batches(keys: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(keys), AT_ONCE):
        yield keys[start : start + AT_ONCE]
