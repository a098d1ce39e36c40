"""Who must accept which version by when, and whether training still counts. Pure: duties, people and acceptances come in."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

EXPIRING = timedelta(days=30)


class Standing(StrEnum):
    """Where a person stands with a policy's version in force."""

    ACCEPTED = "accepted"
    DUE = "to be accepted"
    OVERDUE = "overdue"


class Training(StrEnum):
    """Where a person stands with the training on a policy."""

    NOT_WANTED = "not wanted"
    COUNTS = "trained"
    EXPIRING = "expires soon"
    EXPIRED = "expired"
    NONE = "never trained"

    @property
    def is_owed(self) -> bool:
        return self in {Training.EXPIRED, Training.NONE}


@dataclass(frozen=True, slots=True)
class Duty:
    """Somebody's duty to know a policy, resolved to people. `since` is when it was laid on them."""

    policy_id: int
    people: frozenset[int]
    within_days: int
    needs_training: bool
    since: datetime


@dataclass(frozen=True, slots=True)
class InForce:
    """A policy's version in force and its start."""

    version_id: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Obligation:
    """What one person owes one policy. `accepted_at` is None until they accept the version in force."""

    policy_id: int
    person_id: int
    version_id: int
    due_at: datetime
    accepted_at: datetime | None
    training: Training
    trained_until: date | None

    def standing(self, at: datetime) -> Standing:
        if self.accepted_at is not None:
            return Standing.ACCEPTED
        return Standing.OVERDUE if self.due_at <= at else Standing.DUE


def obligations(
    duties: Iterable[Duty],
    in_force: Mapping[int, InForce],
    *,
    joined: Mapping[int, datetime],
    accepted: Mapping[tuple[int, int], datetime],
    trained: Mapping[tuple[int, int], date],
    today: date,
) -> list[Obligation]:
    """What everybody owes, one entry a person and policy, the earliest due first.

    The days run from the latest of: the version's start, the duty's beginning, the person's arrival. Of several duties that meet in one
    person the shortest counts. A policy without a version in force asks nothing. `accepted` is by (version, person), `trained` by
    (policy, person) and holds the last day on which the newest training counts.
    """
    due: dict[tuple[int, int], datetime] = {}
    training_wanted: set[tuple[int, int]] = set()
    for duty in duties:
        current = in_force.get(duty.policy_id)
        if current is None:
            continue
        for person in duty.people:
            key = (duty.policy_id, person)
            begins = max(current.since, duty.since, joined.get(person, current.since))
            by = begins + timedelta(days=duty.within_days)
            due[key] = min(by, due.get(key, by))
            if duty.needs_training:
                training_wanted.add(key)
    found = [
        Obligation(
            policy_id=policy,
            person_id=person,
            version_id=in_force[policy].version_id,
            due_at=by,
            accepted_at=accepted.get((in_force[policy].version_id, person)),
            training=training_state(trained.get((policy, person)), today, wanted=(policy, person) in training_wanted),
            trained_until=trained.get((policy, person)),
        )
        for (policy, person), by in due.items()
    ]
    return sorted(found, key=lambda each: (each.due_at, each.policy_id, each.person_id))


def training_state(until: date | None, today: date, *, wanted: bool = True) -> Training:
    """Where training that counts until and including `until` stands on `today`."""
    if until is None:
        return Training.NONE if wanted else Training.NOT_WANTED
    if until < today:
        return Training.EXPIRED if wanted else Training.NOT_WANTED
    return Training.EXPIRING if until <= today + EXPIRING else Training.COUNTS


def overdue_days(obligation: Obligation, at: datetime) -> int:
    """Whole days since it was due; 0 while it is not."""
    return max((at - obligation.due_at).days, 0)


def people_of(duty_person: int | None, members: Collection[int], active: Collection[int]) -> frozenset[int]:
    """The people a duty is laid on: one, or the members of its team or role, of those who are still there."""
    named = {duty_person} if duty_person is not None else set(members)
    return frozenset(named & set(active))
