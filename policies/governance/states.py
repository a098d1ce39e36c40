"""The states of a policy version, as a table an auditor can read."""

from enum import StrEnum


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
    (VersionState.SUBMITTED, "approve"): VersionState.APPROVED,
    (VersionState.SUBMITTED, "send_back"): VersionState.DRAFT,
    (VersionState.SUBMITTED, "withdraw"): VersionState.DRAFT,
}


def after(state: str, verb: str) -> VersionState | None:
    """The state that `verb` leads to, or None when it is not possible from `state`."""
    return TRANSITIONS.get((VersionState(state), verb))
