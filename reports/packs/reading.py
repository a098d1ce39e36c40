"""Everything that a report on a quarter is made of, read and put together. It takes numpy: whoever needs a report loads it then."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from policies.models import BusinessUnit
from reports.accountability import chapter as accountability
from reports.conformance import chapter as conformance
from reports.document import Chapter, ReportDocument
from reports.metrics.chapter import build as operations
from reports.metrics.escalation_queries import names_of_runs, technical_escalations
from reports.metrics.facts import IncidentFact
from reports.metrics.one_report import one_report
from reports.metrics.population import Population
from reports.metrics.queries import facts_of, last_event_at
from reports.patterns import chapter as patterns

from . import feedback, learning
from .build import build
from .escalations import EscalationFacts
from .quarters import Quarter
from .review_rows import knowledge_at_end_of, reviews_in
from .units import Unit

# What further analyses say of a population, each read up to the last thing told about it; in the order of their chapters.
Analysis = Callable[[Population, datetime], Chapter]
ANALYSES: tuple[Analysis, ...] = (
    operations.chapter_of,
    patterns.chapter_of,
    conformance.chapter_of,
    accountability.chapter_of,
    learning.chapter_of,
    feedback.chapter_of,
)


def read(quarter: Quarter, unit: BusinessUnit | None, now: datetime, tell: Callable[[str], None]) -> ReportDocument:
    """The report on `quarter` as the data are now, of `unit` with its parts or of the whole organisation."""
    with one_report():
        return _read(quarter, unit, now, tell)


def _read(quarter: Quarter, unit: BusinessUnit | None, now: datetime, tell: Callable[[str], None]) -> ReportDocument:
    tell("Reading incidents")
    about = Unit.of(unit) if unit else None
    population = Population(quarter.start, quarter.end, about.keys if about else None)
    # Databases sort by the words of their own language; what is tied stands by its code points, the same everywhere.
    facts = sorted(facts_of(population), key=lambda fact: (fact.opened_at, fact.number))
    last = last_event_at(population)
    return build(
        quarter,
        facts,
        progress=quarter.progress(now),
        last_event_at=last,
        escalated=_escalated(population, facts, last or quarter.start),
        reviews=reviews_in(quarter, population.units),
        knowledge=knowledge_at_end_of(quarter, population.units),
        chapters=tuple(analysis(population, last or quarter.start) for analysis in ANALYSES),
        unit=about,
    )


def _escalated(population: Population, facts: Sequence[IncidentFact], known_until: datetime) -> EscalationFacts:
    opened = {
        "service": Counter(fact.service for fact in facts),
        "team": Counter(fact.team for fact in facts),
        "severity": Counter(fact.severity for fact in facts),
        "hour": Counter(f"{fact.opened_at.astimezone(UTC):%H}:00" for fact in facts),
    }
    whole = technical_escalations(population, known_until)
    return EscalationFacts(whole, names_of_runs(population), opened)
