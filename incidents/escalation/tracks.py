"""Which tracks of which incidents should run and do not yet, and the version that each of them follows."""

import logging
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet

from incidents.lifecycle.grading import RulesFor, facts_of
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


class Known(NamedTuple):
    """What is asked of a run that an incident has or had."""

    track: str
    opening: int
    state: str
    acknowledged_at: datetime | None


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

    Two queries: of all that is open only which severities there are under which versions, then those that may want the track.
    """
    waiting = without_run(Track.STAKEHOLDER).exclude(severity="").order_by()
    kinds = list(waiting.values_list("severity", "policy_version_id", "rule_versions").distinct())
    pinned = {tuple(versions or [followed]) for _, followed, versions in kinds}
    lists = _stakeholders_from(pinned) if pinned else {}
    wanted = {
        (severity, followed) for severity, followed, versions in kinds
        if (least := lists[tuple(versions or [followed])]) and severity <= least
    }  # fmt: skip
    if not wanted:
        return []
    may = waiting.filter(severity__in={severity for severity, _ in wanted}, policy_version__in={followed for _, followed in wanted})
    found = may.order_by("opened_at").values_list("pk", "severity", "policy_version_id", "rule_versions")
    return [
        pk for pk, severity, followed, versions in found if (least := lists.get(tuple(versions or [followed]), "")) and severity <= least
    ]


def without_policy() -> QuerySet[Incident]:
    """Open incidents of our own that no policy covers and about which the engine has not spoken yet."""
    told = TimelineEntry.objects.filter(incident=OuterRef("pk"), kind=TimelineEntry.Kind.ESCALATION)
    return _open().filter(~Exists(told), policy_version__isnull=True)


def marked_without_policy() -> QuerySet[Incident]:
    """Marked incidents of our own that no policy covers and whose missing track was not told yet."""
    told = TimelineEntry.objects.filter(incident=OuterRef("pk"), kind=TimelineEntry.Kind.ESCALATION, data__action=NO_COMPLIANCE)
    return _marked().filter(~Exists(told), policy_version__isnull=True)


def searches() -> Iterator[list[int]]:
    """Search by search the incidents that miss a run or a word, by primary key; each looks through all that is open when it is asked for."""
    yield list(without_run().values_list("pk", flat=True))
    yield list(without_compliance_run().values_list("pk", flat=True))
    yield without_stakeholder_run()
    yield list(without_policy().values_list("pk", flat=True))
    yield list(marked_without_policy().values_list("pk", flat=True))


def missing_tracks(incident: Incident, runs: Iterable[Known]) -> Iterator[Track]:
    """The tracks that `incident`, which has a policy, may need and has no run of: what the queries above say, of one that was read.

    The stakeholder track is among them whatever the severity; whether it is wanted says `wants`.
    """
    if incident.origin == Incident.Origin.IMPORTED:
        return
    there = list(runs)
    served = {run.track for run in there if run.opening == incident.reopen_count or run.state in EscalationRun.LIVE}
    if incident.state in OPEN_STATES:
        wanted = (Track.TECHNICAL, Track.STAKEHOLDER) if incident.severity else (Track.TECHNICAL,)
        yield from (track for track in wanted if track.value not in served)
    answered = any(run.track == Track.COMPLIANCE and run.acknowledged_at is not None for run in there)
    if is_marked(incident) and not answered and Track.COMPLIANCE.value not in served:
        yield Track.COMPLIANCE


def wants(incident: Incident, track: Track, pinned: RulesFor) -> bool:
    """Whether the rules pinned at the opening let `track` run for `incident` as it is now. Not where they cannot be read."""
    severity = Severity(incident.severity) if incident.severity else None
    try:
        return track in tracks_for(pinned.content, facts_of(incident), severity)
    except PortalError as error:
        logger.error("%s: the rules for its %s track cannot be read: %s", incident.number, track.label.lower(), error)
        return False


def followed(incident: Incident, track: Track, pinned: RulesFor | None) -> tuple[PolicyVersion | None, bool]:
    """The pinned version that supplies `track`, and whether it does; where none does, the one that the incident follows.

    Where the versions cannot be read the incident's own is taken, so that there is a run that fails where everybody sees it.
    """
    if track is Track.TECHNICAL or pinned is None:
        return incident.policy_version, track is Track.TECHNICAL
    try:
        supplier = pinned.rules.supplier(f"{track.value} track")
    except PortalError as error:
        logger.error("%s: the rules for its %s track cannot be read: %s", incident.number, track.label.lower(), error)
        return incident.policy_version, False
    for version in pinned.versions:
        if supplier is not None and version.pk == supplier.version_id:
            return version, True
    return incident.policy_version, False


def is_marked(incident: Incident) -> bool:
    """Whether the legal and compliance track runs for `incident`."""
    return incident.personal_data or incident.regulated or incident.data_breach


def _stakeholders_from(pinned: Collection[tuple[int, ...]]) -> dict[tuple[int, ...], str]:
    """From which severity on these lists of versions want the stakeholder track; empty where they do not, or cannot be read."""
    found = PolicyVersion.objects.select_related("policy").defer("content").in_bulk({key for keys in pinned for key in keys})
    told = {}
    for keys in pinned:
        try:
            content = rules_of(found[key] for key in keys if key in found).content
        except PortalError as error:
            logger.error("Whether stakeholders must be told cannot be read from the policy versions %s: %s", keys, error)
            told[keys] = ""
        else:
            told[keys] = content.stakeholder_from.value if content.stakeholder_levels else ""
    return told


def _open() -> QuerySet[Incident]:
    return Incident.objects.filter(state__in=OPEN_STATES).exclude(origin=Incident.Origin.IMPORTED).order_by("opened_at")


def _marked() -> QuerySet[Incident]:
    return Incident.objects.filter(MARKED).exclude(origin=Incident.Origin.IMPORTED).order_by("opened_at")
