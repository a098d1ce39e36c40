"""Verbs within one transaction go without savepoints, and fail together."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from portal.foundation.one_transaction import part, whole
from portal.models import User
from tests.factories.portal import person

pytestmark = pytest.mark.django_db


def failing(name: str) -> None:
    with part():
        person(name)
        raise ValueError(name)


def failing_among_others(name: str) -> None:
    with whole():
        person("Ana")
        failing(name)


def going_on_after_a_failure() -> None:
    with whole():
        with pytest.raises(ValueError, match="Tom"):
            failing("Tom")
        person("Ana")


def names() -> set[str]:
    return set(User.objects.values_list("display_name", flat=True))


def test_within_a_whole_a_part_asks_for_no_savepoint() -> None:
    with whole(), CaptureQueriesContext(connection) as seen, part():
        names()
    assert len(seen) == 1
    with CaptureQueriesContext(connection) as seen, part():
        names()
    assert len(seen) == 3, "within another transaction it is made and released"


def test_a_part_that_fails_takes_the_whole_along() -> None:
    with pytest.raises(ValueError, match="Tom"):
        failing_among_others("Tom")
    assert not names() & {"Ana", "Tom"}


def test_whoever_catches_the_failure_inside_can_ask_nothing_more() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        going_on_after_a_failure()
    assert not names() & {"Ana", "Tom"}


def test_alone_a_part_goes_back_to_where_it_began() -> None:
    person("Ana")
    with pytest.raises(ValueError, match="Tom"):
        failing("Tom")
    assert names() & {"Ana", "Tom"} == {"Ana"}
