"""A past incident run again under a policy's content, by the decisions that the engine takes. Pure: plain values in, plain values out.

What is assumed and what is not known: docs/rules/replay.md.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from policies.decisions.escalation import next_actions
from policies.decisions.escalation_facts import Decision, Kind, Roster, RunState, Seat, Status
from policies.decisions.escalation_levels import current
from policies.decisions.escalation_times import window_end
from policies.decisions.judgement import Facts, Judgement, judge
from policies.decisions.ruleset import PolicySnapshot, TargetRule
from policies.decisions.severity import Reading
from policies.decisions.vocabulary import Track

# Every run is replayed as if it had begun at this instant, so that runs which differ only by their date meet the same questions.
BEGIN = datetime(2000, 1, 1, tzinfo=UTC)
NO_TIME = timedelta(0)
NO_FACTS = Facts(impact=2, urgency=2)
# Answers to the same question are kept. A policy asks a few dozen; the bound holds whatever somebody drafts.
MOST_REMEMBERED = 20_000


class PastIncident(NamedTuple):
    """What is known of a past incident. `readings` are its own, each with the time from which it was known.

    `declared` says that a threshold opened it, so that under other thresholds there might have been no incident. `facts` are as they
    are known now: when each became known is not recorded in columns.
    """

    key: int
    number: str
    team: str
    opened_at: datetime
    acknowledged_at: datetime | None
    ended_at: datetime | None
    declared: bool = False
    readings: tuple[tuple[datetime, Reading], ...] = ()
    facts: Facts = NO_FACTS


class Grade(NamedTuple):
    """From `after` (counted from the opening) the incident has this severity ('' for none), starts at this level and has these tracks."""

    after: timedelta
    severity: str
    start_level: int
    priority: int
    tracks: tuple[Track, ...]


class Page(NamedTuple):
    """One person alerted, `after` the opening."""

    level: int
    after: timedelta


class Course(NamedTuple):
    """What a policy's content makes of an incident. `levels` are those entered, in order; `windows_missed` closed unanswered."""

    happened: bool
    severity: str
    start_level: int
    levels: tuple[int, ...]
    pages: tuple[Page, ...]
    windows_missed: int
    exhausted: bool
    milestone_missed: bool
    priority: int = 0
    tracks: tuple[Track, ...] = ()

    @property
    def highest(self) -> int:
        return max(self.levels, default=0)

    @property
    def escalations(self) -> int:
        """Levels entered after the first."""
        return max(len(self.levels) - 1, 0)


NOTHING = Course(False, "", 0, (), (), 0, False, False)


class _Told:
    """What the decisions of one run have said so far; `first` is how long after the opening the run began."""

    __slots__ = ("exhausted", "first", "levels", "missed", "pages")

    def __init__(self, first: timedelta) -> None:
        self.first = first
        self.levels: list[int] = []
        self.pages: list[Page] = []
        self.missed, self.exhausted = 0, False

    def add(self, decision: Decision, now: datetime, window_closed: bool) -> None:
        """`window_closed`: the level that was current had all its time."""
        for action in decision.actions:
            if action.kind is Kind.LEVEL and action.level is not None:
                self.levels.append(action.level)
            elif action.kind is Kind.PAGED and action.level is not None:
                self.pages.append(Page(action.level, self.first + (now - BEGIN)))
            elif action.kind is Kind.EXHAUSTED:
                self.exhausted = True
            self.missed += window_closed and action.kind in (Kind.LEVEL, Kind.EXHAUSTED)


class Replay:
    """Runs past incidents under one content; `content` None is no policy at all. `remember` False asks every question anew."""

    def __init__(self, content: PolicySnapshot | None, *, roster: Roster | None = None, remember: bool = True) -> None:
        # What signs of work somebody gave is not known of the past: whoever answered is taken to have worked on it.
        self._content = replace(content, silent_after=None) if content else PolicySnapshot((), (), None)
        self._governed = content is not None
        self._roster = roster or everybody(self._content)
        self._by_facts: dict[Facts, Judgement] = {}
        self._remembered: dict[tuple[RunState, datetime], Decision] | None = {} if remember else None

    def course(self, incident: PastIncident, known_until: datetime) -> Course:
        """What would have happened to `incident`, followed to its real end, or to `known_until` when that is not known."""
        end = _since_opening(incident, incident.ended_at)
        end = max(known_until - incident.opened_at, NO_TIME) if end is None else end
        grades = tuple(self.grades(incident, end))
        if incident.declared:
            grades = tuple(grade for grade in grades if grade.severity)
        if not grades:
            return NOTHING._replace(happened=False)
        if not self._governed:
            return NOTHING._replace(happened=not incident.declared, priority=grades[-1].priority)
        return self._follow(grades, _since_opening(incident, incident.acknowledged_at), end)

    def grades(self, incident: PastIncident, end: timedelta) -> Iterator[Grade]:
        """The grade at the opening, and each worse one that a later reading brings; severity is never eased."""
        first = self._judged(incident, incident.opened_at)
        severity, start_level = first.severity.value if first.severity else "", first.start_level
        yield Grade(NO_TIME, severity, start_level, first.priority, first.tracks)
        later = {known for known, _ in incident.readings if incident.opened_at < known < incident.opened_at + end}
        for at in sorted(later):
            judged = self._judged(incident, at)
            if judged.severity is not None and (not severity or judged.severity.value < severity):
                severity, start_level = judged.severity.value, max(start_level, judged.start_level)
                yield Grade(at - incident.opened_at, severity, start_level, judged.priority, judged.tracks)

    def _judged(self, incident: PastIncident, at: datetime) -> Judgement:
        """Without readings the judgement rests on the facts alone, which many incidents share."""
        if incident.readings:
            return judge(self._content, incident.facts, [reading for known, reading in incident.readings if known <= at], at)
        known = self._by_facts.get(incident.facts)
        if known is None:
            known = judge(self._content, incident.facts, (), at)
            if len(self._by_facts) < MOST_REMEMBERED:
                self._by_facts[incident.facts] = known
        return known

    def _follow(self, grades: tuple[Grade, ...], answered: timedelta | None, end: timedelta) -> Course:
        """Asks `next_actions` at each instant at which something can follow, and counts what it says."""
        first = grades[0].after
        answer = None if answered is None else BEGIN + max(answered - first, NO_TIME)
        ended = BEGIN + (end - first)
        graded = [(BEGIN + (grade.after - first), grade) for grade in grades]
        later = tuple(at for at, _ in graded[1:])
        told = _Told(first)
        state = RunState(Status.PAGING, BEGIN, grades[0].start_level, severity=grades[0].severity)
        now, planned = BEGIN, True
        while now < ended:
            grade = grades[0] if not later else [grade for at, grade in graded if at <= now][-1]
            regraded = grade.severity != state.severity
            answers = state.status is Status.PAGING and answer is not None and now >= answer
            if answers or regraded:
                by = "Somebody" if answers else state.acknowledged_by
                state = state._replace(acknowledged_by=by, start_level=grade.start_level, severity=grade.severity)
                state, planned = state._replace(regraded=regraded or state.regraded), False
            decision = self._decide(state, now, planned)
            told.add(decision, now, self._window_closed(state, now))
            if answered is not None and state.status is Status.ACKNOWLEDGED and decision.state.status is Status.PAGING:
                # Alerted again by the milestone: whoever it is takes as long to answer as the first one did.
                answer = now + answered
            following = _following(decision, now, answer, later)
            if following is None or (following == now and decision.state == state):
                break
            planned = following == decision.next_look
            state, now = decision.state, min(following, ended)
        milestone = self._content.resolve_within
        late = milestone is not None and ended - BEGIN > milestone
        last = grades[-1]
        return Course(
            True,
            last.severity,
            last.start_level,
            tuple(told.levels),
            tuple(told.pages),
            told.missed,
            told.exhausted,
            late,
            last.priority,
            last.tracks,
        )

    def _decide(self, state: RunState, now: datetime, planned: bool) -> Decision:
        """What follows. Looks that the rules planned recur from incident to incident and are remembered; people's answers do not."""
        if not planned or self._remembered is None:
            return next_actions(self._content, self._roster, state, now)
        known = self._remembered.get((state, now))
        if known is None:
            known = next_actions(self._content, self._roster, state, now)
            if len(self._remembered) < MOST_REMEMBERED:
                self._remembered[state, now] = known
        return known

    def _window_closed(self, state: RunState, now: datetime) -> bool:
        """Whether the level that is being left had all its time; False before the first level and after an acknowledgement."""
        if state.status is not Status.PAGING:
            return False
        level = current(self._content.at_pace_of(state.severity), state)
        return level is not None and now >= window_end(level, state)


def everybody(content: PolicySnapshot) -> Roster:
    """A roster in which every target has somebody; a schedule counts as one person throughout."""
    return Roster(
        tuple(
            Seat(level.number, target.position, _somebody(target), target.name, "Taken to be there in a replay.")
            for level in content.levels
            for target in level.targets
        )
    )


def courses(
    incidents: Iterable[PastIncident], sides: Callable[[PastIncident], tuple[Replay, Replay]], known_until: datetime
) -> Iterator[tuple[PastIncident, Course, Course]]:
    """Each incident with its course before and after, one at a time. `sides` gives the rules that count for it, before and after."""
    for incident in incidents:
        before, after = sides(incident)
        yield incident, before.course(incident, known_until), after.course(incident, known_until)


def _following(decision: Decision, now: datetime, answer: datetime | None, raises: tuple[datetime, ...]) -> datetime | None:
    """The next instant at which something can follow; None when the run has ended."""
    following = decision.next_look
    if following is None or not decision.state.status.is_live:
        return None
    if answer is not None and now < answer < following:
        following = answer
    for moment in raises:
        if now < moment < following:
            following = moment
    return max(now, following)


def _since_opening(incident: PastIncident, moment: datetime | None) -> timedelta | None:
    """How long after the opening; None when it is not known, or told as before the opening, which cannot be."""
    if moment is None or moment < incident.opened_at:
        return None
    return moment - incident.opened_at


def _somebody(target: TargetRule) -> int:
    """Apart from each other even where a person and a schedule have the same number."""
    return target.person_id if target.person_id is not None else -(target.schedule_id or 0)
