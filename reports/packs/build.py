"""From facts to the document: which figures, in which order, in which words. Pure: the same facts give the same document."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from reports.document import Chapter, Definition, ReportDocument, Section
from reports.metrics import definitions
from reports.metrics.facts import IncidentFact

from . import escalations, figures, tables
from .escalations import EscalationFacts
from .quarters import Progress, Quarter, weeks_of
from .reviews import KnowledgeFact, ReviewFact, section_of
from .summary import day_in_words, highlights_of, progress_in_words, summary_of
from .units import Unit

TITLE = "Quarterly incident review"
POPULATION = (
    "Incidents opened in the period, by UTC, its start included and its end excluded. "
    "An incident's values are those of its last record unless the definition says otherwise."
)
TRACING = (
    "Every figure can be traced to single incidents: the spreadsheet, the CSV files and the JSON hold a row an incident, "
    "which is too long a list for this document."
)
FUNCTIONAL = "A functional escalation hands an incident from one assignment group to another one that knows more of it."
NO_BUILD_TIME = (
    "The pack names the last event in its data and not the time of its making, so that the same data give the same files. "
    "When, by whom and with which digests it was built stands in the audit trail."
)


def build(
    quarter: Quarter,
    facts: Sequence[IncidentFact],
    *,
    progress: Progress,
    last_event_at: datetime | None,
    reviews: Sequence[ReviewFact] = (),
    knowledge: Sequence[KnowledgeFact] = (),
    escalated: EscalationFacts | None = None,
    chapters: Sequence[Chapter] = (),
    unit: Unit | None = None,
) -> ReportDocument:
    """The pack of `quarter`. `facts` are in the order of opening; `last_event_at` is the data's cut-off, None without data.

    Without `reviews` and `knowledge`, or without escalations by the portal, there is no chapter on them. `chapters` of other analyses
    follow in their order. With `unit` it is a report on that business unit and its parts, and says so.
    """
    metrics = definitions.measured(definitions.METRICS, facts)
    coverage = definitions.measured(definitions.COVERAGE, facts)
    notice = progress_in_words(quarter, progress)
    chapter = escalations.section_of(escalated) if escalated else ()
    return ReportDocument(
        name=f"pack-{quarter}{f'-{unit.slug}' if unit else ''}",
        title=f"{TITLE}: {unit.name}" if unit else TITLE,
        subtitle=f"{str(quarter)[4:]} {quarter.year}",
        facts=(
            *((("Business unit", unit.words),) if unit else ()),
            ("Period", f"{quarter.days_in_words}, UTC"),
            ("Incidents", POPULATION),
            ("Last event in the data", _cut_off_in_words(last_event_at)),
            *((("Please note", notice),) if notice else ()),
        ),
        highlights=highlights_of(metrics, coverage["sla_unknown"]),
        summary=(
            *(paragraph for each in chapters for paragraph in each.opening),
            *summary_of(quarter, facts, metrics, coverage, progress),
            *(escalations.summary_of(escalated) if escalated and chapter else ()),
            *(sentence for each in chapters for sentence in each.summary),
        ),
        sections=(
            *_sections(quarter, facts, metrics, coverage),
            *chapter,
            *(section for each in chapters for section in each.sections),
            *section_of(quarter, reviews, knowledge),
        ),
        definitions=(
            *_definitions(),
            *(escalations.definitions_of() if chapter else ()),
            *(definition for each in chapters for definition in each.definitions),
        ),
        notes=(TRACING, NO_BUILD_TIME),
        content={
            "quarter": str(quarter),
            **({"unit": {"name": unit.name, "parts": list(unit.parts)}} if unit else {}),
            "period": {"start": _iso(quarter.start), "end": _iso(quarter.end), "end_included": False},
            "progress": progress.value,
            "population": POPULATION,
            "last_event_at": _iso(last_event_at),
            "metrics": metrics,
            "coverage": coverage,
            **({"escalations": escalations.content_of(escalated)} if escalated and chapter else {}),
            **{each.key: dict(each.content) for each in chapters if each.content},
        },
    )


def _sections(quarter: Quarter, facts: Sequence[IncidentFact], metrics: dict[str, Any], coverage: dict[str, Any]) -> tuple[Section, ...]:
    priorities = tuple(metrics["incidents_by_priority"])
    groups = tables.grouped(facts, "priority_name")
    by_priority = {name: groups.get(name, []) for name in priorities}
    weeks = weeks_of(quarter)
    by_week = _by_week(weeks, facts)
    times = [
        figures.times_figure(key, title, {name: measure(mine) for name, mine in by_priority.items()})
        for key, title, measure in (
            ("time_to_acknowledge", "Time to acknowledge", definitions.time_to_acknowledge_seconds),
            ("time_to_resolve", "Time to resolve", definitions.time_to_resolve_seconds),
        )
    ]
    return (
        Section("counts", "The quarter in figures", tables=(tables.counts_table({**metrics, **coverage}),)),
        Section(
            "volume", "Volume",
            figures=(figures.volume_figure(weeks, by_week, priorities),),
            tables=(tables.priorities_table(by_priority, len(facts)), tables.weeks_table(weeks, by_week, priorities)),
        ),
        Section("times", "Times", figures=tuple(times), tables=(tables.durations_table(by_priority, facts),)),
        Section(
            "services", "Services",
            figures=(figures.services_figure(metrics["busiest_services"]),),
            tables=(tables.services_table(facts),),
        ),
        Section("escalations", "Functional escalations", paragraphs=(FUNCTIONAL,), figures=(figures.escalations_figure(weeks, by_week),)),
        Section("data", "Errors in the data", tables=(tables.negative_durations_table(facts), tables.incidents_table(facts))),
    )  # fmt: skip


def _by_week(weeks: Sequence[datetime], facts: Sequence[IncidentFact]) -> list[list[IncidentFact]]:
    split: list[list[IncidentFact]] = [[] for _ in weeks]
    for fact in facts:
        split[bisect_right(weeks, fact.opened_at) - 1].append(fact)
    return split


def _definitions() -> tuple[Definition, ...]:
    return tuple(
        Definition(function.__name__, title, unit, definitions.definition_of(function))
        for function, title, unit in (*definitions.METRICS, *definitions.COVERAGE)
    )


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _cut_off_in_words(moment: datetime | None) -> str:
    if moment is None:
        return "none: there are no data"
    utc = moment.astimezone(UTC)
    return f"{day_in_words(utc)}, {utc:%H:%M} UTC"
