"""Reading columns leaves the database's settings as they were, whatever becomes of it."""

import pytest
from django.db import DatabaseError, connection, transaction

from reports.metrics.columns import read_sql

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no such setting"),
]


def cost_of_a_jump() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW random_page_cost")
        return str(cursor.fetchone()[0])


def test_a_jump_is_cheap_only_while_columns_are_read() -> None:
    before = cost_of_a_jump()
    [inside] = read_sql("SELECT (current_setting('random_page_cost')::numeric * 10)::bigint", (), 1)
    assert (inside.tolist(), before, cost_of_a_jump()) == ([11], "4", "4")


def test_a_statement_that_fails_leaves_the_setting_as_it_was() -> None:
    with pytest.raises(DatabaseError, match="division by zero"):
        read_sql("SELECT (1 / 0)::bigint", (), 1)
    assert cost_of_a_jump() == "4"
    with transaction.atomic():
        with pytest.raises(DatabaseError, match="division by zero"), transaction.atomic():
            read_sql("SELECT (1 / 0)::bigint", (), 1)
        assert cost_of_a_jump() == "4"
    assert cost_of_a_jump() == "4"
