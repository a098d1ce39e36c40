"""Rows of history are those that simple-history writes."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import models
from simple_history.models import HistoricalRecords
from simple_history.signals import post_create_historical_record

from policies.models import Runbook, Service
from portal.foundation.base_models import delete_tracked, save_tracked
from portal.foundation.history_rows import QuickRecords
from tests.factories.policies import service
from tests.factories.portal import person

pytestmark = pytest.mark.django_db
ITS_OWN = {"history_id", "m2m_history_id", "history_id_id", "history"}


def columns(row: models.Model) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields if field.name not in ITS_OWN}


def last_rows(of: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    row = Service.history.filter(id=of).latest("history_id")
    return columns(row), [columns(one) for one in row.runbooks.order_by("runbook_id")]


def test_they_are_the_librarys_rows_joins_included(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    paid, ana = service("Payments", promised_response=timedelta(minutes=5)), person("Ana")
    paid.runbooks.set([Runbook.objects.create(title=f"Runbook {number}", url="https://x.test/") for number in (1, 2)])
    save_tracked(paid, actor=ana, now=now, reason="ours")
    ours = last_rows(paid.pk)
    for name in ("create_historical_record", "create_historical_record_m2ms"):
        monkeypatch.setattr(QuickRecords, name, getattr(HistoricalRecords, name))
    save_tracked(paid, actor=ana, now=now, reason="ours")
    assert last_rows(paid.pk) == ours
    assert len(ours[1]) == 2


def test_the_last_one_tells_who_removed_the_row(now: datetime) -> None:
    paid, ana = service("Payments"), person("Ana")
    key = paid.pk
    delete_tracked(paid, actor=ana, now=now, reason="gone")
    row = Service.history.filter(id=key).latest("history_id")
    assert (row.history_type, row.history_user, row.history_date, row.history_change_reason) == ("-", ana, now, "gone")


def test_a_row_that_was_just_written_can_be_read_and_saved_like_any_other(now: datetime) -> None:
    written: list[Any] = []

    def heard(history_instance: Any, **kwargs: Any) -> None:
        written.append(history_instance)

    post_create_historical_record.connect(heard)
    try:
        paid = service("Payments")
    finally:
        post_create_historical_record.disconnect(heard)
    [row] = written
    assert (row.pk, row.instance, row._state.adding) == (Service.history.get(id=paid.pk).pk, paid, False)
