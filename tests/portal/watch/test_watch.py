"""Outages: seen twice before anybody is told, told once, and once more when they are over."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django_q.models import OrmQ, Schedule

from portal.foundation.jobs import OURS
from portal.foundation.signs.beats import SENDER, WORKER, beat
from portal.foundation.watch import banner, delivery, jobs, probes, services
from portal.foundation.watch.lookout import Lookout
from portal.foundation.watch.probes import Trouble
from portal.foundation.watch.services import look
from portal.models import LaneTally, Outage, OutboxMessage
from tests.factories.portal import contact, person

pytestmark = pytest.mark.django_db
SILENT = Trouble("engine", "The engine last looked 2 min ago: nobody is alerted.")
Troubles = Callable[..., None]


@pytest.fixture
def standing(monkeypatch: Any) -> Troubles:
    """Says what the probes find from now on."""

    def now_stand(*found: Trouble) -> None:
        monkeypatch.setattr(services, "troubles", lambda now: list(found))

    return now_stand


def told() -> list[str]:
    return list(OutboxMessage.objects.filter(kind=services.KIND).order_by("created_at", "person_name").values_list("title", flat=True))


def test_an_outage_is_told_once_and_once_more_when_it_is_over(
    now: datetime, standing: Troubles, django_capture_on_commit_callbacks: Any, caplog: pytest.LogCaptureFixture
) -> None:
    admin = person("Ada Admin", roles=("administrator",))
    contact(admin)
    standing(SILENT)
    with django_capture_on_commit_callbacks(execute=True):
        for seconds, by in ((0, "sender"), (10, "worker"), (20, "sender")):
            look(by=by, now=now + timedelta(seconds=seconds))
    assert told() == [f"Alarm: {SILENT.words}"]
    assert OutboxMessage.objects.get().urgent
    assert [record.message for record in caplog.records if record.levelno == logging.CRITICAL] == [SILENT.words]
    standing()
    for seconds in (190, 200):
        look(by="worker", now=now + timedelta(seconds=seconds))
    assert told()[1:] == [f"Over after 3 min 10 s: {SILENT.words}"]
    assert not Outage.objects.filter(ended_at=None).exists()


def test_what_is_seen_only_once_is_told_to_nobody(now: datetime, standing: Troubles) -> None:
    person("Ada Admin", roles=("administrator",))
    standing(SILENT)
    look(by="sender", now=now)
    look(by="engine", now=now + timedelta(seconds=1))
    standing()
    look(by="sender", now=now + timedelta(seconds=10))
    assert (told(), Outage.objects.count()) == ([], 0)


def test_the_next_outage_of_the_same_part_is_told_again(now: datetime, standing: Troubles) -> None:
    person("Ada Admin", roles=("administrator",))
    for minute in (0, 10):
        standing(SILENT)
        look(by="sender", now=now + timedelta(minutes=minute))
        look(by="sender", now=now + timedelta(minutes=minute + 1))
        standing()
        look(by="sender", now=now + timedelta(minutes=minute + 2))
    assert len(told()) == 4


def test_whoever_runs_the_installation_is_told_and_nobody_else(now: datetime) -> None:
    person("Ada Admin", roles=("administrator",))
    person("Sue Super", is_superuser=True)
    person("Gone Admin", roles=("administrator",), is_active=False)
    person("Rob Responder", roles=("responder",))
    assert [str(someone) for someone in services.administrators()] == ["Ada Admin", "Sue Super"]


def test_with_nobody_to_tell_the_log_says_so(
    now: datetime, standing: Troubles, django_capture_on_commit_callbacks: Any, caplog: pytest.LogCaptureFixture
) -> None:
    standing(SILENT)
    with django_capture_on_commit_callbacks(execute=True):
        look(by="sender", now=now)
        look(by="sender", now=now + timedelta(seconds=10))
    assert "There is no active administrator to tell" in caplog.text


def test_who_has_only_e_mail_is_told_by_e_mail(now: datetime, standing: Troubles) -> None:
    contact(person("Ada Admin", roles=("administrator",)), "ada@example.com", channel="email")
    standing(SILENT)
    look(by="sender", now=now)
    look(by="sender", now=now + timedelta(seconds=10))
    assert not OutboxMessage.objects.get().urgent


def test_a_clock_set_back_leaves_a_suspicion_that_still_counts(now: datetime, standing: Troubles) -> None:
    person("Ada Admin", roles=("administrator",))
    standing(SILENT)
    look(by="sender", now=now)
    look(by="sender", now=now - timedelta(hours=1))
    assert len(told()) == 1


def test_a_probe_that_breaks_is_a_trouble_of_its_own(now: datetime, monkeypatch: Any) -> None:
    def broken(at: datetime) -> list[Trouble]:
        raise ValueError("broken")

    monkeypatch.setattr(probes, "probes", [("engine", broken), ("lanes", lambda at: [SILENT])])
    assert [trouble.key for trouble in probes.troubles(now)] == ["probe engine", "engine"]


def test_a_process_waits_before_its_first_look(now: datetime, standing: Troubles) -> None:
    standing(SILENT)
    lookout = Lookout("engine")
    lookout.look(now)
    assert not Outage.objects.exists()
    lookout._next = 0.0
    lookout.look(now)
    lookout.look(now + timedelta(minutes=1))
    assert Outage.objects.get().told_at is None


def test_the_sender_is_silent_after_half_a_minute_and_when_its_sign_lies_ahead(now: datetime) -> None:
    assert "has never run" in next(delivery.sender(now)).words
    beat(SENDER, now=now)
    assert not list(delivery.sender(now + timedelta(seconds=30)))
    assert "31 s ago" in next(delivery.sender(now + timedelta(seconds=31))).words
    assert list(delivery.sender(now - timedelta(hours=1)))


def test_a_message_that_nobody_sends_is_a_trouble_after_a_minute(now: datetime) -> None:
    OutboxMessage.objects.create(title="Waits", idempotency_key="one", created_at=now, next_attempt_at=now)
    OutboxMessage.objects.create(title="Later", idempotency_key="two", created_at=now, next_attempt_at=now + timedelta(hours=1))
    assert not list(delivery.messages(now + timedelta(seconds=60)))
    assert "due for 1 min 1 s" in next(delivery.messages(now + timedelta(seconds=61))).words


def test_a_lane_over_which_nothing_gets_through_is_a_trouble_that_stands_on_no_page(now: datetime) -> None:
    fails = {"failing_since": now - timedelta(minutes=3), "last_failed_at": now}
    LaneTally.objects.create(lane="sms", failures_in_a_row=5, **fails)
    LaneTally.objects.create(lane="voice", failures_in_a_row=4, **fails)
    LaneTally.objects.create(lane="webhook a", failures_in_a_row=9, **fails | {"last_failed_at": now - timedelta(hours=2)})
    assert [(trouble.key, trouble.loud) for trouble in delivery.lanes(now)] == [("lane sms", False)]


def test_the_queue_is_silent_when_its_jobs_do_not_run(now: datetime) -> None:
    assert "sync_jobs" in next(jobs.queue(now)).words
    Schedule.objects.create(name=f"{OURS}engine-sweep", func="f", next_run=now)
    assert not list(jobs.queue(now + timedelta(minutes=2)))
    assert "never worked" in next(jobs.queue(now + timedelta(minutes=4))).words
    beat(WORKER, now=now + timedelta(minutes=4))
    assert not list(jobs.queue(now + timedelta(minutes=4)))
    OrmQ.objects.create(key="portal", payload="x", lock=now - timedelta(minutes=2))
    assert "waited in the job queue" in next(jobs.queue(now + timedelta(minutes=4))).words
    assert "has not worked for 3 min 1 s" in next(jobs.queue(now + timedelta(minutes=7, seconds=1))).words


def test_every_page_says_it_while_it_lasts_and_asks_at_most_every_few_seconds(client: Client, settings: Any, monkeypatch: Any) -> None:
    asked: list[datetime] = []

    def found(at: datetime) -> list[Trouble]:
        asked.append(at)
        return [SILENT, Trouble("lane sms", "Quiet", loud=False)]

    settings.ALARM_BANNER = True
    monkeypatch.setattr(banner, "troubles", found)
    monkeypatch.setattr(banner, "KEPT_SECONDS", 600.0)
    monkeypatch.setattr("portal.site.alarms.board", banner.Board())
    assert SILENT.words not in client.get("/admin/login/").content.decode()
    client.force_login(person("Ana Ruiz", roles=("responder",)))
    for path in ("/admin/", "/admin/incidents/incident/"):
        page = client.get(path).content.decode()
        assert SILENT.words in page
        assert "Quiet" not in page
    assert len(asked) == 1


def test_administrators_read_what_was_told_and_when_it_was_over(client: Client, now: datetime) -> None:
    Outage.objects.create(key="engine", words=SILENT.words, noticed_by="sender", noticed_at=now, told_at=now, ended_at=now)
    Outage.objects.create(key="queue", words="Only a suspicion", noticed_by="sender", noticed_at=now)
    client.force_login(person("Ada Admin", roles=("administrator",)))
    page = client.get("/admin/portal/outage/").content.decode()
    assert SILENT.words in page
    assert "Only a suspicion" not in page
    client.force_login(person("Ana Ruiz", roles=("responder",)))
    assert client.get("/admin/portal/outage/").status_code == 403
