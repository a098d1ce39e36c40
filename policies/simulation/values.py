"""What a simulation is made from and made of, as plain values. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from policies.decisions.escalation_facts import Action, Roster, RunState, Status
from policies.decisions.judgement import Facts
from policies.decisions.ruleset import PolicySnapshot
from policies.decisions.vocabulary import Track

from .grading import Grade, Grader
from .happenings import Happening


@dataclass(frozen=True, slots=True)
class Setting:
    """What a simulation is made from.

    `tracks` holds what each track follows, with its levels as `levels`; without any, no policy covers the incident. `roster` gives who
    sits where on a track at an instant, urgent or not, with the standing ('away', 'busy') that the script gives to people by primary
    key. `reached_after` says how long an alert to a person takes, urgent or not, while channels fail; None: it reaches nobody.
    """

    begins: datetime
    grader: Grader
    facts: Facts
    tracks: Mapping[Track, PolicySnapshot]
    roster: Callable[[Track, datetime, bool, Mapping[int, str]], Roster]
    reached_after: Callable[[int, bool, frozenset[str]], timedelta | None]
    script: tuple[Happening, ...] = ()


class Step(NamedTuple):
    """One thing that would be done or recorded, and the state of the run it follows from. `failing` are the channels that fail then."""

    at: datetime
    after: timedelta
    track: Track
    action: Action
    before: RunState
    grade: Grade
    failing: frozenset[str]


class Told(NamedTuple):
    """Something that happens by the script, and what comes of it."""

    at: datetime
    after: timedelta
    text: str


class End(NamedTuple):
    """How a track stands when the simulation is over; `at` and `why` are set when it has ended. `by` is who answers for it, if anybody."""

    track: Track
    status: Status
    at: datetime | None
    why: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class Course:
    """Everything that would happen, in order. `first` is how the incident is graded at its opening; `cut` says why it stops early."""

    steps: tuple[Step, ...]
    told: tuple[Told, ...]
    ends: tuple[End, ...]
    first: Grade
    last: Grade
    cut: str = ""
