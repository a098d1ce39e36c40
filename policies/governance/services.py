"""The verbs on a policy version: drafted, submitted, decided by somebody else, taken back."""

from datetime import datetime
from typing import Any

from audit.events.services import Act, act
from policies.decisions.findings import Finding, Weight, of_weight
from policies.pathways.models import EscalationPolicy
from portal.foundation.access.checks import require
from portal.foundation.base_models import save_tracked
from portal.foundation.canonical import content_hash
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState

from .copying import copy_content
from .locks import free_for, lock_draft
from .models import Approval, PolicyVersion
from .parts import OWN_FIELDS
from .queries import findings_on, latest_approved, open_version, own_change
from .snapshots import content_of, rows_still_say
from .states import VersionState, after

# lock_draft is asked for here by doors that save a draft.
__all__ = [
    "approve_version",
    "create_draft",
    "discard_version",
    "draft_from",
    "lock_draft",
    "send_back_version",
    "submit_version",
    "withdraw_version",
]
OWN_CHANGE = "You had a hand in this version, so somebody else has to decide on it: nobody approves their own change."


def create_draft(
    policy: EscalationPolicy, *, actor: Any, now: datetime, reason: str, base: PolicyVersion | None = None, empty: bool = False
) -> PolicyVersion:
    """A new draft with the content of `base`, by default of the latest approved version. `reason` is the reason for the change.

    With `empty`, or when nothing was approved yet, it has no content. Raises WrongState when the policy has an open version already,
    and InvalidInput when `base` is not an approved version of this policy.
    """
    require(actor, "policies.add_policyversion", policy, to=f"draft a change of {policy}")
    words = _words(reason, "what you want to change and why")
    with act("policy_version.drafted", actor=actor, now=now, why=words) as running:
        EscalationPolicy.objects.select_for_update().get(pk=policy.pk)
        waiting = open_version(policy)
        if waiting is not None:
            raise WrongState(f"{waiting} is {waiting.get_state_display()} already. Finish or discard it before you start another draft.")
        highest = policy.versions.order_by("-number").values_list("number", flat=True).first() or 0
        base = None if empty else _base(policy, base)
        version = PolicyVersion(
            policy=policy,
            number=highest + 1,
            change_reason=words,
            **{name: getattr(base, name) for name in OWN_FIELDS if base is not None},
            author=actor,
            created_at=now,
        )
        save_tracked(version, actor=actor, now=now, reason=words)
        if base is not None:
            copy_content(base, version, actor=actor, now=now, reason=words)
        running.subject = version
        running.details = {"copied_from": base.number if base else 0}
    return version


def draft_from(version: PolicyVersion, *, actor: Any, now: datetime, reason: str) -> PolicyVersion:
    """Rolls back: a new draft that says what `version` said. What is in force stays so until somebody else approves the draft."""
    return create_draft(version.policy, actor=actor, now=now, reason=reason, base=version)


def submit_version(version: PolicyVersion, *, actor: Any, now: datetime, reason: str = "", accepted: str = "") -> PolicyVersion:
    """Freezes the content with its hash and asks for approval. `accepted` says why warnings of the checks are accepted.

    Raises InvalidInput with every blocking finding, or with every warning when there are some and `accepted` is empty, and
    WrongState when the version is not a draft.
    """
    require(actor, "policies.submit_policyversion", version, to="submit this version")
    with act("policy_version.submitted", actor=actor, now=now, subject=version, why=reason or version.change_reason) as running:
        following = _following(version, "submit")
        free_for(version, actor, now)
        _words(version.change_reason, "the reason for the change")
        warnings = _warnings(version, now, accepted)
        content = content_of(version)
        version.state, version.content, version.content_sha256 = following, content, content_hash(content)
        version.submitted_by, version.submitted_at = actor, now
        version.warnings_accepted = accepted.strip() if warnings else ""
        save_tracked(version, actor=actor, now=now, reason=reason or version.change_reason)
        running.details = {
            "content_sha256": version.content_sha256,
            "warnings": [{"id": finding.id, "place": finding.place} for finding in warnings],
            "accepted": version.warnings_accepted,
        }
    return version


def approve_version(version: PolicyVersion, *, actor: Any, now: datetime, reason: str, content_sha256: str = "") -> PolicyVersion:
    """Puts a submitted version in force from its date, or from now when that is empty or past. With `content_sha256`, the hash of what
    the approver read, only if that is still what is submitted.

    In this order: 1. who decides had no hand in it; 2. the rows are still what was submitted; 3. the approval is written;
    4. the version is approved. Raises NotAllowed, InvalidInput or WrongState, and then nothing remains.
    """
    require(actor, "policies.approve_policyversion", version, to="approve policy changes")
    with act("policy_version.approved", actor=actor, now=now, subject=version, why=reason) as running:
        following = _following(version, "approve")
        words = _refuse_own(version, actor, reason)
        if content_sha256 and content_sha256 != version.content_sha256:
            raise WrongState(f"What is submitted as {version} is not what you read: it was changed and submitted again. Read it once more.")
        if not rows_still_say(version):
            raise WrongState(f"The content of {version} is not what was submitted. Send it back, so that it can be submitted again.")
        approval = _decide(version, Approval.Decision.APPROVED, actor, now, words)
        version.state, version.approved_at = following, now
        version.effective_from = max(version.effective_from or now, now)
        save_tracked(version, actor=actor, now=now, reason=words)
        _record(running, approval, effective_from=version.effective_from.isoformat())
    return version


def send_back_version(version: PolicyVersion, *, actor: Any, now: datetime, reason: str) -> PolicyVersion:
    """Makes a submitted version a draft again, with the approver's words for its author. Raises NotAllowed for one's own change."""
    require(actor, "policies.approve_policyversion", version, to="send policy changes back")
    with act("policy_version.sent_back", actor=actor, now=now, subject=version, why=reason) as running:
        following = _following(version, "send_back")
        words = _refuse_own(version, actor, reason)
        _record(running, _decide(version, Approval.Decision.SENT_BACK, actor, now, words))
        _thaw(version, following, actor, now, words)
    return version


def withdraw_version(version: PolicyVersion, *, actor: Any, now: datetime, reason: str) -> PolicyVersion:
    """Takes a submitted version back to be worked on. The words say why."""
    require(actor, "policies.submit_policyversion", version, to="withdraw this version")
    with act("policy_version.withdrawn", actor=actor, now=now, subject=version, why=reason):
        following = _following(version, "withdraw")
        _thaw(version, following, actor, now, _words(reason, "why you take it back"))
    return version


def discard_version(version: PolicyVersion, *, actor: Any, now: datetime, reason: str) -> PolicyVersion:
    """Gives a draft up. It stays readable, and its number is not used again."""
    require(actor, "policies.change_policyversion", version, to="discard this draft")
    with act("policy_version.discarded", actor=actor, now=now, subject=version, why=reason):
        following = _following(version, "discard")
        free_for(version, actor, now)
        words = _words(reason, "why you give it up")
        version.state = following
        save_tracked(version, actor=actor, now=now, reason=words)
    return version


def _base(policy: EscalationPolicy, base: PolicyVersion | None) -> PolicyVersion | None:
    if base is not None and (base.policy_id != policy.pk or base.state != VersionState.APPROVED.value):
        raise InvalidInput(f"{base} is {base.get_state_display()}. A draft of {policy} starts from one of its approved versions.")
    return base or latest_approved(policy)


def _warnings(version: PolicyVersion, now: datetime, accepted: str) -> list[Finding]:
    """The warnings to accept. Raises InvalidInput for errors, and for warnings that nobody accepted in words."""
    findings = findings_on(version, now=now)
    blocking = [finding.in_words for finding in findings if finding.blocking]
    if blocking:
        raise InvalidInput(f"{version} cannot be submitted yet. {' '.join(blocking)}", {"": blocking})
    warnings = of_weight(findings, Weight.WARNING)
    if warnings and not accepted.strip():
        told = [finding.in_words for finding in warnings]
        ask = "Say in a sentence why these warnings are accepted, or put them right:"
        raise InvalidInput(f"{version} cannot be submitted yet. {ask} {' '.join(told)}", {"accepted": [ask, *told]})
    return warnings


def _following(version: PolicyVersion, verb: str) -> str:
    """Locks and rereads the row; the state that `verb` leads to. Raises WrongState when it leads nowhere."""
    PolicyVersion.objects.select_for_update().get(pk=version.pk)
    version.refresh_from_db()
    following = after(version.state, verb)
    if following is None:
        raise WrongState(f"{version} is {version.get_state_display()}, so it cannot be {_done(verb)}.")
    return following.value


def _done(verb: str) -> str:
    return {
        "submit": "submitted",
        "approve": "approved",
        "send_back": "sent back",
        "withdraw": "withdrawn",
        "discard": "discarded",
    }[verb]


def _thaw(version: PolicyVersion, state: str, actor: Any, now: datetime, reason: str) -> None:
    version.state = state
    version.content, version.content_sha256, version.submitted_by, version.submitted_at = None, "", None, None
    version.warnings_accepted = ""
    save_tracked(version, actor=actor, now=now, reason=reason)


def _decide(version: PolicyVersion, decision: str, actor: Any, now: datetime, reason: str) -> Approval:
    approval = Approval(
        version=version,
        requested_by=version.submitted_by,
        decided_by=actor,
        decision=decision,
        reason=reason,
        content_sha256=version.content_sha256,
        decided_at=now,
    )
    save_tracked(approval, actor=actor, now=now, reason=reason)
    return approval


def _refuse_own(version: PolicyVersion, actor: Any, reason: str) -> str:
    if actor is None or own_change(version, actor):
        raise NotAllowed(OWN_CHANGE)
    return _words(reason, "why you decide so")


def _record(running: Act, approval: Approval, **more: str) -> None:
    running.decision = {"decision": approval.decision, "content_sha256": approval.content_sha256, **more}


def _words(reason: str, what: str) -> str:
    words = reason.strip()
    if not words:
        raise InvalidInput(f"Say in a sentence {what}.", {"reason": [f"Say in a sentence {what}."]})
    return words
