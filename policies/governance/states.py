"""The states of a policy version and the number of its approvals, as tables an auditor can read."""

from dataclasses import dataclass
from enum import StrEnum

from policies.decisions.vocabulary import Scope


class VersionState(StrEnum):
    """What a version is. 'Scheduled', 'in force' and 'superseded' are approved versions seen at a time; see `Phase`."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    DISCARDED = "discarded"

    @property
    def words(self) -> str:
        return {"draft": "draft", "submitted": "waiting for approval", "approved": "approved", "discarded": "discarded"}[self.value]


class Phase(StrEnum):
    """What a version is at an instant."""

    DRAFT = "draft"
    SUBMITTED = "waiting for approval"
    SCHEDULED = "scheduled"
    IN_FORCE = "in force"
    SUPERSEDED = "superseded"
    DISCARDED = "discarded"


# From a state, by a verb, to a state. What is not in the table cannot happen.
TRANSITIONS: dict[tuple[VersionState, str], VersionState] = {
    (VersionState.DRAFT, "submit"): VersionState.SUBMITTED,
    (VersionState.DRAFT, "discard"): VersionState.DISCARDED,
    (VersionState.DRAFT, "publish_at_once"): VersionState.APPROVED,
    (VersionState.SUBMITTED, "approve"): VersionState.APPROVED,
    (VersionState.SUBMITTED, "send_back"): VersionState.DRAFT,
    (VersionState.SUBMITTED, "withdraw"): VersionState.DRAFT,
}


def after(state: str, verb: str) -> VersionState | None:
    """The state that `verb` leads to, or None when it is not possible from `state`."""
    return TRANSITIONS.get((VersionState(state), verb))


@dataclass(frozen=True, slots=True)
class ApprovalRule:
    """How many people approve a version of a policy that speaks for `scope`; with `tier`, only where that is the tier."""

    scope: Scope
    tier: int | None
    approvals: int


# Published in docs/rules/policy-life.md. The first row that fits counts.
APPROVAL_RULES: tuple[ApprovalRule, ...] = (
    ApprovalRule(Scope.GLOBAL, None, 2),
    ApprovalRule(Scope.TIER, 1, 2),
    ApprovalRule(Scope.SERVICE, 1, 2),
)
OTHERWISE = 1


def approvals_needed(scope: str, tier: int | None) -> int:
    """How many people have to approve a version; `tier` is the policy's own, or its service's."""
    fitting = (rule.approvals for rule in APPROVAL_RULES if rule.scope == scope and rule.tier in (None, tier))
    return next(fitting, OTHERWISE)
