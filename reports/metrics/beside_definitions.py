"""What stands beside the escalations: hand-offs, messages, drills, contact data, error budgets. One pure function a figure; its docstring is its
definition."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .escalation_definitions import estimated
from .levels import NEVER, SECOND, Truth, Whole
from .statistics import share_of, spread

HAND_OFF_STATES = ("open", "signed", "declined", "withdrawn", "waived")
MESSAGE_STATES = ("pending", "sending", "awaiting", "delivered", "bundled", "failed", "cancelled")
ARRIVED, FAILED, CANCELLED = ("delivered", "bundled"), "failed", "cancelled"


@dataclass(frozen=True, slots=True)
class HandOffs:
    """A row a hand-off; `state` is its place among HAND_OFF_STATES, times are microseconds, NEVER for none."""

    incident: Whole
    state: Whole
    by_engine: Truth
    offered: Whole
    given: Whole
    received: Whole
    settled: Whole
    known_until: int

    def where(self, chosen: Truth) -> "HandOffs":
        columns = ("incident", "state", "by_engine", "offered", "given", "received", "settled")
        return replace(self, **{name: getattr(self, name)[chosen] for name in columns})


def hand_offs(given: HandOffs) -> dict[str, Any]:
    """Hand-offs of the incidents opened in the period, on any track, drills left out, by how they stand now.

    asked: all, of which by_engine were opened by an escalation and not by a person. accepted: signed by both sides. refused: declined by the
    receiver. unsigned: still open, with a signature missing. waived: closed for a reason without the missing signature. withdrawn: taken
    back, or lapsed as somebody else took it. The share is of those accepted among those that are settled and not withdrawn.
    """
    told = {name: int((given.state == number).sum()) for number, name in enumerate(HAND_OFF_STATES)}
    return {
        "asked": len(given.state),
        "by_engine": int(given.by_engine.sum()),
        "accepted": told["signed"],
        "refused": told["declined"],
        "unsigned": told["open"],
        "waived": told["waived"],
        "withdrawn": told["withdrawn"],
        "share_accepted": share_of(told["signed"], told["signed"] + told["declined"] + told["waived"]),
    }


def time_to_sign(given: HandOffs) -> dict[str, Any]:
    """Seconds from asking for a hand-off to the later of its two signatures: count, mean and percentiles of those signed by both.

    Median and 90th percentile after Kaplan and Meier beside them: one that is open counts as waiting until the last event in the data, one
    that was declined, withdrawn or waived as waiting until then. Where just so many have
    ended, the middle between that ending and the next. Not given when so many were never signed. Times before the asking are left out.
    """
    over = given.state == HAND_OFF_STATES.index("signed")
    signed = np.maximum(given.given, given.received)
    until = np.where(over, signed, np.where(given.settled == NEVER, given.known_until, given.settled))
    seconds = (until - given.offered) / SECOND
    good = seconds >= 0
    return {**spread(seconds[over & good].tolist()), **estimated(seconds[good], over[good])}


@dataclass(frozen=True, slots=True)
class Messages:
    """A row a message; `state` is its place among MESSAGE_STATES, `channel` the place among `channels` of the one that took it, -1 for none,
    `ways` how many ways were given up before."""

    state: Whole
    channel: Whole
    ways: Whole
    created: Whole
    finished: Whole
    channels: tuple[str, ...]

    def where(self, chosen: Truth) -> "Messages":
        return replace(self, **{name: getattr(self, name)[chosen] for name in ("state", "channel", "ways", "created", "finished")})


def deliveries(given: Messages) -> dict[str, Any]:
    """Messages that escalations sent about the incidents opened in the period: alerts, reminders, and notices that nobody was reached.

    Drills and what hand-offs ask are left out. delivered: taken by a channel, and received where the channel reports that. failed: given up
    on every way. taken_back: no longer needed before they left. waiting: neither yet. fell_back: delivered or failed after at least one way
    was given up. Shares in percent: of delivered among delivered and failed, of fell_back among the same.
    """
    told = np.bincount(given.state, minlength=len(MESSAGE_STATES))
    counted = {name: int(told[number]) for number, name in enumerate(MESSAGE_STATES)}
    delivered = sum(counted[name] for name in ARRIVED)
    over = delivered + counted[FAILED]
    fell_back = int((_ended(given) & (given.ways > 0)).sum())
    return {
        "sent": len(given.state),
        "delivered": delivered,
        "failed": counted[FAILED],
        "taken_back": counted[CANCELLED],
        "waiting": len(given.state) - over - counted[CANCELLED],
        "fell_back": fell_back,
        "share_delivered": share_of(delivered, over),
        "share_fell_back": share_of(fell_back, over),
    }


def time_to_receive(given: Messages) -> dict[str, Any]:
    """Seconds from the commit of the decision that sent a message to its receipt: count, mean and percentiles of those delivered.

    Where a channel reports no receipt, its taking the message counts as one; a message that fell back counts with the way that took it.
    Those not delivered have no such time: `deliveries` gives their number. Negative times are left out.
    """
    arrived = np.isin(given.state, [MESSAGE_STATES.index(name) for name in ARRIVED]) & (given.finished != NEVER)
    seconds = (given.finished[arrived] - given.created[arrived]) / SECOND
    return spread(np.sort(seconds[seconds >= 0]).tolist())


def _ended(given: Messages) -> NDArray[np.bool_]:
    return np.isin(given.state, [MESSAGE_STATES.index(name) for name in (*ARRIVED, FAILED)])


@dataclass(frozen=True, slots=True)
class DrillFact:
    """A drill: when it was planned for, when it ended, whether it was called off, when the next is due and whether one stands for that;
    of its findings how many there are, were done by the end of the period, and were overdue then."""

    planned_for: datetime
    finished_at: datetime | None
    cancelled: bool
    next_due: date | None
    followed: bool
    findings: int
    done: int
    overdue: int


def drills(given: Sequence[DrillFact], start: datetime, end: datetime) -> dict[str, Any]:
    """Drills apart from everything else. planned: those planned for the period. done: those finished in it. called_off: planned for it and
    cancelled. passed: done without a finding. due: drills whose next one fell due in the period; missed: of these, those that no later
    drill of the service stands for. findings: of the drills done in the period, with how many of them were done, and overdue, at its end.
    """
    planned = [drill for drill in given if start <= drill.planned_for < end]
    done = [drill for drill in given if drill.finished_at is not None and start <= drill.finished_at < end]
    due = [drill for drill in given if drill.next_due is not None and start.date() <= drill.next_due < end.date()]
    return {
        "planned": len(planned),
        "done": len(done),
        "called_off": sum(drill.cancelled for drill in planned),
        "passed": sum(not drill.findings for drill in done),
        "due": len(due),
        "missed": sum(not drill.followed for drill in due),
        "findings": sum(drill.findings for drill in done),
        "findings_done": sum(drill.done for drill in done),
        "findings_overdue": sum(drill.overdue for drill in done),
    }


@dataclass(frozen=True, slots=True)
class Ways:
    """People on levels, and how each can be reached: `reached` has an active way that carries alerts, `verified` one that was answered."""

    people: int
    reached: int
    verified: int


def contact_data(given: Ways) -> dict[str, Any]:
    """People whom the levels of the policies in force at the period's end name, alone, by a role, by a schedule or by a team's schedules.

    reached: those with an active way that carries alerts (e-mail alone does not). verified: those with such a way from which a message was
    answered, not too long before. Both as it stood at the period's end; of a period that is running, at the last event in the data. Shares
    in percent of the people.
    """
    return {
        "people": given.people,
        "reached": given.reached,
        "verified": given.verified,
        "share_reached": share_of(given.reached, given.people),
        "share_verified": share_of(given.verified, given.people),
    }


@dataclass(frozen=True, slots=True)
class Budget:
    """A service's readings of the burn rate of its error budget in the period, and what it had of incidents and escalations."""

    service: str
    burn: NDArray[np.float64]
    limit: float | None
    incidents: int
    escalations: int


def error_budgets(given: Budget) -> dict[str, Any]:
    """Readings of the error-budget burn rate of a service in the period, beside its incidents and its technical escalations.

    The portal holds no service-level objectives of its own, so no budget that is left can be told: the burn rate, how many times faster than
    allowed the budget is spent, is what monitoring reports. above_1: readings above 1, too fast to last; share of all readings in percent.
    above_limit: readings at or above the lowest threshold on this measure in the policies in force at the period's end; not given without one.
    Services without a reading are left out: of these nothing is known.
    """
    above = int((given.burn > 1).sum())
    return {
        "readings": len(given.burn),
        "highest": round(float(given.burn.max()), 3) if len(given.burn) else None,
        "above_1": above,
        "share_above_1": share_of(above, len(given.burn)),
        "limit": given.limit,
        "above_limit": None if given.limit is None else int((given.burn >= given.limit).sum()),
        "incidents": given.incidents,
        "escalations": given.escalations,
    }


Measure = tuple[Callable[..., Any], str, str]
MEASURES: tuple[Measure, ...] = (
    (hand_offs, "Hand-offs", "hand-offs"),
    (time_to_sign, "Time to sign a hand-off", "seconds"),
    (deliveries, "Messages", "messages"),
    (time_to_receive, "Time to receive", "seconds"),
    (drills, "Drills", "drills"),
    (contact_data, "Contact data verified", "people"),
    (error_budgets, "Error budgets", "readings"),
)
