"""What no event explains becomes an event, once, with an alarm; what an event explains does not."""

import contextlib
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction

from audit.capture import alarms
from audit.capture.reconciling import TYPE, reconcile
from audit.events.stories import parsed
from audit.ledger.services import append_all
from audit.models import LedgerEvent, OpenAct, RawChange
from audit.tasks import reconcile_changes
from policies.models import Runbook, Service
from portal.foundation import clock
from portal.foundation.access.grants import grant, withdraw
from portal.models import ApiToken, OutboxMessage
from tests.factories.portal import person
from tests.factories.tokens import token_of

pytestmark = pytest.mark.django_db(transaction=True)


def found(**later: float) -> list[dict[str, Any]]:
    """The events that a look finds a while from now."""
    reconcile(now=clock.now() + timedelta(**(later or {"seconds": 30})))
    return [parsed(payload) for payload in LedgerEvent.objects.filter(type=TYPE).order_by("id").values_list("payload", flat=True)]


def runbooks(count: int) -> None:
    Runbook.objects.bulk_create([Runbook(title=f"Step {number}", steps="Look.") for number in range(count)])
    RawChange.objects.all().delete()


def test_a_row_changed_past_the_portal_is_told_once_with_its_key_and_time() -> None:
    runbooks(1)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE policies_runbook SET steps = 'Do nothing.'")
    (told,) = found()
    assert told["details"]["table"] == "policies_runbook"
    assert told["details"]["rows"] == {"changed": 1}
    assert told["details"]["keys"] == [str(Runbook.objects.get().pk)]
    assert told["actor"]["kind"] == "system"
    assert len(found()) == 1


def test_many_rows_of_one_statement_are_one_event_that_names_some() -> None:
    runbooks(60)
    Runbook.objects.update(steps="Do nothing.")
    (told,) = found()
    assert (told["details"]["rows"], len(told["details"]["keys"]), told["details"]["more_keys"]) == ({"changed": 60}, 50, 10)
    assert not RawChange.objects.exists()


def test_a_change_of_just_now_is_left_until_its_event_may_have_come() -> None:
    runbooks(1)
    Runbook.objects.update(steps="Do nothing.")
    assert found(seconds=1) == []
    assert len(found()) == 1


def test_rows_saved_one_by_one_are_told_by_their_own_events() -> None:
    ana, team = person("Ana Ruiz"), Group.objects.get(name="Approvers")
    ana.display_name = "Ana Berg"
    ana.save()
    ana.groups.add(team)
    ana.set_password("a long enough secret")
    ana.save()
    assert found() == []


def test_grants_on_one_object_are_told_by_their_own_events() -> None:
    tom, service = person("Tom Berg"), Service.objects.create(name="Card payments", key="card-payments")
    grant("policies.work_service_incidents", tom, service)
    withdraw("policies.work_service_incidents", tom, service)
    assert found() == []


def test_a_token_stands_nowhere_in_clear() -> None:
    key = token_of(person("Ana Ruiz"))
    ApiToken.objects.all()._raw_delete("default")
    assert found()
    assert not RawChange.objects.filter(key__contains=key).exists()
    assert not LedgerEvent.objects.filter(payload__contains=key).exists()


def test_whoever_audits_is_told_and_every_page_says_so() -> None:
    auditor = person("Olga Auditor", roles=("auditor",))
    found()
    runbooks(1)
    Runbook.objects.update(steps="Do nothing.")
    now = clock.now() + timedelta(seconds=30)
    reconcile(now=now)
    assert OutboxMessage.objects.filter(person=auditor, kind="watch.alarm").count() == 1
    assert [trouble.key for trouble in alarms.unattributed(now)] == [TYPE]
    assert list(alarms.unattributed(now + timedelta(days=2))) == []


def test_a_mark_of_an_act_that_was_left_behind_is_told_and_taken_away() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL needs no mark")
    OpenAct.objects.create(id=1)
    (told,) = found()
    assert told["details"]["table"] == "audit_openact"
    assert not OpenAct.objects.exists()


def test_the_job_finds_nothing_where_nothing_is() -> None:
    RawChange.objects.all().delete()
    assert reconcile_changes() == 0
    assert list(alarms.witnesses(clock.now())) == []


def test_a_row_is_told_by_its_own_event_however_many_keys_were_rolled_back_before_it() -> None:
    with contextlib.suppress(InterruptedError), transaction.atomic():
        append_all([{"type": "thing.done"} for _ in range(300)], now=clock.now())
        raise InterruptedError
    person("Ana")
    assert found() == []
