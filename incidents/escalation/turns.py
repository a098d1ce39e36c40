"""Deciding what follows for many runs at once: what stands beside them is read together, then each is decided by itself, in memory."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from incidents.lifecycle.models import Incident
from policies.catalogue.models import Service
from policies.decisions.escalation import next_actions
from policies.decisions.escalation_facts import Decision, Order, Roster, RunState, Status, as_recorded
from policies.decisions.ruleset import PolicySnapshot
from policies.governance.models import PolicyVersion
from portal.foundation.people.models import User

from .facts import alerted_of, content_of, signs_of, state_of
from .models import EscalationRun
from .roster import rosters_of

NOBODY = Roster(())


@dataclass(slots=True)
class Turn:
    """What follows for one run, and what that was decided from."""

    run: EscalationRun
    incident: Incident
    snapshot: PolicySnapshot
    before: RunState
    roster: Roster
    decision: Decision
    inputs: Mapping[str, Any]


def claimed(which: Q, most: int | None = None) -> list[EscalationRun]:
    """The runs that `which` finds, the longest due first, locked until the transaction ends; those that others hold are left out.

    Their incidents, services, versions and people stand beside them. Six queries at most, however many they are.
    """
    rows = EscalationRun.objects.select_for_update(skip_locked=True, of=("self",)).select_related("incident")
    found = list(rows.defer("incident__description").filter(which).order_by("next_run_at", "pk")[:most])
    stand_beside(found)
    return found


def stand_beside(runs: Sequence[EscalationRun]) -> None:
    """Puts beside `runs`, whose incidents are there, what a decision reads: services with owners, versions with policies, people."""
    incidents = [run.incident for run in runs]
    services = _by_key(Service.objects.select_related("owner"), (incident.service_id for incident in incidents))
    versions = PolicyVersion.objects.select_related("policy__owner").defer("content")
    followed = _by_key(versions, (run.policy_version_id for run in runs))
    answering = (key for run in runs for key in (run.acknowledged_by_id, run.holder_id, run.incident.acknowledged_by_id))
    people = _by_key(User.objects.all(), answering)
    for run, incident in zip(runs, incidents, strict=True):
        # As the columns have them already: by assignment each would be checked and written once more.
        incident._state.fields_cache |= {
            "service": services[incident.service_id],
            "acknowledged_by": people.get(incident.acknowledged_by_id),
        }
        run._state.fields_cache |= {
            "policy_version": followed[run.policy_version_id],
            "acknowledged_by": people.get(run.acknowledged_by_id),
            "holder": people.get(run.holder_id),
        }


def decided(runs: Sequence[EscalationRun], *, now: datetime, acknowledged_by: str | None = None, order: Order | None = None) -> list[Turn]:
    """What follows at `now` for each of these locked runs. A constant number of queries.

    `acknowledged_by` and `order` are what somebody says in this transaction. Raises WrongState for content that cannot be trusted.
    """
    snapshots, alerted, signs = [content_of(run) for run in runs], alerted_of(runs), signs_of(runs)
    states = [state_of(run, run.incident, acknowledged_by=acknowledged_by, alerted=alerted[run.pk], signs=signs) for run in runs]
    if order is not None:
        states = [state._replace(order=order) for state in states]
    asking = [place for place, state in enumerate(states) if _asks_for_people(state)]
    found = rosters_of([(runs[place].incident, snapshots[place], _from_level(states[place], snapshots[place])) for place in asking], now)
    rosters = dict(zip(asking, found, strict=True))
    seats: dict[int, Any] = {}
    return [
        _turn(run, snapshot, state, rosters.get(place, NOBODY), now, seats)
        for place, (run, snapshot, state) in enumerate(zip(runs, snapshots, states, strict=True))
    ]


def _turn(run: EscalationRun, snapshot: PolicySnapshot, state: RunState, roster: Roster, now: datetime, seats: dict[int, Any]) -> Turn:
    decision = next_actions(snapshot, roster, state, now)
    inputs: dict[str, Any] = {}
    if decision.actions:
        # Runs of a batch mostly share their roster; it is put into words once.
        if id(roster) not in seats:
            seats[id(roster)] = as_recorded(roster, state, now)["roster"]
        inputs = as_recorded(NOBODY, state, now) | {"roster": seats[id(roster)]}
        inputs |= {"content_sha256": run.content_sha256, "track": run.track}
    return Turn(run, run.incident, snapshot, state, roster, decision, inputs)


def _asks_for_people(state: RunState) -> bool:
    """Ending and acknowledging need nobody; an acknowledgement before the milestone does not stop what that begins."""
    return state.ended_as is None and (state.acknowledged_by is None or state.status not in (Status.PAGING, Status.HELD))


def _from_level(state: RunState, snapshot: PolicySnapshot) -> int:
    """From which level on people are looked up. A way that may begin again, or be moved down, needs its first levels too."""
    return 0 if snapshot.repeats or state.order is not None else state.level


def _by_key(rows: QuerySet[Any], keys: Iterable[int | None]) -> dict[int | None, Any]:
    wanted = {key for key in keys if key is not None}
    return dict(rows.in_bulk(wanted)) if wanted else {}
