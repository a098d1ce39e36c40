"""Deciding every recorded pass again: from its recorded inputs, by the version that its run follows, with the engine's own function."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

from incidents.models import EscalationStep
from policies.decisions.escalation import next_actions
from policies.decisions.escalation_facts import Action, from_recorded
from policies.decisions.escalation_words import in_words
from policies.decisions.ruleset import PolicySnapshot
from policies.decisions.vocabulary import Track
from policies.governance.known import known_snapshot
from policies.models import PolicyVersion
from portal.foundation.errors import PortalError
from reports.metrics.columns import CHUNK
from reports.metrics.population import Population

from .values import EPOCH, clock

COLUMNS = (
    *("run_id", "sequence", "action", "level", "position", "person_id", "late_by", "at", "inputs"),
    *("run__policy_version_id", "run__track", "run__incident__number"),
)
Told = tuple[str, int | None, int | None, int | None, timedelta | None]


@dataclass(frozen=True, slots=True)
class Otherwise:
    """A pass whose record is not what its version decides from its recorded inputs."""

    number: str
    run: int
    sequence: int
    at: datetime
    recorded: str
    decided: str


@dataclass(slots=True)
class Replay:
    """How many passes were decided again, how many could not be, and which came out otherwise."""

    passes: int
    without_inputs: int
    unreadable: int
    otherwise: list[Otherwise]


def replay(population: Population) -> Replay:
    """Every pass of the population's escalations, drills left out. Costs a tenth of a millisecond a pass; two queries.

    A pass without recorded inputs, such as a run's beginning, cannot be decided again.
    """
    found = Replay(0, 0, 0, [])
    rules = _Rules(population)
    steps = EscalationStep.objects.filter(population.without_drills("run__incident__"), sequence__gt=0)
    rows = steps.order_by("run_id", "sequence", "part").values_list(*COLUMNS).iterator(CHUNK)
    for _, group in groupby(rows, key=itemgetter(0, 1)):
        _judge(list(group), rules, found)
    return found


def _judge(rows: list[tuple[Any, ...]], rules: "_Rules", found: Replay) -> None:
    run, sequence, *_, at, inputs, version, track, number = rows[0]
    if not inputs.get("state"):
        found.without_inputs += 1
        return
    snapshot = rules.of(version, track)
    if snapshot is None:
        found.unreadable += 1
        return
    found.passes += 1
    recorded: list[Told] = [row[2:7] for row in rows]
    now, decided = _decided(snapshot, inputs)
    same = len(recorded) == len(decided) and all(map(_alike, recorded, decided))
    if not same or now != at:
        told = [f"{_in_words(each)}" for each in (recorded, decided)]
        if now != at:
            told = [f"{words} at {clock(moment)}" for words, moment in zip(told, (at, now), strict=True)]
        found.otherwise.append(Otherwise(number, run, sequence, at, *told))


def _decided(snapshot: PolicySnapshot, inputs: dict[str, Any]) -> tuple[datetime, list[Told]]:
    """When, and what. Inputs that say nothing which the engine would have written decide nothing."""
    try:
        roster, state, now = from_recorded({name: inputs[name] for name in ("roster", "state", "now")})
        return now, [_action(action) for action in next_actions(snapshot, roster, state, now).actions]
    except (KeyError, TypeError, ValueError):
        return EPOCH, []


def _action(action: Action) -> Told:
    return action.kind.value, action.level, action.position, action.person_id, action.late_by


def _alike(recorded: Told, decided: Told) -> bool:
    """A person whose account was removed stands no more in the record."""
    return recorded[:3] == decided[:3] and recorded[3] in (None, decided[3]) and recorded[4] == decided[4]


def _in_words(steps: list[Told]) -> str:
    """Such as 'level 2, paged 2/1'; whom it alerted is not named."""
    return ", ".join(_one_in_words(*step[:3], step[4]) for step in steps) or "nothing"


def _one_in_words(action: str, level: int | None, position: int | None, late: timedelta | None) -> str:
    place = "/".join(str(each) for each in (level, position) if each is not None)
    return f"{action.replace('_', ' ')} {place}".strip() + (f" ({in_words(late)} late)" if late else "")


class _Rules:
    """The content of the versions that a population's runs follow, each read once. None for one that cannot be trusted."""

    def __init__(self, population: Population) -> None:
        followed = PolicyVersion.objects.filter(population.without_drills("runs__incident__")).distinct()
        self.versions = PolicyVersion.objects.select_related("policy").in_bulk(list(followed.values_list("pk", flat=True)))
        self.known: dict[tuple[int, str], PolicySnapshot | None] = {}

    def of(self, version: int, track: str) -> PolicySnapshot | None:
        key = (version, track)
        if key not in self.known:
            try:
                self.known[key] = known_snapshot(self.versions[version], Track(track))
            except (PortalError, KeyError):
                self.known[key] = None
        return self.known[key]


def lines(found: Replay) -> Iterator[str]:
    """What it found, for people."""
    yield f"{found.passes:,} passes decided again from their recorded inputs: {len(found.otherwise):,} came out otherwise"
    if found.without_inputs or found.unreadable:
        yield f"  not decided again: {found.without_inputs:,} without recorded inputs, {found.unreadable:,} of versions that cannot be read"
    for each in found.otherwise:
        yield f"{each.number}  {clock(each.at)}  Escalation {each.run}, step {each.sequence}: recorded {each.recorded}; decided {each.decided}."
