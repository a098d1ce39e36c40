"""A bank to attack: two units with a service each below it, one beside, a row of nearly every kind in each, and everybody who might look."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db import IntegrityError, transaction

from audit.models import SavedViewVersion
from audit.reading.filters import Filters, as_json
from incidents.imports.intake import Intake
from incidents.imports.planning import Plan
from incidents.imports.report import report_of
from incidents.imports.servicenow_log.source import SERVICENOW_LOG
from portal.foundation import clock
from portal.foundation.access.grants import grant
from portal.foundation.access.places import AUDIT, SEE, WORK, Level
from portal.foundation.granting.appointments import appoint
from portal.foundation.granting.services import write
from portal.models import User
from tests.factories.portal import contact, person

from .planting import mark, planted
from .promise import HANGS, ROLES

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# In the first are the objects that grants are given on; the second stands beside it in the same bank, the third is no part of it.
PLACES = ("cards", "loans", "beside")
# What hangs on no unit, or belongs to the house as a whole.
HOUSE = "house"
# What only services write, so that no row of it is planted.
NOT_PLANTED = frozenset(
    {
        "audit.ledgerevent",
        "audit.reviewperiod",
        "audit.reviewfinding",
        "audit.dutyexception",
        "policies.acceptance",
        "policies.urgentpublication",
    }
) | {
    "auth.group",
    "django_q.success",
    "django_q.failure",
    "django_q.ormq",
    "django_q.schedule",
    "portal.user",
    "portal.auditappointment",
    "audit.accessrhythm",
    "reports.quarterlyrules",
}


@dataclass(frozen=True, slots=True)
class World:
    """`things[label][place]` are the rows, `actors` everybody who looks, by what they are."""

    things: dict[str, dict[str, Any]]
    actors: dict[str, User]
    now: datetime


def built(now: datetime) -> World:
    """Everything, written once."""
    things = _things(now)
    return World(things, _actors(things), now)


def _things(now: datetime) -> dict[str, dict[str, Any]]:
    owner, other = person("Owner", email=f"{mark('portal.user', HOUSE)}@example.org"), person("Receiver")
    contact(owner, f"https://127.0.0.1/{mark('portal.contactpoint', HOUSE)}")
    common: dict[str, Any] = {"portal.user": owner, "auth.permission": Permission.objects.order_by("pk").first(), "person": owner}
    common |= {"of": other, "now": now}
    bank = planted(_model("policies.businessunit"), HOUSE, now, common)
    things: dict[str, dict[str, Any]] = {}
    for place in PLACES:
        beside = dict(common)
        for label in HANGS:
            given = {name: value(beside) for name, value in GIVEN.get(label, {}).items()}
            if label == "policies.businessunit" and place != "beside":
                given["part_of"] = bank
            if label not in NOT_PLANTED:
                beside[label] = things.setdefault(label, {})[place] = planted(_model(label), place, now, beside, **given)
    common |= {label: rows["beside"] for label, rows in things.items()}
    _of_the_house(things, common, now)
    view = things["audit.savedview"][HOUSE]
    # Each view has a version from its first moment on.
    every = Filters()
    SavedViewVersion.objects.create(view=view, number=1, filters=as_json(every), sha256="0" * 64, by=view.owner, at=now)
    return things


def _of_the_house(things: dict[str, dict[str, Any]], common: dict[str, Any], now: datetime) -> None:
    """What hangs on nothing; some of it on others of it, so it takes more than one turn."""
    left = {model._meta.label_lower for model in admin.site._registry} - set(HANGS) - NOT_PLANTED
    while left:
        problems = {label: problem for label in sorted(left) if (problem := _problem(things, label, common, now))}
        assert problems.keys() != left, f"These cannot be planted; say in GIVEN what they need: {problems}."
        left = set(problems)


def _problem(things: dict[str, dict[str, Any]], label: str, common: dict[str, Any], now: datetime) -> str:
    """What the database says against a row of it; empty when it is made. What it misses may be there at the next turn."""
    try:
        with transaction.atomic():
            given = {name: value(common) for name, value in GIVEN.get(label, {}).items()}
            common[label] = things.setdefault(label, {})[HOUSE] = planted(_model(label), HOUSE, now, common, **given)
    except IntegrityError as error:
        return str(error)
    return ""


Of = Callable[[dict[str, Any]], Any]
# What a row needs to be one, beside what its fields say.
GIVEN: dict[str, dict[str, Of]] = {
    "policies.escalationpolicy": {"scope": lambda known: "service", "service": lambda known: known["policies.service"]},
    "policies.knowledgeduty": {"person": lambda known: known["portal.user"]},
    "incidents.feedback": {
        "incident": lambda known: known["incidents.incident"],
        **dict.fromkeys(("settlement", "withdrawal"), lambda known: ""),
    },
    "incidents.handoff": {"track": lambda known: "technical", "receiver": lambda known: known["of"]},
    "incidents.importrun": {"report": lambda known: report_of(Plan(SERVICENOW_LOG, Intake("log.csv", [], []), 1))},
    "incidents.impactreading": {"incident": lambda known: known["incidents.incident"]},
    "incidents.sourcerecord": {"incident": lambda known: known["incidents.incident"]},
    "incidents.problem": {"service": lambda known: known["policies.service"]},
    "incidents.mandateuse": {"verdict": lambda known: ""},
    "incidents.changerequest": {
        "requested_by": lambda known: known["portal.user"],
        **dict.fromkeys(("start_reason", "approval_reason"), lambda known: ""),
    },
    "incidents.changefreeze": {
        "covers": lambda known: "everything",
        "ends_at": lambda known: known["now"] + HOUR,
        "declared_by": lambda known: known["portal.user"],
        "lift_reason": lambda known: "",
    },
    "incidents.drillfinding": {"outcome": lambda known: ""},
    "incidents.postmortem": {"waiver": lambda known: ""},
    "incidents.postmortemaction": {"outcome": lambda known: ""},
    "policies.team": {"business_unit": lambda known: known["policies.businessunit"]},
    "policies.service": {"business_unit": lambda known: known["policies.businessunit"]},
    "policies.dutyswap": {"taker": lambda known: known["of"]},
    "policies.calendarfeed": {"person": lambda known: known["portal.user"]},
    "policies.calendarsource": {"use": lambda known: "absence", "person": lambda known: known["portal.user"]},
    "policies.dutypage": {"team": lambda known: known["policies.team"]},
    "portal.outboxmessage": {"next_attempt_at": lambda known: known["now"]},
    "reports.packschedule": {"paused_because": lambda known: ""},
    "reports.frozenfigures": {"unit": lambda known: known["policies.businessunit"], "quarter": lambda known: "2026Q1"},
    "reports.quarterlyreview": {
        "unit": lambda known: known["policies.businessunit"],
        "quarter": lambda known: "2026Q1",
        **dict.fromkeys(("reason", "manifest", "sha256"), lambda known: ""),
    },
    "reports.quarterlyaction": {"review": lambda known: known["reports.quarterlyreview"], "outcome": lambda known: ""},
    "audit.accesscampaign": {"sha256": lambda known: ""},
    "audit.elevation": {"verdict": lambda known: "", "started_at": lambda known: known["now"], "until": lambda known: known["now"] + HOUR},
    "portal.outage": {"told_at": lambda known: known["now"]},
    "portal.contactpoint": {"order": lambda known: 2},
    "portal.objectgrant": {"user": lambda known: known["of"], "given_by": lambda known: known["portal.user"]},
}


def _actors(things: dict[str, dict[str, Any]]) -> dict[str, User]:
    now = clock.now()
    unit, service, incident = (things[label]["cards"] for label in ("policies.businessunit", "policies.service", "incidents.incident"))
    actors = {role: person(role, roles=(role,)) for role in ROLES}
    actors |= {"nobody": person("nobody"), "root": person("root", is_superuser=True)}
    actors |= {"gone": person("gone", roles=("manager",), is_active=False), "gone root": person("gone", is_superuser=True, is_active=False)}
    granted: dict[str, tuple[Level, Any]] = {
        "sees the unit": (SEE, unit),
        "works the unit": (WORK, unit),
        "sees the service": (SEE, service),
        "works the service": (WORK, service),
        "sees the incident": (SEE, incident),
        "works the incident": (WORK, incident),
    }
    for name, (level, thing) in granted.items():
        actors[name] = person(name)
        grant(level.rights[thing._meta.label_lower], actors[name], thing)
    for name, start, end in (("saw the unit", -2 * DAY, -DAY), ("will see the unit", DAY, 2 * DAY)):
        actors[name] = person(name)
        write(SEE, actors[name], unit, actor=None, now=now - 3 * DAY, reason="x", starts_at=now + start, until=now + end)
    for name, more in (("audits everything", {"everything": True}), ("audits the unit", {"scope": [unit]})):
        actors[name] = person(name, roles=("manager",))
        appoint(actors[name], actor=None, now=now, until=now + DAY, reason="Audit", **more)
    actors["audited the unit"] = person("audited the unit")
    appoint(actors["audited the unit"], actor=None, now=now - 3 * DAY, until=now - DAY, reason="Audit", scope=[unit])
    assert AUDIT.key not in {SEE.key, WORK.key}
    return actors


def _model(label: str) -> Any:
    return apps.get_model(label)
