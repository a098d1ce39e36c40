"""Rows that are read quickly are the rows that were there."""

from datetime import UTC, datetime

import pytest
from django.db import DataError, connection

from portal.models import OutboxMessage
from tests.factories.portal import person

pytestmark = pytest.mark.django_db


def test_a_row_is_as_it_was_written_and_a_column_that_was_left_out_is_read_when_it_is_asked_for() -> None:
    now = datetime.now(UTC)
    ana = person("Ana")
    OutboxMessage.objects.create(
        kind="page",
        person=ana,
        person_name="Ana",
        subject_ref="a:1",
        title="t",
        body="b",
        idempotency_key="k",
        created_at=now,
        next_attempt_at=now,
    )
    found = OutboxMessage.objects.defer("body").get()
    assert (found.created_at, found.title, found.person, found.get_deferred_fields()) == (now, "t", ana, {"body"})
    assert (found.body, found._state.adding) == ("b", False)
    found.title = "u"
    found.save()
    assert OutboxMessage.objects.get().title == "u"


@pytest.mark.parametrize(
    "moment", ["2026-11-22 16:00:00.12345+00", "2026-11-22 16:00:00+00", "0001-01-01 00:00:00+00", "9999-12-31 23:59:59.999999+00"]
)
def test_postgresql_s_moments_are_read_to_the_microsecond(moment: str) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite keeps moments as texts that the framework reads")
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz", [moment])
        assert cursor.fetchone() == (datetime.fromisoformat(moment).astimezone(UTC),)


def test_a_moment_that_is_none_is_refused_in_the_driver_s_words() -> None:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite keeps moments as texts that the framework reads")
    with connection.cursor() as cursor:
        cursor.execute("SELECT '10000-01-01 00:00:00+00'::timestamptz")
        with pytest.raises(DataError, match="timestamp too large"):
            cursor.fetchone()
