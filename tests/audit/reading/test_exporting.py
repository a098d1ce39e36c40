"""Taking out what the log shows."""

import csv
import json
from typing import Any

import pytest
from django.db import transaction

from audit.ledger.services import append_all
from audit.models import LedgerEvent
from audit.reading.exporting import COLUMNS, export_trail
from audit.reading.filters import Filters
from audit.reading.services import save_view
from portal.foundation.errors import InvalidInput, NotAllowed
from tests.factories.portal import person

pytestmark = pytest.mark.django_db
HOSTILE = ['=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", "\t=1", "＝1", "line\none", "\x07bell"]


@pytest.fixture
def rae(db: None) -> Any:
    return person("=Rae", roles=("compliance",))


def happened(now: Any) -> None:
    with transaction.atomic():
        append_all(
            [{"type": "incident.noted", "why": why, "obj": {"model": "incidents.incident", "pk": "1", "repr": why}} for why in HOSTILE],
            now=now,
        )


def test_an_export_says_what_it_holds_and_is_an_event(rae: Any, now: Any) -> None:
    happened(now)
    version = save_view("Notes", Filters(type=("incident.noted",)), actor=rae, now=now).current
    taken = export_trail(version.parsed, actor=rae, now=now, form="csv", told="Incident: noted", version=version)
    told = LedgerEvent.objects.get(type="trail.exported")
    assert version.sha256 in told.payload
    assert told.object_pk == str(version.view_id)
    rows = list(csv.reader(b"".join(taken.parts).decode().splitlines()))
    head = {row[0]: row[1] for row in rows[:7]}
    assert (head["view"], head["filters"], head["sha256 of the filters"]) == ("Notes, version 1", version.filters, version.sha256)
    assert rows[8] == list(COLUMNS)


def test_no_cell_of_a_list_is_a_formula(rae: Any, now: Any) -> None:
    happened(now)
    text = b"".join(export_trail(Filters(), actor=rae, now=now, form="csv", told="=1+1").parts).decode()
    cells = [cell for row in csv.reader(text.splitlines(keepends=True)) for cell in row]
    assert [cell for cell in cells if cell.lstrip()[:1] in set("=+-@＝\t")] == []
    assert sum(cell.startswith("'=HYPERLINK") for cell in cells) == 1
    assert "\x07" not in text


def test_json_lines_hold_the_events_themselves(rae: Any, now: Any) -> None:
    happened(now)
    parts = export_trail(Filters(text="hyperlink"), actor=rae, now=now, form="jsonl").parts
    head, *lines = [json.loads(line) for line in b"".join(parts).splitlines()]
    assert head["export"]["filters"] == {"form": 1, "text": "hyperlink"}
    assert [line["event"]["why"] for line in lines] == [HOSTILE[0]]


def test_taking_out_has_a_right_of_its_own(now: Any) -> None:
    with pytest.raises(NotAllowed):
        export_trail(Filters(), actor=person("Tom", roles=("approver",)), now=now, form="csv")
    with pytest.raises(InvalidInput):
        export_trail(Filters(), actor=person("Ana", roles=("auditor",)), now=now, form="xlsx")
    assert not LedgerEvent.objects.filter(type="trail.exported").exists()


def test_a_long_export_is_read_in_portions(rae: Any, now: Any, django_assert_max_num_queries: Any) -> None:
    with transaction.atomic():
        append_all([{"type": "test.event"} for _ in range(450)], now=now)
    parts = export_trail(Filters(), actor=rae, now=now, form="jsonl").parts
    with django_assert_max_num_queries(30):
        assert sum(1 for _ in parts) >= 451
