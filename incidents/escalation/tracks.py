"""Which tracks of which incidents should run and do not yet, and the version that each of them follows."""

import logging
from functools import lru_cache

from django.db.models import Exists, OuterRef, Q, QuerySet

from incidents.lifecycle.grading import facts_of, rules_pinned_by
from incidents.lifecycle.models import MARKED, Incident, TimelineEntry
from incidents.lifecycle.states import OPEN_STATES
from policies.decisions.judgement import tracks_for
from policies.decisions.vocabulary import Severity, Track
from policies.governance.queries import rules_of
from policies.models import PolicyVersion
from portal.foundation.errors import PortalError

from .models import EscalationRun

logger = logging.getLogger(__name__)
# What the timeline says of a marked incident that no policy covers; it is said once.
NO_COMPLIANCE = "no_compliance"


def without_run(track: Track = Track.TECHNICAL) -> QuerySet[Incident]:
    """Open incidents of our own with a policy, whose present opening has no run of `track` yet and whose earlier runs have ended."""
    runs = EscalationRun.objects.filter(incident=OuterRef("pk"), track=track.value)
    served = runs.filter(Q(opening=OuterRef("reopen_count")) | Q(state__in=EscalationRun.LIVE))
    return _open().filter(~Exists(served), policy_version__isnull=False)


def without_compliance_run() -> QuerySet[Incident]:
    """Marked incidents of our own with a policy, open or not, for whom nobody in legal and compliance was asked in this opening.

    Whoever acknowledged the track once has it through every reopening. Reads the index of marked incidents only.
    """
    runs = EscalationRun.objects.filter(incident=OuterRef("pk"), track=Track.COMPLIANCE.value)
    served = runs.filter(Q(opening=OuterRef("reopen_count")) | Q(state__in=EscalationRun.LIVE) | Q(acknowledged_at__isnull=False))
    return _marked().filter(~Exists(served), policy_version__isnull=False)


def without_stakeholder_run() -> list[int]:
    """The primary keys of open incidents that are severe enough for the stakeholder track and have no run of it.

    Two queries, of columns only; the content of a version is read once a process, as it never changes.
    """
    candidates = without_run(Track.STAKEHOLDER).exclude(severity="").values_list("pk", "severity", "rule_versions", "policy_version_id")
    pinned = {pk: (severity, tuple(versions or [followed])) for pk, severity, versions, followed in candidates}
    hashes = dict(
        PolicyVersion.objects.filter(pk__in={key for _, keys in pinned.values() for key in keys}).values_list("pk", "content_sha256")
    )
    lists = {keys: _from(keys, hashes) for _, keys in pinned.values()}
    return [pk for pk, (severity, keys) in pinned.items() if lists[keys] and severity <= lists[keys]]


def without_policy() -> QuerySet[Incident]:
    """Open incidents of our own that no policy covers and about which the engine has not spoken yet."""
    told = TimelineEntry.objects.filter(incident=OuterRef("pk"), kind=TimelineEntry.Kind.ESCALATION)
    return _open().filter(~Exists(told), policy_version__isnull=True)


def marked_without_policy() -> QuerySet[Incident]:
    """Marked incidents of our own that no policy covers and whose missing track was not told yet."""
    told = TimelineEntry.objects.filter(incident=OuterRef("pk"), kind=TimelineEntry.Kind.ESCALATION, data__action=NO_COMPLIANCE)
    return _marked().filter(~Exists(told), policy_version__isnull=True)


def waits_for(track: Track) -> QuerySet[Incident]:
    """What the engine looks through for `track`; an incident in it has no run of the track that it may need."""
    return without_compliance_run() if track is Track.COMPLIANCE else without_run(track)


def wants(incident: Incident, track: Track) -> bool:
    """Whether the rules pinned at the opening let `track` run for `incident` as it is now."""
    severity = Severity(incident.severity) if incident.severity else None
    return track in tracks_for(rules_pinned_by(incident).content, facts_of(incident), severity)


def followed(incident: Incident, track: Track) -> tuple[PolicyVersion | None, bool]:
    """The pinned version that supplies `track`, and whether it does; where none does, the one that the incident follows.

    Where the versions cannot be read the incident's own is taken, so that there is a run that fails where everybody sees it.
    """
    if track is Track.TECHNICAL:
        return incident.policy_version, True
    try:
        pinned = rules_pinned_by(incident)
        supplier = pinned.rules.supplier(f"{track.value} track")
    except PortalError as error:
        logger.error("%s: the rules for its %s track cannot be read: %s", incident.number, track.label.lower(), error)
        return incident.policy_version, False
    for version in pinned.versions:
        if supplier is not None and version.pk == supplier.version_id:
            return version, True
    return incident.policy_version, False


def _from(keys: tuple[int, ...], hashes: dict[int, str]) -> str:
    """From which severity on the pinned versions `keys` want the stakeholder track; empty when they do not want it."""
    try:
        return _stakeholders_from(tuple((key, hashes.get(key, "")) for key in keys))
    except PortalError as error:
        logger.error("Whether stakeholders must be told cannot be read from the policy versions %s: %s", keys, error)
        return ""


@lru_cache(maxsize=4_096)
def _stakeholders_from(versions: tuple[tuple[int, str], ...]) -> str:
    """The same, by primary key and content hash, which together always stand for the same content."""
    found = PolicyVersion.objects.select_related("policy").in_bulk([key for key, _ in versions])
    content = rules_of(found[key] for key, _ in versions if key in found).content
    return content.stakeholder_from.value if content.stakeholder_levels else ""


def _open() -> QuerySet[Incident]:
    return Incident.objects.filter(state__in=OPEN_STATES).exclude(origin=Incident.Origin.IMPORTED).order_by("opened_at")


def _marked() -> QuerySet[Incident]:
    return Incident.objects.filter(MARKED).exclude(origin=Incident.Origin.IMPORTED).order_by("opened_at")
