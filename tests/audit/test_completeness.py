"""No door changes a governed row without an event: every page with a form, every address of the API, every job."""

import importlib
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.core.management import call_command, get_commands
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from audit.events.services import act
from audit.models import LedgerEvent, RawChange
from incidents.models import Feedback, Incident
from policies.models import EscalationPolicy, Runbook, Service
from portal.foundation import clock
from portal.foundation.jobs import jobs
from portal.models import User
from tests.factories import incidents as make
from tests.factories.policies import schedule
from tests.factories.portal import contact, person
from tests.incidents.imports.logs import cells, write
from tests.policies.admin.forms import undrawn
from tests.untold import untold

pytestmark = pytest.mark.django_db(transaction=True)
# Those of lists and forms, which have a test of their own; and whoever signs out may do nothing more.
LEFT_OUT = re.compile(r"/api/v1/.*|/admin/\w+/\w+/(1/)?|.*/(add|change|delete|history|logout|password_change)/")
COMMANDS: list[tuple[str, list[str]]] = [
    ("sync_roles", []),
    ("sync_jobs", []),
    ("list_events", []),
    ("create_token", ["root"]),
    ("password_link", ["root"]),
    ("export_policy", ["{policy}", "--out", "{folder}/policy.yaml"]),
    ("import_policy", ["{folder}/policy.yaml", "--as", "root", "--reason", "Because"]),
    ("check_policy", ["{policy}"]),
    ("check_coverage", []),
    ("simulate", ["--service", "Search"]),
    ("import_calendar", ["{folder}/duty.ics", "--schedule", "Payments"]),
    ("export_directory", ["--out", "{folder}/people.csv"]),
    ("import_directory", ["{folder}/people.csv"]),
    ("import_servicenow_log", ["{folder}/log.csv"]),
    ("import_feedback", ["{folder}/feedback.csv"]),
    ("build_pack", ["2016Q1", "--out", "{folder}", "--format", "json"]),
    ("check_conformance", ["2016Q1"]),
    ("find_patterns", ["2016Q1"]),
    ("prepare_facts", ["--all"]),
    ("sealer", ["--once"]),
    ("engine", ["--once"]),
    ("prove", ["1", "--out", "{folder}"]),
    ("verify_ledger", []),
    ("rotate_ledger_key", []),
    ("rotate_secrets", []),
    ("file_trail", []),
]
NOT_TRIED = {
    "check_log_reviews": "changes nothing: it holds reviews against what they sign",
    "demo": "a fresh installation only; every change of it is told, see tests/portal/management/test_demo.py",
    "export_evidence": "waits for a sealer; it changes no governed row",
    "migrate": "changes tables, not rows, and is done with the portal stopped",
    "open_ledger_epoch": "refused unless a backup was restored; it changes no governed row",
    "sender": "runs for good; what it sends is told by its own tests",
    "serve": "runs for good; answers requests, which are tried above",
    "up": "starts the others",
    "worker": "runs for good; the jobs are tried above",
}


@pytest.fixture
def root(client: Client, now: Any) -> User:
    """Somebody who may do nearly everything, beside one of several things."""
    service = Service.objects.create(name="Card payments", key="card-payments")
    Incident.objects.create(number="INC-1", title="Slow", service=service, opened_at=now)
    Runbook.objects.create(title="Restart", steps="Off and on.")
    contact(person("Ana Ruiz", roles=("responder",)))
    made = User.objects.create_superuser("root", display_name="Root", password="a long enough secret")
    client.force_login(made)
    client.raise_request_exception = False
    assert untold() == []
    return made


def pages() -> Iterator[str]:
    """Every page of the admin that takes a form: of adding, of one row, of its verbs."""
    for model, page in admin.site._registry.items():
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        row = model._default_manager.order_by("pk").first()
        yield reverse(f"{name}_changelist")
        yield reverse(f"{name}_add")
        if row is not None:
            yield reverse(f"{name}_change", args=[row.pk])
            yield reverse(f"{name}_delete", args=[row.pk])
            yield from (page.verb_address(row, verb) for verb in getattr(page, "verbs", ()))


def addresses(resolver: Any, before: str = "/") -> Iterator[str]:
    """Every address under `resolver`, with something in the place of its arguments."""
    for each in resolver.url_patterns:
        route = before + str(each.pattern).lstrip("^").rstrip("$").replace("\\Z", "")
        if isinstance(each, URLResolver):
            yield from addresses(each, route)
        elif isinstance(each, URLPattern) and "(?P<format>" not in route:
            yield route


def test_no_form_of_the_admin_changes_anything_untold(root: User, client: Client) -> None:
    values = {"reason": "Because", "why": "Because", "title": "Name", "name": "Name", "display_name": "Name", "key": "name", "text": "x"}
    for page in pages():
        for sent in ({}, values):
            with undrawn():
                answer = client.post(page, sent)
            assert answer.status_code < 500, (page, answer.status_code)
        if RawChange.objects.exists():
            assert untold() == [], page


def test_no_address_of_the_api_changes_anything_untold(root: User, client: Client) -> None:
    tried = 0
    for route in addresses(get_resolver()):
        if not route.startswith("/api/v1/"):
            continue
        address = filled(route)
        for method in ("post", "put", "patch", "delete"):
            answer = getattr(client, method)(address, {"reason": "Because", "text": "x"}, content_type="application/json")
            assert answer.status_code < 500, (method, address, answer.content)
            tried += 1
        if RawChange.objects.exists():
            assert untold() == [], address
    assert tried > 100


def test_no_other_address_changes_anything_untold(root: User, client: Client) -> None:
    """What hangs beside the lists and forms of the admin: buttons, downloads, callbacks, feeds. Every method: tests/chaos."""
    tried = 0
    for route in addresses(get_resolver()):
        address = filled(route)
        if LEFT_OUT.fullmatch(address):
            continue
        with undrawn():
            answer = client.post(address, {"reason": "Because", "text": "x"})
        # 503: what is not set up.
        assert answer.status_code not in {500, 502, 504}, (address, answer.status_code)
        tried += 1
        if RawChange.objects.exists():
            assert untold() == [], address
    assert tried > 50


def test_no_command_changes_anything_untold(root: User, now: Any, tmp_path: Path, settings: Any) -> None:
    settings.LEDGER_KEYS = str(tmp_path / "keys")
    search = make.service("Search")
    make.policy_in_force(search, now)
    (tmp_path / "feedback.csv").write_text(f"giver,given_on,way,satisfaction,service\ncustomer,2020-11-20,survey,4,{search.key}\n")
    schedule(root, name="Payments")
    write(tmp_path / "log.csv", [cells("INC9", "1/2/2016 09:00")])
    name = EscalationPolicy.objects.get().name
    RawChange.objects.all().delete()
    begins = clock.now() + timedelta(days=1)
    event = f"UID:1\r\nSUMMARY:Root\r\nDTSTART:{begins:%Y%m%dT%H%M%SZ}\r\nDURATION:PT8H\r\n"
    (tmp_path / "duty.ics").write_text(f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\n{event}END:VEVENT\r\nEND:VCALENDAR\r\n")
    values = {"{folder}": str(tmp_path), "{policy}": name}
    for command, words in COMMANDS:
        for old, new in values.items():
            words = [word.replace(old, new) for word in words]
        with suppress(SystemExit):
            call_command(command, *words, stdout=StringIO(), stderr=StringIO())
        if RawChange.objects.exists():
            assert untold() == [], command
    assert Feedback.objects.count() == 1


def test_every_command_of_the_portal_is_tried_or_has_a_reason_not_to_be() -> None:
    apps = {"portal", "audit", "policies", "incidents", "reports"}
    ours = {name for name, app in get_commands().items() if str(app).partition(".")[0] in apps}
    assert ours == {command for command, _ in COMMANDS} | set(NOT_TRIED)


def test_no_job_changes_anything_untold(root: User, now: Any) -> None:
    for _, job in jobs:
        module, _, name = job.function.rpartition(".")
        getattr(importlib.import_module(module), name)()
        if RawChange.objects.exists():
            assert untold() == [], job.name


def test_renaming_and_deleting_an_account_changes_no_event(now: Any) -> None:
    ana = person("Ana Ruiz")
    with act("runbook.looked_at", actor=ana, now=now, subject=ana, why="Ana Ruiz asked"):
        pass
    before = dict(LedgerEvent.objects.values_list("id", "payload"))
    ana.display_name, ana.username = "Ana Berg", "berg"
    ana.save()
    ana.delete()
    after = dict(LedgerEvent.objects.filter(pk__in=before).values_list("id", "payload"))
    assert after == before
    assert not any("Ana" in payload or "berg" in payload for payload in LedgerEvent.objects.values_list("payload", flat=True))


def filled(route: str) -> str:
    """'/api/v1/incidents/(?P<number>[^/.]+)/acknowledge/' with values in the place of its arguments."""
    address = re.sub(r"\(\?P<(\w+)>(?:\[[^\]]*\]|[^()])*\)", lambda found: "INC-1" if found.group(1) == "number" else "1", route)
    return re.sub(r"<[^>]*>", "1", address).replace("^", "").replace("$", "")
