"""Writes a plan: catalogue and people, incidents, links, timeline, the source's records. Runs inside the caller's act.

Each governed row leaves its own event, so that a bundle tells of every incident what came in; the caller's act tells of the file.
"""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from audit.events.in_bulk import Telling
from incidents.changes.models import IncidentChange
from incidents.lifecycle.models import Incident, TimelineEntry
from incidents.problems.models import IncidentProblem

from .directory import Directory, create_missing
from .drafts import Happening
from .intake import Progress
from .models import ImportRun, SourceRecord
from .planning import IncidentPlan, Plan
from .tracking import ROWS_AT_ONCE, Stamp, batches, create_tracked, insert_rows, update_tracked

# What the source says about an incident. Everything else on it, such as a severity given here, stays.
AS_DRAFTED = (
    "title", "description", "impact", "urgency", "priority", "state", "hold_reason", "opened_at", "acknowledged_at", "resolved_at",
    "closed_at", "close_code", "reopen_count", "reassignment_count", "made_sla",
)  # fmt: skip
ENTRY_FIELDS = ("incident", "kind", "at", "recorded_at", "actor", "actor_name", "text", "why", "data", "imported")
RECORD_FIELDS = ("incident", "run", "line", "recorded_at", "place", "digest", "values")
RELATED = ("service_id", "component_id", "team_id", "assigned_to_id", "caller_id", "opened_by_id", "acknowledged_by_id", "resolved_by_id")


def apply_plan(plan: Plan, run: ImportRun, stamp: Stamp, progress: Progress) -> None:
    """Writes the whole plan. Must run in a transaction; the numbered steps follow the foreign keys.

    1. What the incidents name. 2. The incidents. 3. Their links. 4. Their timeline. 5. Their records.
    """
    create_missing(plan.directory, plan.source, stamp)
    keys = _write_incidents(plan, run, stamp)
    parts = [*plan.created, *plan.changed]
    written, total = 0, len(parts)
    for batch in batches(parts):
        _write_links(batch, keys, plan.directory, stamp)
        _write_timeline(batch, keys, plan.directory, stamp.now)
        _write_records(batch, keys, plan, run)
        written += len(batch)
        progress("Writing", written, total)


def _write_incidents(plan: Plan, run: ImportRun, stamp: Stamp) -> dict[str, int]:
    keys: dict[str, int] = {}
    for batch in batches(plan.created):
        new = [
            Incident(
                number=part.draft.number, origin=Incident.Origin.IMPORTED, source_system=plan.source.key, **_fields(part, plan.directory)
            )
            for part in batch
        ]
        keys.update((row.number, row.pk) for row in create_tracked(Incident, new, stamp, _told_of(batch, run)))
    for batch in batches(plan.changed):
        existing = Incident.objects.in_bulk([part.key for part in batch])
        for part in batch:
            row = existing[part.key]
            for name, value in _fields(part, plan.directory).items():
                setattr(row, name, value)
            keys[row.number] = row.pk
        written = [name.removesuffix("_id") for name in RELATED]
        update_tracked(Incident, list(existing.values()), [*AS_DRAFTED, *written], stamp, _told_of(batch, run))
    return keys


def _told_of(parts: Sequence[IncidentPlan], run: ImportRun) -> Telling:
    """Which import it was, and a digest of what it brought: over the digests of the new records in their order, a line each."""
    arrived = {part.draft.number: [record.digest for record, _ in part.arriving] for part in parts}

    def details(row: Incident) -> dict[str, Any]:
        lines = "".join(f"{digest}\n" for digest in arrived[row.number])
        return {"run": run.pk, "records": len(arrived[row.number]), "records_sha256": sha256(lines.encode("ascii")).hexdigest()}

    return Telling("incident.imported", details)


def _fields(part: IncidentPlan, directory: Directory) -> dict[str, Any]:
    draft = part.draft
    related = {
        "service_id": directory.service_key(draft.service),
        "component_id": directory.component_key(draft.service, draft.component),
        "team_id": directory.key("teams", draft.team),
    }
    people = {
        f"{role}_id": directory.key("people", getattr(draft, role))
        for role in ("assigned_to", "caller", "opened_by", "acknowledged_by", "resolved_by")
    }
    return {name: getattr(draft, name) for name in AS_DRAFTED} | related | people


def _write_links(parts: Sequence[IncidentPlan], keys: dict[str, int], directory: Directory, stamp: Stamp) -> None:
    """Adds the links that are not there yet; a link that somebody made here is never removed."""
    wanted = [keys[part.draft.number] for part in parts if part.key is not None]
    problems = set(IncidentProblem.objects.filter(incident_id__in=wanted).values_list("incident_id", "problem_id"))
    changes = set(IncidentChange.objects.filter(incident_id__in=wanted).values_list("incident_id", "change_id", "relation"))
    new_problems, new_changes = [], []
    for part in parts:
        incident, mentions = keys[part.draft.number], part.draft.mentions
        for number in mentions.problems:
            problem = directory.keys["problems"][number]
            if (incident, problem) not in problems:
                new_problems.append(IncidentProblem(incident_id=incident, problem_id=problem))
        for relation, numbers in (
            (IncidentChange.Relation.RESOLVES, mentions.resolving_changes),
            (IncidentChange.Relation.CAUSED, mentions.causing_changes),
        ):
            for number in numbers:
                change = directory.keys["changes"][number]
                if (incident, change, relation.value) not in changes:
                    new_changes.append(IncidentChange(incident_id=incident, change_id=change, relation=relation))
    create_tracked(IncidentProblem, new_problems, stamp, named_by="problem")
    create_tracked(IncidentChange, new_changes, stamp, named_by="change")


def _write_timeline(parts: Sequence[IncidentPlan], keys: dict[str, int], directory: Directory, now: datetime) -> None:
    """Imported entries up to the first that changed stay as they are; from there on the imported story is told anew."""
    told = _told_before([part.key for part in parts if part.key is not None])
    outdated: list[int] = []
    new: list[tuple[Any, ...]] = []
    people = directory.keys["people"]
    for part in parts:
        before, story = told.get(part.key, []), part.draft.story
        same = next(
            (n for n, (old, entry) in enumerate(zip(before, story, strict=False)) if old[1] != _told(entry)), min(len(before), len(story))
        )
        outdated += [key for key, _ in before[same:]]
        new += [_entry(entry, keys[part.draft.number], people, now) for entry in story[same:]]
    for batch in batches(outdated):
        TimelineEntry.objects.filter(pk__in=batch).delete()
    insert_rows(TimelineEntry, ENTRY_FIELDS, new)


def _told_before(incidents: Sequence[int]) -> dict[int | None, list[tuple[int, tuple[Any, ...]]]]:
    told: dict[int | None, list[tuple[int, tuple[Any, ...]]]] = {}
    rows = TimelineEntry.objects.filter(incident_id__in=incidents, imported=True).order_by("pk")
    for incident, key, *entry in rows.values_list("incident_id", "pk", "kind", "at", "actor_name", "text", "why", "data"):
        told.setdefault(incident, []).append((key, tuple(entry)))
    return told


def _told(entry: Happening) -> tuple[Any, ...]:
    return entry.kind, entry.at, entry.who, entry.text, entry.why, entry.data


def _entry(entry: Happening, incident: int, people: dict[str, int], now: datetime) -> tuple[Any, ...]:
    return incident, entry.kind, entry.at, now, people.get(entry.who), entry.who, entry.text, entry.why, entry.data, True


def _write_records(parts: Sequence[IncidentPlan], keys: dict[str, int], plan: Plan, run: ImportRun) -> None:
    new = (
        (keys[part.draft.number], run.pk, record.line, record.at, place, record.digest, plan.source.stored(record))
        for part in parts
        for record, place in part.arriving
    )
    insert_rows(SourceRecord, RECORD_FIELDS, new)
    moved = [SourceRecord(pk=key, place=place) for part in parts for key, place in part.moved]
    SourceRecord.objects.bulk_update(moved, ["place"], batch_size=ROWS_AT_ONCE)
