"""A person accepts what they read, for themself, once; training is recorded by somebody else; reminders come once."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.events.stories import parsed
from audit.ledger.models import LedgerEvent
from policies.attestations.owed import Standing, Training
from policies.attestations.queries import everything_owed, owed_at
from policies.attestations.services import accept_version, lift_duty, record_training, remind_people
from policies.models import Acceptance, KnowledgeDuty, PolicyVersion, Team, TrainingRecord
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from portal.models import OutboxMessage, User
from tests.factories import policies as make
from tests.factories.portal import person
from tests.shared import shared

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@shared
def version(now: datetime) -> PolicyVersion:
    return make.in_force(now=now)


@shared
def ana(version: PolicyVersion, now: datetime) -> User:
    """She must know the policy and has no role."""
    ana = person("Ana Ruiz", date_joined=now - 99 * DAY)
    duty(version, now, person=ana)
    return ana


def duty(version: PolicyVersion, now: datetime, **fields: Any) -> KnowledgeDuty:
    made = KnowledgeDuty(policy=version.policy, **fields)
    made._history_date = now - 99 * DAY  # type: ignore[attr-defined]
    made.save()
    return made


def accept(version: PolicyVersion, who: User | None, now: datetime, sha: str = "") -> Acceptance:
    return accept_version(version, actor=who, now=now, content_sha256=sha or version.content_sha256)


def succeeded(version: PolicyVersion, now: datetime) -> PolicyVersion:
    """The next version of the same policy, in force from `now`."""
    return make.approve(make.draft(version.policy, now=now), now=now)


def test_an_acceptance_keeps_the_hash_the_name_and_the_time(version: PolicyVersion, ana: User, now: datetime) -> None:
    accept(version, ana, now + DAY)
    ana.display_name = "Ana Ruiz-Berg"
    ana.save()
    kept = Acceptance.objects.get()
    assert (kept.person_name, kept.content_sha256, kept.accepted_at) == ("Ana Ruiz", version.content_sha256, now + DAY)
    event = parsed(LedgerEvent.objects.get(type="policy_version.accepted").payload)
    assert (event["actor"]["name"], event["decision"]["content_sha256"]) == ("Ana Ruiz", version.content_sha256)


def test_accepting_twice_accepts_once(version: PolicyVersion, ana: User, now: datetime) -> None:
    first = accept(version, ana, now)
    assert accept(version, ana, now + DAY) == first
    assert Acceptance.objects.get().accepted_at == now
    assert LedgerEvent.objects.filter(type="policy_version.accepted").count() == 1


@pytest.mark.parametrize("sha", ["0" * 64, "abc", " "])
def test_what_was_not_read_is_not_accepted(version: PolicyVersion, ana: User, now: datetime, sha: str) -> None:
    with pytest.raises(WrongState, match="What you read is not what"):
        accept(version, ana, now, sha)
    assert not Acceptance.objects.exists()


def test_a_superseded_version_is_not_accepted(version: PolicyVersion, ana: User, now: datetime) -> None:
    second = succeeded(version, now + DAY)
    with pytest.raises(WrongState, match="no longer in force"):
        accept(version, ana, now + DAY)
    accept(second, ana, now + DAY)


def test_a_draft_and_what_waits_for_approval_are_not_accepted(ana: User, version: PolicyVersion, now: datetime) -> None:
    draft = make.draft(version.policy, now=now)
    with pytest.raises(WrongState, match="only what is approved"):
        accept_version(draft, actor=ana, now=now, content_sha256="")


def test_a_scheduled_version_is_accepted_ahead(version: PolicyVersion, ana: User, now: datetime) -> None:
    draft = make.draft(version.policy, now=now)
    PolicyVersion.objects.filter(pk=draft.pk).update(effective_from=now + 5 * DAY)
    draft.refresh_from_db()
    scheduled = make.approve(draft, now=now)
    accept(scheduled, ana, now + DAY)
    assert [each.standing(now + 6 * DAY) for each in owed_at(now + 6 * DAY)] == [Standing.ACCEPTED]


def test_a_new_version_asks_everybody_anew(version: PolicyVersion, ana: User, now: datetime) -> None:
    accept(version, ana, now)
    assert [each.standing(now) for each in owed_at(now)] == [Standing.ACCEPTED]
    second = succeeded(version, now + DAY)
    [each] = owed_at(now + DAY)
    assert (each.version_id, each.standing(now + DAY), each.due_at) == (second.pk, Standing.DUE, now + 15 * DAY)


def test_nobody_accepts_for_another_or_without_being_there(version: PolicyVersion, ana: User, now: datetime) -> None:
    ana.is_active = False
    for actor in (None, ana):
        with pytest.raises(NotAllowed, match="only for themself"):
            accept(version, actor, now)


def test_who_need_not_know_it_and_may_not_read_it_does_not_accept_it(version: PolicyVersion, now: datetime) -> None:
    with pytest.raises(NotAllowed, match="none of the policies that you must know"):
        accept(version, person("Stranger"), now)
    accept(version, person("Auditor", roles=("auditor",)), now)


def test_teams_and_roles_owe_with_every_member_who_is_there(version: PolicyVersion, now: datetime) -> None:
    team = Team.objects.create(name="Payments")
    members = [person(name, roles=("responder",)) for name in ("One", "Two")]
    team.members.set([*members, person("Gone", is_active=False)])
    duty(version, now, team=team)
    duty(version, now, group=Group.objects.get(name="Responders"))
    assert {each.person for each in everything_owed(now)} == set(members)


def test_the_number_of_queries_does_not_grow(version: PolicyVersion, ana: User, now: datetime) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            everything_owed(now)
        return len(caught)

    team = Team.objects.create(name="Payments")
    team.members.set([person("One")])
    duty(version, now, team=team)
    few = queries()
    team.members.set([person(f"P{number}") for number in range(12)])
    for _ in range(4):
        duty(make.in_force(now=now), now, team=team)
    assert queries() == few
    assert len(everything_owed(now)) == 1 + 5 * 12


def test_people_are_told_once_when_due_and_once_when_overdue(version: PolicyVersion, ana: User, now: datetime) -> None:
    def told() -> list[str]:
        return list(OutboxMessage.objects.filter(person=ana).order_by("created_at").values_list("kind", flat=True))

    assert [remind_people(now=now + day * DAY) for day in (0, 1, 13)] == [1, 0, 0]
    assert told() == ["policy.to_accept"]
    assert [remind_people(now=now + day * DAY) for day in (14, 15, 99)] == [1, 0, 0]
    assert told() == ["policy.to_accept", "policy.acceptance_overdue"]


def test_a_late_first_run_tells_that_it_is_overdue(version: PolicyVersion, ana: User, now: datetime) -> None:
    assert remind_people(now=now + 99 * DAY) == 1
    assert OutboxMessage.objects.get().title == f"Overdue: read and accept {version.policy}, version 1"


def test_an_acceptance_takes_the_reminder_back(version: PolicyVersion, ana: User, now: datetime) -> None:
    remind_people(now=now)
    accept(version, ana, now)
    assert OutboxMessage.objects.get().state == "cancelled"
    assert remind_people(now=now + 99 * DAY) == 0


@pytest.fixture
def train(version: PolicyVersion, ana: User, now: datetime) -> Callable[..., TrainingRecord]:
    def record(**fields: Any) -> TrainingRecord:
        given = {"person": ana, "course": "Escalation basics", "trained_on": date(2026, 2, 1), "expires_on": date(2027, 2, 1)}
        given |= {"actor": person("Mara", roles=("manager",)), "now": now, **fields}
        return record_training(version.policy, **given)

    return record


def test_a_training_names_who_recorded_it(train: Callable[..., TrainingRecord], now: datetime) -> None:
    record = train(reason="Attended on site")
    assert (str(record.recorded_by), record.recorded_at) == ("Mara", now)
    assert LedgerEvent.objects.filter(type="trainingrecord.created").count() == 1


def test_nobody_records_their_own_training(train: Callable[..., TrainingRecord]) -> None:
    mara = person("Mara", roles=("manager",))
    with pytest.raises(NotAllowed, match="Nobody records their own training"):
        train(actor=mara, person=mara)


@pytest.mark.parametrize("role", ["responder", "approver", "auditor", "stakeholder", "administrator"])
def test_only_managers_and_compliance_record_training(train: Callable[..., TrainingRecord], role: str) -> None:
    train(actor=person("Cora", roles=("compliance",)), course="By compliance")
    with pytest.raises(NotAllowed, match="You may not record a training"):
        train(actor=person("Other", roles=(role,)))


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"trained_on": date(2026, 3, 3)}, "trained_on"),
        ({"expires_on": date(2026, 2, 1)}, "expires_on"),
        ({"course": "  "}, "course"),
    ],
)
def test_a_training_that_cannot_be_is_refused_at_its_field(
    train: Callable[..., TrainingRecord], fields: dict[str, Any], where: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        train(**fields)
    assert list(refused.value.fields) == [where]
    assert not TrainingRecord.objects.exists()


def test_the_newest_training_counts(version: PolicyVersion, ana: User, train: Callable[..., TrainingRecord], now: datetime) -> None:
    KnowledgeDuty.objects.update(needs_training=True)
    assert [each.training for each in owed_at(now)] == [Training.NONE]
    train(trained_on=date(2025, 1, 1), expires_on=date(2026, 1, 1), course="Old")
    assert [each.training for each in owed_at(now)] == [Training.EXPIRED]
    train(expires_on=date(2026, 3, 20))
    assert [each.training for each in owed_at(now)] == [Training.EXPIRING]


def test_a_duty_ends_with_words_and_what_was_accepted_stays(version: PolicyVersion, ana: User, now: datetime) -> None:
    accept(version, ana, now)
    mara, laid = person("Mara", roles=("manager",)), KnowledgeDuty.objects.get()
    with pytest.raises(InvalidInput):
        lift_duty(laid, actor=mara, now=now, reason=" ")
    with pytest.raises(NotAllowed):
        lift_duty(laid, actor=ana, now=now, reason="I know it all")
    lift_duty(laid, actor=mara, now=now, reason="Ana moved to another team")
    assert (KnowledgeDuty.objects.count(), Acceptance.objects.count()) == (0, 1)
    assert parsed(LedgerEvent.objects.get(type="knowledgeduty.lifted").payload)["why"] == "Ana moved to another team"
