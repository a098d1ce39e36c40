"""Statements handed to the driver itself read, count and fail as they do through Django's cursor."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DataError, IntegrityError, OperationalError, ProgrammingError, connection, transaction
from django.db.transaction import TransactionManagementError

from portal.foundation.statements import PREPARED_FROM, ask, change
from portal.models import ContactPoint, RememberedRequest, User
from tests.factories.portal import contact, person

pytestmark = pytest.mark.django_db
LATER = datetime(2026, 3, 2, 11, 30, tzinfo=UTC)
INSERT = (
    "INSERT INTO portal_rememberedrequest (user_id, key, fingerprint, status, body, created_at) VALUES (%s, %s, %s, 201, '{\"a\": 1}', %s)"
)


def stored(moment: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(moment)


@pytest.fixture
def ana() -> User:
    return person("Ana")


def test_a_row_that_was_written_is_what_the_orm_reads(ana: User) -> None:
    assert change(INSERT, [ana.pk, "50 % ŠĐ'\"\\ %s", "f" * 64, stored(LATER)]) == 1
    row = RememberedRequest.objects.get()
    assert (row.user, row.key, row.status, row.body, row.created_at) == (ana, "50 % ŠĐ'\"\\ %s", 201, {"a": 1}, LATER)


@pytest.mark.parametrize("model", [User, ContactPoint])
def test_rows_have_the_types_that_a_cursor_reads(ana: User, model: Any) -> None:
    contact(ana)
    statement, values = model.objects.all().query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        expected = cursor.fetchall()
    found = ask(statement, values)
    assert found == expected
    assert [[type(value) for value in row] for row in found] == [[type(value) for value in row] for row in expected]


def test_values_are_values_whatever_they_hold(ana: User) -> None:
    asked = "SELECT username FROM portal_user WHERE username = %s AND is_active = %s AND id = %s AND first_name <> '50 %%'"
    assert ask(asked, [ana.username, True, ana.pk]) == [(ana.username,)]
    assert ask(asked, [f"{ana.username}' OR 'a' = 'a", True, ana.pk]) == []
    assert ask("SELECT id FROM portal_user WHERE username = %s OR id = %s", [None, ana.pk]) == [(ana.pk,)]


def test_what_breaks_a_constraint_breaks_it_here_too(ana: User) -> None:
    given = [ana.pk, "k", "f" * 64, stored(LATER)]
    change(INSERT, given)
    with pytest.raises(IntegrityError), transaction.atomic():
        change(INSERT, given)
    assert change(f"{INSERT} ON CONFLICT DO NOTHING", given) == 0
    assert change("UPDATE portal_rememberedrequest SET status = %s WHERE key = %s", [200, "k"]) == 1


def test_a_transaction_that_broke_answers_nothing(ana: User) -> None:
    with transaction.atomic():
        transaction.set_rollback(True)
        with pytest.raises(TransactionManagementError):
            ask("SELECT id FROM portal_user WHERE id = %s", [ana.pk])


def test_what_postgresql_cannot_store_is_refused_and_not_cut(ana: User) -> None:
    if connection.vendor == "postgresql":
        with pytest.raises(DataError), transaction.atomic():
            change(INSERT, [ana.pk, "left\0right", "f" * 64, LATER])


def test_whoever_counts_or_watches_statements_sees_them(ana: User, django_assert_num_queries: Callable[[int], Any]) -> None:
    seen = []

    def watch(execute: Any, statement: str, *rest: Any) -> Any:
        seen.append(statement)
        return execute(statement, *rest)

    with django_assert_num_queries(1):
        ask("SELECT 1 FROM portal_user WHERE id = %s", [ana.pk])
    with connection.execute_wrapper(watch):
        ask("SELECT 2 FROM portal_user WHERE id = %s", [ana.pk])
    assert seen == ["SELECT 2 FROM portal_user WHERE id = %s"]


def test_values_that_only_the_driver_knows_go_through_it(ana: User) -> None:
    if connection.vendor == "postgresql":
        assert ask("SELECT %s + interval '1 hour'", [timedelta(hours=1)]) == [(timedelta(hours=2),)]


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_the_server_closed_is_replaced_at_the_next_request() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no server.")
    own: Any = connection
    [[backend]] = ask("SELECT pg_backend_pid()", [])
    own.health_check_enabled, own.health_check_done = True, False
    assert ask("SELECT pg_backend_pid()", []) == [(backend,)]
    assert own.health_check_done
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [backend])
    other.close()
    own.health_check_done = False
    assert ask("SELECT pg_backend_pid()", []) != [(backend,)]


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_goes_meanwhile_is_an_error_of_operation() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no server.")
    with pytest.raises(OperationalError):
        ask("SELECT pg_terminate_backend(pg_backend_pid())", [])
    connection.close()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="only a server keeps plans")
def test_the_server_keeps_the_plan_of_what_is_asked_again_and_again(ana: User) -> None:
    asked = "SELECT username, 'kept' FROM portal_user WHERE id = %s"

    def plans() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s", ["%'kept'%"])
            return int(cursor.fetchone()[0])

    for _ in range(PREPARED_FROM - 1):
        assert ask(asked, [ana.pk]) == [(ana.username, "kept")]
    assert plans() == 0
    for key, found in [(ana.pk, [(ana.username, "kept")]), (0, []), (None, [])] * 2:
        assert ask(asked, [key]) == found
    assert plans() == 1


@pytest.mark.skipif(connection.vendor != "postgresql", reason="only a server keeps plans")
def test_what_cannot_be_planned_is_told_each_time_and_spoils_nothing(ana: User) -> None:
    for _ in range(PREPARED_FROM + 2):
        with pytest.raises(ProgrammingError, match="not_there"), transaction.atomic():
            ask("SELECT not_there FROM portal_user WHERE id = %s", [ana.pk])
    given = [ana.pk, "kept", "f" * 64, stored(LATER)]
    change(INSERT, given)
    for _ in range(PREPARED_FROM + 2):
        with pytest.raises(IntegrityError), transaction.atomic():
            change(INSERT, given)
    assert change(INSERT, [ana.pk, "another", "f" * 64, stored(LATER)]) == 1
