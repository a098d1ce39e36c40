"""A log comes in: once whole, then only what is new, never half."""

from collections import Counter
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from audit.events.stories import parsed
from audit.models import LedgerEvent
from incidents.imports import services
from incidents.imports.services import Outcome
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
from portal.foundation.errors import Conflict, NotAllowed
from portal.models import User
from tests.factories.portal import person
from tests.shared import shared

from .bringing_in import bring_in, counts, everything
from .logs import SAMPLE, cells, sample_incidents, sample_rows, when, write

pytestmark = pytest.mark.django_db


@shared
def sample(now: datetime) -> Outcome:
    """What the import of the whole sample did."""
    return bring_in(SAMPLE, now)


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
