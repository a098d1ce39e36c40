"""Single fields against everybody: what a form or a body takes from whom, and what a page tells by a column that is blank for its reader.

`MATRIX=all` asks as everybody whom it concerns.
"""

import json
import os
import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import models, transaction
from django.test import Client
from django.urls import reverse

from portal.foundation import clock
from tests.policies.admin.forms import as_ as browser_of
from tests.policies.admin.forms import form_of, undrawn
from tests.shared import Write

from .expected import among, changes, sees
from .knocking import watched
from .operations import address, body, described, operations
from .promise import PAGES, ROLES
from .promised_parts import BLANKS, BODIES, FIELDS, OWN_FORMS
from .test_matrix_of_objects import lines
from .test_matrix_of_pages import as_
from .test_matrix_of_the_api import BASE, promised, signed_in
from .test_what_pages_tell import pages_of
from .world import HOUSE, World, built

pytestmark = [pytest.mark.django_db, pytest.mark.the_same_on_any_database]
ALL = os.environ.get("MATRIX") == "all"
WRITERS = (*ROLES, "root")
# What a page says anew each time it is asked for.
ANEW = re.compile(r'nonce="[^"]*"|name="csrfmiddlewaretoken" value="[^"]*"|"request_id": "[^"]*"')


class Clients(dict[str, Client]):
    """Everybody's browser, signed in when it is first asked for."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world

    def __missing__(self, actor: str) -> Client:
        return self.setdefault(actor, signed_in(self.world.actors[actor]))


@pytest.fixture
def clients(world: World) -> Clients:
    return Clients(world)


@pytest.fixture(scope="module")
def world(written_once: Write, now: datetime) -> World:
    def made() -> World:
        world = built(now)
        world.things["portal.user"] = {HOUSE: world.actors["nobody"]}
        return world

    found: World = written_once(made)
    return found


def promised_fields(actor: str, label: str, kind: str) -> tuple[set[str], dict[str, set[str]]] | None:
    """Those of the form and of the rows under it; None where no form is for `actor`. The last line that names somebody counts."""
    found = None
    for line in FIELDS.strip().splitlines():
        own, *under = line.split("|")
        of, kinds, letters, *fields = own.split()
        if of == label and kind in kinds and (actor == "root" if letters == "*" else among(actor, letters)):
            found = set(fields), {row.split()[0]: set(row.split()[1:]) for row in under}
    return found


def row_of(world: World, label: str) -> Any:
    rows = world.things.get(label, {})
    return rows.get("cards") or rows.get(HOUSE)


def pages() -> Iterator[tuple[str, Any]]:
    return ((model._meta.label_lower, page) for model, page in admin.site._registry.items())


def test_every_form_takes_from_everybody_the_fields_that_were_promised(world: World) -> None:
    wrong, cells = [], 0
    for label, page in pages():
        row = row_of(world, label)
        for actor in WRITERS:
            request = as_(world.actors[actor])
            for kind, thing in (("+", None), ("=", row)):
                if label in OWN_FORMS or (kind == "=" and row is None):
                    continue
                may = page.has_add_permission(request) if kind == "+" else page.has_change_permission(request, thing)
                found = _fields(page, request, thing) if may else None
                cells += 1 if found is None else len(found[0])
                if found != promised_fields(actor, label, kind):
                    wrong.append((label, kind, actor, found))
    assert wrong == []
    assert cells >= 1_000


def _fields(page: Any, request: Any, thing: Any) -> tuple[set[str], dict[str, set[str]]]:
    shown = page.get_form(request, thing, change=thing is not None).base_fields
    own = {name for name, field in shown.items() if name not in page.get_readonly_fields(request, thing) and not field.disabled}
    under = {}
    for rows in page.get_inline_instances(request, thing):
        taken = set(rows.get_formset(request, thing).form.base_fields) - set(rows.get_readonly_fields(request, thing))
        under[rows.model._meta.label_lower] = taken
    return own, under


def test_a_field_that_no_form_shows_is_not_taken_from_anybody(world: World) -> None:
    """The form as its page shows it, sent back with every other column of the row and of the rows under it."""
    wrong, taken = [], 0
    for label, page in pages():
        row = row_of(world, label)
        if row is None or label in OWN_FORMS:
            continue
        writers = [actor for actor in WRITERS if changes(actor, label, "change") and promised_fields(actor, label, "=")]
        for actor in writers if ALL else writers[-2:]:
            fields = promised_fields(actor, label, "=") or (set(), {})
            own = fields[0] | SIGNED.get(label, set())
            hidden = {field.name: field for field in page.model._meta.concrete_fields if field.name not in own}
            before, client = _stored(row, hidden), browser_of(world.actors[actor])
            where = reverse(f"admin:{label.replace('.', '_')}_change", args=[row.pk])
            with transaction.atomic(), undrawn():
                data = form_of(client, where)
                given = {name: value for field in hidden.values() for name, value in _other(field, row).items()}
                answer: Any = client.post(where, {**data, **given, "why": "x", "is_superuser": "on", "id": "999999"})
                after = _stored(row, hidden)
                transaction.set_rollback(True)
            taken += answer.status_code == 302
            if after != before or answer.status_code >= 500:
                wrong.append((label, actor, answer.status_code, {name for name in hidden if after[name] != before[name]}))
    assert wrong == []
    # Forms that were refused for another reason show little.
    assert taken >= 20


# Who recorded it last and when, which the portal says itself.
SIGNED = {"policies.trainingrecord": {"recorded_by", "recorded_at"}}


def _stored(row: Any, fields: Any) -> dict[str, Any]:
    found = type(row)._base_manager.filter(pk=row.pk).values(*fields).get()
    return {name: bytes(value) if isinstance(value, memoryview) else value for name, value in found.items()}


def _other(field: Any, row: Any) -> dict[str, str]:
    """Another value than the row has, as forms of any make would send it."""
    held = getattr(row, field.attname)
    if field.is_relation:
        keys = field.related_model._base_manager.exclude(pk=held).values_list("pk", flat=True)[:1]
        return {field.name: str(next(iter(keys), 1))}
    if isinstance(field, models.BooleanField):
        return {field.name: "" if held else "on"}
    if isinstance(field, models.DateTimeField):
        return {f"{field.name}_0": "2001-02-03", f"{field.name}_1": "04:05:06", field.name: "2001-02-03T04:05:06Z"}
    if isinstance(field, models.DateField):
        return {field.name: str(date(2001, 2, 3))}
    if field.choices:
        return {field.name: str(next((key for key, _ in field.flatchoices if key not in ("", held)), ""))}
    return {field.name: "77" if isinstance(field, models.IntegerField | models.DecimalField | models.DurationField) else "zzcrafted"}


def test_every_body_of_the_api_takes_the_fields_that_were_promised() -> None:
    found = {
        (method, path.removeprefix(BASE)): sorted(_properties(operation.get("requestBody", {}).get("content", {})))
        for method, path, operation in operations()
        if method != "get"
    }
    assert found == {(method, path): sorted(set(fields) - {"-"}) for method, path, *fields in lines(BODIES)}


def _properties(content: dict[str, Any]) -> Sequence[str]:
    schema = content.get("application/json", {}).get("schema", {})
    while "$ref" in schema or "allOf" in schema:
        schema = described()["components"]["schemas"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema["allOf"][0]
    return list(schema.get("properties", {}))


# So many unknown fields are named in one answer.
NAMED_AT_ONCE = 20


def test_a_column_that_no_body_has_is_refused_by_its_name_from_whoever_may_ask(world: World, clients: Clients) -> None:
    wrong, asked, turn = [], 0, 0
    fields = {(method, BASE + path): set(names) for method, path, *names in lines(BODIES)}
    for method, path, operation in operations():
        sent = body(operation, world.things, "cards", world.now) if method != "get" else None
        letters, label, _ = promised()[method, path]
        if not isinstance(sent, dict) or not fields[method, path] - {"-"}:
            continue
        columns = _columns(path, label) - fields[method, path]
        writers = [actor for actor in ROLES if among(actor, letters)]
        for actor in writers if ALL else writers[turn % 2 :: 2]:
            asked += 1
            told, client, where = {**sent, **dict.fromkeys(columns, 1)}, clients[actor], address(path, world.things, "cards")
            with transaction.atomic(), watched() as written:
                answer: Any = client.generic(method.upper(), where, json.dumps(told), content_type="application/json")
                transaction.set_rollback(True)
            named = {each["field"] for each in answer.json().get("errors", ())} if answer.status_code == 400 else set()
            if written or not (len(named & columns) >= min(len(columns), NAMED_AT_ONCE) or answer.status_code in (403, 404, 409)):
                wrong.append((method, path, actor, answer.status_code, sorted(columns - named), written))
        turn += 1
    assert wrong == []
    assert asked >= 30


def _columns(path: str, label: str) -> set[str]:
    """Every column of what the operation is about."""
    about = label if label != "-" else next((known for part, known in ABOUT.items() if part in path), "portal.user")
    return {name for field in apps.get_model(about)._meta.concrete_fields for name in (field.name, field.attname)}


ABOUT = {
    "absences": "policies.dutyabsence",
    "overrides": "policies.oncalloverride",
    "swaps": "policies.dutyswap",
    "hand-offs": "incidents.handoff",
    "ledger/exports": "audit.evidenceexport",
}


def test_no_page_and_no_answer_tells_an_auditor_by_anything_what_is_blank_for_them(
    world: World, clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever such a column holds, every page and answer is the same letter by letter; to others it is not, or this would show nothing."""
    at = clock.now()
    monkeypatch.setattr(clock, "now", lambda: at)
    told: dict[str, set[str]] = {"audits everything": set(), "compliance": set()}
    for label, column, *values in lines(BLANKS):
        for actor, differing in told.items():
            first, second = (_told_with(world, clients[actor], actor, label, column, value, values) for value in values)
            differing |= {f"{label}.{column}: {where}" for where in first if first[where] != second[where]}
    assert told["audits everything"] == set()
    assert {each.split(":")[0] for each in told["compliance"]} == {f"{label}.{column}" for label, column, *_ in lines(BLANKS)}


def _told_with(
    world: World, client: Client, actor: str, label: str, column: str, value: str, values: Sequence[str]
) -> dict[str, tuple[int, str]]:
    """What is answered where the row beside one like it has this value: such rows are not changed once they are there."""
    like = row_of(world, label)
    columns = {field.attname: getattr(like, field.attname) for field in like._meta.concrete_fields if not field.primary_key}
    with transaction.atomic():
        row = type(like)(**{**columns, column: value})
        row.save(force_insert=True)
        found = {where: _read(client, where) for where in _asking(world, actor, row, column, values)}
        transaction.set_rollback(True)
    return found


def _asking(world: World, actor: str, row: Any, column: str, values: Sequence[str]) -> Iterator[str]:
    """Its list in every order, searched and filtered by it; its page and history; what else shows it; and the API."""
    name = f"admin:{row._meta.label_lower.replace('.', '_')}"
    listed = reverse(f"{name}_changelist")
    yield from (listed, reverse(f"{name}_change", args=[row.pk]))
    if actor == "compliance":
        return
    for value in values:
        yield from (f"{listed}?q={value}", f"{listed}?{column}__exact={value}", f"{listed}?{column}__startswith={value[:3]}")
        yield f"/admin/search/?s={value}"
    yield from (f"{listed}?o={place}" for place in range(1, 7))
    yield from (reverse(f"{name}_history", args=[row.pk]), "/admin/", "/admin/policies/team/", "/admin/policies/oncallschedule/")
    team, schedule = row_of(world, "policies.team") or world.things["policies.team"]["cards"], row_of(world, "policies.oncallschedule")
    yield from (f"/admin/policies/team/{team.pk}/duty/", reverse("admin:policies_oncallschedule_change", args=[schedule.pk]))
    yield from (
        f"{BASE}on-call/absences/",
        f"{BASE}on-call/schedules/{schedule.pk}/overrides/",
        f"{BASE}on-call/schedules/{schedule.pk}/swaps/",
    )
    turns = "?from=2026-02-27T10:00:00Z&until=2026-03-20T00:00:00Z"
    yield from (f"{BASE}on-call/schedules/{schedule.pk}/view/{turns}", f"{BASE}on-call/teams/{team.pk}/view/{turns}")
    yield from (f"{BASE}on-call/schedules/{schedule.pk}/", f"{BASE}on-call/teams/{team.pk}/", f"{BASE}on-call/services/")
    for shown in ("week", "month", "table"):
        yield f"{reverse('admin:policies_oncallschedule_change', args=[schedule.pk])}?view={shown}&on=2026-03-02"
    if ALL:
        yield from pages_of(world, actor)


def _read(client: Client, where: str) -> tuple[int, str]:
    answer: Any = client.get(where)
    return answer.status_code, ANEW.sub("", answer.content.decode())


def test_whoever_only_sees_a_thing_finds_no_field_to_write_in(world: World, clients: Clients) -> None:
    """What is not taken is shown as text."""
    wrong, asked = [], 0
    for label, page in pages():
        row = row_of(world, label)
        readers = [
            actor for actor in WRITERS if row is not None and row.pk and sees(actor, label, "cards") and not changes(actor, label, "change")
        ]
        columns = {field.name for field in page.model._meta.concrete_fields} - {"reason"}
        for actor in readers if ALL else readers[:1]:
            asked += 1
            text = clients[actor].get(reverse(f"admin:{label.replace('.', '_')}_change", args=[row.pk])).content.decode()
            shown = set(re.findall(r'<(?:input|select|textarea)[^>]*\sname="(\w+)"', text)) & columns
            if shown:
                wrong.append((label, actor, shown))
    assert wrong == []
    assert asked >= 40


def test_every_kind_that_can_be_added_or_changed_has_its_fields_promised() -> None:
    written = {line.split()[0] for line in PAGES.strip().splitlines() if line.split()[2:4] != ["-", "-"]}
    assert written == {line.split()[0] for line in FIELDS.strip().splitlines()} | OWN_FORMS
