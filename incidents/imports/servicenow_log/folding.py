"""Folds the records of one incident into the incident they tell of. Pure."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from incidents.imports.drafts import Folded, IncidentDraft, Mentions, Record
from incidents.lifecycle.states import IncidentState

from .columns import Snapshot
from .contradictions import contradictions
from .story import story

T = TypeVar("T")
DETAILS = (
    ("Symptom", "u_symptom"),
    ("Configuration item", "cmdb_ci"),
    ("Location", "location"),
    ("Reported by", "contact_type"),
    ("Vendor", "vendor"),
)


def fold(records: Sequence[Record]) -> Folded:
    """The incident as its last record has it; problems and changes from any record; acknowledged by the earliest record that is not New.

    `records` must be in their order. Opening time and SLA are taken from the last record that knows them.
    """
    snapshots: list[Snapshot] = [record.meaning for record in records]
    found = contradictions(records, snapshots)
    opened_at = next((snap.opened_at for snap in reversed(snapshots) if snap.opened_at), None)
    if opened_at is None:
        return Folded(None, found, "no record of this incident has a usable opened_at")
    last = snapshots[-1]
    answered = next((position for position, snap in enumerate(snapshots) if snap.incident_state.state is not IncidentState.NEW), None)
    draft = IncidentDraft(
        number=records[0].number,
        title=_title(last),
        description="\n".join(f"{words}: {getattr(last, column)}" for words, column in DETAILS if getattr(last, column)),
        service=last.category,
        component=last.subcategory,
        team=last.assignment_group,
        assigned_to=last.assigned_to,
        caller=last.caller_id,
        impact=last.impact,
        urgency=last.urgency,
        priority=last.priority,
        state=last.incident_state.state.value,
        hold_reason=last.incident_state.hold_reason,
        opened_at=opened_at,
        opened_by=last.opened_by,
        acknowledged_at=None if answered is None else records[answered].at,
        acknowledged_by="" if answered is None else snapshots[answered].sys_updated_by,
        resolved_at=last.resolved_at,
        resolved_by=last.resolved_by,
        closed_at=last.closed_at,
        close_code=last.closed_code,
        reopen_count=last.reopen_count or 0,
        reassignment_count=last.reassignment_count or 0,
        made_sla=next((snap.made_sla for snap in reversed(snapshots) if snap.made_sla is not None), None),
        mentions=_mentions(snapshots),
        story=story(records, snapshots, opened_at),
    )
    return Folded(draft, found)


def _title(last: Snapshot) -> str:
    """The log has no short description; what was wrong and where stands in for it."""
    title = " ".join(", ".join(part for part in (last.u_symptom, last.category, last.subcategory) if part).split())
    if not title:
        return "No description in the log"
    return title if len(title) <= 200 else f"{title[:199]}…"


def _mentions(snapshots: Sequence[Snapshot]) -> Mentions:
    people = (name for s in snapshots for name in (s.caller_id, s.assigned_to, s.opened_by, s.sys_updated_by, s.resolved_by))
    return Mentions(
        services=_once(snap.category for snap in snapshots),
        components=_once((snap.category, snap.subcategory) if snap.subcategory else None for snap in snapshots),
        teams=_once(snap.assignment_group for snap in snapshots),
        people=_once(people),
        problems=_once(snap.problem_id for snap in snapshots),
        resolving_changes=_once(snap.rfc for snap in snapshots),
        causing_changes=_once(snap.caused_by for snap in snapshots),
    )


def _once(items: Iterable[T | None]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(item for item in items if item))
