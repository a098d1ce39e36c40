"""What may follow what: in the life of a review, of a finding, of a decision and of an action. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class ReviewState(StrEnum):
    """`provisional` looks at a quarter that still runs; `signing` is prepared and waits for its signatures, one after the other."""

    PROVISIONAL = "provisional"
    PREPARING = "preparing"
    SIGNING = "signing"
    SIGNED = "signed"


class FindingState(StrEnum):
    """A proposal of the portal is accepted, in its own or in other words, or dismissed with a reason."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    DISMISSED = "dismissed"


class DecisionState(StrEnum):
    """`to_take` is a question; `dropped` needed no answer after all."""

    TO_TAKE = "to_take"
    TAKEN = "taken"
    DROPPED = "dropped"


class ActionState(StrEnum):
    """`cancelled` is not done and will not be; it stays on record with its reason."""

    OPEN = "open"
    DONE = "done"
    CANCELLED = "cancelled"


# By what a thing is: what it may become. Signed is the end; a correction is a restatement, which is a review of its own.
REVIEW: Mapping[ReviewState, tuple[ReviewState, ...]] = {
    ReviewState.PROVISIONAL: (ReviewState.PREPARING,),
    ReviewState.PREPARING: (ReviewState.SIGNING,),
    ReviewState.SIGNING: (ReviewState.PREPARING, ReviewState.SIGNED),
    ReviewState.SIGNED: (),
}
# A finding is judged anew as long as its review is prepared.
FINDING: Mapping[FindingState, tuple[FindingState, ...]] = {
    FindingState.PROPOSED: (FindingState.ACCEPTED, FindingState.DISMISSED),
    FindingState.ACCEPTED: (FindingState.ACCEPTED, FindingState.DISMISSED),
    FindingState.DISMISSED: (FindingState.ACCEPTED,),
}
DECISION: Mapping[DecisionState, tuple[DecisionState, ...]] = {
    DecisionState.TO_TAKE: (DecisionState.TAKEN, DecisionState.DROPPED),
    DecisionState.TAKEN: (DecisionState.TAKEN,),
    DecisionState.DROPPED: (DecisionState.TO_TAKE,),
}
ACTION: Mapping[ActionState, tuple[ActionState, ...]] = {
    ActionState.OPEN: (ActionState.DONE, ActionState.CANCELLED),
    ActionState.DONE: (),
    ActionState.CANCELLED: (),
}
# What is found, decided and planned changes only in these.
BEING_PREPARED = frozenset({ReviewState.PROVISIONAL, ReviewState.PREPARING})
WORDS: Mapping[str, str] = {
    ReviewState.PROVISIONAL: "provisional",
    ReviewState.PREPARING: "being prepared",
    ReviewState.SIGNING: "waits for signatures",
    ReviewState.SIGNED: "signed",
}


def may_become(now: str, then: str) -> bool:
    """Whether a review in the one state may be put into the other."""
    return ReviewState(then) in REVIEW[ReviewState(now)]


@dataclass(frozen=True, slots=True)
class Signing:
    """What counts when somebody signs: the steps that are open, and what the person did to this review. Names and keys, no rows."""

    open_steps: Sequence[str]
    roles_wanted: Sequence[str]
    roles_held: frozenset[str]
    signed_before: bool = False
    prepared: bool = False
    steps: int = 0


def why_not_submit(*, state: str, unjudged: int, untaken: int, leaderless: Sequence[str], summary: str, steps: int) -> str:
    """What stands in the way of asking for signatures, in words; empty when nothing does. `leaderless` are actions whose owner left."""
    if state == ReviewState.PROVISIONAL:
        return "The quarter is still running, so nobody can sign its review. It goes on by itself when the quarter is over."
    if state != ReviewState.PREPARING:
        return f"This review {_is(state)}, so it is not put up for signature now."
    if unjudged:
        return f"{_counted(unjudged, 'proposed finding is', 'proposed findings are')} not judged yet. Accept, reword or dismiss {'it' if unjudged == 1 else 'them'}."
    if untaken:
        return f"{_counted(untaken, 'decision is', 'decisions are')} not taken yet. Take {'it' if untaken == 1 else 'them'}, or drop {'it' if untaken == 1 else 'them'} with a reason."
    if leaderless:
        return f"The owner of “{leaderless[0]}” has left. Give the action to somebody who is still here."
    if not summary.strip():
        return "The review has no summary. Say in a few sentences what the quarter showed."
    return "" if steps else "The rules name nobody who signs. Say under 'Rules of the quarterly review' whose signatures it needs."


def why_not_sign(state: str, asked: Signing) -> str:
    """Why this person may not give the next signature, in words; empty when they may."""
    if state == ReviewState.PROVISIONAL:
        return "The quarter is still running: a provisional review is not signed."
    if state != ReviewState.SIGNING or not asked.open_steps:
        return f"This review {_is(state)}, so there is nothing to sign."
    if asked.signed_before:
        return "You signed this review already. The next signature has to be somebody else's."
    if asked.roles_wanted[0] not in asked.roles_held:
        later = [step for step, role in zip(asked.open_steps[1:], asked.roles_wanted[1:], strict=True) if role in asked.roles_held]
        if later:
            return f"Signatures are given in order: {asked.open_steps[0]} signs first, then {later[0]}."
        return f"The next signature is that of {asked.open_steps[0]}, which is no role of yours."
    if asked.prepared and asked.steps < 2:
        return "You prepared this review, and its rules ask for one signature only. Somebody else has to give it."
    return ""


def _is(state: str) -> str:
    return {
        ReviewState.PROVISIONAL: "is provisional",
        ReviewState.PREPARING: "is being prepared",
        ReviewState.SIGNING: "waits for signatures",
        ReviewState.SIGNED: "is signed",
    }[ReviewState(state)]


def _counted(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
