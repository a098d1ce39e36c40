"""The pack's chapter on escalations by the portal."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from incidents.lifecycle import services as lifecycle
from reports.packs.build import build
from reports.packs.escalations import EscalationFacts
from reports.packs.quarters import Progress, Quarter
from reports.packs.services import build_pack
from tests.incidents.escalation.conftest import make_scene
from tests.reports.metrics.test_levels import story

Q1 = Quarter(2026, 1)


def facts() -> EscalationFacts:
    """Two incidents of Payments and one of Mail, at nine and at ten."""
    names = {
        "service": ["Payments", "Mail", "Payments"],
        "team": ["", "", "Desk"],
        "severity": ["SEV1"] * 3,
        "hour": ["09:00", "09:00", "10:00"],
    }
    opened = {"service": {"Payments": 4, "Mail": 1}, "team": {"": 4, "Desk": 1}, "severity": {"SEV1": 5}, "hour": {"09:00": 2, "10:00": 3}}
    return EscalationFacts(story(), {name: np.array(values, dtype=object) for name, values in names.items()}, opened)


def test_the_chapter_names_the_bottleneck_and_counts_by_level_service_and_hour() -> None:
    document = build(Q1, [], progress=Progress.OVER, last_event_at=None, escalated=facts())
    chapter = next(section for section in document.sections if section.key == "engine_escalations")
    assert "3 escalations began, and 3 times a higher level was alerted, for 3 incidents." in chapter.paragraphs[0]
    assert "Most was waited for level 1: 15 min, 51.7 % of all" in chapter.paragraphs[0]
    tables = {table.key: [dict(zip([c.key for c in table.columns], row, strict=True)) for row in table.rows] for table in chapter.tables}
    assert [(row["level"], row["entered"], row["acknowledged"], row["escalated"]) for row in tables["escalation_levels"]] == [
        (1, 3, 1, 3),
        (2, 3, 1, 0),
    ]
    assert {row["service"]: (row["opened"], row["escalations"], row["per_incident"]) for row in tables["escalations_by_service"]} == {
        "Mail": (1, 1, 1.0),
        "Payments": (4, 2, 0.5),
    }
    assert {row["hour"]: row["escalations"] for row in tables["escalations_by_hour"]} == {"09:00": 2, "10:00": 1}


def test_parts_add_up_to_the_whole_and_every_figure_is_defined() -> None:
    content = build(Q1, [], progress=Progress.OVER, last_event_at=None, escalated=facts()).content["escalations"]
    for parts in content["by"].values():
        for figure in ("runs", "escalations", "skipped_levels", "exhausted_runs"):
            assert sum(part[figure] for part in parts.values()) == content["measures"][figure]
    assert content["bottleneck"]["service"]["name"] == "Mail"
    defined = {each.name for each in build(Q1, [], progress=Progress.OVER, last_event_at=None, escalated=facts()).definitions}
    assert {*content["measures"], "bottleneck"} <= defined


@pytest.mark.django_db
def test_the_pack_of_a_running_portal_has_the_chapter(now: Any, tmp_path: Path) -> None:
    scene = make_scene(now)
    opened = scene.open()
    for minute in (0, 5, 15):
        scene.engine(minute)
    lifecycle.acknowledge(opened, actor=scene.kim, now=scene.after(17), reason="Mine")
    pack = build_pack(Q1, out=tmp_path, formats=("json",), actor=None, now=scene.after(60))
    content = json.loads(pack.files[0].path.read_text(encoding="utf-8"))
    assert content["escalations"]["measures"]["escalations"] == 1
    assert content["escalations"]["by"]["service"]["Card payments"]["time_to_escalate_seconds"]["mean"] == 900
