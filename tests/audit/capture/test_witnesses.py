"""Whatever changes a governed row without an event leaves a note in the database, by whatever road it comes."""

from typing import Any

import pytest
from django.db import connection, transaction

from audit.capture import governed, installing
from audit.events.services import act
from audit.models import LedgerEvent, OpenAct, RawChange
from policies.models import Runbook, Team
from portal.foundation.people.models import User
from tests.factories.portal import person

pytestmark = pytest.mark.django_db(transaction=True)


def noted() -> list[tuple[str, str]]:
    return [(change.operation, change.table) for change in RawChange.objects.order_by("id")]


@pytest.fixture
def runbook() -> Runbook:
    made = Runbook.objects.create(title="Restart the switch", steps="Turn it off and on.")
    RawChange.objects.all().delete()
    return made


@pytest.mark.parametrize(
    ("statement", "operation"),
    [
        ("UPDATE policies_runbook SET title = 'Leave it'", "U"),
        ("DELETE FROM policies_runbook", "D"),
        ("INSERT INTO policies_runbook (title, url, steps) VALUES ('Mine', '', 'Do as I say.')", "I"),
    ],
)
def test_a_statement_past_the_portal_is_noted(runbook: Runbook, statement: str, operation: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
    assert noted() == [(operation, "policies_runbook")]


def test_updates_in_bulk_are_noted_row_by_row_with_their_keys(runbook: Runbook) -> None:
    Runbook.objects.update(title="Leave it")
    assert list(RawChange.objects.values_list("key", "operation")) == [(str(runbook.pk), "U")]


def test_an_update_that_changes_nothing_is_no_change(runbook: Runbook) -> None:
    Runbook.objects.update(title="Restart the switch")
    assert noted() == []


def test_what_an_act_writes_is_told_by_its_event(runbook: Runbook, now: Any) -> None:
    with act("runbook.changed", actor=None, now=now, subject=runbook):
        Runbook.objects.update(title="Leave it")
    assert noted() == []
    assert not OpenAct.objects.exists()


def test_an_act_within_an_act_covers_no_more_than_the_outer_one(runbook: Runbook, now: Any) -> None:
    with act("runbook.changed", actor=None, now=now, subject=runbook):
        with act("runbook.looked_at", actor=None, now=now, subject=runbook):
            pass
        Runbook.objects.update(title="Leave it")
    assert noted() == []


def test_what_follows_an_act_in_a_transaction_of_its_own_is_noted(runbook: Runbook, now: Any) -> None:
    with act("runbook.looked_at", actor=None, now=now, subject=runbook):
        pass
    Runbook.objects.update(title="Leave it")
    assert noted() == [("U", "policies_runbook")]


def test_an_act_that_failed_covers_nothing(runbook: Runbook, now: Any) -> None:
    with transaction.atomic():
        with pytest.raises(ZeroDivisionError), act("runbook.changed", actor=None, now=now, subject=runbook):
            raise ZeroDivisionError
        Runbook.objects.update(title="Leave it")
    assert noted() == [("U", "policies_runbook")]


def test_members_added_past_the_portal_are_noted_by_both_keys() -> None:
    ana, team = person("Ana"), Team.objects.create(name="Network")
    RawChange.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO policies_team_members (team_id, user_id) VALUES (%s, %s)", [team.pk, ana.pk])
    assert list(RawChange.objects.values_list("table", "key")) == [("policies_team_members", f"team_id={team.pk} user_id={ana.pk}")]


def test_a_history_may_grow_but_not_change_unnoticed(runbook: Runbook) -> None:
    runbook.save()
    assert ("I", "policies_historicalrunbook") not in noted()
    RawChange.objects.all().delete()
    runbook.history.update(history_date="2020-01-01T00:00:00Z")
    assert {table for _, table in noted()} == {"policies_historicalrunbook"}


def test_signing_in_is_no_change_of_the_account_but_becoming_a_superuser_is() -> None:
    ana = person("Ana")
    RawChange.objects.all().delete()
    User.objects.update(last_login="2026-03-02T09:00:00Z")
    assert noted() == []
    User.objects.filter(pk=ana.pk).update(is_superuser=True)
    assert noted() == [("U", "portal_user")]


def test_every_witness_is_installed_and_one_that_is_dropped_is_missed() -> None:
    assert installing.missing() == []
    with transaction.atomic(), connection.cursor() as cursor:
        gone = "audit_witness_u_portal_user"
        cursor.execute(f"DROP TRIGGER {gone}" if connection.vendor == "sqlite" else f"DROP TRIGGER {gone} ON portal_user")
        assert installing.missing() == [gone]
        transaction.set_rollback(True)


NO_OPS = {
    "audit_witness_u_portal_user": {
        "sqlite": ("CREATE TRIGGER {} AFTER UPDATE ON portal_user BEGIN SELECT 1; END",),
        "postgresql": (
            "CREATE CONSTRAINT TRIGGER {} AFTER UPDATE ON portal_user DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (false) "
            "EXECUTE FUNCTION audit_witness('id')",
            "ALTER TABLE portal_user ENABLE ALWAYS TRIGGER {}",
        ),
    },
    "audit_witness_t_portal_user": {
        "postgresql": ("CREATE TRIGGER {} AFTER TRUNCATE ON portal_user EXECUTE FUNCTION audit_witness_of_all()",),
    },
    "audit_witness_of_all": {
        "sqlite": ("CREATE TRIGGER {} INSTEAD OF INSERT ON audit_witness_notes BEGIN SELECT 1; END",),
    },
}


@pytest.mark.parametrize("name", NO_OPS)
def test_a_witness_that_was_replaced_under_its_own_name_is_missed(name: str) -> None:
    statements = NO_OPS[name].get(connection.vendor)
    if not statements:
        pytest.skip("there is no such witness on this database")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {name}" if connection.vendor == "sqlite" else f"DROP TRIGGER {name} ON portal_user")
        for statement in statements:
            cursor.execute(statement.format(name))
        assert installing.missing() == [name]
        transaction.set_rollback(True)


def test_a_function_of_the_witnesses_that_does_something_else_is_missed_with_each_that_calls_it() -> None:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite's triggers call no function")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE OR REPLACE FUNCTION audit_witness_of_busy() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'")
        missed = installing.missing()
        assert "audit_witness_incidents_incident" in missed
        assert "audit_witness_policies_runbook" not in missed
        transaction.set_rollback(True)


def test_a_trigger_that_is_called_like_a_witness_and_is_none_is_named() -> None:
    swallow = {
        "sqlite": "CREATE TRIGGER audit_witness_x BEFORE UPDATE ON policies_runbook BEGIN SELECT RAISE(IGNORE); END",
        "postgresql": "CREATE TRIGGER audit_witness_x BEFORE UPDATE ON policies_runbook FOR EACH ROW EXECUTE FUNCTION audit_witness()",
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(swallow[connection.vendor])
        assert installing.missing() == ["audit_witness_x"]
        transaction.set_rollback(True)


def test_what_swallows_the_notes_is_named() -> None:
    swallow = {
        "sqlite": "CREATE TRIGGER swallow BEFORE INSERT ON audit_rawchange BEGIN SELECT RAISE(IGNORE); END",
        "postgresql": "CREATE RULE swallow AS ON INSERT TO audit_rawchange DO INSTEAD NOTHING",
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(swallow[connection.vendor])
        assert installing.missing() == ["swallow"]
        installing.drop("default")
        installing.install_after_migrate(None, "default")
        assert installing.missing() == []
        transaction.set_rollback(True)


def test_a_forged_mark_without_an_event_is_not_believed(runbook: Runbook, now: Any) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("whoever writes to the file of SQLite can also drop its triggers")
    with act("runbook.looked_at", actor=None, now=now, subject=runbook):
        pass
    event = LedgerEvent.objects.latest("id").pk
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('portal.told', pg_current_xact_id()::text, true), set_config('portal.event', %s, true)", [str(event)]
        )
        cursor.execute("UPDATE policies_runbook SET title = 'Leave it'")
    assert noted() == [("U", "policies_runbook")]


def test_emptying_a_table_is_noted(runbook: Runbook) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has no TRUNCATE")
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE policies_service_runbooks")
    assert noted() == [("D", "policies_service_runbooks")]


def test_what_is_not_governed_exists_and_has_a_reason() -> None:
    from django.apps import apps

    labels = {model._meta.label for model in apps.get_models(include_auto_created=True)}
    assert set(governed.NOT_GOVERNED) <= labels
    assert set(governed.OF_THE_MACHINE) <= labels - set(governed.NOT_GOVERNED)
    for label, columns in governed.OF_THE_MACHINE.items():
        assert set(columns) <= {field.name for field in apps.get_model(label)._meta.concrete_fields}
