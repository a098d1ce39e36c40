"""What the engine would have recorded with each pass of a story: the engine's own function decides every pass of one made-up incident, which
must do what the story says, and what it decided from becomes a form that is filled in for all the others.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
from rulebooks import snapshot
from stories import HEAD, LEAD, PRIMARY, SECOND, SPOKESPERSON, Chance, Step

TECHNICAL = "technical"
SAMPLE, WINDOW, OPENED = "SEV3", 900, datetime(2025, 1, 1, tzinfo=UTC)
TIMES = ("now", "third", "half", "entered", "remind", "soon", "half+", "third+", "w1", "late", "late+", "w1+", "w2", "w2+", "w3", "shift", "end", "mile", "mile+", "late end", "silent", "silent+", "silent end")  # fmt: skip
ORDERED = ("raised", "bypassed", "handed_over")
WHY = "Everybody who knows it is needed now."
UNREACHED = "No contact point of theirs is verified."
# A blank to fill in: with quotes around it in JSON, or instead of them.
BLANK = re.compile(r'"#([^#]+)#"|@([^@]+)@')


class Form(NamedTuple):
    """The inputs of a pass as JSON, with %s where `blanks` go."""

    text: str
    blanks: tuple[str, ...]


def seats(kind: str, number: Callable[[int], Any], name: Callable[[int], str], from_level: int = 0) -> list[dict[str, Any]]:
    """A roster as it is recorded. `kind` is 'usual', 'away' (who should be first cannot be reached) or 'beside' (the other tracks)."""
    from policies.decisions.escalation_facts import Roster, RunState, Status, as_recorded

    roster = Roster(tuple(seat for seat in _seats(kind, number, name) if seat.level >= from_level))
    return list(as_recorded(roster, RunState(Status.PAGING, OPENED), OPENED)["roster"])


def _seats(kind: str, number: Callable[[int], Any], name: Callable[[int], str]) -> list[Any]:
    from policies.decisions.escalation_facts import Seat

    if kind == "beside":
        return [Seat(1, 1, number(SPOKESPERSON), name(SPOKESPERSON), "Spokesperson")]
    on_call = "On call"
    return [
        Seat(1, 1, number(PRIMARY), name(PRIMARY), on_call, UNREACHED if kind == "away" else ""),
        Seat(1, 2, number(SECOND), name(SECOND), "Second on call"),
        Seat(2, 1, number(LEAD), name(LEAD), "Lead of the service"),
        Seat(3, 1, number(HEAD), name(HEAD), "Head of the unit"),
    ]


@cache
def forms_of(steps: tuple[Step, ...], track: str) -> tuple[Form | None, ...]:
    """For each of `steps` what is recorded with it: nothing with the beginning, and the inputs of a pass with its first step."""
    found = dict(_passes(steps, track))
    return tuple(found.get(place) for place in range(len(steps)))


def _passes(steps: Sequence[Step], track: str) -> Iterator[tuple[int, Form]]:
    from policies.decisions.escalation import next_actions
    from policies.decisions.escalation_facts import Alerted, Order, Roster, RunState, Status
    from policies.decisions.vocabulary import Track

    chance = Chance(np.arange(6)[None], np.array([WINDOW]), np.array([[0.41, 0.52, 0.63, 0.37]]))
    times = {name: OPENED + timedelta(microseconds=int(chance.time(name)[0])) for name in TIMES}
    beside = track != TECHNICAL
    rules = snapshot().on_track(Track(track))
    kind = "beside" if beside else "away" if any(step.action == "passed_over" and step.position for step in steps) else "usual"
    roster = Roster(tuple(_seats(kind, "#{}#".format, "@name {}@".format)))
    state = RunState(Status.PAGING, times["now"] if beside else OPENED, severity=SAMPLE, track=Track(track))
    alerted, before = PRIMARY, any(step.regraded for step in steps)
    for sequence, group in groupby(range(len(steps)), key=lambda place: steps[place].sequence):
        places = list(group)
        first, now = steps[places[0]], times[steps[places[0]].at]
        if not sequence:
            continue
        answers = first.action == "acknowledged"
        if answers:
            state = state._replace(acknowledged_by=f"@name {alerted}@")
        elif first.action == "ended":
            state = state._replace(ended_as="resolved")
        elif first.action in ORDERED:
            by = Alerted(f"#{first.by}#", f"@name {first.by}@")
            state = state._replace(order=Order(_kind(first.action), by, WHY, first.level if first.action == "bypassed" else None))
        elif first.regraded:
            state, before = state._replace(start_level=first.level or 1, regraded=True), False
        asks = state.ended_as is None and (state.acknowledged_by is None or state.status not in (Status.PAGING, Status.HELD))
        seen = f"#roster {kind} {0 if state.order else state.level}#" if asks else []
        yield places[0], _form(state, now, seen, track, times, before=before)
        decided = next_actions(rules, roster, state, now)
        _as_told([steps[place] for place in places], decided.actions)
        state = decided.state
        if answers:
            state = state._replace(holder=Alerted(f"#{alerted}#", f"@name {alerted}@"))
        alerted = next((steps[place].who for place in places if steps[place].action == "paged"), alerted)


def _kind(action: str) -> Any:
    from policies.decisions.escalation_facts import Kind

    return Kind(action)


def _form(state: Any, now: datetime, seen: Any, track: str, times: dict[str, datetime], *, before: bool) -> Form:
    from policies.decisions.escalation_facts import Roster, as_recorded

    inputs = as_recorded(Roster(()), state, now) | {"roster": seen, "content_sha256": "@hash@", "track": track}
    inputs["state"]["severity"] = "@severity before@" if before else "@severity@"
    text = json.dumps(inputs).replace("%", "%%")
    for name, at in {**times, "opened": OPENED}.items():
        text = text.replace(at.isoformat(), f"@at {name}@+00:00")
    blanks: list[str] = []

    def blank(found: re.Match[str]) -> str:
        blanks.append(found[1] or found[2])
        return "%s"

    return Form(BLANK.sub(blank, text), tuple(blanks))


def _as_told(told: Sequence[Step], decided: Sequence[Any]) -> None:
    """Raises AssertionError where the engine would have done something else than the story tells."""
    wanted = [(step.action, step.level, step.position, None if step.who < 0 else f"#{step.who}#", step.late) for step in told]
    done = [(one.kind.value, one.level, one.position, one.person_id, int((one.late_by or timedelta()).total_seconds())) for one in decided]
    assert wanted == done, f"the story tells {wanted}, and the engine would do {done}"
