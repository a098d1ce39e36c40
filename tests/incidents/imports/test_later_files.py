"""A log that comes in several files says what it would have said in one."""

import random
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from incidents.models import (
    Incident,
    IncidentProblem,
    Problem,
    TimelineEntry,
)
from policies.models import Service

from .bringing_in import bring_in, everything
from .logs import SAMPLE, cells, sample_rows, when, write

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def said_in_one(written_once: Any, now: datetime) -> dict[str, list[Any]]:
    """What incidents say after the import of the whole sample; none of it is there any more."""

    def said() -> dict[str, list[Any]]:
        with transaction.atomic():
            bring_in(SAMPLE, now)
            found = everything()
            transaction.set_rollback(True)
            return found

    return written_once(said)


def split_by_half(rows: list[dict[str, str]]) -> list[bool]:
    return [place < len(rows) // 2 for place in range(len(rows))]


def split_by_turns(rows: list[dict[str, str]]) -> list[bool]:
    return [place % 2 == 0 for place in range(len(rows))]


def split_later_first(rows: list[dict[str, str]]) -> list[bool]:
    return [place >= len(rows) // 3 for place in range(len(rows))]


def split_at_random(rows: list[dict[str, str]]) -> list[bool]:
    dice = random.Random(11)
    return [dice.random() < 0.3 for _ in rows]


def split_within_incidents(rows: list[dict[str, str]]) -> list[bool]:
    met: Counter[str] = Counter()
    first = []
    for row in rows:
        met[row["number"]] += 1
        first.append(met[row["number"]] <= 3)
    return first


@pytest.mark.parametrize("split", [split_by_half, split_by_turns, split_later_first, split_at_random, split_within_incidents])
def test_a_log_in_two_files_gives_the_same_as_in_one(tmp_path: Path, now: datetime, split: Any, said_in_one: Any) -> None:
    rows = sample_rows()
    taken = split(rows)
    bring_in(write(tmp_path / "one.csv", [row for row, first in zip(rows, taken, strict=True) if first]), now)
    second = bring_in(write(tmp_path / "two.csv", [row for row, first in zip(rows, taken, strict=True) if not first]), now)
    assert second.report["rows"]["new"] == taken.count(False)
    assert everything() == said_in_one


def test_a_later_export_adds_what_is_new_and_leaves_the_rest(tmp_path: Path, now: datetime) -> None:
    first = [cells("INC1", "1/2/2016 09:00"), cells("INC2", "1/2/2016 09:00")]
    bring_in(write(tmp_path / "one.csv", first), now)
    kept = list(TimelineEntry.objects.filter(incident__number="INC1").values_list("pk", flat=True))
    more = cells("INC1", "1/2/2016 10:00", incident_state="Resolved", resolved_at="1/2/2016 10:00", problem_id="PRB1")
    later = bring_in(write(tmp_path / "two.csv", [*first, more, cells("INC3", "1/2/2016 09:00")]), now)
    assert later.report["incidents"] == {"created": 1, "changed": 1, "unchanged": 1}
    assert later.report["rows"] == {"read": 4, "new": 2, "already_known": 2, "duplicates": 0, "rejected": 0}
    incident = Incident.objects.get(number="INC1")
    assert (incident.state, incident.problem_links.count()) == ("resolved", 1)
    assert list(incident.history.order_by("history_id").values_list("history_type", "state")) == [("+", "new"), ("~", "resolved")]
    assert Incident.objects.get(number="INC2").history.count() == 1
    assert list(incident.timeline.order_by("pk").values_list("pk", flat=True))[: len(kept)] == kept


def test_older_records_that_come_later_are_told_in_their_place(tmp_path: Path, now: datetime) -> None:
    bring_in(
        write(tmp_path / "new.csv", [cells("INC1", "1/2/2016 12:00", incident_state="Closed", active="false", assignment_group="C")]), now
    )
    incident = Incident.objects.get()
    TimelineEntry.objects.create(incident=incident, kind="note", at=now, recorded_at=now, actor_name="Ana", text="Looked into it here.")
    older = [
        cells("INC1", "1/2/2016 09:00", assignment_group="A"),
        cells("INC1", "1/2/2016 10:00", incident_state="Active", assignment_group="B"),
    ]
    bring_in(write(tmp_path / "old.csv", older), now)
    incident.refresh_from_db()
    assert (incident.state, incident.acknowledged_at) == ("closed", when("1/2/2016 10:00"))
    assert [entry.text for entry in incident.timeline.all()] == [
        "Opened for Payments, Gateway, P3 moderate (impact medium, urgency medium).",
        "Assigned to A.",
        "In progress.",
        "Assigned from A to B.",
        "Closed.",
        "Assigned from B to C.",
        "Looked into it here.",
    ]


def test_links_made_here_stay(tmp_path: Path, now: datetime) -> None:
    bring_in(write(tmp_path / "one.csv", [cells("INC1", "1/2/2016 09:00", problem_id="PRB1")]), now)
    own = Problem.objects.create(number="PRB-000009", title="Ours")
    IncidentProblem.objects.create(incident=Incident.objects.get(), problem=own)
    bring_in(write(tmp_path / "two.csv", [cells("INC1", "1/2/2016 10:00", problem_id="PRB1")]), now)
    assert sorted(IncidentProblem.objects.values_list("problem__number", flat=True)) == ["PRB-000009", "PRB1"]


def test_an_incident_of_our_own_is_never_overwritten(tmp_path: Path, now: datetime) -> None:
    service = Service.objects.create(name="Payments", key="payments")
    own = Incident.objects.create(number="INC1", title="Ours", service=service, opened_at=now)
    outcome = bring_in(write(tmp_path / "log.csv", [cells("INC1", "1/2/2016 09:00"), cells("INC2", "1/2/2016 09:00")]), now)
    own.refresh_from_db()
    assert (own.title, own.source_records.count()) == ("Ours", 0)
    assert outcome.rejections == ((2, "an incident INC1 that does not come from ServiceNow exists here and is left as it is"),)
    assert outcome.report["incidents"]["created"] == 1
