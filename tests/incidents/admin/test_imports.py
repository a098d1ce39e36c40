"""The pages of imports: shown to those who may, changed by nobody."""

from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse

from incidents.imports.servicenow_log.source import SERVICENOW_LOG
from incidents.imports.services import import_log
from incidents.models import ImportRun, SourceRecord
from tests.factories.portal import person
from tests.incidents.imports.logs import SAMPLE

pytestmark = pytest.mark.django_db


@pytest.fixture
def auditor(client: Client, now: datetime) -> Client:
    import_log(SAMPLE, SERVICENOW_LOG, actor=None, operator="olga", now=now)
    client.force_login(person("Eva", roles=("auditor",)))
    return client


def test_an_import_shows_its_report(auditor: Client) -> None:
    assert "sample.csv" in auditor.get(reverse("admin:incidents_importrun_changelist")).content.decode()
    page = auditor.get(reverse("admin:incidents_importrun_change", args=[ImportRun.objects.get().pk]))
    assert "Rows out of order: 1" in page.content.decode()


def test_a_record_shows_what_the_source_had_and_leads_to_its_neighbours(auditor: Client) -> None:
    listed = auditor.get(reverse("admin:incidents_sourcerecord_changelist"), {"q": "INC0000045"})
    assert listed.context["cl"].result_count == SourceRecord.objects.filter(incident__number="INC0000045").count()
    of_run = auditor.get(reverse("admin:incidents_sourcerecord_changelist"), {"run__id__exact": ImportRun.objects.get().pk})
    assert of_run.context["cl"].result_count == 988
    page = auditor.get(reverse("admin:incidents_sourcerecord_change", args=[SourceRecord.objects.earliest("line").pk]))
    assert "Subcategory 170" in page.content.decode()


def test_nobody_changes_them(auditor: Client) -> None:
    run, record = ImportRun.objects.get(), SourceRecord.objects.earliest("line")
    auditor.force_login(person("Root", is_superuser=True))
    for model, thing in (("importrun", run), ("sourcerecord", record)):
        assert auditor.get(reverse(f"admin:incidents_{model}_add")).status_code == 403
        assert auditor.post(reverse(f"admin:incidents_{model}_change", args=[thing.pk]), {}).status_code == 403
        assert auditor.post(reverse(f"admin:incidents_{model}_delete", args=[thing.pk]), {"post": "yes"}).status_code == 403


def test_the_list_costs_the_same_queries_whatever_it_holds(auditor: Client, django_assert_max_num_queries: object) -> None:
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        auditor.get(reverse("admin:incidents_sourcerecord_changelist"))


def test_a_responder_does_not_see_them(auditor: Client) -> None:
    auditor.force_login(person("Rex", roles=("responder",)))
    assert auditor.get(reverse("admin:incidents_sourcerecord_changelist")).status_code == 403
