"""Break-glass: at once, for a limited time, in front of everybody, and reviewed before it can happen again."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from audit.models import LedgerEvent
from policies.governance import queries, services
from policies.governance.states import Phase
from policies.governance.urgent import publish_at_once, review_urgent, unreviewed_by
from policies.models import PolicyVersion, UrgentPublication
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from portal.models import OutboxMessage, User
from tests.factories import policies as make
from tests.factories.portal import person
from tests.shared import shared

pytestmark = pytest.mark.django_db
HOURS = timedelta(hours=1)


@shared
def cora() -> User:
    return person("Cora Commander", roles=("commander",))


@shared
def lasting(now: Any) -> PolicyVersion:
    return make.in_force(now=now - timedelta(days=3))


@shared
def draft(lasting: PolicyVersion, now: Any) -> PolicyVersion:
    version = make.draft(lasting.policy, now=now - HOURS)
    version.levels.update(window=timedelta(minutes=2))
    return version


def published(version: PolicyVersion, by: User, now: Any, hours: int = 8) -> UrgentPublication:
    return publish_at_once(version, actor=by, now=now, reason="Pages go to the wrong team", until=now + hours * HOURS)


def test_it_is_in_force_at_once_and_what_was_before_counts_again_afterwards(draft: Any, lasting: Any, cora: User, now: Any) -> None:
    published(draft, cora, now)
    version = PolicyVersion.objects.get(pk=draft.pk)
    in_force = [queries.version_in_force(version.policy, at) for at in (now - HOURS, now, now + 7.99 * HOURS, now + 8 * HOURS)]
    assert in_force == [lasting, version, version, lasting]
    assert (version.submitted_by, version.effective_until) == (cora, now + 8 * HOURS)
    assert [queries.phase_of(one, now) for one in (lasting, version)] == [Phase.SUPERSEDED, Phase.IN_FORCE]
    later = now + 8 * HOURS
    assert [queries.phase_of(one, later) for one in (lasting, version)] == [Phase.IN_FORCE, Phase.SUPERSEDED]
    assert queries.latest_approved(version.policy) == lasting
    assert queries.snapshot_of(version).levels[0].window == timedelta(minutes=2)


def test_a_version_that_is_approved_in_the_ordinary_way_takes_its_place(draft: Any, cora: User, now: Any) -> None:
    published(draft, cora, now)
    draft.refresh_from_db()
    kept = services.draft_from(draft, actor=draft.author, now=now + HOURS, reason="It worked, keep it")
    assert queries.replaced_by(kept, now + HOURS) == draft
    make.approve(kept, now=now + 2 * HOURS)
    assert queries.version_in_force(draft.policy, now + 3 * HOURS) == kept
    assert queries.version_in_force(draft.policy, now + 90 * HOURS) == kept


def test_others_are_told_at_once_and_it_is_on_the_record(draft: Any, cora: User, now: Any) -> None:
    carl = person("Carl Compliance", roles=("compliance",))
    publication = published(draft, cora, now)
    told = OutboxMessage.objects.filter(kind="policy_published_at_once")
    names = set(told.values_list("person_name", flat=True))
    assert names == {"Carl Compliance", "Approver", "Second approver", "Owner"}
    assert "Cora Commander put" in told[0].body
    assert "Pages go to the wrong team" in told[0].body
    assert f"/policies/policyversion/{draft.pk}/" in told[0].link
    event = LedgerEvent.objects.get(type="policy_version.published_at_once")
    assert "wrong team" in event.payload
    assert publication.review_due_at == now + 72 * HOURS
    assert carl.pk != event.pk


def test_the_publisher_is_not_told_what_they_did(draft: Any, now: Any) -> None:
    both = person("Both", roles=("commander", "compliance"))
    published(draft, both, now)
    assert not OutboxMessage.objects.filter(person=both).exists()


def test_it_needs_the_right_given_by_role(draft: Any, now: Any) -> None:
    for actor in (draft.author, person("Root", is_superuser=True), person("Abe", roles=("approver",))):
        with pytest.raises(NotAllowed, match="publish a version at once"):
            published(draft, actor, now)
    with pytest.raises(NotAllowed, match="Only a person"):
        publish_at_once(draft, actor=None, now=now, reason="x", until=now + HOURS)
    assert not UrgentPublication.objects.exists()


@pytest.mark.parametrize("hours", [-1, 0, 72.001, 10_000])
def test_it_ends_within_72_hours(draft: Any, cora: User, now: Any, hours: float) -> None:
    with pytest.raises(InvalidInput, match="at most 72 hours"):
        publish_at_once(draft, actor=cora, now=now, reason="Now", until=now + hours * HOURS)


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_it_needs_words(draft: Any, cora: User, now: Any, reason: str) -> None:
    with pytest.raises(InvalidInput, match="why this cannot wait"):
        publish_at_once(draft, actor=cora, now=now, reason=reason, until=now + HOURS)


def test_errors_of_the_checks_still_block(draft: Any, cora: User, now: Any) -> None:
    draft.levels.get().targets.all().delete()
    with pytest.raises(InvalidInput, match="cannot be published at once yet"):
        published(draft, cora, now)
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_a_first_version_is_never_published_at_once_for_nothing_would_be_in_force_afterwards(cora: User, now: Any) -> None:
    version = make.draft()
    make.level(version, 1, person("Ana"))
    with pytest.raises(WrongState, match="The first version of a policy needs the ordinary approval"):
        published(version, cora, now)
    version.effective_from = now + timedelta(days=30)
    version.save()
    make.approve(version, now=now)
    second = make.draft(version.policy, now=now)
    with pytest.raises(WrongState, match=r"No version of .* is in force"):
        published(second, cora, now)


def test_only_a_draft_is_published_at_once(draft: Any, lasting: Any, cora: User, now: Any) -> None:
    services.submit_version(draft, actor=draft.author, now=now, accepted="Known")
    for version in (draft, lasting):
        with pytest.raises(WrongState, match="cannot be published at once"):
            published(version, cora, now)


def test_the_right_rests_until_somebody_else_has_reviewed(draft: Any, cora: User, now: Any) -> None:
    publication = published(draft, cora, now)
    assert unreviewed_by(cora) == publication
    second = make.draft(draft.policy, now=now + HOURS)
    elsewhere = make.in_force(now=now - HOURS)
    third = make.draft(elsewhere.policy, now=now)
    for version in (second, third):
        with pytest.raises(NotAllowed, match="nobody reviewed that yet"):
            published(version, cora, now + 80 * HOURS)
    review_urgent(publication, actor=person("Carl", roles=("compliance",)), now=now + 80 * HOURS, reason="Right call", verdict="justified")
    assert unreviewed_by(cora) is None
    published(third, cora, now + 81 * HOURS)


def test_not_justified_ends_it_at_once_and_justified_does_not(draft: Any, lasting: Any, cora: User, now: Any) -> None:
    abe = person("Abe", roles=("approver",))
    publication = published(draft, cora, now)
    review_urgent(publication, actor=abe, now=now + 2 * HOURS, reason="It could have waited", verdict="not_justified")
    version = PolicyVersion.objects.get(pk=draft.pk)
    assert version.effective_until == now + 2 * HOURS
    assert queries.version_in_force(version.policy, now + 2 * HOURS) == lasting
    assert queries.version_in_force(version.policy, now + HOURS) == version
    second = make.draft(draft.policy, now=now + 3 * HOURS)
    again = published(second, cora, now + 3 * HOURS)
    review_urgent(again, actor=abe, now=now + 4 * HOURS, reason="Right call", verdict="justified")
    assert PolicyVersion.objects.get(pk=second.pk).effective_until == now + 11 * HOURS
    assert LedgerEvent.objects.filter(type="policy_version.urgent_reviewed").count() == 2


@pytest.mark.parametrize("hours", [0, 8, 100])
def test_a_review_in_the_same_instant_or_after_its_end_leaves_no_hole(draft: Any, lasting: Any, cora: User, now: Any, hours: int) -> None:
    publication, at = published(draft, cora, now), now + hours * HOURS
    review_urgent(publication, actor=person("Abe", roles=("approver",)), now=at, reason="No", verdict="not_justified")
    ended = PolicyVersion.objects.get(pk=draft.pk).effective_until
    assert ended is not None
    assert now < ended <= now + 8 * HOURS
    assert queries.version_in_force(draft.policy, ended) == lasting


def test_nobody_reviews_what_they_had_a_hand_in(draft: Any, now: Any) -> None:
    both = person("Both", roles=("commander", "compliance"))
    publication = published(draft, both, now)
    draft.author.groups.add(*person("x", roles=("compliance",)).groups.all())
    fresh = person("Fresh", roles=("compliance",), date_joined=now)
    for actor in (both, draft.author, fresh):
        with pytest.raises(NotAllowed):
            review_urgent(publication, actor=actor, now=now, reason="Fine", verdict="justified")
    for actor in (person("Root", is_superuser=True), person("Mia", roles=("manager",))):
        with pytest.raises(NotAllowed, match="review what was published"):
            review_urgent(publication, actor=actor, now=now, reason="Fine", verdict="justified")
    publication.refresh_from_db()
    assert publication.reviewed_at is None


def test_a_review_is_one_with_words_and_a_verdict(draft: Any, cora: User, now: Any) -> None:
    abe, publication = person("Abe", roles=("approver",)), published(draft, cora, now)
    for reason, verdict in ((" ", "justified"), ("Fine", ""), ("Fine", "perhaps")):
        with pytest.raises(InvalidInput):
            review_urgent(publication, actor=abe, now=now, reason=reason, verdict=verdict)
    review_urgent(publication, actor=abe, now=now, reason="Fine", verdict="justified")
    with pytest.raises(WrongState, match="Abe reviewed it already: justified"):
        review_urgent(publication, actor=abe, now=now, reason="No", verdict="not_justified")


def refused(words: str, what: Any) -> None:
    with pytest.raises(DatabaseError, match=words), transaction.atomic():
        what()


def record(version: PolicyVersion, by: User, now: Any, hours: float = 8, **more: Any) -> UrgentPublication:
    facts = {"published_by": by, "published_at": now, "until": now + hours * HOURS, "reason": "r", "review_due_at": now + HOURS, **more}
    return UrgentPublication.objects.create(version=version, **facts)


def whole(version: PolicyVersion, by: User, now: Any, hours: float = 8) -> dict[str, Any]:
    return {
        "state": "approved",
        "content": {"levels": []},
        "content_sha256": "x",
        "submitted_by": by,
        "submitted_at": now,
        "approved_at": now,
        "effective_from": now,
        "effective_until": now + hours * HOURS,
    }


def test_the_database_lets_nothing_be_approved_without_approvals_but_by_such_a_record(draft: Any, cora: User, now: Any) -> None:
    rows = PolicyVersion.objects.filter(pk=draft.pk)
    on_record = "who published it at once"
    refused(on_record, lambda: rows.update(**whole(draft, cora, now)))
    record(draft, cora, now)
    other = person("Other")
    refused(on_record, lambda: rows.update(**whole(draft, other, now)))
    refused(on_record, lambda: rows.update(**whole(draft, cora, now, hours=9)))
    refused(on_record, lambda: rows.update(**{**whole(draft, cora, now), "effective_until": None}))
    refused(on_record, lambda: rows.update(**{**whole(draft, cora, now), "effective_from": now + HOURS}))
    rows.update(**whole(draft, cora, now))


def test_the_database_wants_a_lasting_version_behind_it(cora: User, now: Any) -> None:
    version = make.draft()
    make.level(version, 1, person("Ana"))
    record(version, cora, now)
    refused("counts again when it ends", lambda: PolicyVersion.objects.filter(pk=version.pk).update(**whole(version, cora, now)))


def test_the_database_keeps_an_end_where_it_is(draft: Any, lasting: Any, cora: User, now: Any) -> None:
    published(draft, cora, now)
    ends = "Only a version that was published at once ends by itself"
    for version, end in ((draft, now + 9 * HOURS), (draft, None), (draft, now + HOURS), (lasting, now + HOURS)):
        refused(ends, lambda: PolicyVersion.objects.filter(pk=version.pk).update(effective_until=end))  # noqa: B023
    other = make.draft()
    refused(ends, lambda: PolicyVersion.objects.filter(pk=other.pk).update(effective_until=now + HOURS, effective_from=now))


def test_the_database_keeps_the_record(draft: Any, cora: User, now: Any) -> None:
    publication = published(draft, cora, now)
    rows = UrgentPublication.objects.filter(pk=publication.pk)
    abe = person("Abe", roles=("approver",))
    review = {"reviewed_by": abe, "reviewed_at": now, "verdict": "justified", "review_reason": "r"}
    stays = "stays on record"
    refused(stays, lambda: rows.delete())
    refused(stays, lambda: rows.update(reason="Something harmless"))
    for values in ({"until": now + HOURS}, {"published_by": abe}, {"reason": "Else"}, {"review_due_at": now + 900 * HOURS}):
        refused(f"{stays}|Nobody reviews", lambda: rows.update(**{**review, **values}))  # noqa: B023
    refused("Nobody reviews what they wrote", lambda: rows.update(**{**review, "reviewed_by": cora}))
    refused("Nobody reviews what they wrote", lambda: rows.update(**{**review, "reviewed_by": draft.author}))
    refused("Nobody reviews", lambda: rows.update(**{**review, "reviewed_by": person("Fresh", date_joined=now)}))
    rows.update(**review)
    refused(stays, lambda: rows.update(verdict="not_justified"))
    refused(stays, lambda: rows.update(reviewed_by=None, reviewed_at=None, verdict=""))


def test_the_database_takes_no_record_that_is_too_long_reviewed_or_of_no_draft(draft: Any, lasting: Any, cora: User, now: Any) -> None:
    refused("72 hours at most", lambda: record(draft, cora, now, hours=72.1))
    refused("Only a draft", lambda: record(lasting, cora, now))
    review = {"reviewed_by": person("Abe"), "reviewed_at": now, "verdict": "justified", "review_reason": "r"}
    refused("not reviewed yet", lambda: record(draft, cora, now, **review))
    record(draft, cora, now, hours=72)
    other = make.draft(make.in_force().policy)
    refused("nobody reviewed yet", lambda: record(other, cora, now))


@pytest.mark.skipif(connection.vendor != "sqlite", reason="a statement of SQLite")
def test_the_record_is_not_replaced_on_sqlite(draft: Any, cora: User, now: Any) -> None:
    published(draft, cora, now)
    names = [field.column for field in UrgentPublication._meta.concrete_fields]
    columns = ", ".join(names)
    with pytest.raises(IntegrityError, match=r"such a record already|Only a draft"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"INSERT OR REPLACE INTO policies_urgentpublication ({columns}) SELECT {columns} FROM policies_urgentpublication")  # noqa: S608
