"""What every verb on a version does on its way: takes the row, asks the table of states, freezes, thaws, and asks for words."""

from datetime import datetime, timedelta
from typing import Any

from policies.decisions.findings import Finding, Weight, of_weight
from policies.decisions.frozen import snapshot_from
from portal.foundation.base_models import save_tracked
from portal.foundation.canonical import content_hash
from portal.foundation.errors import InvalidInput, WrongState
from portal.foundation.words import visible

from .approvers import needed_for
from .models import Approval, PolicyVersion
from .queries import findings_on
from .states import after

_DONE = {
    "submit": "submitted",
    "approve": "approved",
    "send_back": "sent back",
    "withdraw": "withdrawn",
    "discard": "discarded",
    "publish_at_once": "published at once",
}


def following(version: PolicyVersion, verb: str) -> str:
    """Locks and rereads the row; the state that `verb` leads to. Raises WrongState when it leads nowhere."""
    version.refresh_from_db(from_queryset=PolicyVersion.objects.select_for_update())
    state = after(version.state, verb)
    if state is None:
        raise WrongState(f"{version} is {version.get_state_display()}, so it cannot be {_DONE[verb]}.")
    return state.value


def in_words(reason: str, what: str, field: str = "reason") -> str:
    """`reason` without the spaces around it. Raises InvalidInput that asks for `what` when nothing is left."""
    words = visible(reason)
    if not words:
        raise InvalidInput(f"Say in a sentence {what}.", {field: [f"Say in a sentence {what}."]})
    return words


def freeze(version: PolicyVersion, content: dict[str, Any], *, actor: Any, now: datetime) -> None:
    """Writes `content` down with its hash and who submits it, and how many approvals that needs. Does not save."""
    in_words(version.change_reason, "what changes and why", "change_reason")
    version.content, version.content_sha256 = content, content_hash(content)
    version.submitted_by, version.submitted_at = actor, _after_earlier_decisions(version, now)
    version.approvals_needed = needed_for(version.policy)


def thaw(version: PolicyVersion, state: str, actor: Any, now: datetime, reason: str) -> None:
    """Makes a submitted version a draft again: nothing of what was submitted, nor any approval of it, counts from now on."""
    version.state = state
    version.content, version.content_sha256, version.submitted_by, version.submitted_at = None, "", None, None
    version.warnings_accepted = ""
    save_tracked(version, actor=actor, now=now, reason=reason)


def warnings_on(version: PolicyVersion, content: dict[str, Any], now: datetime, verb: str) -> list[Finding]:
    """The warnings of the checks of `content`. Raises InvalidInput with every error, which keeps the version from being `verb`."""
    findings = findings_on(version, snapshot_from(content), now=now)
    blocking = [finding.in_words for finding in findings if finding.blocking]
    if blocking:
        raise InvalidInput(f"{version} cannot be {verb} yet. {' '.join(blocking)}", {"": blocking})
    return of_weight(findings, Weight.WARNING)


def decide(version: PolicyVersion, decision: str, actor: Any, now: datetime, reason: str) -> Approval:
    """Writes the decision down, with what it was on."""
    approval = Approval(
        version=version,
        requested_by=version.submitted_by,
        decided_by=actor,
        decision=decision,
        reason=reason,
        content_sha256=version.content_sha256,
        decided_at=max(now, version.submitted_at or now),
    )
    save_tracked(approval, actor=actor, now=now, reason=reason)
    return approval


def _after_earlier_decisions(version: PolicyVersion, now: datetime) -> datetime:
    """`now`, or just after the last decision on an earlier submission, so that the two are never taken for each other."""
    latest = version.approvals.order_by("-decided_at").values_list("decided_at", flat=True).first()
    return now if latest is None or latest < now else latest + timedelta(microseconds=1)
