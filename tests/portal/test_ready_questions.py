"""A question that was put together once reads as the ORM does."""

import pytest
from django.db.models import F, QuerySet

from portal.foundation.ready_questions import VALUE, first
from portal.models import User
from tests.factories.portal import person

pytestmark = pytest.mark.django_db


def called() -> QuerySet[User]:
    return User.objects.filter(username=VALUE).annotate(called=F("display_name"))


def without_a_value() -> QuerySet[User]:
    return User.objects.all()


def test_every_column_has_the_value_that_the_orm_reads() -> None:
    ana = User.objects.get(pk=person("Ana").pk)
    found = first(called, ana.username)
    assert found is not None
    for column in User._meta.concrete_fields:
        read, expected = getattr(found, column.attname), getattr(ana, column.attname)
        assert (read, type(read)) == (expected, type(expected)), column.name
    assert found.__dict__["called"] == "Ana"


def test_nobody_is_nobody() -> None:
    assert first(called, "' OR 1=1 --") is None


def test_a_question_has_exactly_one_value() -> None:
    with pytest.raises(ValueError, match="one value"):
        first(without_a_value, "x")
