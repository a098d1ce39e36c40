"""The file drop and the way back: what lies there is taken once, what changed here goes out until it is taken."""

import json
import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from portal.foundation.directory import exporting
from portal.foundation.directory.dropping import RESTED, read_drop
from portal.foundation.directory.exporting import send_changes
from portal.foundation.errors import DeliveryFailed
from portal.models import DirectoryExport, DirectorySync, User
from tests.factories.portal import contact, person

from .files import applied, content_of, of

pytestmark = pytest.mark.django_db


@pytest.fixture
def drop(tmp_path: Path, settings: Any) -> Path:
    settings.DIRECTORY_DROP = str(tmp_path)
    return tmp_path


@pytest.fixture
def ana() -> User:
    return person("Ana Ruiz", username="ana")


def leave(drop: Path, name: str, content: bytes, now: datetime) -> None:
    path = drop / name
    path.write_bytes(content)
    rested = (now - RESTED - timedelta(seconds=1)).timestamp()
    os.utime(path, (rested, rested))


def names(folder: Path) -> list[str]:
    return sorted(path.name.partition("-")[2] for path in folder.iterdir()) if folder.is_dir() else []


def test_a_dropped_file_waits_for_a_person_unless_the_installation_says_otherwise(
    drop: Path, ana: User, now: datetime, settings: Any
) -> None:
    leave(drop, "people.json", content_of(of(ana, skills="cards")), now)
    assert read_drop(now=now) == 1
    assert (DirectorySync.objects.get().state, User.objects.get(pk=ana.pk).skills) == ("waiting", "")
    assert names(drop / "done") == ["people.json", "people.json.report.txt"]
    settings.DIRECTORY_APPLIES = True
    leave(drop, "more.csv", b"username;skills;time_zone\nana;databases;Asia/Tokyo\n", now)
    assert read_drop(now=now) == 1
    assert (DirectorySync.objects.first().state, User.objects.get(pk=ana.pk).skills) == ("partly", "databases")
    report = next((drop / "done").glob("*more.csv.report.txt")).read_text()
    assert "CONFLICT time_zone: UTC → Asia/Tokyo (waits for a person)" in report


def test_a_file_that_cannot_be_read_lies_in_failed_with_its_reason(drop: Path, now: datetime) -> None:
    leave(drop, "people.csv", b"username,is_superuser\nana,yes\n", now)
    read_drop(now=now)
    assert names(drop / "failed") == ["people.csv", "people.csv.report.txt"]
    report = next((drop / "failed").glob("*.report.txt")).read_text()
    assert "Line 1: unknown column 'is_superuser'" in report
    assert "Nothing was changed." in report
    assert not DirectorySync.objects.exists()


def test_what_is_still_written_a_link_and_other_files_stay(drop: Path, ana: User, now: datetime, tmp_path_factory: Any) -> None:
    secret = tmp_path_factory.mktemp("elsewhere") / "secret.csv"
    leave(secret.parent, "secret.csv", b"username\nana\n", now)
    (drop / "link.csv").symlink_to(secret)
    leave(drop, "notes.txt", b"hello", now)
    (drop / "fresh.csv").write_bytes(b"username\nana\n")
    os.utime(drop / "fresh.csv", (now.timestamp(), now.timestamp()))
    assert read_drop(now=now) == 0


def test_a_drop_that_is_not_there_harms_nobody(settings: Any, now: datetime) -> None:
    settings.DIRECTORY_DROP = "/nonexistent/drop"
    assert read_drop(now=now) == 0


def test_changes_made_here_go_out_once(drop: Path, ana: User, now: datetime) -> None:
    contact(ana, address="https://phone.example.org/secret-token")
    applied(of(ana, name="Ana Ruiz", skills="cards"), now=now)
    User.objects.filter(pk=ana.pk).update(skills="cards, databases")
    sent = send_changes(now=now)
    assert sent is not None
    assert (sent.succeeded, sent.people) == (True, 1)
    (out,) = (drop / "out").iterdir()
    assert "secret-token" not in out.read_text()
    (told,) = json.loads(out.read_text())["people"]
    assert (told["username"], told["skills"], told["contact_points"][0]["address"]) == ("ana", "cards, databases", "***")
    assert send_changes(now=now) is None


def test_what_the_cmdb_changed_is_not_sent_back_to_it(drop: Path, ana: User, now: datetime) -> None:
    send_changes(now=now)
    whole = of(ana, email="", name="Ana R.", active=True, time_zone="UTC", manager="", skills="cards", languages="")
    applied(of(ana, **{**whole, "name": "Ana Ruiz"}), now=now)
    applied(whole, now=now)
    assert User.objects.get(pk=ana.pk).display_name == "Ana R."
    assert send_changes(now=now) is None


def test_a_receiver_that_fails_is_told_again(ana: User, now: datetime, settings: Any, monkeypatch: Any) -> None:
    settings.DIRECTORY_URL, settings.DIRECTORY_TOKEN = "https://cmdb.example.org/people", "t0ken"
    posted: list[Any] = []

    def fails(*args: Any, **kwargs: Any) -> bytes:
        raise DeliveryFailed("The receiver answered with status 503.")

    monkeypatch.setattr(exporting, "post_json", fails)
    failed = send_changes(now=now)
    assert failed is not None
    assert (failed.succeeded, failed.detail) == (False, "The receiver answered with status 503.")
    monkeypatch.setattr(exporting, "post_json", lambda url, payload, headers: posted.append((payload, headers)) or b"")
    assert send_changes(now=now) is not None
    assert posted[0][1]["Authorization"] == "Bearer t0ken"
    assert DirectoryExport.objects.filter(succeeded=True).get().people == len(posted[0][0]["people"])


def test_an_export_read_again_differs_in_nothing(ana: User, now: datetime) -> None:
    person("=cmd|calc", username="eve", manager=ana, skills="a, b", languages="en, pt-BR", email="eve@example.org")
    contact(ana, address="https://phone.example.org/secret-token")
    from portal.foundation.directory.services import try_file

    for name in ("csv", "json"):
        plan = try_file(exporting.export_people(name, actor=None, now=now), actor=None, now=now)
        assert [each.found for each in plan.people] == [(), ()]
        assert plan.strangers == ()
