"""What happened, told from one record to the next: the imported timeline of an incident. Pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from incidents.imports.drafts import Happening, Record
from incidents.lifecycle.states import IncidentState
from policies.decisions.vocabulary import Priority, Scale

from .columns import COLUMNS, Snapshot

NOBODY = "not known"
_STATE = COLUMNS.index("incident_state")


class _Teller:
    """Walks the records of one incident. What a record does not know ('?') is carried over from the last one that did."""

    def __init__(self) -> None:
        self.group = self.person = ""
        self.before: Snapshot | None = None
        self.linked: set[tuple[str, str]] = set()

    def told_by(self, record: Record, snap: Snapshot) -> Iterator[Happening]:
        at, who = record.at, snap.sys_updated_by or NOBODY
        for kind, text, why, data in (
            *self._state(record, snap),
            *self._grade(snap),
            *self._assignment(snap),
            *self._service(snap),
            *self._links(snap),
        ):
            yield Happening(kind, at, who, text, why, data)
        self.before = snap

    def _state(self, record: Record, snap: Snapshot) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
        was = self.before.incident_state if self.before else None
        now = snap.incident_state
        reopened = self.before is not None and (snap.reopen_count or 0) > (self.before.reopen_count or 0)
        if (was is not None and was != now) or reopened or (was is None and now.state is not IncidentState.NEW):
            why = (
                f"Close code: {snap.closed_code}"
                if now.state in (IncidentState.RESOLVED, IncidentState.CLOSED) and snap.closed_code
                else ""
            )
            data = {"from": was.state.value if was else "", "to": now.state.value}
            yield "state", _state_words(record, snap, reopened), why, data
        if self.before is not None and self.before.made_sla is True and snap.made_sla is False:
            yield "note", "Missed its SLA.", "The source's own judgement.", {"made_sla": False}

    def _grade(self, snap: Snapshot) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
        before = self.before
        if (
            before is None
            or snap.priority is None
            or (before.impact, before.urgency, before.priority) == (snap.impact, snap.urgency, snap.priority)
        ):
            return
        data = {"priority": snap.priority, "impact": snap.impact, "urgency": snap.urgency}
        yield "graded", f"Graded {graded(snap)}; before, {graded(before)}.", "", data

    def _assignment(self, snap: Snapshot) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
        to_group = snap.assignment_group if snap.assignment_group not in ("", self.group) else ""
        to_person = snap.assigned_to if snap.assigned_to not in ("", self.person) else ""
        if not (to_group or to_person):
            return
        data: dict[str, Any] = {"from": self.group, "to": to_group} if to_group else {}
        if to_person:
            data |= {"from_person": self.person, "to_person": to_person}
        moved = f"from {self.group} to {to_group}" if self.group else f"to {to_group}"
        text = f"Assigned {moved}" if to_group else f"Assigned to {to_person}"
        yield "assigned", f"{text}, to {to_person}." if to_group and to_person else f"{text}.", "", data
        self.group, self.person = to_group or self.group, to_person or self.person

    def _service(self, snap: Snapshot) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
        before = self.before
        if before and snap.category and (before.category, before.subcategory) != (snap.category, snap.subcategory):
            data = {"service": snap.category, "component": snap.subcategory}
            yield "note", f"Moved to {place(snap)}; before, {place(before)}.", "", data

    def _links(self, snap: Snapshot) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
        for what, reference, text in (
            ("problem", snap.problem_id, "Linked to problem {}."),
            ("resolves", snap.rfc, "Change {} requested to resolve it."),
            ("caused", snap.caused_by, "Change {} named as its cause."),
        ):
            if reference and (what, reference) not in self.linked:
                self.linked.add((what, reference))
                yield "link", text.format(reference), "", {what: reference}


def story(records: Sequence[Record], snapshots: Sequence[Snapshot], opened_at: datetime) -> tuple[Happening, ...]:
    """The timeline from being opened to the last record, in that order; each entry at the source's time."""
    first, teller = snapshots[0], _Teller()
    opening = Happening("opened", opened_at, first.opened_by or NOBODY, f"Opened for {place(first)}, {graded(first)}.")
    return (opening, *(entry for record, snap in zip(records, snapshots, strict=True) for entry in teller.told_by(record, snap)))


def place(snap: Snapshot) -> str:
    """Service and component in words."""
    return ", ".join(part for part in (snap.category, snap.subcategory) if part) or "a service that is not known"


def graded(snap: Snapshot) -> str:
    """Priority, impact and urgency in words."""
    priority = Priority(snap.priority).label if snap.priority else "priority not known"
    impact = Scale(snap.impact).label.lower() if snap.impact else NOBODY
    urgency = Scale(snap.urgency).label.lower() if snap.urgency else NOBODY
    return f"{priority} (impact {impact}, urgency {urgency})"


def _state_words(record: Record, snap: Snapshot, reopened: bool) -> str:
    state, reason = snap.incident_state
    if state is IncidentState.UNKNOWN:
        return f"State '{record.values[_STATE].strip()[:60]}', which is not in the list of states."
    if state is IncidentState.ON_HOLD:
        return f"On hold: {reason[0].lower()}{reason[1:]}."
    if reopened:
        return f"Reopened, {state.words}."
    return f"{state.words.capitalize()}."
