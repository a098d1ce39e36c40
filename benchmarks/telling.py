"""Stories told of many incidents at once: runs with their steps and what was recorded, timelines, messages and hand-offs."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from bulk import only, write
from crowds import Rosters, names
from recorded import Form, forms_of
from stories import BESIDE, NOBODY, PRIMARY, Chance, Step, Story

RUNS_EACH = 3
ENGINE = "The portal"
TRACKS = ("technical", "stakeholder", "compliance")
SEVERITIES = np.array(["SEV1", "SEV2", "SEV3", "SEV4"])
# What the timeline tells of a step; the others it does not tell, or tells by what people did.
SAID = {
    "level": "Alerting goes to level {level}", "paged": "Somebody is alerted at level {level}", "reminded": "Somebody is reminded",
    "milestone": "The resolution milestone was missed", "silent": "The holder has gone silent: level 1 is alerted again",
    "raised": "Somebody escalated it one level up", "lowered": "Somebody de-escalated it one level down", "bypassed": "Somebody bypassed the route",
    "passed_over": "Somebody was passed over", "exhausted": "Nobody reached: the escalation has run out of people", "taken_over": "Somebody took over",
}  # fmt: skip
WHY = "The answer did not come within 15 min, which is the time that the level has to acknowledge."


@dataclass
class Told:
    """A chunk of incidents, and the rows that tell of them."""

    ids: Any
    opened: Any
    service: Any
    severity: Any
    chance: Chance
    hashes: Any
    steps: list[tuple[Any, ...]] = field(default_factory=list)
    runs: list[tuple[Any, ...]] = field(default_factory=list)
    hand_offs: list[tuple[Any, str, int]] = field(default_factory=list)
    filled_in: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.acknowledged, self.resolved = (np.full(len(self.ids), "NaT", dtype="datetime64[us]") for _ in range(2))
        self.has_run = np.zeros(len(self.ids), dtype=bool)
        self.needs_rca = self.has_run.copy()
        self.drill = self.has_run
        self.holder = np.full(len(self.ids), PRIMARY)
        self.names = names(int(self.chance.people.max()) + 1)

    def at(self, name: str, rows: Any) -> Any:
        return self.opened[rows] + self.chance.time(name)[rows].astype("timedelta64[us]")

    def tell(self, story: Story, rows: Any) -> None:
        for name in ("acknowledged", "resolved"):
            if getattr(story, name):
                getattr(self, name)[rows] = self.at(getattr(story, name), rows)
        if not story.steps:
            return
        self.has_run[rows], self.needs_rca[rows], self.holder[rows] = True, story.needs_rca, story.holder
        self._run(0, story, rows)
        if story.hand_off:
            self.hand_offs.append((rows, story.hand_off, story.receiver))

    def beside(self, track: str, rows: Any) -> None:
        self._run(TRACKS.index(track), BESIDE, rows)

    def _run(self, track: int, story: Story, rows: Any) -> None:
        key = self.ids[rows] * RUNS_EACH + track
        live = story.state in ("paging", "acknowledged")
        last = story.steps[-1]
        ended = None if live else self.at(last.at, rows)
        self.runs.append((key, rows, track, story.state, last.level or 3, self.at("now", rows), ended, last.sequence + 1))
        for step, form in zip(story.steps, forms_of(story.steps, TRACKS[track]), strict=True):
            self.steps.append((key, rows, track, step, self.at(step.at, rows), form))

    def blank(self, name: str) -> Any:
        """What is filled in for `name` in what is recorded, a text for each incident."""
        if name not in self.filled_in:
            self.filled_in[name] = self._blank(*name.split(" ", 1))
        return self.filled_in[name]

    def _blank(self, kind: str, which: str = "") -> Any:
        if kind == "at":
            at = self.opened if which == "opened" else self.opened + self.chance.time(which).astype("timedelta64[us]")
            return np.datetime_as_string(at, unit="us")
        if kind == "severity":
            return SEVERITIES[np.minimum(self.severity + 1, 3) if which else self.severity]
        if kind == "roster":
            roster, from_level = which.split()
            return self.rosters.words(roster, int(from_level))
        if kind == "name":
            return self.names[self.chance.people[:, int(which)]]
        return self.hashes if kind == "hash" else self.chance.people[:, int(kind)] + 1

    def _recorded(self, form: Form | None, rows: Any) -> list[str]:
        if form is None:
            return ["{}"] * len(rows)
        return [form.text % told for told in zip(*(self.blank(name)[rows].tolist() for name in form.blanks), strict=True)]

    def write(self, *, version_of: Any) -> None:
        from incidents.models import EscalationRun

        self.rosters = Rosters(self.chance.people)
        key, rows = (np.concatenate([run[place] for run in self.runs]) for place in (0, 1))
        spread = [len(run[0]) for run in self.runs]
        state, level, sequence = (np.repeat([run[place] for run in self.runs], spread) for place in (3, 4, 7))
        ended = np.concatenate([np.full(len(run[0]), "NaT", dtype="datetime64[us]") if run[6] is None else run[6] for run in self.runs])
        started = np.concatenate([run[5] for run in self.runs])
        write(
            EscalationRun, len(key),
            id=key, incident_id=self.ids[rows], track=np.repeat([TRACKS[run[2]] for run in self.runs], spread).tolist(), state=state.tolist(), level=level,
            policy_version_id=version_of[rows], content_sha256=self.hashes[rows].tolist(), severity=SEVERITIES[self.severity[rows]].tolist(),
            alerting_since=self.opened[rows], started_at=started, ended_at=ended, next_run_at=np.where(np.isnat(ended), started, np.datetime64("NaT")), sequence=sequence,
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

        # What a bypass leaves out has no place.
        departs = [step.action == "bypassed" or (step.action == "passed_over" and step.position is None) for step in of]
        late, who, by = [_late(step) for step in of], named("who"), named("by")
        inputs = [text for step in self.steps for text in self._recorded(step[5], step[1])]
        write(
            EscalationStep, len(key),
            run_id=key, action=said("action"), sequence=said("sequence"), part=said("part"), at=at, level=said("level"), position=said("position"),
            person_id=who, person_name=self._called(who), actor_id=by, actor_name=self._called(by), late_by=[late[place] for place in template.tolist()],
            deviation=[departs[place] for place in template.tolist()],
            reason=[WHY] * len(key), inputs=[inputs[place] for place in order.tolist()],
        )  # fmt: skip
        self._timeline(TimelineEntry, of, template, rows, at)

    def _called(self, keys: list[int | None]) -> list[str]:
        return ["" if key is None else f"Person {key - 1}" for key in keys]

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
        acting = of_rows[order]
        who = only(self.chance.people[acting, self.holder[acting]] + 1, by != NOBODY)
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
            id=keys, kind=["escalation.page"] * len(rows), person_id=who, person_name=self.names[who - 1].tolist(), subject_ref=refs,
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
        """Few miss a signature."""
        from incidents.models import HandOff

        spread = [len(rows) for rows, *_ in self.hand_offs]
        rows = np.concatenate([rows for rows, *_ in self.hand_offs])
        at = np.concatenate([self.at(name, rows) for rows, name, _ in self.hand_offs])
        receiver = np.repeat([place for *_, place in self.hand_offs], spread)
        way = self.ids[rows] % 40
        state = np.select([way == 0, way == 1, way == 2], ["open", "declined", "waived"], "signed")
        signed = at + ((60 + self.chance.draws[rows, 0] * 3_000) * 1_000_000).astype("timedelta64[us]")
        never = np.datetime64("NaT")
        write(
            HandOff, len(rows),
            incident_id=self.ids[rows], run_id=self.ids[rows] * RUNS_EACH, giver_id=self.chance.people[rows, PRIMARY] + 1,
            receiver_id=self.chance.people[rows, receiver] + 1, state=state.tolist(), by_engine=(way < 24).tolist(), note=["It had escalated."] * len(rows),
            offered_at=at, given_at=np.where(state == "signed", signed, never), received_at=np.where(state == "declined", never, at),
            settled_at=np.where(state == "open", never, signed), answer=["Known"] * len(rows), content_sha256=["0" * 64] * len(rows),
        )  # fmt: skip


def _late(step: Step) -> Any:
    return None if not step.late else step.late * 1_000_000 if _sqlite() else f"{step.late} seconds"


def _sqlite() -> bool:
    from django.db import connection

    return bool(connection.vendor == "sqlite")
