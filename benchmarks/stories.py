"""How made-up incidents go: each story is what the engine and people did, one below the other, told for many incidents at once."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from bulk import only, write

RUNS_EACH = 3
NOBODY = -1
ENGINE = "The portal"
TRACKS = ("technical", "stakeholder", "compliance")
# What the timeline tells of a step; the others it does not tell, or tells by what people did.
SAID = {
    "level": "Alerting goes to level {level}", "paged": "Somebody is alerted, primary of level {level}", "reminded": "Somebody is reminded",
    "milestone": "The resolution milestone was missed", "silent": "The holder has gone silent: level 1 is alerted again",
    "raised": "Somebody escalated it one level up", "lowered": "Somebody de-escalated it one level down", "bypassed": "Somebody bypassed the route",
    "passed_over": "Somebody was passed over", "exhausted": "Nobody reached: the escalation has run out of people", "taken_over": "Somebody took over",
}  # fmt: skip
WHY = "The answer did not come within 15 min, which is the time that the level has to acknowledge."


class Step(NamedTuple):
    """One step of a story. `at` names a column of Chance.times; `who` and `by` are places among its people."""

    action: str
    sequence: int
    part: int
    at: str
    level: int | None = None
    who: int = NOBODY
    by: int = NOBODY
    late: bool = False
    state: str = ""


class Story(NamedTuple):
    """`share` of the incidents go like this. `acknowledged` and `resolved` name the times of the incident itself; '' for never."""

    share: float
    steps: tuple[Step, ...]
    acknowledged: str
    resolved: str
    state: str = "ended"
    hand_off: str = ""


@dataclass
class Chance:
    """What is drawn for each incident: people, the window of its severity, and times in seconds after its opening, each later than the one before."""

    people: Any
    window: Any
    draws: Any
    last: bool

    @classmethod
    def drawn(cls, rng: Any, count: int, people: int, *, last: bool) -> "Chance":
        crowd = np.minimum(rng.exponential(people / 6, (count, 6)).astype(np.int64), people - 1)
        return cls(crowd, np.zeros(count, dtype=np.int64), rng.random((count, 4)), last)

    def time(self, name: str) -> Any:
        """Seconds: 'now' the engine's first look, 'soon' within the window, w1 to w3 the ends of windows, '+' after them, 'end' the resolution."""
        quick, slow, work, jitter = (self.draws[:, place] for place in range(4))
        after = {
            "now": 0.2 + jitter, "half": self.window * 0.4 + jitter, "soon": 5 + self.window * 0.9 * quick, "w1": self.window + 1 + jitter,
            "w1+": self.window * (1.05 + 0.8 * quick), "w2": self.window * 2 + 2 + jitter, "w2+": self.window * (2.05 + 0.8 * quick),
            "w3": self.window * 3 + 3 + jitter,
        }  # fmt: skip
        if name in after:
            return after[name]
        milestone = 14_400 + jitter
        late = {"mile": milestone, "mile+": milestone + 60 + 2_000 * quick, "silent": self.window * 3 + 5_400 + jitter}
        if name in late:
            return late[name]
        return self.window * 3 + 20_000 * (0.02 + slow) ** 3 * 9 + 60 * work + (15_000 if name == "late end" else 0)


def entered(sequence: int, level: int, at: str, who: int, **more: Any) -> tuple[Step, ...]:
    return Step("level", sequence, 0, at, level, **more), Step("paged", sequence, 1, at, level, who, **more)


def closed(sequence: int, level: int, acknowledged: str, end: str = "end") -> tuple[Step, ...]:
    return Step("acknowledged", sequence, 0, acknowledged, level), Step("ended", sequence + 1, 0, end, level)


BEGUN = (Step("started", 0, 0, "now"), *entered(1, 1, "now", 0))
UP = entered(2, 2, "w1", 1)
HELD = (*BEGUN, Step("acknowledged", 2, 0, "soon", 1))
STORIES = (
    Story(0.05, (), "soon", "end"),
    Story(0.46, (*BEGUN, *closed(2, 1, "soon")), "soon", "end"),
    Story(0.10, (*BEGUN, Step("paged", 2, 0, "half", 1, 2), *closed(3, 1, "soon")), "soon", "end"),
    Story(0.12, (*BEGUN, *UP, *closed(3, 2, "w1+")), "w1+", "end", hand_off="w1+"),
    Story(0.04, (*BEGUN, Step("reminded", 2, 0, "half", 1, 0), *entered(3, 2, "w1", 1, late=True), *closed(4, 2, "w1+")), "w1+", "end"),
    Story(0.03, (*BEGUN, *UP, *entered(3, 3, "w2", 3), *closed(4, 3, "w2+")), "w2+", "end"),
    Story(0.01, (*BEGUN, *UP, *entered(3, 3, "w2", 3), Step("exhausted", 4, 0, "w3")), "", "end", "exhausted"),
    Story(0.03, (*HELD, Step("milestone", 3, 0, "mile", 1), Step("level", 3, 1, "mile", 2), Step("paged", 3, 2, "mile", 2, 1), Step("acknowledged", 4, 0, "mile+", 2), Step("ended", 5, 0, "late end", 2)), "soon", "late end", hand_off="mile+"),
    Story(0.01, (*HELD, Step("silent", 3, 0, "silent", 1, 0), Step("level", 3, 1, "silent", 1), Step("paged", 3, 2, "silent", 1, 2), Step("ended", 4, 0, "late end", 1)), "soon", "late end"),
    Story(0.02, (*BEGUN, Step("raised", 2, 0, "half", 2, by=0), Step("level", 2, 1, "half", 2), Step("paged", 2, 2, "half", 2, 1), *closed(3, 2, "w1+")), "w1+", "end"),
    Story(0.01, (*BEGUN, Step("bypassed", 2, 0, "half", 3, by=4), Step("level", 2, 1, "half", 3), Step("paged", 2, 2, "half", 3, 3), *closed(3, 3, "w1+")), "w1+", "end"),
    Story(0.01, (*BEGUN, *entered(2, 3, "half", 3, state="regraded"), *closed(3, 3, "w1+")), "w1+", "end"),
    Story(0.03, (Step("started", 0, 0, "now"), Step("level", 1, 0, "now", 1), Step("passed_over", 1, 1, "now", 1, 0), Step("paged", 1, 2, "now", 1, 2), *closed(2, 1, "soon")), "soon", "end"),
    Story(0.03, (*HELD, Step("handed_over", 3, 0, "mile", 1, 5, by=0), Step("ended", 4, 0, "late end", 1)), "soon", "late end", hand_off="mile"),
    Story(0.03, HELD, "soon", "", "acknowledged"),
    Story(0.02, BEGUN, "", "", "paging"),
)  # fmt: skip


@dataclass
class Told:
    """A chunk of incidents, and the rows that tell of them."""

    ids: Any
    opened: Any
    service: Any
    severity: Any
    chance: Chance
    steps: list[tuple[Any, ...]] = field(default_factory=list)
    runs: list[tuple[Any, ...]] = field(default_factory=list)
    hand_offs: list[tuple[Any, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.acknowledged, self.resolved = (np.full(len(self.ids), "NaT", dtype="datetime64[us]") for _ in range(2))
        self.has_run = np.zeros(len(self.ids), dtype=bool)
        self.drill = self.has_run

    def at(self, name: str, rows: Any) -> Any:
        return self.opened[rows] + (self.chance.time(name)[rows] * 1_000_000).astype("timedelta64[us]")

    def tell(self, story: Story, rows: Any) -> None:
        for name in ("acknowledged", "resolved"):
            if getattr(story, name):
                getattr(self, name)[rows] = self.at(getattr(story, name), rows)
        if not story.steps:
            return
        self.has_run[rows] = True
        self._run(0, story, rows)
        if story.hand_off:
            self.hand_offs.append((rows, story.hand_off))

    def beside(self, track: str, rows: Any) -> None:
        self._run(TRACKS.index(track), STORIES[1], rows)

    def _run(self, track: int, story: Story, rows: Any) -> None:
        key = self.ids[rows] * RUNS_EACH + track
        live = story.state in ("paging", "acknowledged")
        last = story.steps[-1]
        self.runs.append((key, rows, track, story.state, last.level or 3, self.at("now", rows), None if live else self.at(last.at, rows)))
        for step in story.steps:
            self.steps.append((key, rows, track, step, self.at(step.at, rows)))

    def write(self, *, version_of: Any, severities: Any) -> None:
        from incidents.models import EscalationRun

        key, rows = (np.concatenate([run[place] for run in self.runs]) for place in (0, 1))
        spread = [len(run[0]) for run in self.runs]
        state, level = (np.repeat([run[place] for run in self.runs], spread) for place in (3, 4))
        ended = np.concatenate([np.full(len(run[0]), "NaT", dtype="datetime64[us]") if run[6] is None else run[6] for run in self.runs])
        started = np.concatenate([run[5] for run in self.runs])
        write(
            EscalationRun, len(key),
            id=key, incident_id=self.ids[rows], track=np.repeat([TRACKS[run[2]] for run in self.runs], spread).tolist(), state=state.tolist(), level=level,
            policy_version_id=version_of[rows], content_sha256=["0" * 64] * len(key), severity=severities[rows].tolist(), alerting_since=self.opened[rows],
            started_at=started, ended_at=ended, next_run_at=np.where(np.isnat(ended), started, np.datetime64("NaT")), sequence=np.full(len(key), 4),
        )  # fmt: skip
        self._steps()
        self._messages()
        self._hand_offs()

    def _steps(self) -> None:
        from incidents.models import EscalationStep, TimelineEntry

        spread = [len(step[0]) for step in self.steps]
        key, rows, at = (np.concatenate([step[place] for step in self.steps]) for place in (0, 1, 4))
        order = np.argsort(at, kind="stable")
        template = np.repeat(np.arange(len(self.steps)), spread)[order]
        key, rows, at = key[order], rows[order], at[order]
        of = [step[3] for step in self.steps]

        def said(name: str) -> list[Any]:
            values = [getattr(step, name) for step in of]
            return [values[place] for place in template.tolist()]

        def named(name: str) -> Any:
            places = np.array([getattr(step, name) for step in of])[template]
            return only(self.chance.people[rows, np.maximum(places, 0)] + 1, places != NOBODY)

        inputs, late = [_inputs(step) if step.part == 0 else "{}" for step in of], [_late(step) for step in of]
        write(
            EscalationStep, len(key),
            run_id=key, action=said("action"), sequence=said("sequence"), part=said("part"), at=at, level=said("level"), person_id=named("who"),
            person_name=["Person somebody"] * len(key), actor_id=named("by"), late_by=[late[place] for place in template.tolist()],
            reason=[WHY] * len(key), inputs=[inputs[place] for place in template.tolist()],
        )  # fmt: skip
        self._timeline(TimelineEntry, of, template, rows, at)

    def _timeline(self, model: Any, of: list[Step], template: Any, rows: Any, at: Any) -> None:
        """What the engine told, the alerts' arrival, and what people did: opened, acknowledged, noted, resolved."""
        everybody = np.arange(len(self.ids))
        there = [np.flatnonzero(~np.isnat(times)) for times in (self.acknowledged, self.resolved)]
        noted = there[1][self.chance.draws[there[1], 0] < 0.6]
        moved = there[1][self.chance.draws[there[1], 3] < 0.3]
        steps = np.flatnonzero(np.array([step.action in SAID for step in of])[template])
        pages = np.flatnonzero(np.array([step.action == "paged" for step in of])[template])
        texts = [SAID.get(step.action, "").format(level=step.level) for step in of]
        parts = [
            (everybody, self.opened, "opened", ["Opened"] * len(everybody), NOBODY, "{}"),
            (everybody, self.opened, "graded", ["Severity set"] * len(everybody), NOBODY, '{"severity": "SEV3", "start_level": 1}'),
            (rows[steps], at[steps], "escalation", [texts[place] for place in template[steps].tolist()], NOBODY, '{"action": "paged", "run": 1}'),
            (rows[pages], at[pages], "delivery", ["Handed to somebody's phone (sms)"] * len(pages), NOBODY, '{"kind": "escalation.page", "attempts": 1}'),
            (there[0], self.acknowledged[there[0]], "state", ["Acknowledged"] * len(there[0]), 0, '{"from": "new", "to": "in_progress"}'),
            (noted, self.resolved[noted], "note", ["The queue is empty again"] * len(noted), 0, "{}"),
            (moved, self.resolved[moved], "assigned", ["Assigned"] * len(moved), 0, '{"from": "Team 01", "to": "Team 02"}'),
            (there[1], self.resolved[there[1]], "state", ["Resolved"] * len(there[1]), 0, '{"from": "in_progress", "to": "resolved"}'),
        ]  # fmt: skip
        of_rows, when = (np.concatenate([part[place] for part in parts]) for place in (0, 1))
        order = np.argsort(when, kind="stable")
        kind = np.repeat([part[2] for part in parts], [len(part[0]) for part in parts])[order].tolist()
        data = np.repeat(np.array([part[5] for part in parts], dtype=object), [len(part[0]) for part in parts])[order].tolist()
        by = np.repeat([part[4] for part in parts], [len(part[0]) for part in parts])[order]
        text = np.array([each for part in parts for each in part[3]], dtype=object)[order].tolist()
        who = only(self.chance.people[of_rows[order], 0] + 1, by != NOBODY)
        write(
            model, len(order),
            incident_id=self.ids[of_rows[order]], kind=kind, at=when[order], recorded_at=when[order], actor_id=who,
            actor_name=[ENGINE] * len(order), text=text, data=data,
        )  # fmt: skip

    def _messages(self) -> None:
        """One for each alert: most arrive at once, some by the second way, few never."""
        from portal.models import DeliveryAttempt, OutboxMessage

        pages = [step for step in self.steps if step[3].action in ("paged", "reminded")]
        rows, at = (np.concatenate([page[place] for page in pages]) for place in (1, 4))
        who = np.concatenate([self.chance.people[page[1], page[3].who] for page in pages]) + 1
        track = np.repeat([page[2] for page in pages], [len(page[0]) for page in pages])
        number = np.arange(len(rows))
        unlike = (self.ids[rows] * 7_919 + number * 104_729) % 1_000
        refs = [
            f"incidents.incident:{key}{'' if not of else ':' + TRACKS[of]}"
            for key, of in zip(self.ids[rows].tolist(), track.tolist(), strict=True)
        ]
        keys = [f"{int(self.ids[0]):016x}{place:016x}" for place in number.tolist()]
        failed, fell_back, taken_back = unlike < 5, (unlike >= 5) & (unlike < 65), (unlike >= 65) & (unlike < 75)
        took = ((0.4 + unlike % 97 / 30) * 1_000_000).astype("timedelta64[us]")
        arrived = at + took + np.where(fell_back, np.timedelta64(9, "s"), np.timedelta64(0, "s"))
        write(
            OutboxMessage, len(rows),
            id=keys, kind=["escalation.page"] * len(rows), person_id=who, person_name=["Person somebody"] * len(rows), subject_ref=refs,
            title=["P2 Card payments fail"] * len(rows), body=["You are alerted as primary. Acknowledge to stop the alerts."] * len(rows),
            idempotency_key=[f"made-{key}" for key in keys], state=np.select([failed, taken_back], ["failed", "cancelled"], "delivered").tolist(),
            created_at=at, finished_at=arrived, contact_position=fell_back.astype(int), drill=self.drill[rows].tolist(),
        )  # fmt: skip
        tried = np.flatnonzero(~taken_back)
        again = np.flatnonzero(fell_back)
        both = np.concatenate([tried, again])
        second = np.concatenate([np.zeros(len(tried), dtype=bool), np.ones(len(again), dtype=bool)])
        good = np.where(second, True, ~(failed | fell_back)[both])
        write(
            DeliveryAttempt, len(both),
            message_id=[keys[place] for place in both.tolist()], number=1 + second.astype(int), channel=np.where(second, "slack", "sms").tolist(),
            contact_label=["phone"] * len(both), started_at=at[both], finished_at=np.where(second | good, arrived[both], at[both] + np.timedelta64(8, "s")),
            succeeded=good.tolist(),
        )  # fmt: skip

    def _hand_offs(self) -> None:
        from incidents.models import HandOff

        rows = np.concatenate([rows for rows, _ in self.hand_offs])
        at = np.concatenate([self.at(name, rows) for rows, name in self.hand_offs])
        rows, at = rows[people := self.chance.people[rows, 0] != self.chance.people[rows, 1]], at[people]
        way = self.ids[rows] % 10
        state = np.select([way == 0, way == 1, way == 2], ["open", "declined", "waived"], "signed")
        signed = at + ((60 + self.chance.draws[rows, 0] * 3_000) * 1_000_000).astype("timedelta64[us]")
        never = np.datetime64("NaT")
        write(
            HandOff, len(rows),
            incident_id=self.ids[rows], run_id=self.ids[rows] * RUNS_EACH, giver_id=self.chance.people[rows, 0] + 1,
            receiver_id=self.chance.people[rows, 1] + 1, state=state.tolist(), by_engine=(way < 6).tolist(), note=["It had escalated."] * len(rows),
            offered_at=at, given_at=np.where(state == "signed", signed, never), received_at=np.where(state == "declined", never, at),
            settled_at=np.where(state == "open", never, signed), answer=["Known"] * len(rows), content_sha256=["0" * 64] * len(rows),
        )  # fmt: skip


def _late(step: Step) -> Any:
    return None if not step.late else 45_000_000 if _sqlite() else "45 seconds"


def _sqlite() -> bool:
    from django.db import connection

    return bool(connection.vendor == "sqlite")


def _inputs(step: Step) -> str:
    """As long as most are, with what a figure may ask for."""
    higher = 3 if step.state == "regraded" else 1
    return (
        f'{{"now": "2025-10-01T00:00:00+00:00", "state": {{"level": {1 if step.state else max(0, (step.level or 1) - 1)}, "start_level": {higher}, "status": "paging", '
        '"alerted": [{"name": "Person 17", "person_id": 17}], "start_level_answered": 0, "severity": "SEV3"}, "track": "technical", "roster": '
        '[{"level": 1, "position": 1, "person_id": 17, "name": "Person 17", "why": "On call", "problem": ""}], "content_sha256": "0000"}'
    )
