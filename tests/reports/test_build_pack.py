"""The command."""

import json
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from policies.models import BusinessUnit
from reports.models import QuarterlyPack
from reports.packs.freezing import freeze
from reports.packs.quarters import Quarter
from tests.factories.portal import person
from tests.factories.reports import small_quarter, stored

pytestmark = pytest.mark.django_db


def test_it_prints_each_file_with_its_size_and_digest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stored(*small_quarter())
    call_command("build_pack", "2016Q1", "--out", str(tmp_path), "--format", "json", "--format", "csv")
    printed, progress = capsys.readouterr()
    lines = printed.splitlines()
    assert len(lines) >= 9
    path = tmp_path / "pack-2016Q1.json"
    assert lines[0].startswith(f"{path}  ")
    assert lines[0].endswith(f"KB  sha256 {sha256(path.read_bytes()).hexdigest()}")
    assert progress == ""


def test_it_builds_as_a_person_when_told(tmp_path: Path) -> None:
    actor = person("Ana", roles=("compliance",))
    call_command("build_pack", "2016Q1", out=tmp_path, formats=["json"], username=actor.username)
    assert QuarterlyPack.objects.get().built_by == actor


def test_it_builds_a_units_pack_and_one_of_frozen_figures(tmp_path: Path, now: datetime) -> None:
    stored(*small_quarter())
    unit = BusinessUnit.objects.create(name="Payments")
    freeze(Quarter(2016, 1), None, actor=None, now=now)
    call_command("build_pack", "2016Q1", "--out", str(tmp_path), "--format", "json", "--unit", "Payments")
    call_command("build_pack", "2016Q1", "--out", str(tmp_path), "--format", "json", "--frozen", "1")
    of_unit = json.loads((tmp_path / f"pack-2016Q1-unit-{unit.pk}-payments.json").read_bytes())
    assert (of_unit["unit"]["name"], of_unit["metrics"]["incidents_opened"]) == ("Payments", 0)
    assert json.loads((tmp_path / "pack-2016Q1.json").read_bytes())["frozen"]["number"] == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["2016Q5"], "'2016Q5' is not a quarter; write the year and Q1 to Q4, such as 2016Q1."),
        (["2016Q1", "--format", "docx"], "'docx' is not a format of the pack; choose from json, csv, xlsx, pdf."),
        (["2016Q1", "--unit", "Nowhere"], "There is no business unit 'Nowhere'."),
        (["2016Q1", "--frozen", "2"], "Figures 2 of 2016Q1, whole organisation, are not frozen."),
        (["2016Q1", "--as", "nobody"], "There is no user 'nobody'."),
    ],
)
def test_what_is_wrong_is_one_sentence(arguments: list[str], words: str, tmp_path: Path) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("build_pack", *arguments, "--out", str(tmp_path))
    assert str(refused.value) == words
    assert refused.value.returncode == 1
    assert not list(tmp_path.iterdir())


def test_a_person_without_the_right_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="You may not build a quarterly pack"):
        call_command("build_pack", "2016Q1", out=tmp_path, username=person(roles=("auditor",)).username)
