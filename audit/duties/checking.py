"""Every night: who holds what must not meet, and who used both. What was let pass until a day that is over is open again."""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max

from audit.events.services import act, mention
from audit.ledger.models import LedgerEvent
from portal.foundation.base_models import save_tracked
from portal.foundation.people.models import User

from .exceptions import running_exceptions
from .holdings import holdings_of
from .models import DutyCheck, DutyFinding, DutyPair
from .pairs import Hit, hits
from .table import as_pure, in_force, rights_of_pairs
from .telling import tell_of_exceptions_ending, tell_of_findings
from .trail import in_records, used_both

State, Kind = DutyFinding.State, DutyFinding.Kind
Key = tuple[int, int, str, str]
GONE = "The two rights do not meet any more."
# Events are numbered before they are committed: one that was slow may come under a number that was passed already.
OVERLAP = 10_000


@dataclass(frozen=True, slots=True)
class Found:
    """What meets now: the same four as a finding's, and how it came to be."""

    person: int
    pair: int
    kind: str
    on: str
    how: dict[str, Any]

    @property
    def key(self) -> Key:
        return (self.person, self.pair, self.kind, self.on)


def next_state(before: str | None, *, there: bool, passes: bool) -> str:
    """The state of a finding of what somebody holds, from the one before (None: new) and from what is so now."""
    if there:
        return State.COVERED if passes else State.OPEN
    return before if before in (State.REMOVED, State.ENDED) else State.ENDED


def check_duties(*, now: datetime) -> list[DutyFinding]:
    """Looks at everybody; the findings that are open and were not before. A second call finds nothing new."""
    pairs = in_force()
    last = DutyCheck.objects.first()
    up_to = LedgerEvent.objects.aggregate(last=Max("pk"))["last"] or 0
    held = holdings_of(rights=rights_of_pairs(pairs))
    found = {one.key: one for one in (*_held(held, pairs), *_used(pairs, last.last_event - OVERLAP if last else 0, up_to))}
    opened = _settle(found, now)
    states = Counter(DutyFinding.objects.values_list("state", flat=True))
    told = {"at": now, "people": len(held), "open": states[State.OPEN], "covered": states[State.COVERED], "last_event": up_to}
    DutyCheck.objects.create(**told)
    tell_of_findings(opened, now)
    tell_of_exceptions_ending(now)
    return opened


def check_person(person: Any, *, now: datetime) -> None:
    """Looks again at what one person holds, after something was done about it."""
    _look_again([person.pk], now)


def check_people(people: Collection[int], *, now: datetime) -> list[DutyFinding]:
    """Looks at what these people hold, and tells as the night's check does; the findings that are open and were not before."""
    opened = _look_again(people, now)
    tell_of_findings(opened, now)
    return opened


def _look_again(people: Collection[int], now: datetime) -> list[DutyFinding]:
    pairs = in_force()
    here = list(User.objects.filter(pk__in=people, is_active=True).values_list("pk", flat=True))
    held = holdings_of(here, rights=rights_of_pairs(pairs)) if here else {}
    found = list(_held(held, pairs))
    return [
        finding for person in sorted(people) for finding in _settle({one.key: one for one in found if one.person == person}, now, of=person)
    ]


def _held(held: dict[int, Any], pairs: list[DutyPair]) -> Iterator[Found]:
    pure = as_pure(pairs)
    for person, holdings in held.items():
        for hit in hits(holdings, pure):
            yield Found(person, hit.pair, Kind.HOLDS, hit.on, _how(hit))


def _how(hit: Hit) -> dict[str, Any]:
    return {"a": [one.as_plain() for one in hit.a], "b": [one.as_plain() for one in hit.b]}


def _used(pairs: list[DutyPair], since: int, up_to: int) -> Iterator[Found]:
    people = set(User.objects.values_list("pk", flat=True))
    for one in (*in_records(pairs), *used_both(pairs, since=since, up_to=up_to)):
        if one.person in people:
            yield Found(one.person, one.pair, Kind.USED, one.on, {"event": one.event} if one.event else {})


def _settle(found: dict[Key, Found], now: datetime, *, of: int | None = None) -> list[DutyFinding]:
    """Writes what changed, each change an event of its own; those that are newly open."""
    there = DutyFinding.objects.select_related("person", "pair")
    known = {_key(one): one for one in (there if of is None else there.filter(person=of))}
    passing = running_exceptions(now)
    opened, still = [], []
    for key, one in found.items():
        finding = known.get(key)
        if finding is not None and finding.kind == Kind.USED:
            # It happened once; it was told, and somebody has judged it or will.
            continue
        after = State.OPEN if one.kind == Kind.USED else next_state(None, there=True, passes=(one.person, one.pair) in passing)
        if finding is None or finding.state != after:
            finding = _change(finding or _new(one, now), one, after, now)
            opened += [finding] if after == State.OPEN else []
        else:
            still.append(finding.pk)
    DutyFinding.objects.filter(pk__in=still).update(last_seen=now)
    for key, finding in known.items():
        if key not in found and finding.kind == Kind.HOLDS and finding.state in (State.OPEN, State.COVERED):
            _change(finding, None, State.ENDED, now)
    return opened


def _new(one: Found, now: datetime) -> DutyFinding:
    person, pair = User.objects.get(pk=one.person), DutyPair.objects.get(pk=one.pair)
    return DutyFinding(person=person, pair=pair, kind=one.kind, place=one.on, first_seen=now, last_seen=now)


def _change(finding: DutyFinding, one: Found | None, state: str, now: datetime) -> DutyFinding:
    verb = "duty_finding.ended" if one is None else "duty_finding.covered" if state == State.COVERED else "duty_finding.opened"
    with act(verb, actor=None, now=now) as running:
        mention(finding.person)
        finding.state = state
        if one is not None:
            finding.how, finding.last_seen = one.how, now
        finding.open_since = now if state == State.OPEN else finding.open_since
        finding.closed_at, finding.closed_by, finding.note = (now, None, GONE) if one is None else (None, None, "")
        save_tracked(finding, actor=None, now=now)
        running.subject = finding
        running.details = {"person": str(finding.person), "pair": str(finding.pair), "on": finding.place}
    return finding


def _key(finding: DutyFinding) -> Key:
    return (finding.person_id, finding.pair_id, finding.kind, finding.place)
