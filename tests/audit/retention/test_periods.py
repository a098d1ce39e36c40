"""How long a class is kept: never under a year, whoever says so."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from audit.models import RetentionPeriod
from audit.retention.classes import CLASSES
from audit.retention.periods import periods, set_period
from portal.foundation.errors import InvalidInput, NotAllowed
from tests.factories.portal import person

from .long_ago import told

pytestmark = pytest.mark.django_db


def incidents() -> RetentionPeriod:
    return RetentionPeriod.objects.get(key="incidents")


def test_every_class_is_kept_seven_years_until_somebody_says_otherwise() -> None:
    assert periods() == {one.key: 84 for one in CLASSES}
    assert RetentionPeriod.objects.count() == len(CLASSES)


def test_a_period_is_changed_with_a_reason_and_an_event(ana: Any, now: Any) -> None:
    set_period(incidents(), actor=ana, now=now, reason="DORA asks for five years.", months=60)
    assert periods()["incidents"] == 60
    [event] = told("retention.period_changed")
    assert event["why"] == "DORA asks for five years."
    assert event["details"] == {"class": "incidents", "before_months": 84, "after_months": 60}


@pytest.mark.parametrize("months", [-1, 0, 11, 601, 10**9])
def test_no_period_is_under_a_year_or_beyond_fifty(ana: Any, now: Any, months: int) -> None:
    with pytest.raises(InvalidInput, match="12 to 600 months"):
        set_period(incidents(), actor=ana, now=now, reason="Space.", months=months)


def test_nobody_changes_a_period_without_a_reason(ana: Any, now: Any) -> None:
    with pytest.raises(InvalidInput, match="why"):
        set_period(incidents(), actor=ana, now=now, reason=" ", months=24)


@pytest.mark.parametrize("role", ["auditor", "responder", "administrator", "approver", "manager"])
def test_only_compliance_changes_a_period(role: str, now: Any) -> None:
    with pytest.raises(NotAllowed):
        set_period(incidents(), actor=person("Rita", roles=(role,)), now=now, reason="Space.", months=24)


@pytest.mark.parametrize("months", [11, 0, 601])
def test_the_database_refuses_it_too(months: int) -> None:
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE audit_retentionperiod SET months = %s", [months])
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO audit_retentionperiod (key, months) VALUES ('new', %s)", [months])
