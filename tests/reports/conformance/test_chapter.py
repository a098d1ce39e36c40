"""The chapter of a pack, and the command."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from reports.conformance.chapter import ON_PAPER, told
from reports.conformance.checking import Conformance
from reports.conformance.paper import as_markdown
from reports.conformance.published import RULES, definitions_of
from reports.conformance.values import CONFUSION, EPOCH, GRAVITY, TITLES, Deviation, Kind
from reports.packs.quarters import Quarter
from reports.packs.services import build_pack
from tests.incidents.escalation.conftest import make_scene

HOSTILE = '=HYPERLINK("x") \u202e\U0001f525'


def found(how_many: int, kind: Kind = Kind.LATE_STEP) -> Conformance:
    rows = tuple(
        Deviation(kind, number, EPOCH, "In time.", "Late.", 1, (number,), 1, HOSTILE if number % 2 else "", number=f"INC-{number}")
        for number in range(how_many)
    )
    return Conformance(rows, runs=5, passes=50, unreadable=1, unrecorded=2)


def test_every_class_has_a_rule_a_title_a_place_and_a_definition() -> None:
    assert set(RULES) == set(TITLES) == set(GRAVITY) == set(Kind)
    assert len(GRAVITY) == len(Kind)
    assert all(each.text.endswith(".") and len(each.text) > 60 for each in definitions_of())
    assert len(CONFUSION) == 4


def test_what_has_no_rationale_stands_before_what_has_one() -> None:
    late, skipped = (Deviation(kind, 1, EPOCH, "", "") for kind in (Kind.LATE_STEP, Kind.SKIPPED_LEVEL))
    explained = Deviation(Kind.SKIPPED_LEVEL, 1, EPOCH, "", "", rationale="Because")
    assert sorted((explained, late, skipped), key=lambda each: each.gravity) == [skipped, late, explained]


def test_without_escalations_there_is_no_chapter() -> None:
    assert told(Conformance((), 0, 0, 0, 0)).sections == ()


def test_of_imported_incidents_only_the_moves_are_told() -> None:
    moved = Deviation(Kind.PING_PONG, 1, EPOCH, "One keeps it.", "It moved 3 times.", number="INC-1")
    chapter = told(Conformance((moved,), 0, 0, 0, 0))
    assert [section.key for section in chapter.sections] == ["roles"]
    assert chapter.sections[0].tables[1].rows == (("INC-1", "Ping-pong of assignment", EPOCH, "It moved 3 times.", None),)


def test_twenty_stand_on_paper_and_all_in_the_files() -> None:
    chapter = told(found(45))
    tables = {table.key: table for section in chapter.sections for table in section.tables}
    assert len(tables["conformance_telling"].rows) == ON_PAPER
    assert len(tables["conformance_all"].rows) == 45
    assert [table.key for table in tables.values() if not table.on_paper] == ["conformance_all"]
    row = dict(zip((column.key for column in tables["conformance_classes"].columns), tables["conformance_classes"].rows[0], strict=True))
    assert (row["class"], row["deviations"], row["with_rationale"], row["without_rationale"]) == ("Late step", 45, 22, 23)
    assert chapter.content["classes"]["late_step"] == {"with_rationale": 22, "without_rationale": 23, "incidents": 45}
    (words, *_), (roles, *_) = (section.paragraphs for section in chapter.sections)
    assert "45 deviations were found, 23 of them without a recorded rationale." in words
    assert "1 escalation could not be held against anything" in words
    assert roles == "No sign of role confusion was found."


def test_a_course_without_deviations_says_so() -> None:
    (words,) = told(Conformance((), 1, 4, 0, 0)).sections[0].paragraphs
    assert words.startswith("1 escalation with 4 recorded passes of the engine was held against")
    assert words.endswith("No deviation was found.")


@pytest.mark.django_db
def test_the_pack_of_a_running_portal_has_the_chapter(now: Any, tmp_path: Path) -> None:
    scene = make_scene(now)
    scene.open()
    scene.engine(0)
    scene.engine(9)
    pack = build_pack(Quarter(2026, 1), out=tmp_path, formats=("json",), actor=None, now=scene.after(60))
    content = json.loads(pack.files[0].path.read_text(encoding="utf-8"))
    assert content["conformance"]["classes"]["late_step"]["without_rationale"] == 1
    assert content["definitions"]["late_step"]["title"] == "Late step"
    assert len(content["tables"]["conformance_all"]["rows"]) == 1


@pytest.mark.django_db
def test_the_command_tells_people_and_machines(now: Any) -> None:
    scene = make_scene(now)
    opened = scene.open()
    scene.engine(0)
    scene.engine(9)
    out = StringIO()
    call_command("check_conformance", "2026Q1", stdout=out)
    assert out.getvalue().splitlines()[:2] == ["2026Q1: 1 escalation checked, 1 deviation", "  Late step: 1, 0 with a recorded rationale"]
    assert opened.number in out.getvalue()
    out = StringIO()
    call_command("check_conformance", "2026Q1", "--json", stdout=out)
    plain = json.loads(out.getvalue())
    assert [(each["class"], each["incident"], each["steps"]) for each in plain["deviations"]] == [("late_step", opened.number, [2])]
    assert "Tom" not in out.getvalue()
    with pytest.raises(CommandError, match="is not a quarter"):
        call_command("check_conformance", "soon")


def test_the_published_page_says_what_the_rules_say() -> None:
    page = Path(__file__).resolve().parents[3] / "docs" / "conformance.md"
    assert page.read_text(encoding="utf-8") == as_markdown(), "python -m reports.conformance.paper > docs/conformance.md"
