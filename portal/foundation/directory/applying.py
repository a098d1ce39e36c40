"""Writes what was decided of a file. Runs inside the caller's act."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from portal.foundation.base_models import save_tracked
from portal.foundation.errors import Conflict, InvalidInput, NotAllowed
from portal.foundation.people.models import ContactPoint, User

from .columns import Contact
from .differences import DECIDABLE, Difference, Kind, loops
from .masking import fingerprint
from .models import DirectoryEntry, DirectoryRow, DirectorySync
from .planning import PersonPlan, Plan, make_plan
from .reading import read

_USER_FIELDS = {"email": "email", "name": "display_name", "time_zone": "time_zone", "skills": "skills", "languages": "languages"}
ROWS_AT_ONCE = 500
Taken = dict[int, set[str]]


def apply_decisions(sync: DirectorySync, *, actor: Any, now: datetime, reason: str) -> dict[str, int]:
    """Applies the decided rows of `sync`; how many people, values and contact points changed, and how many differences were kept."""
    rows = list(sync.rows.filter(applied_at=None).exclude(decision="").order_by("pk"))
    people = _locked(sync)
    plan = make_plan(read(bytes(sync.content)), now, number=sync.pk)
    _refuse_stale(rows, plan)
    taken: Taken = defaultdict(set)
    kept: Taken = defaultdict(set)
    for row in rows:
        (taken if row.decision == DirectoryRow.Decision.TAKE else kept)[row.person_id or 0].add(row.field)
    _refuse_own_account(taken, plan, actor)
    _refuse_loops(taken, plan)
    why = f"From the CMDB, {sync.file_name}" + (f": {reason}" if reason else "")
    counted = {"people": 0, "values": 0, "contact_points": 0, "kept": sum(map(len, kept.values()))}
    for each in plan.people:
        _write_person(each, taken.get(each.person.key, set()), people, plan, counted, actor=actor, now=now, why=why)
    _agree(plan.people, taken, kept, sync)
    DirectoryRow.objects.filter(sync=sync, applied_at=None).exclude(decision="").update(applied_at=now)
    return counted


def _locked(sync: DirectorySync) -> dict[int, User]:
    """The accounts that rows of this file are about, held until the end of the transaction."""
    about = DirectoryRow.objects.filter(sync=sync, applied_at=None).exclude(decision="").exclude(person=None).values("person_id")
    return {user.pk: user for user in User.objects.select_for_update(of=("self",)).filter(pk__in=about).order_by("pk")}


def _refuse_stale(rows: Iterable[DirectoryRow], plan: Plan) -> None:
    """Decisions hold for the differences they were made on, and a clear one that is a conflict now was not decided at all."""
    now_found = {(each.person.key, one.field): one for each in plan.people for one in each.found}
    moved = [row for row in rows if not _same(row, now_found.get((row.person_id or 0, row.field)))]
    if moved:
        first = f"{moved[0].person_name}, {moved[0].field}"
        raise Conflict(
            f"Nothing was applied: {len(moved):,} of the differences are no longer what was decided on, the first is {first}. "
            "Compare again, then look at what changed."
        )


def _same(row: DirectoryRow, found: Difference | None) -> bool:
    if found is None or found.kind not in DECIDABLE or (found.kind == Kind.CONFLICT and row.kind != Kind.CONFLICT.value):
        return False
    base = found.base.mark if found.base else "never"
    return row.mark == fingerprint(str(row.person_id or 0), found.field, found.ours.mark, found.theirs.mark, base)


def _refuse_own_account(taken: Taken, plan: Plan, actor: Any) -> None:
    mine = next((each for each in plan.people if actor is not None and each.person.key == actor.pk), None)
    if mine and "active" in taken.get(mine.person.key, ()) and mine.values["active"] == "no":
        raise NotAllowed("Nobody deactivates their own account. Keep ours there, or let somebody else apply this file.")


def _refuse_loops(taken: Taken, plan: Plan) -> None:
    """What was decided of several people may close a circle that the file itself does not have."""
    after = {key: person.manager for key, person in plan.known.people.items()}
    after.update((each.person.key, _manager(each, plan)) for each in plan.people if "manager" in taken.get(each.person.key, ()))
    circles = [circle for circle in loops(after) if any("manager" in taken.get(key, ()) for key in circle)]
    if circles:
        names = " → ".join(plan.known.people[key].called for key in [*circles[0], circles[0][0]] if key in plan.known.people)
        raise InvalidInput(f"Nothing was applied: these people would be each other's managers: {names}. Keep ours for one of them.")


def _manager(each: PersonPlan, plan: Plan) -> int | None:
    above = plan.known.find(each.values["manager"]) if each.values["manager"] else None
    return above.key if above else None


def _write_person(
    each: PersonPlan, taken: set[str], people: dict[int, User], plan: Plan, counted: dict[str, int], *, actor: Any, now: datetime, why: str
) -> None:
    fields = [name for name in each.values if name in taken]
    points = [name for name in each.contacts if name in taken]
    if fields:
        user = people[each.person.key]
        written = [_set(user, name, each, plan) for name in fields]
        save_tracked(user, actor=actor, now=now, reason=why, update_fields=written)
    for name in points:
        _write_contact(each.person.key, int(name.split()[1]), each.contacts[name], actor=actor, now=now, why=why)
    counted["people"] += bool(fields or points)
    counted["values"] += len(fields)
    counted["contact_points"] += len(points)


def _set(user: User, name: str, each: PersonPlan, plan: Plan) -> str:
    """Sets one value; the name of the field that holds it. Rights, password and username are not among them."""
    if name == "active":
        user.is_active = each.values[name] == "yes"
        return "is_active"
    if name == "manager":
        user.manager_id = _manager(each, plan)
        return "manager"
    setattr(user, _USER_FIELDS[name], each.values[name])
    return _USER_FIELDS[name]


def _write_contact(person: int, order: int, contact: Contact | None, *, actor: Any, now: datetime, why: str) -> None:
    """A contact point that the CMDB no longer has rests, as one that a person switches off does. A new address is not verified."""
    point = ContactPoint.objects.select_for_update().filter(person_id=person, order=order).first()
    if contact is None:
        if point is not None:
            point.active = False
            save_tracked(point, actor=actor, now=now, reason=why)
        return
    point = point or ContactPoint(person_id=person, order=order)
    point.channel, point.label, point.address, point.active = contact.channel, contact.label, contact.address, True
    save_tracked(point, actor=actor, now=now, reason=why)


def _agree(people: Iterable[PersonPlan], taken: Taken, kept: Taken, sync: DirectorySync) -> None:
    """Remembers what both sides agree on: what was equal, taken or kept. What waits keeps its old agreement."""
    entries = {entry.person_id: entry for entry in DirectoryEntry.objects.all()}
    changed = []
    for each in people:
        key = each.person.key
        waiting = {one.field for one in each.found} - taken.get(key, set()) - kept.get(key, set())
        agreed = {name: [value.mark, value.shown] for name, value in each.theirs.items() if name not in waiting}
        if "" in waiting:
            continue
        entry = entries.get(key) or DirectoryEntry(person_id=key)
        entry.external_id = entry.external_id or each.entry.external_id
        entry.agreed = {**entry.agreed, **agreed}
        entry.agreed_with = sync
        entry.sent_mark = entry.sent_mark if waiting or kept.get(key) else ""
        changed.append(entry)
    written = ["external_id", "agreed", "agreed_with", "sent_mark"]
    DirectoryEntry.objects.bulk_create(
        changed, update_conflicts=True, unique_fields=["person"], update_fields=written, batch_size=ROWS_AT_ONCE
    )
