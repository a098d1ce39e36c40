"""The verbs on a policy version: drafted, submitted, decided by somebody else, taken back."""

from datetime import datetime
from typing import Any

from audit.events.services import act
from policies.decisions.findings import Finding
from policies.pathways.models import EscalationPolicy
from portal.foundation.access.checks import require
from portal.foundation.base_models import save_tracked
from portal.foundation.errors import InvalidInput, WrongState
from portal.foundation.words import visible

from .approvers import OWN_CHANGE, eligible_approvers
from .copying import copy_content
from .deciding import approve_version, send_back_version
from .locks import free_for, lock_draft
from .models import PolicyVersion
from .parts import OWN_FIELDS
from .queries import latest_approved, open_version
from .snapshots import content_of
from .states import VersionState
from .steps import following, freeze, in_words, thaw, warnings_on

# Deciding and locking are asked for here by doors, beside the other verbs.
__all__ = [
    "OWN_CHANGE",
    "approve_version",
    "create_draft",
    "discard_version",
    "draft_from",
    "lock_draft",
    "send_back_version",
    "submit_version",
    "withdraw_version",
]


def create_draft(
    policy: EscalationPolicy, *, actor: Any, now: datetime, reason: str, base: PolicyVersion | None = None, empty: bool = False
) -> PolicyVersion:
    """A new draft with the content of `base`, by default of the latest approved version. `reason` is the reason for the change.

    With `empty`, or when nothing was approved yet, it has no content. Raises WrongState when the policy has an open version already,
    and InvalidInput when `base` is not an approved version of this policy.
    """
    require(actor, "policies.add_policyversion", policy, to=f"draft a change of {policy}")
    words = in_words(reason, "what you want to change and why")
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

    Raises InvalidInput with every blocking finding, or with every warning when there are some and `accepted` is empty, or when too
    few people could approve it; and WrongState when the version is not a draft or somebody else is editing it.
    """
    require(actor, "policies.submit_policyversion", version, to="submit this version")
    with act("policy_version.submitted", actor=actor, now=now, subject=version, why=reason or version.change_reason) as running:
        state = following(version, "submit")
        free_for(version, actor, now)
        content = content_of(version)
        warnings = _accepted(version, content, now, accepted)
        freeze(version, content, actor=actor, now=now)
        _refuse_without_approvers(version)
        version.state = state
        version.warnings_accepted = accepted.strip() if warnings else ""
        save_tracked(version, actor=actor, now=now, reason=reason or version.change_reason)
        running.details = {
            "content_sha256": version.content_sha256,
            "approvals_needed": version.approvals_needed,
            "warnings": [{"id": finding.id, "place": finding.place} for finding in warnings],
            "accepted": version.warnings_accepted,
        }
    return version


def withdraw_version(version: PolicyVersion, *, actor: Any, now: datetime, reason: str) -> PolicyVersion:
    """Takes a submitted version back to be worked on. The words say why."""
    require(actor, "policies.submit_policyversion", version, to="withdraw this version")
    with act("policy_version.withdrawn", actor=actor, now=now, subject=version, why=reason):
        state = following(version, "withdraw")
        thaw(version, state, actor, now, in_words(reason, "why you take it back"))
    return version


def discard_version(version: PolicyVersion, *, actor: Any, now: datetime, reason: str) -> PolicyVersion:
    """Gives a draft up. It stays readable, and its number is not used again."""
    require(actor, "policies.change_policyversion", version, to="discard this draft")
    with act("policy_version.discarded", actor=actor, now=now, subject=version, why=reason):
        state = following(version, "discard")
        free_for(version, actor, now)
        words = in_words(reason, "why you give it up")
        version.state = state
        save_tracked(version, actor=actor, now=now, reason=words)
    return version


def _base(policy: EscalationPolicy, base: PolicyVersion | None) -> PolicyVersion | None:
    if base is not None and (base.policy_id != policy.pk or base.state != VersionState.APPROVED.value):
        raise InvalidInput(f"{base} is {base.get_state_display()}. A draft of {policy} starts from one of its approved versions.")
    return base or latest_approved(policy)


def _accepted(version: PolicyVersion, content: dict[str, Any], now: datetime, accepted: str) -> list[Finding]:
    """The warnings to accept. Raises InvalidInput for errors, and for warnings that nobody accepted in words."""
    warnings = warnings_on(version, content, now, "submitted")
    if warnings and not visible(accepted):
        told = [finding.in_words for finding in warnings]
        ask = "Say in a sentence why these warnings are accepted, or put them right:"
        raise InvalidInput(f"{version} cannot be submitted yet. {ask} {' '.join(told)}", {"accepted": [ask, *told]})
    return warnings


def _refuse_without_approvers(version: PolicyVersion) -> None:
    """Raises InvalidInput when too few people could approve what is about to be submitted."""
    needed, there = version.approvals_needed, len(eligible_approvers(version))
    if there < needed:
        people = "one person" if needed == 1 else f"{needed} people"
        found = "there is nobody" if there == 0 else f"there is only {'one' if there == 1 else there}"
        raise InvalidInput(
            f"{version} cannot be submitted: nobody could put it in force. It needs {people} with the right to approve, who had no hand "
            f"in it and whose account is older than the draft; {found}. Ask an administrator to give somebody the role of approver."
        )
