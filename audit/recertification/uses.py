"""Which events tell that a right was used. Pure: what leaves no event of its own is not here."""

from collections.abc import Collection, Mapping
from datetime import datetime

USES: Mapping[str, tuple[str, ...]] = {
    "policies.approve_policyversion": ("policy_version.approved", "policy_version.partly_approved", "policy_version.sent_back"),
    "policies.submit_policyversion": ("policy_version.drafted", "policy_version.submitted"),
    "policies.publish_at_once_policyversion": ("policy_version.published_at_once",),
    "policies.review_urgentpublication": ("policy_version.urgent_reviewed",),
    "policies.sign_policyreview": ("policy_review.signed",),
    "policies.work_service_incidents": ("incident.acknowledged", "incident.noted", "incident.resolved"),
    "incidents.acknowledge_incident": ("incident.acknowledged", "incident.acknowledged_too"),
    "incidents.resolve_incident": ("incident.resolved",),
    "incidents.note_incident": ("incident.noted",),
    "incidents.run_drill": ("drill.started", "drill.finished"),
    "incidents.run_import": ("incidents.imported",),
    "incidents.review_mandateuse": ("mandate.reviewed",),
    "incidents.approve_changerequest": ("change.emergency_approved",),
    "incidents.add_changefreeze": ("change_freeze.declared",),
    "incidents.lift_changefreeze": ("change_freeze.lifted",),
    "reports.build_quarterlypack": ("reports.pack_built", "reports.pack_requested"),
    "audit.ask_removal": ("retention.pruning_asked", "erasure.asked"),
    "audit.approve_removal": ("retention.pruning_approved", "erasure.approved"),
    "audit.place_legalhold": ("hold.placed",),
    "audit.lift_legalhold": ("hold.lifted",),
    "audit.export_ledgerevent": ("evidence.requested", "evidence.downloaded", "evidence.proved"),
    "audit.view_ledgerevent": ("trail.searched",),
    "audit.change_dutypair": ("duty_pair.added", "duty_pair.changed", "duty_pair.retired"),
    "audit.cover_dutyfinding": ("duty_exception.given", "duty_finding.judged"),
    "audit.start_elevation": ("elevation.started",),
    "audit.review_elevation": ("elevation.reviewed",),
    "portal.change_user": ("user.changed", "user.created"),
    "portal.run_directorysync": ("directory.applied", "directory.read"),
    "portal.change_channelrule": ("channelrule.decided",),
}


def types_of(rights: Collection[str]) -> frozenset[str]:
    """The events by which a use of any of `rights` is known; empty when none leaves one."""
    return frozenset(kind for right in rights for kind in USES.get(right, ()))


def last_use(rights: Collection[str], seen: Mapping[str, datetime]) -> datetime | None:
    """When the newest of them happened; `seen` is by type."""
    return max((seen[kind] for kind in types_of(rights) if kind in seen), default=None)
