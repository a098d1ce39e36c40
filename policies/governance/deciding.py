"""The second pair of eyes: approved by as many people as the policy needs, or sent back."""

from datetime import datetime
from typing import Any

from audit.events.services import act
from portal.foundation.access.checks import require
from portal.foundation.base_models import save_tracked
from portal.foundation.errors import NotAllowed, WrongState

from .approvers import approvals_missing, approvals_that_count, why_not
from .models import Approval, PolicyVersion
from .snapshots import rows_still_say
from .states import VersionState
from .steps import decide, following, in_words, thaw


def approve_version(version: PolicyVersion, *, actor: Any, now: datetime, reason: str, content_sha256: str = "") -> PolicyVersion:
    """Approves a submitted version. With the last approval that it needs it is in force from its date, or from now when that is
    empty or past; until then it goes on waiting. With `content_sha256`, the hash of what the approver read, only if that is still
    what is submitted.

    In this order: 1. who decides had no hand in it and has not approved it yet; 2. the rows are still what was submitted;
    3. the approval is written; 4. with enough of them, the version is approved. Raises NotAllowed, InvalidInput or WrongState,
    and then nothing remains.
    """
    require(actor, "policies.approve_policyversion", version, to="approve policy changes")
    with act("policy_version.approved", actor=actor, now=now, subject=version, why=reason) as running:
        state = following(version, "approve")
        words = _refuse_own(version, actor, reason)
        _refuse_stale(version, content_sha256)
        _refuse_twice(version, actor)
        approval = decide(version, Approval.Decision.APPROVED, actor, now, words)
        running.decision = {"decision": approval.decision, "content_sha256": approval.content_sha256}
        missing = approvals_missing(version)
        if missing:
            running.verb, running.details = "policy_version.partly_approved", {"approvals_missing": missing}
            return version
        version.state, version.approved_at = state, approval.decided_at
        version.effective_from = max(version.effective_from or now, approval.decided_at)
        save_tracked(version, actor=actor, now=now, reason=words)
        running.decision["effective_from"] = version.effective_from.isoformat()
    return version


def send_back_version(version: PolicyVersion, *, actor: Any, now: datetime, reason: str) -> PolicyVersion:
    """Makes a submitted version a draft again, with the approver's words for its author. Raises NotAllowed for one's own change."""
    require(actor, "policies.approve_policyversion", version, to="send policy changes back")
    with act("policy_version.sent_back", actor=actor, now=now, subject=version, why=reason) as running:
        state = following(version, "send_back")
        words = _refuse_own(version, actor, reason)
        approval = decide(version, Approval.Decision.SENT_BACK, actor, now, words)
        running.decision = {"decision": approval.decision, "content_sha256": approval.content_sha256}
        thaw(version, state, actor, now, words)
    return version


def still_needed(version: PolicyVersion) -> str:
    """'One more approval is needed, by somebody else than Abe Approver.' Empty for a version that does not wait for approval."""
    if version.state != VersionState.SUBMITTED.value:
        return ""
    missing = approvals_missing(version)
    given = ", ".join(str(approval.decided_by) for approval in approvals_that_count(version))
    if not given:
        return f"{missing} approvals are needed, by different people." if missing > 1 else "One approval is needed."
    more = "One more approval is needed" if missing == 1 else f"{missing} more approvals are needed"
    return f"{more}, by somebody else than {given}."


def _refuse_own(version: PolicyVersion, actor: Any, reason: str) -> str:
    refusal = why_not(version, actor)
    if refusal:
        raise NotAllowed(refusal)
    return in_words(reason, "why you decide so")


def _refuse_stale(version: PolicyVersion, content_sha256: str) -> None:
    if content_sha256 and content_sha256 != version.content_sha256:
        raise WrongState(f"What is submitted as {version} is not what you read: it was changed and submitted again. Read it once more.")
    if not rows_still_say(version):
        raise WrongState(f"The content of {version} is not what was submitted. Send it back, so that it can be submitted again.")


def _refuse_twice(version: PolicyVersion, actor: Any) -> None:
    if approvals_that_count(version).filter(decided_by=actor).exists():
        raise WrongState(f"You approved {version} already. {still_needed(version)}")
