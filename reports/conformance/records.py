"""Rules of what has to be on record beside the steps: signatures, analyses, channels, mandates, changes. The docstrings are the published definitions."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from incidents.changes.rules import Frozen, Planned
from policies.decisions.escalation_words import in_words

from .values import Deviation, Kind, clock

# The first reminder goes after ten minutes, the next an hour later: whoever has not signed by then was told.
SIGNED_WITHIN = timedelta(hours=1)
LONGEST_USE = timedelta(hours=72)


@dataclass(frozen=True, slots=True)
class HandOffRow:
    """A hand-off as it is stored. `waived` is why it was closed without a signature, '' where it was not."""

    incident: int
    run: int | None
    giver: int
    receiver: int | None
    offered_at: datetime
    given_at: datetime | None
    received_at: datetime | None
    settled_at: datetime | None
    waived: str = ""


def unsigned_hand_off(rows: Iterable[HandOffRow], known_until: datetime) -> Iterator[Deviation]:
    """A hand-off that misses a signature, of who gave or of who received, an hour after it was offered or made, and was neither declined nor
    withdrawn; or one that was closed without the signature, with the reason given for that as its rationale. As things stood at the last
    thing told about the incidents.
    """
    for row in rows:
        settled = row.settled_at is not None and row.settled_at <= known_until
        if settled and not row.waived:
            continue
        lacking = [side for side, at in (("giver", row.given_at), ("receiver", row.received_at)) if at is None or at > known_until]
        if not lacking or known_until < row.offered_at + SIGNED_WITHIN:
            continue
        missing = " and ".join(f"the {side}'s signature" for side in lacking)
        people = tuple(
            key for key in ((row.giver if "giver" in lacking else None), (row.receiver if "receiver" in lacking else None)) if key
        )
        yield Deviation(
            Kind.UNSIGNED_HAND_OFF, row.incident, row.offered_at, "Both sides sign a hand-off.",
            f"It was closed without {missing}." if settled else f"{missing[:1].upper()}{missing[1:]} is missing.",
            row.run, rationale=row.waived if settled else "", people=people,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reached:
    """A run that entered a level which asks for a root-cause analysis; when its incident was closed, whether one was begun, and why not,
    where somebody with the right waived it.
    """

    incident: int
    run: int
    sequence: int
    level: int
    closed_at: datetime | None
    analysed: bool
    waived: str = ""


def missing_rca(rows: Iterable[Reached], known_until: datetime) -> Iterator[Deviation]:
    """The escalation entered a level for which the version asks for a root-cause analysis, or the technical escalation level 3 or above, and
    the incident was closed and has neither a problem linked to it nor a post-mortem. Where a post-mortem was waived, the reason of the
    waiver is its rationale. Incidents that are not closed yet are not told. Once an incident.
    """
    told: set[int] = set()
    for row in rows:
        if row.closed_at is None or row.closed_at > known_until or row.analysed or row.incident in told:
            continue
        told.add(row.incident)
        yield Deviation(
            Kind.MISSING_RCA, row.incident, row.closed_at,
            f"Level {row.level} asks for a root-cause analysis before the incident is closed: a problem, or a post-mortem.",
            "It was closed, and the post-mortem was waived." if row.waived else "It was closed without one.", row.run, (row.sequence,), row.level,
            row.waived,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sent:
    """One message with its details that a channel took, about an incident that was confidential from `confidential_since` on."""

    incident: int
    channel: str
    sent_at: datetime
    confidential_since: datetime
    person: int | None


# By channel, in order of time: from when on it was cleared, or no more.
Clearances = Mapping[str, list[tuple[datetime, bool]]]


def channel_not_cleared(rows: Iterable[Sent], clearances: Clearances) -> Iterator[Deviation]:
    """A message that carried an incident's details was handed to a channel, while the incident was confidential, that was not cleared for
    confidential details at that time. Messages whose details the portal holds back by itself carry number and link only, and are none.
    """
    for row in rows:
        if row.sent_at < row.confidential_since or _cleared(clearances.get(row.channel, []), row.sent_at):
            continue
        yield Deviation(
            Kind.CHANNEL_NOT_CLEARED, row.incident, row.sent_at,
            "Details of a confidential incident go only over channels that are cleared for it.",
            f"Details went over {row.channel}, which was not cleared.", people=(row.person,) if row.person else (),
        )  # fmt: skip


def _cleared(changes: list[tuple[datetime, bool]], at: datetime) -> bool:
    return next((cleared for since, cleared in reversed(changes) if since <= at), False)


@dataclass(frozen=True, slots=True)
class Use:
    """The use of a mandate. `held` has the first and last days of each mandate of this kind that its user had: None without such a day."""

    incident: int
    mandate: str
    person: int
    used_at: datetime
    ends: datetime
    reason: str
    held: tuple[tuple[date | None, date | None], ...]
    refused_at: datetime | None = None
    refusal: str = ""


def mandate_beyond_limits(rows: Iterable[Use], known_until: datetime) -> Iterator[Deviation]:
    """A mandate was used by somebody who held none of the kind, as owner of a level of the incident's rules or by delegation; outside the
    days, by UTC, for which it was given; for longer than 72 hours; or a reviewer found the use not justified. What the limits say in words only a reviewer can judge. The
    rationale is the reason given with the use.
    """
    for row in rows:
        happened = _beyond(row, known_until)
        if happened:
            yield Deviation(
                Kind.MANDATE_BEYOND_LIMITS, row.incident, row.used_at, "A mandate is used by who holds it, in its time, within its limits.",
                f"{row.mandate}: {happened}", rationale=row.reason, people=(row.person,),
            )  # fmt: skip


def _beyond(row: Use, known_until: datetime) -> str:
    day = row.used_at.astimezone(UTC).date()
    if not row.held:
        return "whoever used it held no such mandate."
    if not any((first is None or first <= day) and (last is None or day <= last) for first, last in row.held):
        return f"it was used at {clock(row.used_at)}, outside the days for which it was given."
    if row.ends - row.used_at > LONGEST_USE:
        return f"it was to count for {in_words(row.ends - row.used_at)}, more than {in_words(LONGEST_USE)}."
    if row.refused_at is not None and row.refused_at <= known_until:
        return f"the review found it not justified: {row.refusal}"
    return ""


@dataclass(frozen=True, slots=True)
class Begun:
    """A change that actually began, and when the portal was told so. `approval` and `said` are the words of its emergency approval and of its start."""

    change: Planned
    kind: str
    at: datetime
    told_at: datetime
    requester: int | None = None
    approval: str = ""
    said: str = ""


def change_during_freeze(freezes: Iterable[tuple[int, Frozen]], begun: Sequence[Begun], known_until: datetime) -> Iterator[Deviation]:
    """A change actually began while a freeze held that follows the incident and covers a service which the change touches, and nobody had
    approved it as an emergency by then. A freeze holds from its beginning until it ends or is lifted; a business unit is frozen with its
    parts, and a service counts to the unit that it belongs to now. The rationale is that of an approval given afterwards, else what was
    said when it began. Starts and approvals told after the last thing told about the incidents do not count. Once an incident and change.
    """
    known = sorted((one for one in begun if one.told_at <= known_until), key=lambda one: (one.at, one.change.number))
    moments = [one.at for one in known]
    seen: set[tuple[int, str]] = set()
    for incident, freeze in sorted(freezes, key=lambda pair: (pair[1].begins_at, pair[1].key)):
        end = len(known) if freeze.over_at is None else bisect_left(moments, freeze.over_at)
        for one in known[bisect_left(moments, freeze.begins_at) : end]:
            approved = one.change.approved_at
            in_time = approved is not None and approved <= one.at
            if in_time or (incident, one.change.number) in seen or not freeze.covers(one.change.touches):
                continue
            seen.add((incident, one.change.number))
            late = approved is not None and approved <= known_until
            yield Deviation(
                Kind.CHANGE_DURING_FREEZE, incident, one.at,
                f"No change to {freeze.what} begins while it is frozen, unless it was approved as an emergency before.",
                f"{one.change.number}{f', {one.kind},' if one.kind else ''} began {in_words(one.at - freeze.begins_at)} after {freeze.what} was "
                f"frozen. {f'It was approved as an emergency only at {clock(approved)}.' if late and approved else 'Nobody had approved it as an emergency.'}",
                rationale=one.approval if late else one.said, people=(one.requester,) if one.requester else (),
            )  # fmt: skip
