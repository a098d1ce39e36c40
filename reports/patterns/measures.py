"""What is compared. One pure function a measure; its docstring is the definition that the report prints."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from reports.metrics import escalation_definitions as definitions
from reports.metrics.levels import NEVER, SECOND

from .seen import NONE, Seen, Truth, Whole

WEEK = 7 * 86_400 * SECOND


class Kind(StrEnum):
    """What sort of thing a finding is, in the words of the review."""

    DELAYED = "delayed response"
    INAPPROPRIATE = "inappropriate escalation"
    ROLES = "role confusion"
    RECURRENCE = "recurrence"
    UNREACHED = "late, skipped or nobody reached"
    DELIVERY = "delivery failure"
    DEVIATION = "deviation without a rationale"


@dataclass(frozen=True, slots=True)
class Cases:
    """What a measure counts, a row a case: the incident's row, the moment, and what became of it.

    Of a share `bad` says whether it counts; of a time `seconds` says how long, and `ended` whether it was over then. `level` is that of an
    escalation, 0 where the case belongs to none.
    """

    incident: Whole
    at: Whole
    level: Whole
    bad: Truth | None = None
    seconds: NDArray[np.float64] | None = None
    ended: Truth | None = None

    def __len__(self) -> int:
        return len(self.incident)

    def where(self, chosen: Truth | Whole) -> "Cases":
        """The chosen ones alone, or those at these places in their order."""
        bad, ended = (None if each is None else each[chosen] for each in (self.bad, self.ended))
        seconds = None if self.seconds is None else self.seconds[chosen]
        return Cases(self.incident[chosen], self.at[chosen], self.level[chosen], bad, seconds, ended)


def time_to_answer(seen: Seen) -> Cases:
    """Seconds from the first alert at a level to the acknowledgement there. A level that was left without one counts as waiting until then."""
    visits = seen.escalations.visits
    asked = visits.alerted > 0
    over = visits.acknowledged != NEVER
    left = np.where(visits.left == NEVER, seen.known_until, visits.left)
    until = np.where(over, visits.acknowledged, np.maximum(left, visits.first_alert))
    seconds = np.where(asked, until - visits.first_alert, 0) / SECOND
    return Cases(seen.run_of[visits.run], visits.first_alert, visits.level, seconds=seconds, ended=over).where(asked & (seconds >= 0))


def time_to_acknowledge(seen: Seen) -> Cases:
    """Seconds from opening to acknowledgement, of incidents that the portal didn't escalate itself. One that waits counts as waiting."""
    others = np.ones(len(seen), dtype=bool)
    others[seen.run_of] = False
    over = seen.acknowledged != NEVER
    closed = np.where(seen.resolved == NEVER, seen.known_until, seen.resolved)
    seconds = (np.where(over, seen.acknowledged, np.maximum(closed, seen.opened)) - seen.opened) / SECOND
    return _incidents(seen, seconds=seconds, ended=over).where(others & (seconds >= 0))


def time_to_escalate(seen: Seen) -> Cases:
    """Seconds from entering a level to entering the next higher one."""
    visits = seen.escalations.visits
    up = visits.went_up
    seconds = np.where(up, visits.left - visits.entered, 0) / SECOND
    cases = Cases(seen.run_of[visits.run], visits.entered, visits.level, seconds=seconds, ended=np.ones(len(visits), dtype=bool))
    return cases.where(up & (seconds >= 0))


def time_to_resolve(seen: Seen) -> Cases:
    """Seconds from opening to resolution; what is not resolved counts as open. Only compared with earlier quarters: the work differs."""
    over = seen.resolved != NEVER
    seconds = (np.where(over, seen.resolved, np.maximum(seen.known_until, seen.opened)) - seen.opened) / SECOND
    return _incidents(seen, seconds=seconds, ended=over).where(seconds >= 0)


def windows_missed(seen: Seen) -> Cases:
    """Levels left because nobody acknowledged in time, of those acknowledged before they were left or left for that reason."""
    given, visits = seen.escalations, seen.escalations.visits
    met, missed = definitions.met(given), definitions.missed(given)
    return Cases(seen.run_of[visits.run], visits.first_alert, visits.level, bad=missed).where(met | missed)


def agreement_missed(seen: Seen) -> Cases:
    """Incidents whose last record says that the service-level agreement was not met, of those of which anything is known."""
    return _incidents(seen, bad=seen.made_sla == 0).where(seen.made_sla != NONE)


def premature(seen: Seen) -> Cases:
    """Escalated incidents that were resolved without anybody of a higher level having done anything, of all escalated."""
    given = seen.escalations
    helped, up = np.zeros(len(given.incident), dtype=bool), np.zeros(len(given.incident), dtype=bool)
    helped[given.visits.run[(given.visits.level > given.visits.begun_at) & given.acted]] = True
    up[given.visits.run[given.visits.went_up]] = True
    return _runs(seen, bad=up & given.resolved & ~helped).where(up)


def woken_for_nothing(seen: Seen) -> Cases:
    """Levels above the first at which somebody was alerted and nobody of those did anything, of all such levels."""
    visits = seen.escalations.visits
    asked = (visits.level > visits.begun_at) & (visits.alerted > 0)
    return Cases(seen.run_of[visits.run], visits.first_alert, visits.level, bad=~seen.escalations.acted).where(asked)


def escalated(seen: Seen) -> Cases:
    """Escalations that went to a higher level at least once, of all that began: the density, counted by escalation."""
    given = seen.escalations
    up = np.zeros(len(given.incident), dtype=bool)
    up[given.visits.run[given.visits.went_up]] = True
    return _runs(seen, bad=up)


def nobody_reached(seen: Seen) -> Cases:
    """Escalations that ran out of levels with nobody having acknowledged, of all that began."""
    return _runs(seen, bad=seen.escalations.exhausted)


def levels_skipped(seen: Seen) -> Cases:
    """Escalations that passed over a level, as nobody was there who could be alerted or a bypass left it out, of all that began."""
    return _runs(seen, bad=seen.escalations.passed_over > 0)


def late(seen: Seen) -> Cases:
    """Escalations with a step that came half a minute or more after it was due, of all that began."""
    return _runs(seen, bad=seen.escalations.late > 0)


def went_back(seen: Seen) -> Cases:
    """Incidents given back to a group that had already had them, of all: back and forth."""
    return _incidents(seen, bad=seen.went_back)


def handed_on(seen: Seen) -> Cases:
    """Incidents that moved from one known group to another at least three times, of all."""
    return _incidents(seen, bad=seen.moves >= 3)


def confused(seen: Seen) -> Cases:
    """Incidents with a sign of role confusion and no rationale on record, of those escalated by the portal."""
    return _escalated_incidents(seen, seen.confused)


def departed(seen: Seen) -> Cases:
    """Incidents whose course departed from their policy without a rationale on record, of those escalated by the portal."""
    return _escalated_incidents(seen, seen.departed)


def reopened(seen: Seen) -> Cases:
    """Incidents reopened after they had been resolved, of those resolved."""
    return _incidents(seen, bad=seen.reopened).where((seen.resolved != NEVER) | seen.reopened)


def alerts_given_up(seen: Seen) -> Cases:
    """Alerts that no channel of the person took, of all alerts."""
    return Cases(seen.alert_of, seen.alerted_at, np.zeros(len(seen.alert_of), dtype=np.int64), bad=seen.given_up)


def _incidents(seen: Seen, bad: Truth | None = None, seconds: NDArray[np.float64] | None = None, ended: Truth | None = None) -> Cases:
    rows = np.arange(len(seen))
    return Cases(rows, seen.opened, np.zeros(len(seen), dtype=np.int64), bad, seconds, ended)


def _escalated_incidents(seen: Seen, bad: Truth) -> Cases:
    with_run = np.zeros(len(seen), dtype=bool)
    with_run[seen.run_of] = True
    return _incidents(seen, bad=bad).where(with_run)


def _runs(seen: Seen, bad: Truth) -> Cases:
    return Cases(seen.run_of, seen.opened[seen.run_of], np.zeros(len(seen.run_of), dtype=np.int64), bad=bad)


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure, what it is called, and what one case of it costs.

    `done` and `cases` are its words: '42 of 120 {cases} {done}'. `minutes`: what one case beyond the expected is taken to cost, an assumption;
    times cost what they take. `all_ended`: the times have all ended. `with_others`: parts are compared with each other, not only with
    their own past, and both `among` these dimensions, all if it is empty. `points`: ten points more make a finding even where that isn't half as
    much again. `follows`: what this is the consequence of where both are found. `of_the_past`: earlier quarters are read for it. `counts`: it is a number and
    no share.
    """

    of: Callable[[Seen], Cases]
    kind: Kind
    title: str
    cases: str
    done: str
    minutes: float = 0.0
    all_ended: bool = False
    with_others: bool = True
    points: bool = True
    among: frozenset[str] = frozenset()
    follows: frozenset[Kind] = frozenset()
    of_the_past: bool = True
    counts: bool = False

    @property
    def name(self) -> str:
        return self.of.__name__


_OF_SLOWNESS = frozenset({Kind.DELAYED})
MEASURES: tuple[Measure, ...] = (
    Measure(time_to_answer, Kind.DELAYED, "Time to answer an alert", "alerted levels", "answered"),
    Measure(time_to_acknowledge, Kind.DELAYED, "Time to acknowledge", "incidents", "acknowledged"),
    Measure(time_to_escalate, Kind.DELAYED, "Time to escalate", "escalations", "escalated", all_ended=True),
    Measure(time_to_resolve, Kind.DELAYED, "Time to resolve", "incidents", "resolved", with_others=False),
    Measure(windows_missed, Kind.DELAYED, "Windows missed", "windows", "were missed", 15),
    Measure(agreement_missed, Kind.DELAYED, "Service-level agreement missed", "incidents", "missed their SLA", 30),
    Measure(premature, Kind.INAPPROPRIATE, "Premature escalations", "escalated incidents", "needed nobody of the higher level", 20),
    Measure(woken_for_nothing, Kind.INAPPROPRIATE, "Levels woken for nothing", "higher levels alerted", "had nothing to do", 20),
    Measure(escalated, Kind.INAPPROPRIATE, "Escalated to a higher level", "escalations", "went to a higher level", 20, follows=_OF_SLOWNESS),
    Measure(nobody_reached, Kind.UNREACHED, "Nobody reached", "escalations", "reached nobody", 60, follows=_OF_SLOWNESS),
    Measure(levels_skipped, Kind.UNREACHED, "Levels with nobody to alert", "escalations", "passed over a level", 15),
    Measure(late, Kind.UNREACHED, "Late steps", "escalations", "had a late step", 5),
    Measure(went_back, Kind.ROLES, "Back and forth between groups", "incidents", "went back to a group that had had them", 30),
    Measure(handed_on, Kind.ROLES, "Handed on three times or more", "incidents", "were handed on three times or more", 30),
    Measure(confused, Kind.ROLES, "Signs of role confusion", "escalated incidents", "show signs of role confusion", 30, of_the_past=False),
    Measure(departed, Kind.DEVIATION, "Deviations without a rationale", "escalated incidents", "departed from their policy, nobody said why", 15, of_the_past=False),
    Measure(reopened, Kind.RECURRENCE, "Reopened", "resolved incidents", "were reopened", 60),
    Measure(alerts_given_up, Kind.DELIVERY, "Alerts that could not be delivered", "alerts", "could not be delivered", 15, of_the_past=False),
)  # fmt: skip
