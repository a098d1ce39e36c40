"""Building a pack: all of it or nothing, by those who may, and recorded."""

import json
import resource
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from audit.ledger.models import LedgerEvent
from portal.foundation.errors import InvalidInput, NotAllowed
from reports.models import QuarterlyPack
from reports.packs.packing import chosen_formats
from reports.packs.quarters import Quarter
from reports.packs.services import build_pack
from tests.factories.portal import person
from tests.factories.reports import small_quarter, stored

pytestmark = pytest.mark.django_db
Q1 = Quarter(2016, 1)


def events() -> list[str]:
    return list(LedgerEvent.objects.filter(type__startswith="reports.").values_list("type", flat=True))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_all_formats_are_built_recorded_with_their_digests_and_the_same_whenever_they_are_built(tmp_path: Path, now: datetime) -> None:
    stored(*small_quarter())
    built = build_pack(Q1, out=tmp_path / "new" / "folder", actor=None, now=now)
    files = contents(tmp_path / "new" / "folder")
    assert {name.rpartition(".")[2] for name in files} == {"json", "csv", "xlsx", "pdf"}
    assert built.record.files == {name: sha256(content).hexdigest() for name, content in files.items()}
    assert built.record.metrics == json.loads(files["pack-2016Q1.json"])["metrics"]
    # Whoever builds it again at another time gets the same bytes.
    build_pack(Q1, out=tmp_path / "again", actor=person(roles=("compliance",)), now=now.replace(year=2030))
    assert contents(tmp_path / "again") == files
    event, _ = LedgerEvent.objects.filter(type="reports.pack_built").order_by("id")
    told = json.loads(event.payload)["details"]
    assert {each["name"]: each["sha256"] for each in told["files"]} == built.record.files
    assert (told["quarter"], told["incidents_opened"], event.object_pk) == ("2016Q1", 6, str(built.record.pk))


def test_building_again_writes_over_the_pack_and_over_nothing_else(tmp_path: Path, now: datetime) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    build_pack(Q1, out=tmp_path, formats=("json",), actor=None, now=now)
    stored(*small_quarter())
    build_pack(Q1, out=tmp_path, formats=("json",), actor=None, now=now)
    assert set(contents(tmp_path)) == {"notes.txt", "pack-2016Q1.json"}
    assert json.loads((tmp_path / "pack-2016Q1.json").read_bytes())["metrics"]["incidents_opened"] == 6
    assert QuarterlyPack.objects.count() == 2


def test_an_empty_quarter_gives_a_valid_empty_pack(tmp_path: Path, now: datetime) -> None:
    build_pack(Quarter(1999, 4), out=tmp_path, actor=None, now=now)
    assert json.loads((tmp_path / "pack-1999Q4.json").read_bytes())["metrics"]["time_to_resolve_seconds"]["mean"] is None
    assert len(contents(tmp_path)) == 11


@pytest.mark.parametrize("role", ["responder", "commander", "manager", "approver", "auditor", "stakeholder", "administrator"])
def test_only_compliance_builds_packs(role: str, tmp_path: Path, now: datetime) -> None:
    with pytest.raises(NotAllowed, match="You may not build a quarterly pack"):
        build_pack(Q1, out=tmp_path / "out", actor=person(roles=(role,)), now=now)
    assert not (tmp_path / "out").exists()


def test_compliance_that_left_builds_nothing(tmp_path: Path, now: datetime) -> None:
    with pytest.raises(NotAllowed):
        build_pack(Q1, out=tmp_path, actor=person(roles=("compliance",), is_active=False), now=now)


def test_an_unknown_format_is_named_with_those_that_exist() -> None:
    with pytest.raises(InvalidInput, match="'docx' is not a format of the pack; choose from json, csv, xlsx, pdf"):
        chosen_formats(["json", "docx"])
    assert chosen_formats(["csv", "json", "csv"]) == ("csv", "json")
    assert chosen_formats([]) == ("json", "csv", "xlsx", "pdf")


@pytest.mark.parametrize(
    ("out", "reason"),
    [
        ("file", "it is a file, not a folder"),
        ("file/below", "a part of it is a file, not a folder"),
        ("n" * 300, "the name is too long"),
        ("/proc/pack", "no such file or directory"),
    ],
)
def test_a_folder_that_cannot_be_written_is_one_sentence_and_nothing_is_left(out: str, reason: str, tmp_path: Path, now: datetime) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InvalidInput) as refused:
        build_pack(Q1, out=tmp_path / out, formats=("json",), actor=None, now=now)
    assert str(refused.value) == f"The pack cannot be written to {tmp_path / out}: {reason}. Nothing was written; choose another folder."
    assert contents(tmp_path) == {"file": b"mine"}
    assert not QuarterlyPack.objects.exists()
    assert events() == []


def test_a_folder_with_the_name_of_a_file_of_the_pack_stops_it_before_the_first_file(tmp_path: Path, now: datetime) -> None:
    (tmp_path / "pack-2016Q1-weeks.csv").mkdir()
    with pytest.raises(InvalidInput, match="a folder has the name of a file of the pack"):
        build_pack(Q1, out=tmp_path, formats=("json", "csv"), actor=None, now=now)
    assert [path.name for path in tmp_path.iterdir()] == ["pack-2016Q1-weeks.csv"]
    assert events() == []


@pytest.mark.parametrize("name", ["json", "csv", "xlsx", "pdf"])
def test_no_room_for_the_files_leaves_what_was_there_before(name: str, tmp_path: Path, now: datetime) -> None:
    """A limit on the size of files stands for the full disk: writing fails in the same place with the same kind of error."""
    stored(*small_quarter())
    for was_there in (f"pack-2016Q1.{name}", f"pack-2016Q1-weeks.{name}"):
        (tmp_path / was_there).write_text("the pack of last week")
    before = contents(tmp_path)
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200, hard))
    try:
        with pytest.raises(Exception, match=r"cannot be written to|could not be made") as refused:
            build_pack(Q1, out=tmp_path, formats=(name,), actor=None, now=now)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, hard))
    assert "\n" not in str(refused.value)
    assert contents(tmp_path) == before
    assert QuarterlyPack.objects.count() == len(events()) == 0


def test_a_running_quarter_is_built_and_says_so(tmp_path: Path) -> None:
    build_pack(Q1, out=tmp_path, formats=("json",), actor=None, now=datetime(2016, 2, 1, tzinfo=UTC))
    assert json.loads((tmp_path / "pack-2016Q1.json").read_bytes())["progress"] == "running"
