"""Figures of one incident that cannot both be right: reported, never corrected. Pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from incidents.imports.drafts import Contradiction, Record
from incidents.lifecycle.states import IncidentState

from .columns import Snapshot

ENDED = {IncidentState.RESOLVED, IncidentState.CLOSED}
COUNTERS = ("reassignment_count", "reopen_count", "sys_mod_count")
Found = tuple[str, str]


def contradictions(records: Sequence[Record], snapshots: Sequence[Snapshot]) -> tuple[Contradiction, ...]:
    """What contradicts itself within a record, from one record to the next, and in the values that the incident ends with.

    Only what a record of the file being read takes part in is told, at that record's line.
    """
    found = []
    for position, (record, snap) in enumerate(zip(records, snapshots, strict=True)):
        if not record.line:
            continue
        rules = [*_within(record, snap)]
        if position:
            rules += _against(snapshots[position - 1], snap)
        if position == len(records) - 1:
            rules += _at_the_end(snap)
        found += [Contradiction(rule, record.line, record.number, words) for rule, words in rules]
    return tuple(found)


def _within(record: Record, snap: Snapshot) -> Iterator[Found]:
    closed = snap.incident_state.state is IncidentState.CLOSED
    if closed and snap.active is True:
        yield "closed but active", "the state is Closed and active is true"
    if not closed and snap.active is False:
        yield "inactive but not closed", f"active is false and the state is {snap.incident_state.state.words}"
    if snap.opened_at and record.at < snap.opened_at:
        yield "updated before opened", f"updated {_text(record.at)}, opened {_text(snap.opened_at)}"


def _against(before: Snapshot, after: Snapshot) -> Iterator[Found]:
    for counter in COUNTERS:
        was, is_now = getattr(before, counter), getattr(after, counter)
        if was is not None and is_now is not None and is_now < was:
            yield f"{counter} went down", f"from {was} to {is_now}"
    if before.made_sla is False and after.made_sla is True:
        yield "SLA missed, then met", "made_sla went from false to true"
    if before.opened_at and after.opened_at and before.opened_at != after.opened_at:
        yield "opening time changed", f"from {_text(before.opened_at)} to {_text(after.opened_at)}"
    reopened = (after.reopen_count or 0) > (before.reopen_count or 0)
    was_closed = before.incident_state.state is IncidentState.CLOSED
    if was_closed and after.incident_state.state is not IncidentState.CLOSED and not reopened:
        yield (
            "closed, then not, without a reopening",
            f"the state went from closed to {after.incident_state.state.words}, reopen_count did not rise",
        )


def _at_the_end(last: Snapshot) -> Iterator[Found]:
    opened, resolved, closed, created = last.opened_at, last.resolved_at, last.closed_at, last.sys_created_at
    ended = last.incident_state.state in ENDED
    if opened and resolved and resolved < opened:
        yield "resolved before opened", f"resolved {_text(resolved)}, opened {_text(opened)}"
    if resolved and closed and closed < resolved:
        yield "closed before resolved", f"closed {_text(closed)}, resolved {_text(resolved)}"
    if opened and closed and closed < opened:
        yield "closed before opened", f"closed {_text(closed)}, opened {_text(opened)}"
    if opened and created and created < opened:
        yield "recorded before opened", f"created {_text(created)}, opened {_text(opened)}"
    if ended and resolved is None:
        yield "ended without a resolution time", f"the last state is {last.incident_state.state.words}, resolved_at is not known"
    if not ended and resolved:
        yield "resolution time without resolution", f"the last state is {last.incident_state.state.words}, resolved {_text(resolved)}"


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
