"""How made-up incidents go: each story is what the engine and people did, one below the other, told for many incidents at once."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

NOBODY = -1
# What somebody of a service is for an incident: a column of Chance.people.
PRIMARY, LEAD, SECOND, HEAD, SPOKESPERSON, RELIEF = range(6)
SECONDS = 1_000_000


class Step(NamedTuple):
    """One step of a story. `at` names a time of Chance; `who` and `by` are places among its people; `late` counts seconds.

    A step that is `regraded` comes because the severity became a worse one.
    """

    action: str
    sequence: int
    part: int
    at: str
    level: int | None = None
    who: int = NOBODY
    by: int = NOBODY
    position: int | None = None
    late: int = 0
    regraded: bool = False


class Story(NamedTuple):
    """`share` of the incidents go like this. `acknowledged` and `resolved` name the times of the incident itself; '' for never.

    `hand_off` names when the one who had it offered it to `receiver`.
    """

    share: float
    steps: tuple[Step, ...]
    acknowledged: str
    resolved: str
    state: str = "ended"
    hand_off: str = ""
    receiver: int = LEAD

    @property
    def holder(self) -> int:
        """Who acknowledged it: the last who was alerted before."""
        who = PRIMARY
        for step in self.steps:
            if step.action == "acknowledged":
                break
            who = step.who if step.action == "paged" else who
        return who

    @property
    def needs_rca(self) -> bool:
        return bool(self.resolved) and any(step.action == "level" and step.level == 3 for step in self.steps)


@dataclass
class Chance:
    """What is drawn for each incident: people, the window of its severity in seconds, and times, each later than the one before."""

    people: Any
    window: Any
    draws: Any
    told: dict[str, Any] = field(default_factory=dict)

    def time(self, name: str) -> Any:
        """Microseconds after the opening: whole, so that what the engine counts with them comes out to the last digit."""
        if name not in self.told:
            self.told[name] = self._time(name).astype(np.int64)
        return self.told[name]

    def _time(self, name: str) -> Any:
        """'now' the engine's first look, 'third' to 'remind' within level 1's window (w1 its end), '+' an answer to what came before, 'end' the
        resolution. 'entered' is from when level 1's window counts once its second person is alerted.
        """
        quick, slow, work = (self.draws[:, place] * SECONDS for place in range(3))
        jitter, whole, tail = (self.draws[:, 3] * SECONDS).astype(np.int64), self.window * SECONDS, (0.02 + self.draws[:, 1]) ** 3
        match name:
            case "now":
                return 200_000 + jitter
            case "half":
                return self.time("now") + whole * 2 // 5 + 300_000
            case "remind":
                return self.time("entered") + whole * 7 // 10 + 200_000
            case "entered":
                return self.time("half") - whole * 2 // 5
            case "soon":
                return 5 * SECONDS + 0.35 * self.window * quick
            case "third":
                return self.window * 0.3 * SECONDS + jitter
            case "third+":
                return self.window * (0.4 * SECONDS + 0.8 * quick)
            case "half+":
                return self.window * (0.45 * SECONDS + 0.2 * quick)
            case "w1":
                return self.time("entered") + whole + 500_000
            case "late":
                return self.time("entered") + whole + LATE * SECONDS
            case "late+":
                return self.window * (1.3 * SECONDS + 0.6 * quick)
            case "w1+":
                return self.window * (1.05 * SECONDS + 0.8 * quick)
            case "w2":
                return self.time("w1") + whole + SECONDS
            case "w2+":
                return self.window * (2.05 * SECONDS + 0.8 * quick)
            case "w3":
                return self.time("w2") + whole + SECONDS
            case "shift":
                return 1.5 * whole + 60 * quick
            case "end":
                return 3 * whole + (8_000 * SECONDS) * tail + 60 * work
            case "mile":
                return 14_400 * SECONDS + jitter
            case "mile+":
                return self.time("mile") + self.window * (0.05 * SECONDS + 0.8 * quick)
            case "late end":
                return 17_000 * SECONDS + (180_000 * SECONDS) * tail + 60 * work
            case "silent":
                return self.time("soon") + 10_800 * SECONDS + jitter
            case "silent+":
                return self.time("silent") + self.window * (0.05 * SECONDS + 0.3 * quick)
            case "silent end":
                return self.time("silent") + 0.4 * whole + 60 * SECONDS + 1_400 * slow
        raise KeyError(name)


def entered(sequence: int, level: int, at: str, who: int, **more: Any) -> tuple[Step, ...]:
    return Step("level", sequence, 0, at, level, **more), Step("paged", sequence, 1, at, level, who, position=1, **more)


def closed(sequence: int, level: int, acknowledged: str, end: str = "end") -> tuple[Step, ...]:
    return Step("acknowledged", sequence, 0, acknowledged, level), Step("ended", sequence + 1, 0, end, level)


def moved(action: str, sequence: int, level: int, by: int, who: int, *between: Step) -> tuple[Step, ...]:
    """Somebody ordered it there: what was `between` is recorded."""
    part = 1 + len(between)
    there = Step("level", sequence, part, "third", level), Step("paged", sequence, part + 1, "third", level, who, position=1)
    return Step(action, sequence, 0, "third", level, by=by), *between, *there


LATE = 45
BEGUN = (Step("started", 0, 0, "now"), *entered(1, 1, "now", PRIMARY))
BACKED_UP = (*BEGUN, Step("paged", 2, 0, "half", 1, SECOND, position=2))
REMINDED = (*BACKED_UP, Step("reminded", 3, 0, "remind", 1, PRIMARY), Step("reminded", 3, 1, "remind", 1, SECOND))
UP = (*REMINDED, *entered(4, 2, "w1", LEAD))
TOP = (*UP, *entered(5, 3, "w2", HEAD))
HELD = (*BEGUN, Step("acknowledged", 2, 0, "soon", 1))
OVERDUE = (*HELD, Step("milestone", 3, 0, "mile", 1), Step("level", 3, 1, "mile", 2), Step("paged", 3, 2, "mile", 2, LEAD, position=1), Step("acknowledged", 4, 0, "mile+", 2))  # fmt: skip
SILENT = (*HELD, Step("silent", 3, 0, "silent", 1, PRIMARY), Step("paged", 3, 1, "silent", 1, PRIMARY, position=0))
AWAY = (Step("started", 0, 0, "now"), Step("level", 1, 0, "now", 1), Step("passed_over", 1, 1, "now", 1, PRIMARY, position=1), Step("paged", 1, 2, "now", 1, SECOND, position=2))  # fmt: skip
RELIEVED = Step("handed_over", 3, 0, "shift", 1, RELIEF, by=RELIEF)
# The stakeholder and the compliance track ask for nothing more once they are answered.
BESIDE = Story(0.0, (Step("started", 0, 0, "now"), *entered(1, 1, "now", SPOKESPERSON), Step("acknowledged", 2, 0, "soon", 1), Step("ended", 2, 1, "soon", 1)), "", "")  # fmt: skip
STORIES = (
    Story(0.05, (), "soon", "end"),
    Story(0.49, (*BEGUN, *closed(2, 1, "soon")), "soon", "end"),
    Story(0.10, (*BACKED_UP, *closed(3, 1, "half+")), "half+", "end"),
    Story(0.11, (*UP, *closed(5, 2, "w1+")), "w1+", "end", hand_off="w1+"),
    Story(0.03, (*UP, *closed(5, 2, "w1+")), "w1+", "end"),
    Story(0.01, (*REMINDED, *entered(4, 2, "late", LEAD, late=LATE), *closed(5, 2, "late+")), "late+", "end"),
    Story(0.03, (*TOP, *closed(6, 3, "w2+")), "w2+", "end"),
    Story(0.01, (*TOP, Step("exhausted", 6, 0, "w3")), "", "", "exhausted"),
    Story(0.03, (*OVERDUE, Step("ended", 5, 0, "late end", 2)), "soon", "late end", hand_off="mile+"),
    Story(0.01, (*SILENT, Step("acknowledged", 4, 0, "silent+", 1), Step("ended", 5, 0, "silent end", 1)), "soon", "silent end"),
    Story(0.02, (*BEGUN, *moved("raised", 2, 2, PRIMARY, LEAD), *closed(3, 2, "third+")), "third+", "end"),
    Story(0.01, (*BEGUN, *moved("bypassed", 2, 3, LEAD, HEAD, Step("passed_over", 2, 1, "third", 2)), *closed(3, 3, "third+")), "third+", "end"),
    Story(0.01, (*BEGUN, *entered(2, 3, "third", HEAD, regraded=True), *closed(3, 3, "third+")), "third+", "end"),
    Story(0.03, (*AWAY, *closed(2, 1, "soon")), "soon", "end"),
    Story(0.03, (*HELD, RELIEVED, Step("ended", 4, 0, "end", 1)), "soon", "end", hand_off="shift", receiver=RELIEF),
    Story(0.03, OVERDUE, "soon", "", "acknowledged"),
)  # fmt: skip
