"""What an escalation will do next if nobody acts, in words: told by the same function that will do it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from .escalation import next_actions
from .escalation_facts import Action, Decision, Kind, Roster, RunState, Status
from .escalation_times import milestone_at
from .escalation_words import in_words, names_in_words
from .ruleset import PolicySnapshot

# A way through twenty levels of a few people each is shorter; the bound only keeps the foretelling finite.
MOST_STEPS = 500


@dataclass(frozen=True, slots=True)
class NextStep:
    """One coming step. `kind` is paged, reminded, exhausted, milestone, resumed or ended; `reason` is the sentence that will be recorded.

    A reminder to several people names them all. `again`: the way through the levels begins anew with this step.
    """

    at: datetime
    kind: Kind
    level: int | None
    person_id: int | None
    person_name: str
    reason: str
    unless: str
    again: bool = False

    def words(self, now: datetime) -> str:
        """'Level 2, Ana Ruiz, in 4 min, unless Tom Berg acknowledges'."""
        when = "now" if self.at - now < timedelta(seconds=1) else f"in {in_words(self.at - now)}"
        if self.kind is Kind.PAGED:
            return f"{'Again from level' if self.again else 'Level'} {self.level}, {self.person_name}, {when}{self.unless}"
        if self.kind is Kind.REMINDED:
            return f"A reminder to {self.person_name} {when}{self.unless}"
        if self.kind is Kind.RESUMED:
            return f"The alerting goes on {when}"
        if self.kind is Kind.EXHAUSTED:
            return f"Nobody is left to alert {when}{self.unless}; the policy's owner is told"
        return f"The escalation ends {when}{self.unless}"


def next_step(snapshot: PolicySnapshot, roster_at: Callable[[datetime], Roster], state: RunState, now: datetime) -> NextStep | None:
    """The next thing that a person would notice, as things stand; None when nothing is ahead."""
    return next(forecast(snapshot, roster_at, state, now), None)


def forecast(snapshot: PolicySnapshot, roster_at: Callable[[datetime], Roster], state: RunState, now: datetime) -> Iterator[NextStep]:
    """Every step until the end if nobody acts. `roster_at` gives who would sit where at an instant."""
    at = now
    for _ in range(MOST_STEPS):
        decision = next_actions(snapshot, roster_at(at), state, at)
        if decision.actions:
            yield _as_step(decision, state, at)
        look = decision.next_look
        if not decision.actions and state.on_hold and state.status is Status.ACKNOWLEDGED:
            # It waits for others, so nobody counts as silent; only the milestone lies ahead.
            look = milestone_at(snapshot, decision.state)
        if look is None:
            return
        state, at = decision.state, max(look, at)


def _as_step(decision: Decision, before: RunState, at: datetime) -> NextStep:
    action = _main(decision.actions)
    names = names_in_words([told.person_name for told in decision.actions if told.kind is Kind.REMINDED])
    name = names if action.kind is Kind.REMINDED else action.person_name
    again = any(told.kind is Kind.REPEATED for told in decision.actions)
    return NextStep(at, action.kind, action.level, action.person_id, name, action.reason, _unless(before, decision), again)


def _main(actions: tuple[Action, ...]) -> Action:
    """What a person would notice of one pass: the alert, the reminder or the end, else whatever was last recorded."""
    noticed = (Kind.PAGED, Kind.REMINDED, Kind.EXHAUSTED, Kind.ENDED)
    return next((action for kind in noticed for action in actions if action.kind is kind), actions[-1])


def _unless(before: RunState, decision: Decision) -> str:
    if before.status is Status.ACKNOWLEDGED:
        silent = next((action.person_name for action in decision.actions if action.kind is Kind.SILENT), None)
        return f", unless {silent} gives a sign of work" if silent else ", unless it is resolved"
    if not before.alerted:
        return ""
    return f", unless {names_in_words([person.name for person in before.alerted], 'or')} acknowledges"
