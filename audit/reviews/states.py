"""What may follow what: in the life of a period, of a mark and of a finding. Pure."""

from collections.abc import Mapping
from enum import StrEnum

from portal.foundation.words import visible


class PeriodState(StrEnum):
    """`drawing` lasts for one transaction only; nobody ever sees it."""

    DRAWING = "drawing"
    OPEN = "open"
    CLOSED = "closed"
    SIGNED = "signed"


class Mark(StrEnum):
    """What a reviewer says of an entry; NONE is not judged yet."""

    NONE = ""
    REVIEWED = "reviewed"
    FOLLOW_UP = "follow_up"
    FALSE_ALARM = "false_alarm"


class FindingState(StrEnum):
    """`withdrawn` was none; it stays on record."""

    OPEN = "open"
    RESOLVED = "resolved"
    WITHDRAWN = "withdrawn"


# By what a period is: what it may become. Signed is the end.
PERIOD: Mapping[PeriodState, tuple[PeriodState, ...]] = {
    PeriodState.DRAWING: (PeriodState.OPEN,),
    PeriodState.OPEN: (PeriodState.CLOSED,),
    PeriodState.CLOSED: (PeriodState.OPEN, PeriodState.SIGNED),
    PeriodState.SIGNED: (),
}
FINDING: Mapping[FindingState, tuple[FindingState, ...]] = {
    FindingState.OPEN: (FindingState.RESOLVED, FindingState.WITHDRAWN),
    FindingState.RESOLVED: (),
    FindingState.WITHDRAWN: (),
}
MARK_WORDS: Mapping[str, str] = {
    Mark.NONE: "not judged",
    Mark.REVIEWED: "reviewed",
    Mark.FOLLOW_UP: "needs follow-up",
    Mark.FALSE_ALARM: "false alarm",
}
# A mark of these is worth nothing without words.
NEEDS_NOTE = frozenset({Mark.FOLLOW_UP})


def may_become(now: str, then: str) -> bool:
    """Whether a period in the one state may be put into the other."""
    return PeriodState(then) in PERIOD[PeriodState(now)]


def why_not_close(*, unjudged: int, loose: int, is_sample: bool, rationale: str) -> str:
    """What stands in the way of closing, in words; empty when nothing does. `loose` entries need follow-up and stand in no finding."""
    if unjudged:
        return f"{_entries(unjudged)} not judged yet. Judge {'it' if unjudged == 1 else 'them'} first."
    if loose:
        return f"{_entries(loose)} marked for follow-up and {'stands' if loose == 1 else 'stand'} in no finding. Make a finding, with an owner and a due date."
    if is_sample and not visible(rationale):
        return "The plan does not say why a sample is enough. Say so in the plan; it counts from the next period on."
    return ""


def why_not_judge(reviewer: str, *, actor: str, behalf: str, about: str) -> str:
    """Why this person (by key) may not judge an entry by, on behalf of, or about these; empty when they may."""
    if not reviewer:
        return "Only a person judges an entry."
    if reviewer == actor:
        return "You did this yourself, so somebody else has to judge it."
    if reviewer == behalf:
        return "This was done on your behalf, so somebody else has to judge it."
    if reviewer == about:
        return "This is about your own account, so somebody else has to judge it."
    return ""


def why_not_sign(*, judged_by_signer: int, second_signature: bool) -> str:
    """Why whoever judged so many of the entries may not sign; empty when they may."""
    if second_signature and judged_by_signer:
        return "You judged entries of it. This plan asks for the signature of somebody who judged none."
    return ""


def _entries(count: int) -> str:
    return f"{count:,} {'entry is' if count == 1 else 'entries are'}"
