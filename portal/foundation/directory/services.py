"""Taking in a file of the CMDB: compared first, decided by a person where both sides changed, applied in one act."""

import hashlib
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from portal.foundation import words
from portal.foundation.access.checks import require
from portal.foundation.adminkit.frame import frames
from portal.foundation.errors import Conflict, InvalidInput, WrongState

from .applying import apply_decisions
from .columns import Entry, Unreadable
from .differences import CLEAR, DECIDABLE, Difference, Kind
from .masking import fingerprint
from .models import DirectoryRow, DirectorySync
from .planning import Plan, make_plan
from .reading import read

RIGHT = "portal.run_directorysync"
TO = "exchange people with the CMDB"
# A file that nobody settled within this time describes people of then.
KEPT_FOR = timedelta(days=14)
ROWS_AT_ONCE = 500
Decision = DirectoryRow.Decision
Open = (DirectorySync.State.WAITING, DirectorySync.State.PARTLY)


def try_file(content: bytes, *, actor: Any, now: datetime, json_expected: bool | None = None) -> Plan:
    """What taking `content` in would do; keeps nothing. Raises NotAllowed and InvalidInput."""
    require(actor, RIGHT, to=TO)
    return make_plan(_read(content, json_expected), now)


def read_file(
    content: bytes,
    *,
    file_name: str,
    source: str,
    actor: Any,
    operator: str = "",
    now: datetime,
    reason: str = "",
    json_expected: bool | None = None,
) -> DirectorySync:
    """Compares `content` and keeps the differences for a person to look at; changes nobody.

    `operator` names who brought it when `actor` is None. Raises NotAllowed, InvalidInput, and Conflict when the same file waits already.
    """
    require(actor, RIGHT, to=TO)
    entries, sha256 = _read(content, json_expected), hashlib.sha256(content).hexdigest()
    # Compared before the transaction: on SQLite nobody else could write meanwhile, and applying compares again anyway.
    plan = make_plan(entries, now)
    with frames["act"]("directory.read", actor=actor, now=now, why=reason) as running:
        waiting = DirectorySync.objects.filter(sha256=sha256, state__in=Open).first()
        if waiting is not None:
            raise Conflict(f"The same file waits already: CMDB file {waiting.pk}, read from {waiting.file_name}. Decide on that one.")
        running.subject = sync = DirectorySync.objects.create(
            file_name=file_name[:255],
            source=source,
            sha256=sha256,
            person=actor,
            person_name=(str(actor) if actor is not None else operator)[:150],
            read_at=now,
            people=len(entries),
            agreeing=plan.agreeing,
            content=content,
        )
        _keep_rows(sync, plan)
        running.details |= {"file": sync.file_name, "sha256": sha256, "people": len(entries), **counts(plan)}
    return sync


def decide(sync: DirectorySync, rows: Collection[int], decision: str, *, actor: Any, now: datetime, reason: str = "") -> int:
    """Says 'take' or 'keep' (or '' for not yet) of the named rows; the number of rows that this changed.

    Rows that are applied, unknown or invalid stay as they are. Raises NotAllowed, InvalidInput and WrongState.
    """
    require(actor, RIGHT, to=TO)
    if decision not in Decision.values:
        raise InvalidInput("Decide 'take' or 'keep'.", {"decision": ["Decide 'take' or 'keep'."]})
    with frames["act"]("directory.decided", actor=actor, now=now, subject=sync, why=reason) as running:
        _open(sync)
        wanted = DirectoryRow.objects.filter(sync=sync, pk__in=rows, kind__in=[kind.value for kind in DECIDABLE], applied_at=None)
        decided = list(wanted.exclude(decision=decision).values_list("person_name", "field"))
        wanted.exclude(decision=decision).update(decision=decision, decided_by=actor, decided_at=now)
        running.details |= {"decision": Decision(decision).label, "rows": [f"{name}: {field}" for name, field in decided[:100]]}
        if not decided:
            running.nothing_happened()
    return len(decided)


def apply_sync(sync: DirectorySync, *, actor: Any, now: datetime, reason: str = "") -> DirectorySync:
    """Writes what is clear or decided; conflicts nobody decided on stay for later. One transaction.

    1. Lock the file and the people it changes. 2. Compare again. 3. Refuse when a difference is no longer the one decided on.
    4. Write people, contact points and what both sides now agree on. 5. Forget the content when nothing waits any more.
    Raises NotAllowed, WrongState, Conflict (somebody changed a person meanwhile) and InvalidInput (managers in a circle).
    """
    require(actor, RIGHT, to=TO)
    with frames["act"]("directory.applied", actor=actor, now=now, subject=sync, why=reason) as running:
        sync = _open(sync)
        changed = apply_decisions(sync, actor=actor, now=now, reason=reason)
        waiting = sync.rows.filter(kind__in=[kind.value for kind in DECIDABLE], decision="", applied_at=None).count()
        _settle(sync, DirectorySync.State.PARTLY if waiting else DirectorySync.State.APPLIED, now)
        running.details |= {"file": sync.file_name, "sha256": sync.sha256, **changed, "conflicts_waiting": waiting}
    return sync


def compare_again(sync: DirectorySync, *, actor: Any, now: datetime, reason: str = "") -> DirectorySync:
    """Compares the file with what stands here now. Decisions on differences that are still the same stay."""
    require(actor, RIGHT, to=TO)
    with frames["act"]("directory.compared_again", actor=actor, now=now, subject=sync, why=reason) as running:
        sync = _open(sync)
        plan = make_plan(read(bytes(sync.content)), now, number=sync.pk)
        decided = {row.mark: row for row in sync.rows.filter(applied_at=None).exclude(decided_at=None).select_related("decided_by")}
        sync.rows.filter(applied_at=None).delete()
        _keep_rows(sync, plan, decided)
        sync.agreeing = plan.agreeing
        sync.save(update_fields=["agreeing"])
        running.details |= counts(plan)
    return sync


def discard_sync(sync: DirectorySync, *, actor: Any, now: datetime, reason: str) -> DirectorySync:
    """Lets the file go: what was applied stays, what waits is not taken over, its content is forgotten."""
    require(actor, RIGHT, to=TO)
    with frames["act"]("directory.discarded", actor=actor, now=now, subject=sync, why=reason):
        sync = _open(sync)
        _settle(sync, DirectorySync.State.DISCARDED, now)
    return sync


def expire_old(*, now: datetime) -> int:
    """Lets go of files that nobody settled in 14 days; the number of them."""
    old = DirectorySync.objects.filter(state__in=Open, read_at__lt=now - KEPT_FOR)
    for sync in old:
        why = f"Nobody settled it within {words.duration(KEPT_FOR)}."
        with frames["act"]("directory.expired", actor=None, now=now, subject=sync, why=why) as running:
            locked = DirectorySync.objects.select_for_update().filter(pk=sync.pk, state__in=Open).first()
            if locked is None:
                running.nothing_happened()
                continue
            _settle(locked, DirectorySync.State.EXPIRED, now)
    return len(old)


def counts(plan: Plan) -> dict[str, int]:
    """How many differences of each kind."""
    return {kind.value: plan.count(kind) for kind in Kind}


def row_mark(person: int, difference: Difference) -> str:
    """Tells whether a difference is still the same: of whom, which field, and the three values."""
    base = difference.base.mark if difference.base else "never"
    return fingerprint(str(person), difference.field, difference.ours.mark, difference.theirs.mark, base)


def _read(content: bytes, json_expected: bool | None) -> list[Entry]:
    try:
        return read(content, json_expected=json_expected)
    except Unreadable as error:
        raise InvalidInput(" ".join(error.problems), {"file": list(error.problems)}) from error


def _open(sync: DirectorySync) -> DirectorySync:
    """The file, locked. Raises WrongState when it is settled."""
    locked = DirectorySync.objects.select_for_update(of=("self",)).get(pk=sync.pk)
    if not locked.is_open:
        raise WrongState(f"This file is {locked.get_state_display()} already, and its content is no longer kept. Send it again.")
    return locked


def _settle(sync: DirectorySync, state: str, now: datetime) -> None:
    sync.state = state
    if not sync.is_open:
        sync.content, sync.settled_at = b"", now
    sync.save(update_fields=["state", "content", "settled_at"])


def _keep_rows(sync: DirectorySync, plan: Plan, decided: dict[str, DirectoryRow] | None = None) -> None:
    """Writes the differences as rows; what is clear is taken unless a person says otherwise."""
    rows = [
        _row(sync, plan_row.person.called, plan_row.person.key, plan_row.entry, each) for plan_row in plan.people for each in plan_row.found
    ]
    rows += [_row(sync, entry.called, None, entry, each) for entry, each in plan.strangers]
    for row in rows:
        before = (decided or {}).get(row.mark)
        if before is not None and row.kind in DECIDABLE:
            row.decision, row.decided_by, row.decided_at = before.decision, before.decided_by, before.decided_at
    _insert(rows)


def _row(sync: DirectorySync, called: str, person: int | None, entry: Entry, each: Difference) -> DirectoryRow:
    return DirectoryRow(
        sync=sync,
        person_id=person,
        person_name=called[:150],
        place=entry.place,
        field=each.field,
        kind=each.kind.value,
        ours=each.ours.shown[:600],
        theirs=each.theirs.shown[:600],
        base=each.base.shown[:600] if each.base else "",
        words=each.words[:500],
        mark=row_mark(person or 0, each),
        decision=Decision.TAKE if each.kind in CLEAR else Decision.UNDECIDED,
    )


def _insert(rows: Sequence[DirectoryRow]) -> None:
    DirectoryRow.objects.bulk_create(rows, batch_size=ROWS_AT_ONCE)
