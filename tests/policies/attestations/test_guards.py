"""What the database refuses about acceptances by itself."""

from datetime import datetime
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from policies.models import Acceptance, PolicyVersion
from tests.factories import policies as make
from tests.factories.portal import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def version(now: datetime) -> PolicyVersion:
    return make.in_force(now=now)


@pytest.fixture
def accepted(version: PolicyVersion, now: datetime) -> Acceptance:
    return of(version, now)


def of(version: PolicyVersion, now: datetime, **fields: Any) -> Acceptance:
    given = {"version": version, "person": person("Ana"), "content_sha256": version.content_sha256, "accepted_at": now}
    return Acceptance.objects.create(**{**given, "person_name": "Ana", **fields})


def refused(words: str, what: Any) -> None:
    with pytest.raises(DatabaseError, match=words), transaction.atomic():
        what()


def sql(statement: str, *values: Any) -> Any:
    return lambda: connection.cursor().execute(statement, values)


def test_an_acceptance_is_never_changed_or_removed(accepted: Acceptance, now: datetime) -> None:
    words = "never changed or removed"
    other = person("Other")
    for values in ({"person": other}, {"person_name": "Other"}, {"accepted_at": now.replace(year=2020)}, {"content_sha256": "0" * 64}):
        refused(words, lambda values=values: Acceptance.objects.filter(pk=accepted.pk).update(**values))
    refused(words, lambda: Acceptance.objects.bulk_update([accepted], ["person_name"]))
    refused(words, accepted.delete)
    refused(words, sql("UPDATE policies_acceptance SET person_name = 'x'"))
    refused(words, sql("DELETE FROM policies_acceptance"))


def test_an_acceptance_is_of_what_was_approved(version: PolicyVersion, now: datetime) -> None:
    words = "by its hash"
    refused(words, lambda: of(version, now, content_sha256="0" * 64))
    refused(words, lambda: of(make.draft(now=now), now))


def test_a_version_is_accepted_once_by_a_person(accepted: Acceptance, version: PolicyVersion, now: datetime) -> None:
    refused("accepted this version already", lambda: of(version, now, person=accepted.person))


@pytest.mark.skipif(connection.vendor != "sqlite", reason="a statement of SQLite")
def test_nothing_is_replaced_on_sqlite(accepted: Acceptance) -> None:
    columns = "id, version_id, person_id, person_name, content_sha256, accepted_at"
    refused(
        "accepted this version already",
        sql(f"INSERT OR REPLACE INTO policies_acceptance ({columns}) SELECT {columns} FROM policies_acceptance"),  # noqa: S608
    )


@pytest.mark.skipif(connection.vendor != "postgresql", reason="a statement of PostgreSQL")
def test_nothing_is_truncated_on_postgresql(accepted: Acceptance) -> None:
    sql("SET CONSTRAINTS ALL IMMEDIATE")()
    refused("never changed or removed", sql("TRUNCATE policies_acceptance"))
