"""Finding what stands out among a population's incidents: what the review, the report and the command ask for."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Protocol

from incidents.lifecycle.models import Incident
from reports.metrics.control import FEWEST
from reports.metrics.one_report import one_report
from reports.metrics.population import Population
from reports.metrics.queries import last_event_at

from .aside import begun
from .finding import Past, found_among, past_among
from .pattern import Pattern
from .queries import seen

# Two years: the same quarter twice, and enough to tell restlessness from news.
QUARTERS_BACK = 8
# Of earlier quarters at most so many incidents are read, some seven seconds' work, once the four are there that the limits need.
MOST_READ = 200_000


class Span(Protocol):
    """A quarter: from its first instant to that of the next one."""

    @property
    def start(self) -> datetime: ...

    @property
    def end(self) -> datetime: ...


def patterns_of(quarter: Span, units: tuple[int, ...] | None) -> tuple[Pattern, ...]:
    """What stands out in a quarter, of some units or of all, held against its others and against the eight quarters before."""
    population = Population(quarter.start, quarter.end, units)
    return found_in(population, last_event_at(population) or quarter.start, affordable(tuple(quarters_before(population))))


def found_in(population: Population, known_until: datetime, earlier: Sequence[Population | Past] = ()) -> tuple[Pattern, ...]:
    """What stands out in the population's incidents, the most harm first, as far as is known at `known_until`.

    `earlier` are the quarters before without gaps, the oldest first, of which the last eight count: as populations, each of which is read
    anew, or as what `past_of` said of them. With fewer than four nothing is held against the past.
    """
    last = earlier[-QUARTERS_BACK:]
    anew = [each for each in last if isinstance(each, Population)]
    incidents = sum(Incident.objects.filter(each.incidents()).count() for each in anew)
    with begun(anew, known_until, incidents) as aside:
        quarter = seen(population, known_until)
        told = aside.pasts()
    read = iter(told if told is not None else [past_of(each, known_until) for each in anew])
    return found_among(quarter, [next(read) if isinstance(each, Population) else each for each in last])


def past_of(population: Population, known_until: datetime) -> Past:
    """What later quarters are held against: a few thousand numbers, however many incidents."""
    # What is read of it is let go with it, not with the report.
    with one_report():
        return past_among(seen(population, known_until, past=True))


def quarters_before(population: Population, count: int = QUARTERS_BACK) -> Iterator[Population]:
    """The quarters before one, the oldest first; none before a population that is no quarter."""
    start = population.start.astimezone(UTC)
    if _months_later(start, 3) != population.end or start.day != 1:
        return
    since_year_one = (start.year - 1) * 4 + (start.month - 1) // 3
    for back in range(min(count, since_year_one), 0, -1):
        yield Population(_months_later(start, -3 * back), _months_later(start, 3 - 3 * back), population.units)


def affordable(quarters: Sequence[Population]) -> tuple[Population, ...]:
    """The last ones of `quarters`, the oldest first: four, and more as long as they have no more incidents together than are read.

    One query a quarter, of an index alone. So what the past costs has an end, however large the quarters are.
    """
    kept: list[Population] = []
    left = MOST_READ
    for each in reversed(quarters):
        left -= Incident.objects.filter(each.incidents()).count()
        if left < 0 and len(kept) >= FEWEST:
            break
        kept.append(each)
    return tuple(reversed(kept))


def _months_later(moment: datetime, months: int) -> datetime:
    years, month = divmod(moment.month - 1 + months, 12)
    return moment.replace(year=moment.year + years, month=month + 1)
