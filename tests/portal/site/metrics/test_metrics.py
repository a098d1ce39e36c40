"""The figures for Prometheus: read by its own parser, for whom the settings name, at a price that does not grow."""

from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from audit.sealing.services import seal
from portal.foundation import clock
from portal.foundation.signs.beats import SENDER, beat
from portal.models import LaneTally, Outage, OutboxMessage
from portal.settings import env
from portal.site.metrics.exposition import Family, Sample, exposed
from tests.factories.ledger import write_events

pytestmark = pytest.mark.django_db
TOKEN = {"Authorization": "Bearer s3cret-ö"}


@pytest.fixture
def figures(client: Client, settings: Any) -> Any:
    """Reads the page as Prometheus does: values by name and labels."""
    settings.METRICS_TOKEN = "s3cret"

    def read() -> dict[Any, float]:
        answer = client.get("/metrics", headers={"Authorization": "Bearer s3cret"})
        assert answer["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        found = text_string_to_metric_families(answer.content.decode())
        return {(sample.name, *sorted(sample.labels.items())): sample.value for family in found for sample in family.samples}

    return read


def test_the_figures_say_what_waits_and_what_is_silent(figures: Any) -> None:
    now = clock.now()
    beat(SENDER, now=now)
    for key, lane, state in (("one", "", "pending"), ("two", "webhook host", "awaiting"), ("three", "webhook other", "awaiting")):
        since = now - timedelta(minutes=5)
        OutboxMessage.objects.create(idempotency_key=key, lane=lane, state=state, created_at=since, next_attempt_at=now)
    LaneTally.objects.create(lane="sms", sent=7, failed=2, failures_in_a_row=1)
    Outage.objects.create(key='lane "odd"\n', words="Odd", noticed_at=now, told_at=now)
    found = figures()
    assert found["portal_runs_live",] == found["portal_runs_due",] == found["portal_handoffs_unsigned",] == 0
    assert found["portal_sender_last_pass_timestamp_seconds",] == pytest.approx(now.timestamp())
    assert found["portal_outbox_messages", ("channel", "unassigned"), ("state", "pending")] == 1
    assert found["portal_outbox_messages", ("channel", "webhook"), ("state", "awaiting")] == 2
    assert found["portal_outbox_oldest_waiting_seconds",] == pytest.approx(300, abs=60)
    assert found["portal_outbox_sent_total", ("channel", "sms")] == 7
    assert found["portal_outbox_failed_total", ("channel", "sms")] == 2
    assert found["portal_outage", ("what", 'lane "odd"\n')] == 1


def test_the_figures_say_what_is_not_sealed(figures: Any, tmp_path: Path, settings: Any) -> None:
    settings.LEDGER_KEYS = str(tmp_path)
    now = clock.now()
    seal(now - timedelta(seconds=90))
    write_events(2, now=now - timedelta(seconds=60))
    found = figures()
    assert found["portal_ledger_waiting",] == 2
    assert found["portal_ledger_oldest_waiting_seconds",] == pytest.approx(60, abs=30)
    seal(now)
    found = figures()
    assert found["portal_ledger_waiting",] == found["portal_ledger_alarms",] == 0
    assert found["portal_ledger_sealed_entries",] >= 2
    assert found["portal_ledger_sealed_timestamp_seconds",] == pytest.approx(now.timestamp())


def test_the_price_is_a_fixed_number_of_queries(figures: Any, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(14):
        figures()


def test_without_a_setting_there_is_no_such_page(client: Client) -> None:
    assert client.get("/metrics", headers=TOKEN).status_code == 404
    assert client.post("/metrics").status_code == 404


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Bearer s3cre", "Bearer s3cretx", "Basic s3cret", "Bearer s3cret-ö", "s3cret"])
def test_a_wrong_token_finds_nothing(client: Client, settings: Any, header: str) -> None:
    settings.METRICS_TOKEN = "s3cret"
    assert client.get("/metrics", headers={"Authorization": header}).status_code == 404


@pytest.mark.parametrize(
    ("caller", "status"), [("10.1.2.3", 200), ("::ffff:10.1.2.3", 200), ("11.1.2.3", 404), ("fd00::1", 404), ("", 404), ("unix:", 404)]
)
def test_a_named_network_may_read(client: Client, settings: Any, caller: str, status: int) -> None:
    settings.METRICS_NETWORKS = [ip_network("10.0.0.0/8")]
    assert client.get("/metrics", REMOTE_ADDR=caller, headers={"X-Forwarded-For": "10.1.2.3"}).status_code == status


def test_nothing_is_written_there(client: Client, settings: Any) -> None:
    settings.METRICS_NETWORKS = [ip_network("127.0.0.1")]
    assert client.post("/metrics").status_code == 405


def test_a_wrong_network_stops_the_start(monkeypatch: Any) -> None:
    monkeypatch.setenv("METRICS_NETWORKS", "10.0.0.0/8,office")
    with pytest.raises(ImproperlyConfigured, match="METRICS_NETWORKS is no list of networks"):
        env.networks("METRICS_NETWORKS")


def test_odd_numbers_and_labels_keep_their_meaning() -> None:
    said = exposed([Family("a_b", 'What\nis "it"\\', "gauge", (Sample(1.5, {"l": 'x"y\\z\n'}), Sample(10**15)))])
    [family] = text_string_to_metric_families(said)
    assert [(sample.labels, sample.value) for sample in family.samples] == [({"l": 'x"y\\z\n'}, 1.5), ({}, 1e15)]
