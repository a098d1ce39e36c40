"""Courses for tests: what the pure engine decided, pass by pass, as the columns that a check of conformance reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from policies.decisions.escalation_facts import Decision, Kind, Roster, RunState
from policies.decisions.ruleset import PolicySnapshot
from reports.conformance import route, timing
from reports.conformance.course import Course, Record, course_of
from reports.conformance.passes import Runs, Steps
from reports.conformance.route import Ordered
from reports.conformance.values import EPOCH, Deviation
from reports.conformance.ways import MICROSECOND, SEVERITIES, ways_of
from reports.metrics.levels import NEVER, Action

Passes = Sequence[tuple[datetime, RunState, Decision]]
ORDERS = (Kind.HELD, Kind.RESUMED, Kind.RAISED, Kind.LOWERED, Kind.BYPASSED)


def micro(at: datetime) -> int:
    return (at - EPOCH) // MICROSECOND


@dataclass
class Row:
    """One step as it is stored."""

    sequence: int
    action: Action
    at: int
    level: int = 0
    position: int = -1
    person: int = 0
    late: int = 0
    part: int = 0


@dataclass
class Story:
    """One run: its policy, its steps, what was recorded with its passes, and its rosters by sequence."""

    policy: PolicySnapshot
    rows: list[Row]
    record: dict[int, tuple[str, int, bool]]
    rosters: dict[int, Roster]
    orders: dict[tuple[int, int], Ordered]
    counts_from: int
    ended: int = NEVER
    technical: bool = True
    known_until: int = 0

    def course(self) -> Course:
        runs = Runs(
            key=np.array([7]), incident=np.array([9]), way=np.array([0]), technical=np.array([self.technical]),
            counts_from=np.array([self.counts_from]), ended=np.array([self.ended]),
        )  # fmt: skip
        rows = sorted(self.rows, key=lambda row: (row.sequence, row.part))

        def column(name: str) -> np.ndarray:
            return np.array([getattr(row, name) for row in rows], dtype=np.int64)

        nothing = np.zeros(len(rows), dtype=np.int64)
        names = ("sequence", "action", "at", "level", "position", "person", "late")
        steps = Steps(run=nothing, actor=nothing, **{name: column(name) for name in names})
        told = sorted(self.record.items())
        record = Record(
            np.zeros(len(told), dtype=np.int64), np.array([key for key, _ in told], dtype=np.int64),
            np.array([SEVERITIES.index(severity) for _, (severity, _, _) in told], dtype=np.int64),
            np.array([start for _, (_, start, _) in told], dtype=np.int64),
            np.array([regraded for _, (_, _, regraded) in told], dtype=np.int64),
        )  # fmt: skip
        return course_of(runs, steps, record, ways_of([self.policy]), self.known_until or max([row.at for row in rows], default=0))

    def found(self) -> list[Deviation]:
        course = self.course()
        seated = np.ones(len(course.passes), dtype=bool)
        for place in route.asked_at(course).tolist():
            key = (int(course.passes.level[place]), int(course.passes.position[place]))
            roster = self.rosters[int(course.passes.sequence[place])]
            seats = [seat for seat in roster.seats if (seat.level, seat.position) == key]
            people = {person for seat in seats for person in (seat.person_id, *(other.person_id for other in seat.others))}
            seated[place] = int(course.passes.person[place]) in people
        return [
            *timing.late_step(course), *timing.level_early(course), *timing.level_late(course),
            *timing.reminder_missing(course), *timing.milestone_ignored(course),
            *route.skipped_level(course, self.orders), *route.bypass(course, self.orders), *route.wrong_person(course, self.orders, seated),
        ]  # fmt: skip


def story_of(policy: PolicySnapshot, roster: Roster, passes: Passes) -> Story:
    """What the engine would have stored of `passes`."""
    first = passes[0][1]
    story = Story(policy, [], {}, {}, {}, micro(first.counts_from), technical=first.track.value == "technical")
    story.rows.append(Row(0, Action.STARTED, micro(first.counts_from)))
    sequence = 0
    for now, before, decision in passes:
        if not decision.actions:
            continue
        sequence += 1
        story.record[sequence], story.rosters[sequence] = (before.severity, before.start_level, before.regraded), roster
        for part, action in enumerate(decision.actions):
            late = action.late_by // MICROSECOND if action.late_by else 0
            place = -1 if action.position is None else action.position
            story.rows.append(
                Row(sequence, Action[action.kind.name], micro(now), action.level or 0, place, action.person_id or 0, late, part)
            )
            if action.kind in ORDERS:
                story.orders[7, sequence] = Ordered(action.reason, by_somebody=True)
        over = not decision.state.status.is_live
        story.ended = (micro(now) if story.ended == NEVER else story.ended) if over else NEVER
    story.known_until = micro(passes[-1][0])
    return story
