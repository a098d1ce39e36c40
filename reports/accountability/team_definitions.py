"""The figures of the teams' table. One pure function a figure; its docstring is its definition, and stands in the pack."""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field

import numpy as np

from reports.metrics.levels import Truth, Whole


@dataclass(frozen=True, slots=True)
class Answers:
    """The quarter, person by person. Columns are a row an alert: whose, in microseconds since 1970 when, whether it needed an answer, and had it.

    The other fields are counts by person.
    """

    person: Whole
    at: Whole
    asked: Truth
    answered: Truth
    given: Mapping[int, int] = field(default_factory=dict)
    given_signed: Mapping[int, int] = field(default_factory=dict)
    taken: Mapping[int, int] = field(default_factory=dict)
    taken_signed: Mapping[int, int] = field(default_factory=dict)
    drills: Mapping[int, int] = field(default_factory=dict)
    drills_agreed: Mapping[int, int] = field(default_factory=dict)
    reviews: Mapping[int, int] = field(default_factory=dict)

    def alerts(self, people: Set[int], chosen: Truth | None = None) -> dict[int, int]:
        """By person how many alerts, or how many of the `chosen`."""
        whose = self.person if chosen is None else self.person[chosen]
        keys, counts = np.unique(whose, return_counts=True)
        return {key: count for key, count in zip(keys.tolist(), counts.tolist(), strict=True) if key in people}


@dataclass(frozen=True, slots=True)
class Group:
    """People who are told together, and which of all alerts came out of hours on their clocks."""

    people: frozenset[int]
    out_of_hours: Truth


Counts = dict[int, int]


def team_alerts(given: Answers, group: Group) -> Counts:
    """Alerts about the quarter's incidents, of any unit and on any track, drills left out; a reminder of an alert is none."""
    return given.alerts(group.people)


def team_alerts_out_of_hours(given: Answers, group: Group) -> Counts:
    """Of these, those between 22:00 and 06:00, or on Saturday or Sunday, on the clocks of the team; of everybody else, in UTC."""
    return given.alerts(group.people, group.out_of_hours)


def team_alerts_asked(given: Answers, group: Group) -> Counts:
    """Alerts that the person alerted answered before the escalation went on, or that went on to the next person or level. Left out are those that
    somebody else answered, or that were needed no longer, before that; and those that still wait."""
    return given.alerts(group.people, given.asked)


def team_alerts_answered(given: Answers, group: Group) -> Counts:
    """Of the alerts that needed an answer, those that the person alerted said to have before the escalation went on."""
    return given.alerts(group.people, given.answered)


def team_hand_offs_given(given: Answers, group: Group) -> Counts:
    """Hand-offs of the quarter's incidents in which somebody of the team was to give the responsibility away, those withdrawn left out."""
    return _of(given.given, group)


def team_hand_offs_given_signed(given: Answers, group: Group) -> Counts:
    """Of these, those signed by both sides."""
    return _of(given.given_signed, group)


def team_hand_offs_taken(given: Answers, group: Group) -> Counts:
    """Hand-offs of the quarter's incidents in which somebody of the team was to take the responsibility, those withdrawn left out."""
    return _of(given.taken, group)


def team_hand_offs_taken_signed(given: Answers, group: Group) -> Counts:
    """Of these, those signed by both sides."""
    return _of(given.taken_signed, group)


def team_drills(given: Answers, group: Group) -> Counts:
    """Parts in drills that began in the quarter for which somebody of the team was asked."""
    return _of(given.drills, group)


def team_drills_agreed(given: Answers, group: Group) -> Counts:
    """Of these, those in which the person agreed to take part. Whoever was busy or away is right to decline."""
    return _of(given.drills_agreed, group)


def team_reviews(given: Answers, group: Group) -> Counts:
    """Decisions on drafts of policies, reviews of policies signed, entries of the audit trail judged, and questions of access reviews answered
    within the quarter by people of the team, whatever they were about."""
    return _of(given.reviews, group)


@dataclass(frozen=True, slots=True)
class Measure:
    """A column: its function, its title, what it counts, the name of the column that it is a part of, and whether other chapters tell its total."""

    function: Callable[[Answers, Group], Counts]
    title: str
    unit: str
    part_of: str = ""
    is_told_elsewhere: bool = False

    @property
    def name(self) -> str:
        return self.function.__name__


# What a column is a part of stands before it.
MEASURES: Sequence[Measure] = (
    Measure(team_alerts, "Alerts", "alerts"),
    Measure(team_alerts_out_of_hours, "Out of hours", "alerts", "team_alerts"),
    Measure(team_alerts_asked, "Needed an answer", "alerts", "team_alerts"),
    Measure(team_alerts_answered, "Answered in time", "alerts", "team_alerts_asked"),
    Measure(team_hand_offs_given, "Hand-offs given", "hand-offs"),
    Measure(team_hand_offs_given_signed, "Given and signed", "hand-offs", "team_hand_offs_given", is_told_elsewhere=True),
    Measure(team_hand_offs_taken, "Hand-offs taken", "hand-offs"),
    Measure(team_hand_offs_taken_signed, "Taken and signed", "hand-offs", "team_hand_offs_taken", is_told_elsewhere=True),
    Measure(team_drills, "Asked to drills", "parts in drills"),
    Measure(team_drills_agreed, "Agreed to drills", "parts in drills", "team_drills"),
    Measure(team_reviews, "Reviews and decisions", "reviews"),
)


def _of(counts: Mapping[int, int], group: Group) -> Counts:
    return {person: count for person, count in counts.items() if person in group.people}
