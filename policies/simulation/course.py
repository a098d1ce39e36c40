"""A made-up incident run through the rules on a made-up clock: who would be told when, by the decisions that the engine takes. Pure.

The clock jumps from one instant at which something can follow to the next. What is assumed: docs/rules/simulation.md.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from policies.decisions.escalation import next_actions
from policies.decisions.escalation_facts import Action, Alerted, Kind, Order, Roster, RunState, Status
from policies.decisions.escalation_orders import obeyed
from policies.decisions.ruleset import PolicySnapshot
from policies.decisions.vocabulary import Track

from .happenings import Happening, World
from .script import LONGEST, What
from .values import Course, End, Setting, Step, Told

# The engine looks every second: what is due again after a pass waits for the next.
TICK = timedelta(seconds=1)
MOST_STEPS, MOST_PASSES = 500, 5_000
CUT_STEPS = f"The simulation stops here: it shows {MOST_STEPS} steps at most."
CUT_TIME = f"The simulation stops here: it goes on for {LONGEST.days} days at most."
SOMEBODY = Alerted(None, "Somebody")
ALERTING, ANSWERED = (Status.PAGING, Status.HELD), (Status.ACKNOWLEDGED, Status.ENDED)
GRADING = frozenset({What.SEVERITY, What.READING, What.MARK})
ORDERS = {
    What.HOLD: Kind.HELD,
    What.RESUME: Kind.RESUMED,
    What.RAISE: Kind.RAISED,
    What.LOWER: Kind.LOWERED,
    What.BYPASS: Kind.BYPASSED,
    What.TAKE_OVER: Kind.TAKEN_OVER,
}


@dataclass(slots=True)
class _Run:
    """One track under way, as the engine's row would have it."""

    track: Track
    snapshot: PolicySnapshot
    state: RunState
    alerting_since: datetime
    look: datetime
    acknowledged_by: str = ""
    ended: datetime | None = None
    why: str = ""

    @property
    def live(self) -> bool:
        return self.state.status.is_live


class _Answer(NamedTuple):
    """Somebody who was alerted answers."""

    at: datetime
    track: Track
    person: Alerted


def run(setting: Setting) -> Course:
    """What would happen, to its end: at most 500 steps and 30 days."""
    return _Simulation(setting).run()


class _Simulation:
    def __init__(self, setting: Setting) -> None:
        self._setting, self._world = setting, World(setting.begins, setting.script)
        self._runs: dict[Track, _Run] = {}
        self._steps: list[Step] = []
        self._told: list[Told] = []
        self._answers: list[_Answer] = []
        self._acknowledged: tuple[datetime, str] | None = None
        self._ended_as: str | None = None
        # What grades the incident at its opening is part of the opening.
        opening = [each for at, each in self._world.timed if at == setting.begins and each.line.what in GRADING]
        self._waiting = [(at, each) for at, each in self._world.timed if each not in opening]
        self._grade = self._first = setting.grader.opened(setting.facts, [each.line for each in opening], setting.begins)
        self._say(setting.begins, f"The incident is opened: {self._first.words}")

    def run(self) -> Course:
        """Pass by pass: first what people do at an instant, then what the engine makes of it."""
        at: datetime | None = self._setting.begins
        last, passes = self._setting.begins + LONGEST, 0
        while at is not None and at <= last and len(self._steps) < MOST_STEPS and passes < MOST_PASSES:
            passes += 1
            self._act(at)
            if self._world.down_until(at) is None:
                self._pass(at)
            at = self._next(at)
        cut = "" if at is None else CUT_TIME if at > last else CUT_STEPS
        ends = tuple(_end(each) for each in self._runs.values())
        return Course(tuple(self._steps[:MOST_STEPS]), tuple(self._told), ends, self._first, self._grade, cut)

    def _act(self, at: datetime) -> None:
        while self._waiting and self._waiting[0][0] <= at:
            _, happening = self._waiting.pop(0)
            what, place = happening.line.what, len(self._told)
            self._say(at, happening.words)
            came = ACTS[what](self, happening, at) if what in ACTS else ""
            self._told[place] = Told(at, at - self._setting.begins, f"{happening.words}{came}")
        for answer in sorted(each for each in self._answers if each.at <= at):
            self._answers.remove(answer)
            if not self._acknowledge(answer.track, answer.person, at):
                self._say(at, f"{answer.person.name} acknowledges{_of(answer.track)}")

    def _say(self, at: datetime, text: str) -> None:
        self._told.append(Told(at, at - self._setting.begins, text))

    # What people do. Each tells what came of it beyond its own words, ready to be put behind them.

    def by_hand(self, happening: Happening, at: datetime) -> str:
        track = Track(happening.line.value) if happening.line.value else Track.TECHNICAL
        in_vain = self._acknowledge(track, happening.person or SOMEBODY, at)
        return _of(track) + (f", without effect: {in_vain}" if in_vain else "")

    def _acknowledge(self, track: Track, person: Alerted, at: datetime) -> str:
        """Why it is in vain; empty when it is not."""
        found = self._runs.get(track)
        if track is Track.TECHNICAL:
            if self._ended_as:
                return f"it is {self._ended_as}"
            self._acknowledged = self._acknowledged or (at, person.name)
            if found is not None and not _asks(found):
                return f"{found.state.holder.name if found.state.holder else 'somebody'} has it"
        elif found is None or (found.state.status is Status.ENDED and not found.acknowledged_by):
            return "the track does not run"
        elif found.acknowledged_by:
            return f"{found.acknowledged_by} did before"
        if found is not None:
            self._give(found, person, at)
        return ""

    def _give(self, found: _Run, person: Alerted, at: datetime) -> None:
        """Whoever acknowledges has the track from now on. A run that ended with nobody reached stays as it ended."""
        found.state = found.state._replace(holder=person)
        found.acknowledged_by = person.name
        if found.live:
            self._decide(found, at, by=person.name)
            return
        why = f"{person.name} acknowledged after nobody had been reached."
        told = Action(Kind.ACKNOWLEDGED, why, found.state.level or None, None, *person)
        found.state = found.state._replace(last_sign_at=at)
        self._keep(found, (told,), found.state, at)

    def order(self, happening: Happening, at: datetime) -> str:
        """Somebody with the right holds, resumes, moves or takes over the technical track."""
        found, line = self._runs.get(Track.TECHNICAL), happening.line
        if found is None or self._ended_as:
            return ", without effect: nothing escalates" + (" any more" if self._ended_as else " yet")
        until = at + line.lasting if line.lasting else None
        level = int(line.value) if line.what is What.BYPASS else None
        order = Order(ORDERS[line.what], happening.person or SOMEBODY, "By the script of the simulation.", level, until)
        now = self._as_it_is(found)._replace(order=order)
        refused = obeyed(found.snapshot, self._roster(found, at), now, at)
        if isinstance(refused, str):
            return f", without effect: {refused.rstrip('.')}"
        self._decide(found, at, order=order)
        return ""

    def sign(self, happening: Happening, at: datetime) -> str:
        found = self._runs.get(Track.TECHNICAL)
        if found is None or found.state.status is not Status.ACKNOWLEDGED:
            return ", without effect: nobody has it"
        found.state = found.state._replace(last_sign_at=at)
        return ""

    def finish(self, happening: Happening, at: datetime) -> str:
        """The incident is over: every track ends with it but legal and compliance."""
        self._ended_as = self._ended_as or {What.RESOLVE: "resolved", What.CANCEL: "cancelled"}[happening.line.what]
        for each in self._runs.values():
            if each.live and each.track is not Track.COMPLIANCE:
                self._decide(each, at)
        return ""

    def grade_again(self, happening: Happening, at: datetime) -> str:
        if self._ended_as:
            return f", without effect: it is {self._ended_as}"
        before, self._grade = self._grade, self._setting.grader.again(self._grade, happening.line, at)
        return f": {self._grade.compared_with(before)}"

    # What the engine does.

    def _pass(self, at: datetime) -> None:
        self._start(at)
        due = [each for each in self._runs.values() if each.live and self._due(each, at)]
        for each in sorted(due, key=lambda each: each.look):
            self._decide(each, at)

    def _start(self, at: datetime) -> None:
        for track in self._setting.grader.tracks(self._grade) if self._setting.tracks else ():
            if track in self._runs or (self._ended_as and track is not Track.COMPLIANCE):
                continue
            technical = track is Track.TECHNICAL
            since = self._setting.begins if technical else at
            first = RunState(Status.PAGING, since, severity=self._grade.severity, track=track)
            self._runs[track] = _Run(track, self._setting.tracks[track], first, since, at)

    def _due(self, each: _Run, at: datetime) -> bool:
        """Whether its time has come, or its incident changed under it."""
        now = self._as_it_is(each)
        higher = now.start_level > max(now.level, now.start_level_answered)
        raised = each.track is Track.TECHNICAL and now.level > 0 and (higher or now.regraded)
        changed = now.status in ALERTING and (now.acknowledged_by is not None or raised)
        return each.look <= at or now.ended_as is not None or changed

    def _as_it_is(self, each: _Run) -> RunState:
        """What the engine would read of the run and its incident."""
        technical, known = each.track is Track.TECHNICAL, self._acknowledged
        by = known[1] if known and known[0] >= each.alerting_since else None
        return each.state._replace(
            start_level=self._grade.start_level if technical else 1,
            acknowledged_by=by if technical else (each.acknowledged_by or None),
            ended_as=None if each.track is Track.COMPLIANCE else self._ended_as,
            severity=self._grade.severity,
            regraded=each.state.level > 0 and each.state.severity != self._grade.severity,
        )

    def _decide(self, each: _Run, at: datetime, by: str | None = None, order: Order | None = None) -> None:
        now = self._as_it_is(each)
        now = now._replace(acknowledged_by=by or now.acknowledged_by, order=order)
        decision = next_actions(each.snapshot, self._roster(each, at), now, at)
        if each.state.status in ANSWERED and decision.state.status is Status.PAGING:
            # Whoever acknowledged before was too slow, or silent: only a new acknowledgement stops what begins now.
            each.alerting_since = at
        each.state, each.look = decision.state, decision.next_look or at
        each.ended = None if each.live else each.ended or at
        if decision.actions:
            each.why = decision.actions[-1].reason
        self._keep(each, decision.actions, now, at)

    def _roster(self, each: _Run, at: datetime) -> Roster:
        return self._setting.roster(each.track, at, self._grade.urgent, self._world.standings(at))

    def _keep(self, each: _Run, actions: Sequence[Action], before: RunState, at: datetime) -> None:
        failing = self._world.failing(at)
        for action in actions:
            self._steps.append(Step(at, at - self._setting.begins, each.track, action, before, self._grade, failing))
            if action.kind is Kind.PAGED and action.person_id is not None:
                answers = self._world.answers_after(action, at)
                takes = self._setting.reached_after(action.person_id, self._grade.urgent, failing)
                if answers is not None and takes is not None:
                    self._answers.append(_Answer(at + takes + answers, each.track, Alerted(action.person_id, action.person_name)))

    def _next(self, at: datetime) -> datetime | None:
        """The next instant at which something can follow; None when nothing can."""
        down = self._world.down_until(at)
        found = [since for since, _ in self._waiting] + [answer.at for answer in self._answers] + ([down] if down else [])
        looks = [max(each.look, at + TICK) for each in self._runs.values() if each.live] if down is None else []
        found += [self._world.down_until(look) or look for look in looks]
        return min((moment for moment in found if moment > at), default=None)


def _end(each: _Run) -> End:
    holder = each.state.holder
    return End(each.track, each.state.status, each.ended, each.why if each.ended else "", holder.name if holder else "")


def _asks(each: _Run) -> bool:
    """Whether somebody is asked to answer: the alerting runs or rests, or ran out of people and nobody has come forward since."""
    state = each.state
    if state.status is not Status.EXHAUSTED:
        return state.status in ALERTING
    return state.holder is None or state.last_sign_at is None or each.ended is None or state.last_sign_at < each.ended


def _of(track: Track) -> str:
    return "" if track is Track.TECHNICAL else f" the {track.label.lower()} track"


ACTS: dict[What, Callable[[_Simulation, Happening, datetime], str]] = {
    What.ACKNOWLEDGE: _Simulation.by_hand,
    What.SIGN: _Simulation.sign,
    What.RESOLVE: _Simulation.finish,
    What.CANCEL: _Simulation.finish,
    **dict.fromkeys(GRADING, _Simulation.grade_again),
    **dict.fromkeys(ORDERS, _Simulation.order),
}
