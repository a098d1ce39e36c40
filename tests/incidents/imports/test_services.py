"""A log comes in: once whole, then only what is new, never half."""

import random
from collections import Counter
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from audit.events.stories import parsed
from audit.models import LedgerEvent
from incidents.imports import services
from incidents.imports.servicenow_log.source import SERVICENOW_LOG
from incidents.imports.services import Outcome, import_log
from incidents.models import (
    ChangeRequest,
    ImportRun,
    Incident,
    IncidentChange,
    IncidentProblem,
    Problem,
    SourceRecord,
    TimelineEntry,
)
from policies.models import Component, Service, Team
from portal.foundation.errors import Conflict, InvalidInput, NotAllowed
from portal.models import User
from tests.factories.portal import person
from tests.shared import shared

from .logs import SAMPLE, cells, sample_incidents, sample_rows, when, write

pytestmark = pytest.mark.django_db
FIELDS = (
    "number", "title", "description", "service__name", "component__name", "team__name", "assigned_to__source_ref", "caller__source_ref",
    "impact", "urgency", "priority", "state", "hold_reason", "opened_at", "opened_by__source_ref", "acknowledged_at",
    "acknowledged_by__source_ref", "resolved_at", "resolved_by__source_ref", "closed_at", "close_code", "reopen_count",
    "reassignment_count", "made_sla", "origin", "source_system",
)  # fmt: skip
STORY = ("incident__number", "kind", "at", "actor_name", "actor__source_ref", "text", "why", "data")
TABLES = (
    Incident, TimelineEntry, SourceRecord, ImportRun, LedgerEvent, Service, Component, Team, User, Problem, ChangeRequest, IncidentProblem,
    IncidentChange, Incident.history.model, Service.history.model, Team.history.model, Component.history.model, User.history.model,
    Problem.history.model, ChangeRequest.history.model, IncidentProblem.history.model, IncidentChange.history.model,
)  # fmt: skip


def bring_in(path: Path, now: datetime, **options: Any) -> Outcome:
    return import_log(path, SERVICENOW_LOG, actor=options.pop("actor", None), operator="olga", now=now, **options)


def everything() -> dict[str, list[Any]]:
    """All that incidents say, without keys and without the time of the import."""
    return {
        "incidents": list(Incident.objects.order_by("number").values_list(*FIELDS)),
        "story": list(TimelineEntry.objects.order_by("incident__number", "id").values_list(*STORY)),
        "problems": sorted(IncidentProblem.objects.values_list("incident__number", "problem__number")),
        "changes": sorted(IncidentChange.objects.values_list("incident__number", "change__number", "relation")),
        "records": list(
            SourceRecord.objects.order_by("incident__number", "recorded_at", "place").values_list("incident__number", "digest", "place")
        ),
    }


def counts() -> list[int]:
    return [table.objects.count() for table in TABLES]


@shared
def sample(now: datetime) -> Outcome:
    """What the import of the whole sample did."""
    return bring_in(SAMPLE, now)


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


def test_every_incident_of_the_sample_is_its_last_record(sample: Outcome) -> None:
    found = {
        row[0]: row[1:] for row in Incident.objects.values_list("number", "service__name", "team__name", "caller__source_ref", "opened_at")
    }
    expected = {
        number: (
            "Not known" if rows[-1]["category"] == "?" else rows[-1]["category"],
            None if rows[-1]["assignment_group"] == "?" else rows[-1]["assignment_group"],
            None if rows[-1]["caller_id"] == "?" else rows[-1]["caller_id"],
            when(rows[-1]["opened_at"]),
        )
        for number, rows in sample_incidents().items()
    }
    assert found == expected


def test_figures_of_the_sample_agree_with_a_plain_reading_of_the_file(sample: Outcome) -> None:
    incidents = sample_incidents()
    answered = {
        number: next((when(row["sys_updated_at"]) for row in rows if row["incident_state"] != "New"), None)
        for number, rows in incidents.items()
    }
    assert dict(Incident.objects.values_list("number", "acknowledged_at")) == answered
    assert Incident.objects.filter(made_sla=False).count() == sum(rows[-1]["made_sla"] == "false" for rows in incidents.values())
    assert Incident.objects.filter(resolved_at=None).count() == sum(rows[-1]["resolved_at"] == "?" for rows in incidents.values())
    links = {(row["number"], row["problem_id"]) for row in sample_rows() if row["problem_id"] != "?"}
    assert set(IncidentProblem.objects.values_list("incident__number", "problem__number")) == links
    resolving = {(row["number"], row["rfc"], "resolves") for row in sample_rows() if row["rfc"] != "?"}
    causing = {(row["number"], row["caused_by"], "caused") for row in sample_rows() if row["caused_by"] != "?"}
    assert set(IncidentChange.objects.values_list("incident__number", "change__number", "relation")) == resolving | causing


def test_functional_escalations_of_the_sample_agree_with_a_plain_reading_of_the_file(sample: Outcome) -> None:
    expected: Counter[tuple[str, str, str]] = Counter()
    for number, rows in sample_incidents().items():
        known = [row["assignment_group"] for row in rows if row["assignment_group"] != "?"]
        expected.update((number, old, new) for old, new in pairwise(known) if old != new)
    told = TimelineEntry.objects.filter(kind="assigned", imported=True).values_list("incident__number", "data")
    found = Counter((number, data["from"], data["to"]) for number, data in told if data.get("from") and data.get("to"))
    assert found == expected
    assert expected


def test_columns_become_services_components_teams_and_people(sample: Outcome) -> None:
    rows = sample_rows()
    assert set(Service.objects.values_list("name", flat=True)) == {row["category"] for row in rows} - {"?"} | {"Not known"}
    assert set(Team.objects.values_list("name", flat=True)) == {row["assignment_group"] for row in rows} - {"?"}
    components = {(row["category"].replace("?", "Not known"), row["subcategory"]) for row in rows if row["subcategory"] != "?"}
    assert set(Component.objects.values_list("service__name", "name")) == components
    columns = ("caller_id", "assigned_to", "opened_by", "sys_updated_by", "resolved_by")
    people = User.objects.filter(origin="imported")
    assert set(people.values_list("source_ref", flat=True)) == {row[column] for row in rows for column in columns} - {"?"}


def test_people_of_a_log_cannot_sign_in(sample: Outcome) -> None:
    people = User.objects.filter(origin="imported")
    assert not people.filter(is_active=True).exists()
    assert not people.filter(is_staff=True).exists()
    assert not any(one.has_usable_password() for one in people)


def test_names_of_people_become_safe_and_different_user_names(tmp_path: Path, now: datetime) -> None:
    names = ["Zoë Müller", "Zoe Muller", "=cmd|'/C calc'!A0", "山田", "admin", "admin  ", "<script>"]
    rows = [cells(f"INC{n}", "1/2/2016 09:00", caller_id=name) for n, name in enumerate(names)]
    bring_in(write(tmp_path / "log.csv", rows), now)
    found = dict(User.objects.filter(source_ref__in=names).values_list("source_ref", "username"))
    assert found == {
        "Zoë Müller": "imported.zoe-muller",
        "Zoe Muller": "imported.zoe-muller-2",
        "=cmd|'/C calc'!A0": "imported.cmd-c-calc-a0",
        "山田": "imported.person",
        "admin": "imported.admin",
        "<script>": "imported.script",
    }


def test_what_exists_here_by_that_name_is_used_and_not_made_again(tmp_path: Path, now: datetime) -> None:
    service, team = Service.objects.create(name="Payments", key="payments", tier=1), Team.objects.create(name="Desk")
    person("Ana Ruiz", username="Ana Ruiz")
    bring_in(write(tmp_path / "log.csv", [cells("INC1", "1/2/2016 09:00")]), now)
    incident = Incident.objects.get()
    assert (incident.service, incident.team) == (service, team)
    assert incident.caller is not None
    assert incident.caller.origin == "imported"


def test_services_whose_names_look_alike_get_different_keys(tmp_path: Path, now: datetime) -> None:
    rows = [cells(f"INC{n}", "1/2/2016 09:00", category=name) for n, name in enumerate(["Mail!", "mail", "=Mail", "?"])]
    bring_in(write(tmp_path / "log.csv", rows), now)
    assert set(Service.objects.values_list("name", "key")) == {
        ("Mail!", "mail"),
        ("mail", "mail-2"),
        ("=Mail", "mail-3"),
        ("Not known", "not-known"),
    }


def test_the_source_s_times_are_kept_apart_from_ours(sample: Outcome, now: datetime) -> None:
    entry = TimelineEntry.objects.filter(incident__number="INC0000045", kind="opened").get()
    assert (entry.at, entry.recorded_at, entry.imported) == (when("29/2/2016 01:16"), now, True)


def test_each_created_incident_has_one_history_row_that_names_the_import(now: datetime) -> None:
    ana = person("Ana", roles=("compliance",))
    bring_in(SAMPLE, now, actor=ana)
    rows = Incident.history.all()
    assert rows.count() == Incident.objects.count() == 120
    assert set(rows.values_list("history_type", "history_date", "history_user_id", "history_change_reason")) == {
        ("+", now, ana.pk, "Imported from sample.csv (ServiceNow)")
    }
    for model in (Service, Component, Team, Problem, ChangeRequest, IncidentProblem, IncidentChange):
        assert model.history.count() == model.objects.count() > 0
    assert User.history.filter(history_change_reason__contains="sample.csv").count() == User.objects.filter(origin="imported").count()


def test_a_history_row_says_what_the_incident_was(sample: Outcome) -> None:
    incident = Incident.objects.get(number="INC0000045")
    kept = incident.history.get()
    assert kept.instance.__dict__.items() >= {k: v for k, v in incident.__dict__.items() if not k.startswith("_")}.items()


def test_the_import_is_told_with_file_hash_counts_and_person(now: datetime) -> None:
    ana = person("Ana Ruiz", roles=("compliance",))
    outcome = bring_in(SAMPLE, now, actor=ana)
    event = LedgerEvent.objects.get(type="incidents.imported")
    details = parsed(event.payload)["details"]
    assert (event.actor_id, details["person"], details["file"]) == (str(ana.pk), "Ana Ruiz", outcome.report["file"])
    assert details["rows"] == {"read": 988, "new": 988, "already_known": 0, "duplicates": 0, "rejected": 0}
    assert details["incidents"] == {"created": 120, "changed": 0, "unchanged": 0}


def test_each_row_that_an_import_makes_leaves_an_event_with_what_it_is(now: datetime) -> None:
    ana = person("Ana Ruiz", roles=("compliance",))
    bring_in(SAMPLE, now, actor=ana)
    for model in (Incident, Service, Component, Team, Problem, ChangeRequest, IncidentProblem, IncidentChange):
        kind = "incident.imported" if model is Incident else "record.created"
        events = LedgerEvent.objects.filter(type=kind, object_model=model._meta.label_lower, actor_id=str(ana.pk), object_seq=1)
        told = {event.object_pk: parsed(event.payload)["changes"][0] for event in events}
        kept = {str(row.pk): row for row in model.history.filter(history_type="+")}
        assert told.keys() == {str(row.id) for row in kept.values()}
        assert {change["history_id"] for change in told.values()} == kept.keys()
    service = Service.objects.earliest("pk")
    change = parsed(LedgerEvent.objects.get(object_model="policies.service", object_pk=str(service.pk)).payload)["changes"][0]
    assert (change["before"], change["after"]["name"], change["after"]["origin"]) == ({}, service.name, "imported")


def test_a_later_import_tells_of_an_incident_what_was_and_what_is(tmp_path: Path, now: datetime) -> None:
    row = cells("INC1", "1/2/2016 09:00")
    bring_in(write(tmp_path / "one.csv", [row]), now)
    bring_in(write(tmp_path / "two.csv", [row, cells("INC1", "1/2/2016 10:00", incident_state="Resolved", assignment_group="Bank")]), now)
    event = LedgerEvent.objects.get(type="incident.imported", object_seq=2)
    [change] = parsed(event.payload)["changes"]
    assert (change["before"]["state"], change["after"]["state"]) == ("new", "resolved")
    assert set(change["before"]) == set(change["after"]) >= {"state", "team_id"}
    assert "title" not in change["after"]


def test_somebody_without_an_account_is_named_too(sample: Outcome) -> None:
    assert ImportRun.objects.get().person_name == "olga"
    assert parsed(LedgerEvent.objects.get(type="incidents.imported").payload)["details"]["person"] == "olga"


def test_who_may_not_import_changes_nothing(now: datetime) -> None:
    responder = person("Tom", roles=("responder",))
    before = counts()
    for dry_run in (True, False):
        with pytest.raises(NotAllowed, match="You may not import"):
            bring_in(SAMPLE, now, actor=responder, dry_run=dry_run)
    assert counts() == before


def test_a_dry_run_writes_nothing_and_reports_the_same(tmp_path: Path, now: datetime) -> None:
    bad = [cells("?", "1/2/2016 09:00"), cells("INC9", "soon"), cells("INC8", "1/2/2016 09:00", incident_state="-100")]
    log = write(tmp_path / "log.csv", [*sample_rows(), *bad])
    before = counts()
    dry = bring_in(log, now, dry_run=True)
    assert counts() == before
    assert list(tmp_path.iterdir()) == [log]
    assert bring_in(log, now).report == dry.report


def test_the_same_file_twice_changes_nothing(sample: Outcome, now: datetime) -> None:
    before, told = counts(), everything()
    again = bring_in(SAMPLE, now)
    assert (counts(), everything(), again.wrote) == (before, told, False)
    assert again.report["incidents"] == {"created": 0, "changed": 0, "unchanged": 120}
    assert again.report["rows"] == {"read": 988, "new": 0, "already_known": 988, "duplicates": 0, "rejected": 0}
    assert set(again.report["added"].values()) == {0}


def test_a_row_that_stands_twice_in_a_file_counts_once(tmp_path: Path, now: datetime) -> None:
    row = cells("INC1", "1/2/2016 09:00")
    outcome = bring_in(write(tmp_path / "log.csv", [row, row]), now)
    assert (outcome.report["rows"]["duplicates"], outcome.report["duplicate_rows"]["listed"]) == (1, [{"line": 3}])
    assert SourceRecord.objects.count() == 1


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


def test_an_unlisted_state_is_kept_as_unknown_with_a_warning(tmp_path: Path, now: datetime) -> None:
    outcome = bring_in(write(tmp_path / "log.csv", [cells("INC1", "1/2/2016 09:00", incident_state="-100")]), now)
    assert Incident.objects.get().state == "unknown"
    assert outcome.report["values_not_understood"] == {
        "count": 1,
        "listed": [{"line": 2, "column": "incident_state", "value": "-100"}],
        "by_column": {"incident_state": 1},
    }


def test_rows_out_of_order_are_counted_in_the_order_of_their_time(sample: Outcome) -> None:
    [row] = sample.report["rows_out_of_order"]["listed"]
    assert (row["number"], row["time"], row["stands_after"]) == ("INC0000137", "2016-02-29T09:52:00Z", "2016-02-29T11:10:00Z")
    times = list(Incident.objects.get(number="INC0000137").source_records.values_list("recorded_at", flat=True))
    assert times == sorted(times)


def test_columns_may_stand_in_any_order_and_unknown_ones_are_ignored(tmp_path: Path, now: datetime) -> None:
    row = cells("INC1", "1/2/2016 09:00")
    columns = ["short_description", *reversed(row)]
    outcome = bring_in(write(tmp_path / "log.csv", [{**row, "short_description": "=1+1"}], columns, ends="\r\n"), now)
    assert outcome.report["ignored_columns"] == ["short_description"]
    assert not bring_in(write(tmp_path / "again.csv", [row]), now).wrote


def test_records_are_kept_as_the_source_had_them(sample: Outcome) -> None:
    kept = SourceRecord.objects.order_by("line")
    for record, row in zip(kept, sample_rows(), strict=True):
        assert record.values == {column: value for column, value in row.items() if value != "?"}
    assert kept[0].line == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"number,incident_state\nINC1,New\n", "lacks 34 of the columns active, .*closed_at"),
        (b"number;incident_state\nINC1;New\n", "lacks all of the columns .* separated by something other than commas"),
        (SAMPLE.read_bytes().splitlines()[0] + b"\n", "has a header but no rows"),
        (SAMPLE.read_bytes().splitlines()[0] + b",number\n", "more than one column named number"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_and_nothing_imported(tmp_path: Path, now: datetime, content: bytes, words: str) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(content)
    before = counts()
    with pytest.raises(InvalidInput, match=words):
        bring_in(path, now)
    assert counts() == before


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (cells("?", "1/2/2016 09:00"), "the number '?' is not usable"),
        (cells("INC1", "?"), "sys_updated_at '?' is not a usable time"),
        (cells("INC1", "2016-02-01 09:00"), "is not a usable time"),
        (cells("INC1", "1/2/2016 09:00", u_symptom="a\0b"), "the row holds a NUL character"),
        (cells("INC1", "1/2/2016 09:00", opened_at="?"), "no record of this incident has a usable opened_at"),
    ],
)
def test_a_row_without_a_usable_number_or_time_is_rejected_and_the_rest_imported(
    tmp_path: Path, now: datetime, row: dict[str, str], words: str
) -> None:
    outcome = bring_in(write(tmp_path / "log.csv", [row, cells("INC2", "1/2/2016 09:00")]), now)
    [(line, reason)] = outcome.rejections
    assert line == 2
    assert words in reason
    assert list(Incident.objects.values_list("number", flat=True)) == ["INC2"]


def test_rows_with_too_few_or_too_many_cells_are_rejected(tmp_path: Path, now: datetime) -> None:
    path = write(tmp_path / "log.csv", [cells("INC1", "1/2/2016 09:00")])
    with path.open("a") as out:
        out.write("INC2,New\n" + ",".join(["x"] * 37) + "\n")
    assert [reason for _, reason in bring_in(path, now).rejections] == [
        "the row has 2 cells, the header has 36",
        "the row has 37 cells, the header has 36",
    ]


def test_of_a_row_of_a_hundred_thousand_cells_only_the_start_is_kept(tmp_path: Path, now: datetime) -> None:
    path = write(tmp_path / "log.csv", [cells("INC1", "1/2/2016 09:00")])
    with path.open("a") as out:
        out.write("x," * 99_999 + "x\n")
    outcome = bring_in(path, now)
    assert outcome.rejections == ((3, "the row has 100000 cells, the header has 36"),)
    assert outcome.rejected_file is not None
    assert outcome.rejected_file.stat().st_size < 1_000


def test_an_import_that_fails_in_the_middle_leaves_nothing(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    before = counts()
    real = services.apply_plan

    def breaks(*arguments: Any) -> None:
        real(*arguments)
        raise ZeroDivisionError

    monkeypatch.setattr(services, "apply_plan", breaks)
    with pytest.raises(ZeroDivisionError):
        bring_in(SAMPLE, now)
    assert counts() == before


def test_of_two_imports_planned_at_once_the_second_is_told_to_start_again(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    real = services.make_plan

    def while_another_finishes(*arguments: Any) -> Any:
        plan = real(*arguments)
        ImportRun.objects.create(sequence=plan.sequence, source="servicenow", started_at=now, report={})
        return plan

    monkeypatch.setattr(services, "make_plan", while_another_finishes)
    with pytest.raises(Conflict, match="Another import finished"):
        bring_in(SAMPLE, now)
    assert Incident.objects.count() == 0
