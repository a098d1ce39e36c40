"""Facts for reports: as plain values, and as rows of the database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from django.utils.text import slugify

from reports.metrics.facts import IncidentFact

OPENED = datetime(2016, 3, 1, 8, 0, tzinfo=UTC)
_numbers = count(1)


def fact(*, acknowledged: float | None = None, resolved: float | None = None, **fields: Any) -> IncidentFact:
    """An incident's facts; `acknowledged` and `resolved` are seconds after its opening."""
    opened = fields.pop("opened_at", OPENED)
    plain = IncidentFact(
        number=f"INC{next(_numbers):07d}",
        title="Card payments fail",
        service="Payments",
        team="Group 1",
        state="closed",
        priority=3,
        opened_at=opened,
        acknowledged_at=None if acknowledged is None else opened + timedelta(seconds=acknowledged),
        resolved_at=None if resolved is None else opened + timedelta(seconds=resolved),
    )
    return replace(plain, **fields)


def small_quarter() -> list[IncidentFact]:
    """Six incidents of the first quarter of 2016 that have something of everything, with texts that try to be more than text."""
    day = timedelta(days=1)
    return [
        fact(number="INC1", opened_at=datetime(2016, 1, 1, tzinfo=UTC), priority=1, acknowledged=60, resolved=3600, made_sla=True),
        fact(
            number="INC2", opened_at=OPENED, priority=2, acknowledged=120, resolved=7200, made_sla=False, reopen_count=2,
            reassignment_count=3, has_problem=True, functional_escalations=2, title="=HYPERLINK(\"http://127.0.0.1/\")",
        ),
        fact(
            number="INC3", opened_at=OPENED + day, acknowledged=180.5, resolved=-60, made_sla=False, reassignment_count=1,
            has_change=True, functional_escalations=1, service="#let x = $1 * `2`",
        ),
        fact(number="INC4", opened_at=OPENED + 2 * day, priority=None, service="عربي 🔥", team="", state="unknown"),
        fact(number="INC5", opened_at=OPENED + 3 * day, priority=5, acknowledged=0, made_sla=True, state="on_hold", title="+1\t@x"),
        fact(number="INC6", opened_at=datetime(2016, 3, 31, 23, 59, 59, tzinfo=UTC), acknowledged=1, resolved=2, made_sla=True),
    ]  # fmt: skip


def stored(*facts: IncidentFact) -> None:
    """The same as rows: imported incidents with their services, groups, links and timelines."""
    from incidents.models import ChangeRequest, Incident, IncidentChange, IncidentProblem, Problem, TimelineEntry
    from policies.models import Service, Team

    for each in facts:
        service, _ = Service.objects.get_or_create(name=each.service, defaults={"key": slugify(each.service) or f"key-{next(_numbers)}"})
        team = Team.objects.get_or_create(name=each.team)[0] if each.team else None
        own = ("number", "title", "state", "priority", "opened_at", "acknowledged_at", "resolved_at", "made_sla", "reopen_count")
        incident = Incident.objects.create(
            service=service,
            team=team,
            origin="imported",
            reassignment_count=each.reassignment_count,
            **{name: getattr(each, name) for name in own},
        )
        if each.has_problem:
            problem, _ = Problem.objects.get_or_create(number="PRB1", defaults={"title": "A cause"})
            IncidentProblem.objects.create(incident=incident, problem=problem)
        if each.has_change:
            change, _ = ChangeRequest.objects.get_or_create(number="CHG1", defaults={"title": "A remedy"})
            IncidentChange.objects.create(incident=incident, change=change, relation="resolves")
        for step in range(each.functional_escalations + 1):
            told(incident, each.opened_at + timedelta(minutes=step), {"from": f"Group {step}" if step else "", "to": f"Group {step + 1}"})
    TimelineEntry.objects.exclude(imported=True).delete()


def told(incident: Any, at: datetime, data: dict[str, Any], kind: str = "assigned") -> None:
    """A timeline entry, as an import writes it."""
    from incidents.models import TimelineEntry

    TimelineEntry.objects.create(
        incident=incident, kind=kind, at=at, recorded_at=at, actor_name="Somebody", text="Moved", data=data, imported=True
    )
