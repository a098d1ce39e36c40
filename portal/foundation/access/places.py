"""Where things stand, as data: what hangs on an incident, on a service and on a business unit, and which right given there reaches how far.

A right that is granted on one incident, one service or one business unit stands in for rights over what hangs on it. Business units nest: what is
given on one counts for those below it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from .roles import AUDITOR, RESPOND

INCIDENT, SERVICE, UNIT = "incidents.incident", "policies.service", "policies.businessunit"


@dataclass(frozen=True, slots=True)
class Place:
    """The ways, as lookups, from a row to what it hangs on. A row may hang on a service itself, or on a unit without one."""

    incident: str = ""
    service: str = ""
    unit: str = ""


def _under(way: str, *models: str, unit: bool = False) -> dict[str, Place]:
    """Rows that stand where the thing at the end of `way` stands: an incident, or with `unit` a policy."""
    if unit:
        return {model: Place(service=f"{way}__service", unit=f"{way}__business_unit") for model in models}
    return {model: Place(incident=way, service=f"{way}__service") for model in models}


_OF_A_VERSION = ("threshold", "level", "severityoverride", "businessthreshold", "prioritycell", "exceptionrule", "messagetemplate")

# What is not named here hangs on nothing: it is seen by role only.
PLACES: Mapping[str, Place] = {
    UNIT: Place(unit="pk"),
    SERVICE: Place(service="pk"),
    "policies.component": Place(service="service"),
    "policies.team": Place(unit="business_unit"),
    "policies.escalationpolicy": Place(service="service", unit="business_unit"),
    **_under("policy", "policies.policyversion", "policies.policyreview", "policies.knowledgeduty", "policies.trainingrecord", unit=True),
    **_under("version__policy", "policies.approval", "policies.urgentpublication", "policies.acceptance", unit=True),
    **_under("version__policy", *(f"policies.{model}" for model in _OF_A_VERSION), "policies.announcementprotocol", unit=True),
    **_under("threshold__version__policy", "policies.criterion", unit=True),
    **_under("level__version__policy", "policies.target", unit=True),
    INCIDENT: Place(incident="pk", service="service"),
    "incidents.impactreading": Place(incident="incident", service="service"),
    "incidents.feedback": Place(incident="incident", service="service"),
    **_under("incident", "incidents.timelineentry", "incidents.escalationrun", "incidents.handoff", "incidents.mandateuse"),
    **_under("incident", "incidents.postmortem"),
    **_under("post_mortem__incident", "incidents.postmortemaction"),
    **_under("incident", "incidents.incidentproblem", "incidents.incidentchange", "incidents.sourcerecord"),
    **_under("run__incident", "incidents.escalationstep"),
    "incidents.problem": Place(service="service"),
    "incidents.drill": Place(service="service"),
    **{f"incidents.{model}": Place(service="drill__service") for model in ("drillpart", "drillfailure", "drillfinding")},
    # Those of the whole organisation hang on no unit.
    "reports.quarterlyreview": Place(unit="unit"),
    "reports.frozenfigures": Place(unit="unit"),
    "reports.quarterlyaction": Place(unit="review__unit"),
}


@dataclass(frozen=True, slots=True)
class Level:
    """How far a grant on one object goes. `rights` are what it is kept as, by what it is given on; `gives` what it then stands in for."""

    key: str
    label: str
    rights: Mapping[str, str]
    gives: frozenset[str]


_ABOUT_INCIDENTS = (
    "incident",
    "impactreading",
    "timelineentry",
    "escalationrun",
    "escalationstep",
    "handoff",
    "postmortem",
    "postmortemaction",
    "feedback",
    "incidentproblem",
    "incidentchange",
)
_SEE = frozenset(
    {
        *(f"incidents.view_{model}" for model in _ABOUT_INCIDENTS),
        *("policies.view_service", "policies.view_component", "policies.view_businessunit"),
        "reports.view_frozenfigures",
    }
)

SEE = Level(
    "see",
    "See the incidents",
    {INCIDENT: "incidents.view_incident", SERVICE: "policies.see_service_incidents", UNIT: "policies.see_unit_incidents"},
    _SEE,
)
WORK = Level(
    "work",
    "Work the incidents",
    {INCIDENT: "incidents.work_incident", SERVICE: "policies.work_service_incidents", UNIT: "policies.work_unit_incidents"},
    _SEE | frozenset(RESPOND),
)


def model_of(permission: str) -> str:
    """The model that a right is over, by its name: 'incidents.incident' of 'incidents.view_incident'."""
    app, codename = permission.split(".")
    return f"{app}.{codename.rpartition('_')[2]}"


def view_right(model: Any) -> str:
    """The right to see rows of `model`, a class."""
    return f"{model._meta.app_label}.view_{model._meta.model_name}"


# Comes with an appointment only. What hangs on nothing is for auditors of everything.
AUDIT = Level(
    "audit",
    "Audit",
    {SERVICE: "policies.audit_service", UNIT: "policies.audit_unit"},
    frozenset(right for right in AUDITOR.may if model_of(right) in PLACES),
)
LEVELS: Mapping[str, Level] = {level.key: level for level in (SEE, WORK, AUDIT)}


@cache
def standing_in(permission: str) -> Mapping[str, frozenset[str]]:
    """The rights that give `permission` where they were granted, by the kind of thing they are granted on."""
    return {
        kind: frozenset(level.rights[kind] for level in LEVELS.values() if kind in level.rights and permission in level.gives)
        for kind in (INCIDENT, SERVICE, UNIT)
    }


def level_of(right: str) -> Level | None:
    """The level that `right` is kept as; None for a right that was granted by itself."""
    return next((level for level in LEVELS.values() if right in level.rights.values()), None)
