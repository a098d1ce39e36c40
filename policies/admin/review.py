"""What a reader of a version needs: the difference in words, what the checks say, what it means in time."""

from datetime import datetime
from typing import Any

from policies.governance.differences import differences
from policies.governance.models import PolicyVersion
from policies.governance.queries import findings_on, replaced_by
from policies.governance.snapshots import draft_snapshot, snapshot_of
from policies.governance.states import VersionState
from portal.foundation.errors import PortalError

from .content import snapshot_panels


def review_of(version: PolicyVersion, now: datetime) -> dict[str, Any]:
    """Context for the panels of a version: differences, findings, ladder and thresholds; or what keeps the content from being shown."""
    editable = version.state in (VersionState.DRAFT.value, VersionState.DISCARDED.value)
    try:
        content = draft_snapshot(version) if editable else snapshot_of(version)
        replaced = replaced_by(version, now)
        before = snapshot_of(replaced) if replaced else None
    except PortalError as error:
        return {"content_problem": error.message}
    live = version.state in (VersionState.DRAFT.value, VersionState.SUBMITTED.value)
    findings = findings_on(version, content, now=now) if live else []
    return {
        "replaced": replaced,
        "differences": differences(before, content),
        "findings": findings,
        "blocked": any(finding.blocking for finding in findings),
        "live": live,
        **snapshot_panels(content, before),
    }
