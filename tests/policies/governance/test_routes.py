"""Every road around the approval, tried: by the admin, the API, fixtures, the ORM and raw SQL, for every table of content."""

# ruff: noqa: S608
import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core import serializers
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from policies.governance import services
from policies.governance.parts import PARTS, Part
from policies.governance.snapshots import content_of
from policies.governance.steps import freeze
from policies.models import Approval, PolicyVersion
from portal.models import User
from tests.factories import policies as make
from tests.factories.full_policies import full_draft
from tests.factories.portal import person

pytestmark = pytest.mark.django_db
ONLY_DRAFTS = "The content of a version can only change while it is a draft"
FROZEN = "A submitted or approved version cannot be changed"


@pytest.fixture
def mia() -> User:
    return person("Mia Manager", roles=("manager",))


@pytest.fixture
def frozen(mia: User, now: Any) -> PolicyVersion:
    """A version that says everything a version can, waiting for approval."""
    version = full_draft(author=mia)
    freeze(version, content_of(version), actor=mia, now=now)
    version.state = "submitted"
    version.save()
    return version


@pytest.fixture
def approved(frozen: PolicyVersion, now: Any) -> PolicyVersion:
    facts = {"requested_by": frozen.submitted_by, "content_sha256": frozen.content_sha256, "reason": "r", "decided_at": now}
    for decider in make.approvers(frozen.approvals_needed):
        Approval.objects.create(version=frozen, decision="approved", decided_by=decider, **facts)
    frozen.state, frozen.approved_at, frozen.effective_from = "approved", now, now
    frozen.save()
    return frozen


@pytest.fixture
def waiting(mia: User, now: Any) -> PolicyVersion:
    version = make.draft(author=mia)
    make.level(version, 1, person("Ana"))
    return services.submit_version(version, actor=mia, now=now, accepted="Known")


def refused(words: str, what: Callable[[], Any]) -> None:
    with pytest.raises(DatabaseError, match=words), transaction.atomic():
        what()


def fixture(folder: Path, *rows: Any) -> Callable[[], Any]:
    """Loads `rows` as `loaddata` does."""
    path = folder / "rows.json"
    path.write_text(serializers.serialize("json", rows))
    return lambda: call_command("loaddata", str(path), verbosity=0)


def sql(statement: str) -> Callable[[], Any]:
    return lambda: connection.cursor().execute(statement)


def roads(part: Part, version: PolicyVersion, folder: Path) -> Iterator[Callable[[], Any]]:
    """Everything that writes to a table of content without asking a service."""
    table, held = part.model._meta.db_table, part.model._default_manager
    found = held.filter(**{"version" if part.inside is None else f"{part.link}__version": version})
    row, link = found.order_by("pk")[0], f"{part.link}_id"
    rows, more = held.filter(pk=row.pk), copy.copy(row)
    more.pk, more._state = None, copy.copy(row._state)
    more._state.adding = True
    columns = ", ".join(connection.ops.quote_name(field.column) for field in part.model._meta.concrete_fields if not field.primary_key)
    yield row.save
    yield row.delete
    yield lambda: rows.update(**{link: getattr(row, link)})
    yield lambda: held.bulk_update([row], [part.link])
    yield lambda: held.bulk_create([more])
    yield lambda: rows.delete()
    yield lambda: rows._raw_delete(rows.db)
    yield fixture(folder, row)
    yield sql(f"UPDATE {table} SET {link} = {link} WHERE id = {row.pk}")
    yield sql(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {table} WHERE id = {row.pk}")
    yield sql(f"DELETE FROM {table} WHERE id = {row.pk}")
    if connection.vendor == "sqlite":
        yield sql(f"INSERT OR REPLACE INTO {table} (id, {columns}) SELECT id, {columns} FROM {table} WHERE id = {row.pk}")
        yield sql(f"REPLACE INTO {table} (id, {columns}) SELECT id, {columns} FROM {table} WHERE id = {row.pk}")
    else:
        yield sql(f"INSERT INTO {table} (id, {columns}) SELECT id, {columns} FROM {table} WHERE id = {row.pk} ON CONFLICT DO NOTHING")


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.model.__name__)
@pytest.mark.parametrize("state", ["frozen", "approved"])
def test_no_road_changes_the_content_of_what_was_submitted(request: Any, part: Part, state: str, tmp_path: Path) -> None:
    version = request.getfixturevalue(state)
    for road in roads(part, version, tmp_path):
        refused(ONLY_DRAFTS, road)


def test_there_are_ten_tables_of_content() -> None:
    assert len({part.model for part in PARTS}) == 10


@pytest.mark.parametrize("state", ["waiting", "approved"])
def test_no_road_changes_the_version_itself(request: Any, state: str, tmp_path: Path) -> None:
    version = request.getfixturevalue(state)
    rows, other = PolicyVersion.objects.filter(pk=version.pk), PolicyVersion.objects.get(pk=version.pk)
    other.change_reason, other.repeats = "Something harmless", 4
    refused(FROZEN, other.save)
    refused(FROZEN, lambda: rows.update(change_reason="Something harmless"))
    refused(FROZEN, lambda: PolicyVersion.objects.bulk_update([other], ["repeats"]))
    refused(FROZEN, fixture(tmp_path, other))
    refused(FROZEN, sql(f"UPDATE policies_policyversion SET content_sha256 = 'x' WHERE id = {version.pk}"))
    refused("stays|only change while", lambda: rows._raw_delete(rows.db))
    refused("stays|only change while|Cannot delete", sql(f"DELETE FROM policies_policyversion WHERE id = {version.pk}"))


def test_nothing_is_born_approved(waiting: PolicyVersion, tmp_path: Path) -> None:
    copied = PolicyVersion.objects.get(pk=waiting.pk)
    copied.pk, copied.number, copied.policy, copied.state = None, 7, make.policy(), "approved"
    copied.approved_at = copied.effective_from = copied.submitted_at
    refused("starts as a draft", lambda: PolicyVersion.objects.bulk_create([copied]))
    copied.pk = 4242
    refused("starts as a draft", fixture(tmp_path, copied))


def test_no_road_approves_what_waits(waiting: PolicyVersion, now: Any, tmp_path: Path) -> None:
    version = PolicyVersion.objects.get(pk=waiting.pk)
    version.state, version.approved_at, version.effective_from = "approved", now, now
    values = {"state": "approved", "approved_at": now, "effective_from": now}
    by_somebody_else = "approved by somebody else"
    refused(by_somebody_else, version.save)
    refused(by_somebody_else, lambda: PolicyVersion.objects.filter(pk=version.pk).update(**values))
    refused(by_somebody_else, lambda: PolicyVersion.objects.bulk_update([version], list(values)))
    refused(by_somebody_else, fixture(tmp_path, version))
    statement = "UPDATE policies_policyversion SET state = 'approved', approved_at = submitted_at, effective_from = submitted_at"
    refused(by_somebody_else, sql(statement))


def test_no_road_writes_an_approval_of_ones_own(waiting: PolicyVersion, now: Any, tmp_path: Path) -> None:
    facts = {"requested_by": waiting.author, "content_sha256": waiting.content_sha256, "reason": "r", "decided_at": now}
    own = Approval(version=waiting, decided_by=waiting.author, decision="approved", **facts)
    hand = "wrote, submitted or edited"
    refused(hand, own.save)
    refused(hand, lambda: Approval.objects.bulk_create([own]))
    own.pk = 4242
    refused(hand, fixture(tmp_path, own))
    Approval.objects.create(version=waiting, decided_by=person("Abe"), decision="sent_back", **facts)
    refused("never changed", lambda: Approval.objects.update(decision="approved"))


def as_(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def root() -> User:
    return person("Root", is_superuser=True)


@pytest.mark.parametrize("who", ["mia", "root"])
@pytest.mark.parametrize("state", ["waiting", "approved"])
def test_the_form_and_its_inlines_write_nothing(request: Any, who: str, state: str) -> None:
    version, client = request.getfixturevalue(state), as_(request.getfixturevalue(who))
    level, before = version.levels.order_by("pk")[0], said(version)
    posted = {
        "change_reason": "Something harmless",
        "_save": "Save",
        "levels-TOTAL_FORMS": "1",
        "levels-INITIAL_FORMS": "1",
        "levels-0-id": str(level.pk),
        "levels-0-version": str(version.pk),
        "levels-0-number": "1",
        "levels-0-name": "Nobody",
        "levels-0-window": "9 h",
    }
    answer = client.post(reverse("admin:policies_policyversion_change", args=[version.pk]), posted)
    # Not allowed, or told that it is no draft any more.
    assert answer.status_code in (403, 409)
    assert said(version) == before


@pytest.mark.parametrize("who", ["mia", "root"])
def test_the_lists_and_their_actions_write_nothing(request: Any, who: str, waiting: PolicyVersion) -> None:
    client, before = as_(request.getfixturevalue(who)), said(waiting)
    for name in ("policyversion", "threshold"):
        lists = reverse(f"admin:policies_{name}_changelist")
        edit = {
            "form-TOTAL_FORMS": "1",
            "form-INITIAL_FORMS": "1",
            "form-0-id": str(waiting.pk),
            "form-0-state": "approved",
            "_save": "Save",
        }
        client.post(lists, edit)
        for action in ("delete_selected", "approve", "approve_version", "publish_at_once"):
            client.post(lists, {"action": action, "_selected_action": str(waiting.pk), "post": "yes", "index": "0"})
        assert said(waiting) == before
    assert client.post(reverse("admin:policies_policyversion_delete", args=[waiting.pk]), {"post": "yes"}).status_code == 403
    assert said(waiting) == before


def test_the_approval_page_says_to_a_contributor_and_a_superuser_why_not(waiting: PolicyVersion, root: User) -> None:
    waiting.author.groups.add(*person("x", roles=("approver",)).groups.all())
    twin = person("mia MANAGER", roles=("approver",))
    address = reverse("admin:policies_policyversion_approve", args=[waiting.pk])
    words = {waiting.author: "nobody approves their own change", twin: "under a second account", root: "You may not approve policy changes"}
    for user, said_to_them in words.items():
        answer = as_(user).post(address, {"decision": "approve", "reason": "Trust me"})
        assert answer.status_code == 403
        assert said_to_them in answer.content.decode()
    waiting.refresh_from_db()
    assert waiting.state == "submitted"


def api_of(user: User) -> APIClient:
    api = APIClient(raise_request_exception=False)
    api.force_authenticate(user)
    return api


@pytest.mark.parametrize("who", ["mia", "root"])
def test_the_api_has_no_road_but_the_verbs(request: Any, who: str, waiting: PolicyVersion) -> None:
    api, before = api_of(request.getfixturevalue(who)), said(waiting)
    versions = f"/api/v1/policies/{waiting.policy_id}/versions/"
    content = {"state": "approved", "content": {"levels": []}, "number": 9, "content_sha256": "x"}
    # A document is taken there, and becomes a draft; nothing else is.
    assert api.post(versions, content, format="json").status_code == 400
    threshold = api.patch(f"{versions}1/thresholds/", {"name": "Any", "severity": "SEV4", "reason": "Quietly"}, format="json")
    assert (threshold.status_code, "waiting for approval" in json.dumps(threshold.json())) == (409, True)
    for answer in (
        api.put(f"{versions}1/", content, format="json"),
        api.patch(f"{versions}1/", content, format="json"),
        api.delete(f"{versions}1/"),
        api.patch(f"/api/v1/policies/{waiting.policy_id}/", content, format="json"),
    ):
        assert answer.status_code == 405
        assert "not allowed" in json.dumps(answer.json()).lower()
    assert said(waiting) == before


def test_the_api_says_to_a_contributor_and_a_superuser_why_not(waiting: PolicyVersion, root: User, now: Any) -> None:
    waiting.author.groups.add(*person("x", roles=("approver",)).groups.all())
    fresh = person("Fresh", roles=("approver",), date_joined=waiting.created_at.replace(year=2027))
    address = f"/api/v1/policies/{waiting.policy_id}/versions/1/approve/"
    words = {waiting.author: "nobody approves their own change", fresh: "account was made after", root: "You may not approve"}
    for user, said_to_them in words.items():
        for more in ({}, {"content_sha256": waiting.content_sha256}):
            answer = api_of(user).post(address, {"reason": "Trust me", **more}, format="json")
            assert answer.status_code == 403
            assert said_to_them in json.dumps(answer.json())
    smuggled = api_of(person("Abe", roles=("approver",))).post(address, {"reason": "Yes", "decided_by": fresh.pk}, format="json")
    assert smuggled.status_code == 400
    waiting.refresh_from_db()
    assert waiting.state == "submitted"


def said(version: PolicyVersion) -> Any:
    return list(PolicyVersion.objects.filter(pk=version.pk).values()), list(version.levels.order_by("pk").values())
