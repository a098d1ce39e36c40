"""The ways in: the admin's pages, the API, the commands, the job."""

import io
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from audit.models import LedgerEvent
from portal.models import DirectorySync, User
from portal.tasks import directory_sweep
from tests.factories.portal import contact, person

from .files import MOBILE, content_of, of, received

pytestmark = pytest.mark.django_db
LIST = "/admin/portal/directorysync/"


@pytest.fixture
def ana() -> User:
    return person("Ana Ruiz", username="ana")


@pytest.fixture
def ada() -> User:
    return person("Ada", roles=("administrator",))


@pytest.fixture
def admin(ada: User) -> Client:
    client = Client()
    client.force_login(ada)
    return client


@pytest.fixture
def api(ada: User) -> APIClient:
    client = APIClient(raise_request_exception=False)
    client.force_authenticate(ada)
    return client


def upload(client: Client, content: bytes, name: str = "people.json") -> Any:
    return client.post(f"{LIST}add/", {"file": SimpleUploadedFile(name, content), "reason": "Weekly export."})


def test_a_file_is_uploaded_decided_on_and_applied(admin: Client, ana: User) -> None:
    content = content_of(of(ana, name="<b>Ana</b>", skills="cards"), {"username": "nobody"})
    page = admin.get(upload(admin, content)["Location"])
    text = page.content.decode()
    assert "/history/" not in text
    assert "1 difference waits for a decision" in text
    assert "&lt;b&gt;Ana&lt;/b&gt;" in text
    assert "<b>Ana" not in text
    sync = DirectorySync.objects.get()
    conflict = sync.rows.get(kind="conflict")
    answer = admin.post(f"{LIST}{sync.pk}/decide/", {f"row-{conflict.pk}": "take", "row-999": "take", "kind": "waiting", "page": "1"})
    assert answer["Location"].endswith(f"/{sync.pk}/change/?kind=waiting&page=1#differences")
    assert admin.post(f"{LIST}{sync.pk}/do/apply/", {"reason": "Checked."}).status_code == 302
    assert User.objects.get(pk=ana.pk).display_name == "<b>Ana</b>"
    assert LedgerEvent.objects.filter(
        type="directory.applied", actor_id=str(conflict.__class__.objects.get(pk=conflict.pk).decided_by_id)
    ).exists()


def test_selected_rows_are_decided_together(admin: Client, ana: User, now: datetime) -> None:
    sync = received(of(ana, name="A", time_zone="Asia/Tokyo"), now=now)
    keys = list(sync.rows.values_list("pk", flat=True))
    admin.post(f"{LIST}{sync.pk}/decide/", {"selected": keys, "bulk": "keep"})
    assert set(sync.rows.values_list("decision", flat=True)) == {"keep"}
    admin.post(f"{LIST}{sync.pk}/decide/", {"selected": ["x", "9" * 30, keys[0]], "bulk": "nonsense"})
    assert set(sync.rows.values_list("decision", flat=True)) == {"keep"}


@pytest.mark.parametrize("content", [b"", b"username,is_staff\nana,yes\n", b"\xff\xfe", b"[" * 90_000])
def test_a_file_that_cannot_be_used_is_told_on_the_page(admin: Client, content: bytes) -> None:
    answer = upload(admin, content)
    assert answer.status_code == 400
    assert not DirectorySync.objects.exists()


def test_ten_megabytes_are_refused(admin: Client, api: APIClient) -> None:
    assert "larger than 5 MB" in upload(admin, b"x" * 10_000_000).content.decode()
    answer = api.generic("POST", "/api/v1/directory/sync/", b"x" * 10_000_000, content_type="text/csv")
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_the_page_asks_as_many_questions_for_many_differences_as_for_few(admin: Client, ana: User, now: datetime) -> None:
    def asked(sync: DirectorySync) -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert admin.get(f"{LIST}{sync.pk}/change/").status_code == 200
        return len(captured)

    few = received(of(ana, skills="a"), now=now)
    asked(few)
    people = [person(f"Person {number}", username=f"p{number}") for number in range(12)]
    many = received(*(of(each, name="X", skills="a", contact_points=[MOBILE]) for each in people), {"username": "nobody"}, now=now)
    assert many.rows.count() == 37
    assert asked(many) <= asked(few)
    assert admin.get(LIST).status_code == 200


def test_without_the_right_there_is_no_page(ana: User, now: datetime) -> None:
    sync = received(of(ana, skills="a"), now=now)
    client = Client()
    client.force_login(person("Tom", roles=("manager",)))
    for address in (
        LIST,
        f"{LIST}add/",
        f"{LIST}{sync.pk}/change/",
        f"{LIST}{sync.pk}/decide/",
        f"{LIST}export/csv/",
        f"{LIST}{sync.pk}/do/apply/",
    ):
        assert client.get(address).status_code == 403, address
    assert client.post(f"{LIST}{sync.pk}/decide/", {"bulk": "keep", "selected": "1"}).status_code == 403


def test_an_export_is_downloaded_and_recorded(admin: Client, ana: User) -> None:
    contact(ana, address="https://phone.example.org/secret-token")
    answer = admin.get(f"{LIST}export/csv/")
    assert answer["Content-Disposition"] == 'attachment; filename="people.csv"'
    assert "secret-token" not in answer.content.decode()
    assert LedgerEvent.objects.filter(type="directory.exported").count() == 1
    assert admin.get(f"{LIST}export/exe/").status_code == 404


def test_a_dry_run_over_http_tells_and_keeps_nothing(api: APIClient, ana: User) -> None:
    answer = api.generic("POST", "/api/v1/directory/sync/?dry_run=true", content_of(of(ana, skills="a")), content_type="application/json")
    told = answer.json()
    assert (answer.status_code, told["id"], told["counts"]["new"], told["rows"][0]["field"]) == (200, None, 1, "skills")
    assert not DirectorySync.objects.exists()


def test_a_file_over_http_is_applied_and_its_conflicts_wait(api: APIClient, ana: User) -> None:
    csv = b"username,skills,time_zone\nana,cards,Asia/Tokyo\n"
    answer = api.generic("POST", "/api/v1/directory/sync/?file_name=nightly.csv", csv, content_type="text/csv; charset=utf-8")
    told = answer.json()
    assert (answer.status_code, told["state"], told["counts"]["waiting"]) == (201, "partly", 1)
    assert User.objects.get(pk=ana.pk).skills == "cards"
    assert api.generic("POST", "/api/v1/directory/sync/", csv, content_type="text/csv").status_code == 409


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        (b"", "application/json", 400),
        (b"{}", "application/json", 400),
        (b"[]", "text/csv", 400),
        (b"\xff", "text/csv", 400),
        (b"a=1", "application/x-www-form-urlencoded", 415),
    ],
)
def test_what_cannot_be_read_over_http_is_a_problem_document(api: APIClient, content: bytes, content_type: str, status: int) -> None:
    answer = api.generic("POST", "/api/v1/directory/sync/", content, content_type=content_type)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")


def test_people_are_read_over_http_in_either_format(api: APIClient, ana: User) -> None:
    assert {"ana"} < {row["username"] for row in api.get("/api/v1/directory/export/").json()["people"]} | {""}
    for answer in (api.get("/api/v1/directory/export/?format=csv"), api.get("/api/v1/directory/export/", HTTP_ACCEPT="text/csv")):
        assert answer.content.startswith(b"external_id,username,email")
        assert answer["Content-Type"] == "text/csv; charset=utf-8"


def test_the_api_wants_a_token_and_the_right(ana: User) -> None:
    api = APIClient(raise_request_exception=False)
    assert api.get("/api/v1/directory/export/").status_code == 401
    api.force_authenticate(person("Tom", roles=("manager",)))
    assert api.get("/api/v1/directory/export/").status_code == 403
    assert api.generic("POST", "/api/v1/directory/sync/?dry_run=1", b"username\nana\n", content_type="text/csv").status_code == 403


def test_the_commands_write_and_read_the_same_file(ana: User, tmp_path: Path, capsys: Any) -> None:
    path = tmp_path / "people.json"
    call_command("export_directory", out=str(path), stderr=io.StringIO())
    people = json.loads(path.read_text())["people"]
    path.write_text(json.dumps({"people": [{**each, "skills": "cards"} for each in people]}))
    said = io.StringIO()
    call_command("import_directory", str(path), dry_run=True, stdout=said)
    assert "Ana Ruiz NEW skills: nothing → cards" in said.getvalue()
    assert User.objects.get(pk=ana.pk).skills == ""
    call_command("import_directory", str(path), stdout=said)
    assert User.objects.get(pk=ana.pk).skills == "cards"


def test_the_commands_refuse_in_words(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="There is no file"):
        call_command("import_directory", str(tmp_path / "nothing.csv"))
    with pytest.raises(CommandError, match=r"neither in \.csv nor in \.json"):
        call_command("export_directory", out=str(tmp_path / "people.xlsx"))


def test_the_job_does_nothing_where_nothing_is_set(ana: User) -> None:
    assert directory_sweep() == 0
