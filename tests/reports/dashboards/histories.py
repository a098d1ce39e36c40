"""Incidents that live a random life, and their figures straight from the rows."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import numpy as np
from django.db import transaction

from incidents.lifecycle import services as lifecycle
from incidents.models import Incident
from policies.models import BusinessUnit, Team
from portal.foundation.base_models import save_tracked
from portal.foundation.errors import PortalError
from reports.dashboards.preparing import bring_up_to_date
from reports.metrics import definitions
from reports.metrics import escalation_definitions as escalated
from reports.metrics import resolution_definitions as resolution
from reports.metrics.chapter.facts import facts_for
from reports.metrics.escalation_queries import names_of_runs, technical_escalations
from reports.metrics.population import Population
from reports.metrics.queries import facts_of, last_event_at
from reports.models import QuarterFigures
from reports.packs.quarters import Quarter
from tests.factories.incidents import incident, service
from tests.incidents.escalation.conftest import Scene

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class Lives:
    """A scene whose incidents are opened, answered, moved and resolved by the dice."""

    scene: Scene
    dice: Random
    minute: float = 0

    @property
    def now(self) -> datetime:
        return self.scene.after(self.minute)

    def go_on(self, times: int) -> None:
        for _ in range(times):
            self.minute += self.dice.choice((0.5, 3, 11, 40, 60 * 24 * 3))
            deed = self.dice.choice((self._open, self._open, self._acknowledge, self._resolve, self._reopen, self._note, self._move))
            # What may not follow is refused, as for everybody.
            try:
                with transaction.atomic():
                    deed()
            except PortalError:
                continue
            finally:
                self.scene.engine(self.minute)

    def _one(self) -> Incident:
        keys = list(Incident.objects.order_by("pk").values_list("pk", flat=True))
        return Incident.objects.get(pk=self.dice.choice(keys)) if keys else self._open()

    def _open(self) -> Incident:
        return incident(self.now, service=self.scene.service, impact=self.dice.choice((1, 2, 3)))

    def _acknowledge(self) -> None:
        lifecycle.acknowledge(self._one(), actor=self.scene.kim, now=self.now, reason="Mine")

    def _resolve(self) -> None:
        lifecycle.resolve(self._one(), actor=self.scene.kim, now=self.now, reason="Restarted")

    def _reopen(self) -> None:
        lifecycle.reopen(self._one(), actor=self.scene.kim, now=self.now, reason="Again")

    def _note(self) -> None:
        lifecycle.add_note(self._one(), actor=self.scene.tom, now=self.now, text="I look.")

    def _move(self) -> None:
        moved = self._one()
        moved.team = Team.objects.get_or_create(name=self.dice.choice(("Front", "Back")))[0]
        save_tracked(moved, actor=self.scene.kim, now=self.now, reason="")


def prepare(now: datetime, clock: Callable[[], datetime] | None = None) -> Any:
    return bring_up_to_date(now=now, clock=clock or (lambda: now))


def prepared(quarter: Quarter) -> dict[tuple[str, str], dict[str, Any]]:
    rows = QuarterFigures.objects.filter(quarter=str(quarter)).values_list("dimension", "part", "figures")
    return {(dimension, part): figures["figures"] for dimension, part, figures in rows}


def direct(quarter: Quarter, units: tuple[int, ...] | None = None, **only: str) -> dict[str, Any]:
    """The figures by the rows themselves; `only` a service, a group or a severity by its name."""
    population = Population(quarter.start, quarter.end, units)
    facts = [fact for fact in facts_of(population) if all(getattr(fact, name) == value for name, value in only.items())]
    whole = technical_escalations(population, last_event_at(population) or quarter.start)
    names = names_of_runs(population)
    runs = np.ones(len(whole.incident), dtype=bool)
    for name, value in only.items():
        runs &= names[name] == value
    whole = whole.of_runs(runs, len(facts))
    return {
        **definitions.measured(definitions.METRICS, facts),
        **definitions.measured(definitions.COVERAGE, facts),
        **{function.__name__: function(whole) for function, _, _ in escalated.MEASURES},
        **_of_incidents(population, quarter, only),
    }


def _of_incidents(population: Population, quarter: Quarter, only: dict[str, str]) -> dict[str, Any]:
    """By the facts of the pack's chapter of operations."""
    known = facts_for(population, last_event_at(population) or quarter.start)
    chosen = np.ones(len(known.incidents), dtype=bool)
    for name, value in only.items():
        chosen &= np.array([known.incidents.name_of(name, code) == value for code in known.incidents.codes(name).tolist()], dtype=bool)
    incidents = known.incidents.where(chosen)
    return {
        "incidents_by_week": by_week([EPOCH + timedelta(microseconds=at) for at in incidents.opened.tolist()], quarter),
        "time_to_resolve": resolution.time_to_resolve(incidents),
        "frequency": resolution.frequency(incidents, quarter.start, quarter.end),
        **{f"recurrence_by_{of}": resolution.recurrence(back.where(chosen)) for of, back in known.back.items()},
    }


def by_week(opened: list[datetime], quarter: Quarter) -> dict[str, int]:
    """Slowly: day by day."""
    found, day, week = {}, quarter.start, ""
    while day < quarter.end:
        if day.weekday() == 0 or not week:
            week = f"{day:%Y-%m-%d}"
        found[week] = found.get(week, 0) + sum(day <= at < day + timedelta(days=1) for at in opened)
        day += timedelta(days=1)
    return found


def as_json(figures: dict[str, Any]) -> Any:
    return json.loads(json.dumps(figures))


def unit(name: str, **fields: Any) -> BusinessUnit:
    return BusinessUnit.objects.create(name=name, **fields)


__all__ = ["Lives", "as_json", "direct", "prepare", "prepared", "service", "unit"]
