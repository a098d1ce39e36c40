"""The figures of an accountability record. One pure function a figure; its docstring is its definition, and stands on the page."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from reports.metrics.statistics import share_of

# Of fewer than these nothing is told: a handful says more about chance than about a person.
FEWEST = 5
NIGHT_BEGINS, NIGHT_ENDS, SATURDAY = time(22), time(6), 5


class Outcome(StrEnum):
    """How an alert ended for the person alerted."""

    ANSWERED = "answered"
    PASSED_ON = "passed_on"
    SPARED = "spared"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Alert:
    """Somebody was alerted `at`; `until` the escalation went on, or no longer needed them."""

    at: datetime
    until: datetime
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Signed:
    """A hand-off from one side: whether this side signed, and how the whole stands."""

    signed: bool
    state: str


@dataclass(frozen=True, slots=True)
class Record:
    """Everything that the figures are made of, of one person or of all of a team.

    `zone` is whose clocks tell night from day. `everybody` is how many alerts all people together had; `beside` how many each of the others
    in the person's teams had. `reviews` is how many were done, by kind. `drills` are those asked for, agreed to and run.
    """

    zone: str = "UTC"
    alerts: tuple[Alert, ...] = ()
    everybody: int = 0
    beside: tuple[int, ...] = ()
    given: tuple[Signed, ...] = ()
    received: tuple[Signed, ...] = ()
    drills: tuple[int, int] = (0, 0)
    reviews: Mapping[str, int] = field(default_factory=dict)
    owed: int = 0
    accepted: int = 0
    overdue: int = 0
    trained: int = 0


def alerts_received(given: Record) -> dict[str, Any]:
    """Alerts about the quarter's incidents, on any track, drills left out; a reminder of an alert is none.

    at_night: between 22:00 and 06:00, at_weekend: on Saturday or Sunday, on the clocks of the person (of a team: on the team's). at_once: the
    most that were open at the same time. share: of all alerts that anybody had, in percent. usual: the median of the people who share a team
    with the person, themselves included; it is context, no target, and there is none in a team of fewer than 5.
    """
    zone = ZoneInfo(given.zone)
    local = [alert.at.astimezone(zone) for alert in given.alerts]
    return {
        "count": len(local),
        "at_night": sum(not NIGHT_ENDS <= at.time() < NIGHT_BEGINS for at in local),
        "at_weekend": sum(at.weekday() >= SATURDAY for at in local),
        "at_once": _most_at_once(given.alerts),
        "share": share_of(len(local), given.everybody),
        "usual": _median((*given.beside, len(local))),
    }


def alerts_answered(given: Record) -> dict[str, Any]:
    """Alerts by how they ended for the person alerted.

    answered: the person themselves said to have it before the escalation went on. passed_on: the window ended first, and the next person or
    level was alerted. spared: somebody else answered, or moved, held or ended the escalation, before that. open: still waiting. The share is
    of those answered among those answered or passed on, in percent.
    """
    told = {outcome.value: sum(alert.outcome is outcome for alert in given.alerts) for outcome in Outcome}
    asked = told[Outcome.ANSWERED] + told[Outcome.PASSED_ON]
    return {**told, "asked": asked, "share": share_of(told[Outcome.ANSWERED], asked)}


def hand_offs_given(given: Record) -> dict[str, Any]:
    """Hand-offs of the quarter's incidents in which the person was to give the responsibility away, those withdrawn left out; of them those
    signed by both sides, and those still open that lack the person's own signature."""
    return _signed(given.given)


def hand_offs_accepted(given: Record) -> dict[str, Any]:
    """Hand-offs of the quarter's incidents in which the person was to take the responsibility, those withdrawn left out; of them those signed by
    both sides, and those still open that lack the person's own signature."""
    return _signed(given.received)


def drills(given: Record) -> dict[str, Any]:
    """Drills that began in the quarter and had the person on their list, and in how many of them the person agreed to take part. Whoever was
    busy or away is right to decline."""
    asked, agreed = given.drills
    return {"asked": asked, "agreed": agreed}


def reviews_done(given: Record) -> dict[str, Any]:
    """Decisions on drafts of policies, reviews of policies signed, entries of the audit trail judged, and questions of access reviews
    answered, all by the person within the quarter, whatever they were about."""
    return {"count": sum(given.reviews.values()), **given.reviews}


def knowledge(given: Record) -> dict[str, Any]:
    """Policies that the person has to know at the quarter's end (today, while it runs); how many of them in the version in force are accepted,
    and how many are overdue. trained: training records of the person with a day of training in the quarter."""
    return {"owed": given.owed, "accepted": given.accepted, "overdue": given.overdue, "trained": given.trained}


MEASURES: tuple[tuple[Callable[[Record], dict[str, Any]], str, str], ...] = (
    (alerts_received, "Alerts received", "alerts"),
    (alerts_answered, "Alerts answered", "alerts"),
    (hand_offs_given, "Hand-offs given", "hand-offs"),
    (hand_offs_accepted, "Hand-offs accepted", "hand-offs"),
    (drills, "Drills", "drills"),
    (reviews_done, "Reviews and decisions", "reviews"),
    (knowledge, "Policies to know", "policies"),
)


def _most_at_once(alerts: tuple[Alert, ...]) -> int:
    """An alert that ends in the moment in which another begins is not beside it."""
    moves = sorted([(alert.at, 1) for alert in alerts if alert.until > alert.at] + [(a.until, -1) for a in alerts if a.until > a.at])
    most = now = 0
    for _, step in moves:
        now += step
        most = max(most, now)
    return max(most, int(bool(alerts)))


def _median(counts: tuple[int, ...]) -> float | None:
    if len(counts) < FEWEST:
        return None
    ordered, half = sorted(counts), len(counts) // 2
    return float(ordered[half]) if len(counts) % 2 else (ordered[half - 1] + ordered[half]) / 2


def _signed(found: tuple[Signed, ...]) -> dict[str, Any]:
    counted = [each for each in found if each.state != "withdrawn"]
    return {
        "count": len(counted),
        "signed": sum(each.state == "signed" for each in counted),
        "unsigned": sum(each.state == "open" and not each.signed for each in counted),
    }
