"""The figures of a review: frozen for good, or as they are while the quarter runs; beside them those of the quarter before.

What counts incidents is imported where it is used: it takes memory that no page of a review needs.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from policies.models import BusinessUnit
from portal.foundation.canonical import content_hash
from reports.metrics import definitions
from reports.metrics.population import Population
from reports.packs.kept import Packed, first_line, lines_in
from reports.packs.models import FrozenFigures
from reports.packs.quarters import Quarter
from reports.packs.services import Tell
from reports.packs.units import Unit

from . import escalated

OPENED = "The quarterly review of these figures was opened."


@dataclass(frozen=True, slots=True)
class Fresh:
    """All figures as they are known now: packed to be kept, for the page of a review, and as they stand in the report."""

    packed: Packed
    shown: dict[str, Any]
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Read:
    """What a review is opened with: the figures for its page, their digest, what stands out in them, and where all of them are kept."""

    shown: dict[str, Any]
    sha256: str
    content: Mapping[str, Any]
    kept: FrozenFigures | None = None


def read(quarter: Quarter, unit: BusinessUnit | None, now: datetime, tell: Tell = lambda step: None) -> Fresh:
    """To be called before a transaction: a large quarter takes a minute, and on SQLite nobody else writes while one is open."""
    from reports.packs.freezing import read_figures

    packed = read_figures(quarter, unit, now=now, tell=tell)
    head = json.loads(first_line(packed))["document"]
    return Fresh(packed, _shown(head, quarter, unit), head["content"])


def provisional(fresh: Fresh) -> Read:
    """What is known of a quarter that runs; nothing is frozen."""
    return Read(fresh.shown, content_hash(without_floats(fresh.shown)), fresh.content)


def frozen(fresh: Fresh, quarter: Quarter, unit: BusinessUnit | None, *, now: datetime, reason: str) -> Read:
    """Freezes the figures with all that was known at `now`, under the next number; `reason` is needed from the second on."""
    from reports.packs.freezing import freeze

    there = FrozenFigures.objects.filter(quarter=str(quarter), unit=unit).order_by("-number").values_list("number", flat=True).first() or 0
    # Opening a review is what was asked for, and needed its own right; freezing follows from it.
    why = (reason or OPENED) if there else ""
    kept = freeze(quarter, unit, actor=None, now=now, number=there + 1, reason=why, packed=fresh.packed)
    return Read(fresh.shown, kept.sha256, fresh.content, kept)


def without_floats(value: Any) -> Any:
    """For hashing: numbers with a fraction as Python writes them shortest, in text."""
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, dict):
        return {key: without_floats(each) for key, each in value.items()}
    return [without_floats(each) for each in value] if isinstance(value, list | tuple) else value


def _shown(head: dict[str, Any], quarter: Quarter, unit: BusinessUnit | None) -> dict[str, Any]:
    content = head["content"]
    before, escalated_before, of = _before(quarter.previous, unit)
    return {
        "highlights": [list(each) for each in head["highlights"]],
        "summary": list(head["summary"]),
        "metrics": {**content["metrics"], **content["coverage"]},
        "escalated": escalated.picked(content),
        "last_event_at": content["last_event_at"],
        "before": before,
        "escalated_before": escalated_before,
        "before_is": of,
    }


def _before(quarter: Quarter, unit: BusinessUnit | None) -> tuple[dict[str, Any], dict[str, Any], str]:
    """The figures of the quarter before and those of its escalations, as they were frozen, else as they are now; and which of both."""
    kept = FrozenFigures.objects.filter(quarter=str(quarter), unit=unit).order_by("-number").first()
    if kept is not None:
        content = _head_kept(kept)["content"]
        return {**content["metrics"], **content["coverage"]}, escalated.picked(content), f"as frozen under number {kept.number}"
    from reports.metrics.queries import facts_of

    units = Unit.of(unit).keys if unit else None
    population = Population(quarter.start, quarter.end, units)
    facts = list(facts_of(population))
    known = definitions.measured((*definitions.METRICS, *definitions.COVERAGE), facts)
    return known, _escalated_as_known(population) if facts else {}, "as known now; it was never frozen"


def _escalated_as_known(population: Population) -> dict[str, Any]:
    """As its report would say now, and read by what a report reads: less than half of one, without patterns, teams and tables."""
    from reports.conformance.chapter import content_of
    from reports.conformance.checking import conformance_of
    from reports.metrics.beside_definitions import hand_offs
    from reports.metrics.beside_queries import hand_offs_of
    from reports.metrics.escalation_definitions import MEASURES
    from reports.metrics.escalation_queries import technical_escalations
    from reports.metrics.moments import microseconds
    from reports.metrics.one_report import one_report
    from reports.metrics.queries import last_event_at

    until = last_event_at(population) or population.start
    with one_report():
        whole = technical_escalations(population, until)
        return escalated.picked(
            {
                "escalations": {"measures": {function.__name__: function(whole) for function, _, _ in MEASURES}},
                "operations": {"hand_offs": hand_offs(hand_offs_of(population, microseconds(until)))},
                "conformance": content_of(conformance_of(population, until)),
            }
        )


def _head_kept(kept: FrozenFigures) -> dict[str, Any]:
    """Of the kept lines the first is enough: the others are rows of tables."""
    head: dict[str, Any] = json.loads(next(lines_in(kept)))["document"]
    return head
