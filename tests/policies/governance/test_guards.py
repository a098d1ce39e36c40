"""What the database refuses by itself, reached without any service."""

# ruff: noqa: S608

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from policies.governance import services
from policies.models import Approval, Criterion, Level, PolicyVersion, Target, Threshold
from tests.factories import policies as make
from tests.factories.portal import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft() -> Any:
    version = make.draft()
    make.level(version, 1, person("Ana"))
    make.threshold(version)
    return version


@pytest.fixture
def submitted(draft: Any, now: Any) -> Any:
    return services.submit_version(draft, actor=draft.author, now=now, accepted="Known")


@pytest.fixture
def approved(draft: Any) -> Any:
    return make.approve(draft)


def refused(words: str, what: Any) -> None:
    with pytest.raises(DatabaseError, match=words), transaction.atomic():
        what()


def change(version: PolicyVersion, **values: Any) -> Any:
    return lambda: PolicyVersion.objects.filter(pk=version.pk).update(**values)


def sql(statement: str, *values: Any) -> Any:
    return lambda: connection.cursor().execute(statement, values)


def test_a_version_with_an_empty_level_does_not_leave_draft(now: Any) -> None:
    version = make.draft()
    whole = {"state": "submitted", "content": {"levels": []}, "content_sha256": "x", "submitted_by": version.author, "submitted_at": now}
    level = make.level(version, 1)
    refused("Every level of a version needs somebody to alert", change(version, **whole))
    make.level(version, 2, person("Ana"))
    refused("Every level of a version needs somebody to alert", change(version, **whole))
    Target.objects.create(level=level, person=person("Tom"))
    change(version, **whole)()


def test_a_version_is_submitted_with_its_content_and_its_hash(draft: Any, now: Any) -> None:
    refused("content, its hash", change(draft, state="submitted", submitted_by=draft.author, submitted_at=now))
    refused("content, its hash", change(draft, state="submitted", content={}, content_sha256="x"))


def test_a_version_starts_as_a_draft(submitted: Any) -> None:
    copy = PolicyVersion.objects.get(pk=submitted.pk)
    copy.pk, copy.policy, copy.number = None, make.policy(), 7
    refused("starts as a draft", lambda: copy.save(force_insert=True))


@pytest.mark.parametrize("state", ["approved", "discarded"])
def test_a_version_follows_the_table_of_states(draft: Any, submitted: Any, state: str) -> None:
    version = submitted if state == "discarded" else make.draft()
    refused("from this state to that one|published at once", change(version, state=state))


def test_an_approved_version_stays_approved(approved: Any) -> None:
    for state in ("draft", "submitted", "discarded"):
        refused("from this state to that one", change(approved, state=state))


def test_nothing_is_approved_without_an_approval_by_somebody_else(submitted: Any, now: Any) -> None:
    approval = {"state": "approved", "approved_at": now, "effective_from": now}
    refused("approved by somebody else", change(submitted, **approval))
    facts = {"version": submitted, "requested_by": submitted.submitted_by, "reason": "r", "decided_at": now}
    own = {"decided_by": submitted.submitted_by, "content_sha256": submitted.content_sha256}
    refused("wrote, submitted or edited", lambda: Approval.objects.create(decision="approved", **facts, **own))
    refused("on its content", lambda: Approval.objects.create(decision="approved", decided_by=person("P"), content_sha256="0", **facts))
    Approval.objects.create(decision="sent_back", decided_by=person("P"), content_sha256=submitted.content_sha256, **facts)
    refused("approved by somebody else", change(submitted, **approval))
    Approval.objects.create(decision="approved", decided_by=person("P"), content_sha256=submitted.content_sha256, **facts)
    change(submitted, **approval)()


def test_the_author_is_refused_even_when_a_colleague_submitted(draft: Any, now: Any) -> None:
    services.submit_version(draft, actor=person("Colleague", roles=("manager",)), now=now, accepted="Known")
    facts = {"requested_by": draft.submitted_by, "reason": "r", "decided_at": now, "content_sha256": draft.content_sha256}
    by_author = lambda: Approval.objects.create(version=draft, decision="approved", decided_by=draft.author, **facts)  # noqa: E731
    refused("Nobody decides on a version that they wrote", by_author)


def test_an_approval_names_who_submitted(submitted: Any, now: Any) -> None:
    facts = {"version": submitted, "reason": "r", "decided_at": now, "content_sha256": submitted.content_sha256}
    refused(
        "names who submitted it",
        lambda: Approval.objects.create(decision="approved", requested_by=person("Straw"), decided_by=person("P"), **facts),
    )


@pytest.mark.parametrize("state", ["submitted", "approved"])
def test_what_was_submitted_cannot_change(request: Any, state: str, now: Any) -> None:
    version = request.getfixturevalue(state)
    words = "cannot be changed"
    refused(words, change(version, content={"levels": [], "thresholds": [], "resolve_within_seconds": 1}))
    refused(words, change(version, content=None))
    refused(words, change(version, content_sha256="0" * 64))
    refused(words, change(version, change_reason="Something harmless"))
    refused(words, change(version, warnings_accepted="Something harmless"))
    refused(words, change(version, resolve_within=timedelta(hours=1)))
    refused(words, change(version, effective_from=now + timedelta(days=3)))
    refused(words, change(version, submitted_by=person("Straw")))
    for values in ({"number": 99}, {"policy": make.policy()}, {"author": person("Other")}, {"id": 424242}):
        refused("keeps its policy, number and author", change(version, **values))


def test_a_version_does_not_start_before_or_after_what_was_approved(submitted: Any, now: Any) -> None:
    facts = {"requested_by": submitted.submitted_by, "reason": "r", "decided_at": now, "content_sha256": submitted.content_sha256}
    Approval.objects.create(version=submitted, decision="approved", decided_by=person("P"), **facts)
    refused("takes effect when", change(submitted, state="approved", approved_at=now, effective_from=now + timedelta(days=2)))
    change(submitted, state="approved", approved_at=now, effective_from=now)()


@pytest.mark.parametrize("state", ["submitted", "approved"])
def test_the_rows_of_a_version_that_is_no_draft_stay(request: Any, state: str) -> None:
    version = request.getfixturevalue(state)
    level, threshold = version.levels.get(), version.thresholds.get()
    words = "only change while it is a draft"
    refused(words, lambda: Level.objects.create(version=version, number=2, name="More"))
    refused(words, lambda: Target.objects.create(level=level, position=2, person=person("Tom")))
    refused(words, lambda: Threshold.objects.create(version=version, name="More", severity="SEV1"))
    refused(words, lambda: Criterion.objects.create(threshold=threshold, measure="latency_ms", value=1))
    refused(words, lambda: Level.objects.filter(pk=level.pk).update(window=timedelta(hours=9)))
    refused(words, lambda: Target.objects.filter(level=level).update(position=5))
    refused(words, lambda: Threshold.objects.filter(pk=threshold.pk).update(severity="SEV4"))
    refused(words, lambda: Criterion.objects.filter(threshold=threshold).update(value=99))
    refused(words, lambda: Criterion.objects.filter(threshold=threshold).delete())
    refused(words, lambda: Target.objects.filter(level=level).delete())
    refused(words, lambda: threshold.delete())
    refused(words, lambda: level.delete())


def test_rows_cannot_move_from_or_to_a_frozen_version(approved: Any) -> None:
    other = make.draft()
    mine = make.level(other, 1, person("Tom"))
    words = "only change while it is a draft"
    refused(words, lambda: Level.objects.filter(version=approved).update(version=other, number=9))
    refused(words, lambda: Level.objects.filter(pk=mine.pk).update(version=approved, number=9))
    refused(words, lambda: Target.objects.filter(level=mine).update(level=approved.levels.get(), position=9))


def test_a_draft_may_be_edited_freely(draft: Any) -> None:
    draft.levels.update(window=timedelta(hours=1))
    draft.levels.get().targets.all().delete()
    draft.levels.all().delete()
    draft.thresholds.all().delete()


@pytest.mark.parametrize("state", ["submitted", "approved"])
def test_a_version_that_left_draft_is_not_deleted(request: Any, state: str) -> None:
    version = request.getfixturevalue(state)
    refused("stays|only change while", sql("DELETE FROM policies_policyversion WHERE id = %s", version.pk))


def test_a_decision_is_not_changed_or_deleted(approved: Any) -> None:
    approval = Approval.objects.get()
    words = "never changed or removed"
    refused(words, lambda: Approval.objects.filter(pk=approval.pk).update(reason="Something else"))
    refused(words, lambda: approval.delete())
    refused(words, sql("DELETE FROM policies_approval"))


@pytest.mark.skipif(connection.vendor != "sqlite", reason="a statement of SQLite")
def test_nothing_is_replaced_on_sqlite(approved: Any) -> None:
    other = make.draft()
    make.level(other, 1, person("Tom"))
    columns = "id, version_id, number, name, kind, window, backup_after"
    frozen, free = approved.levels.get().pk, other.levels.get().pk
    refused(
        "only change while",
        sql(
            f"INSERT OR REPLACE INTO policies_level ({columns}) "
            f"SELECT {frozen}, version_id, 5, name, kind, window, backup_after FROM policies_level WHERE id = {free}"
        ),
    )
    refused("only change while", sql(f"UPDATE OR REPLACE policies_level SET id = {frozen} WHERE id = {free}"))
    refused("keeps its policy", sql(f"UPDATE OR REPLACE policies_policyversion SET id = {approved.pk} WHERE id = {other.pk}"))
    refused(
        "There is such a version",
        sql(
            "INSERT OR REPLACE INTO policies_policyversion "
            "(id, policy_id, number, state, change_reason, author_id, created_at, content_sha256) "
            f"SELECT {approved.pk}, policy_id, 9, 'draft', 'x', author_id, created_at, '' "
            f"FROM policies_policyversion WHERE id = {approved.pk}"
        ),
    )


@pytest.mark.skipif(connection.vendor != "postgresql", reason="a statement of PostgreSQL")
def test_nothing_is_truncated_on_postgresql(approved: Any) -> None:
    sql("SET CONSTRAINTS ALL IMMEDIATE")()
    refused("stays|never changed|only change", sql("TRUNCATE policies_policyversion CASCADE"))


def test_a_guard_refuses_with_an_integrity_error_in_words(approved: Any) -> None:
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        change(approved, change_reason="x")()
    assert str(refusal.value).splitlines()[0] == "A submitted or approved version cannot be changed; draft a new version."
