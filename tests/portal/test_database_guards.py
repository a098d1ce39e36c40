"""Guards across versions of the portal, and whether those in the database are what they should be."""

import pytest
from django.apps import apps
from django.db import connection, transaction

from audit.capture import installing
from portal.foundation import database_guards

pytestmark = pytest.mark.django_db
NO_UPDATE = "audit_event_no_update"
SETTLED = "hand_off_settled_stays"
MAKE = f"CREATE TRIGGER {NO_UPDATE} BEFORE UPDATE ON audit_ledgerevent FOR EACH ROW"
REFUSE = "BEGIN SELECT RAISE(ABORT, 'The audit trail is only ever added to.'); END"
ALWAYS = f"ALTER TABLE audit_ledgerevent ENABLE ALWAYS TRIGGER {NO_UPDATE}"
CALL = f"EXECUTE FUNCTION {NO_UPDATE}()"
# What somebody puts in the place of a guard, under its name.
REPLACED = {
    "sqlite": {
        "never": [f"{MAKE} WHEN 0 {REFUSE}"],
        "other column": [f"{MAKE.replace('UPDATE ON', 'UPDATE OF type ON')} WHEN 1=1 {REFUSE}"],
        "other table": [f"{MAKE.replace('audit_ledgerevent', 'audit_rawchange')} WHEN 1=1 {REFUSE}"],
    },
    "postgresql": {
        "never": [f"{MAKE} WHEN (false) {CALL}", ALWAYS],
        "never in many words": [f"{MAKE} WHEN (1 = 1 AND NOT 1 = 1) {CALL}", ALWAYS],
        "for some": [f"{MAKE} WHEN (new.id < 0) {CALL}", ALWAYS],
        "when a function of theirs says so": [
            "CREATE FUNCTION theirs() RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT false'",
            f"{MAKE} WHEN (theirs()) {CALL}",
            ALWAYS,
        ],
        "always, without being asked": [f"{MAKE} {CALL}", ALWAYS],
        "other column": [f"{MAKE.replace('UPDATE ON', 'UPDATE OF type ON')} WHEN (1=1) {CALL}", ALWAYS],
        "afterwards": [f"{MAKE.replace('BEFORE', 'AFTER')} WHEN (1=1) {CALL}", ALWAYS],
        "not for replicas": [f"{MAKE} WHEN (1=1) {CALL}"],
        "with settings of its own": [f"{MAKE} WHEN (1=1) {CALL}", ALWAYS, f"ALTER FUNCTION {NO_UPDATE}() SET search_path = 'pg_temp'"],
    },
}
CASES = [(vendor, case) for vendor, cases in REPLACED.items() for case in cases]


def execute(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def dropped(name: str, table: str) -> str:
    return f"DROP TRIGGER {name}" if connection.vendor == "sqlite" else f"DROP TRIGGER {name} ON {table}"


def test_a_guard_that_an_older_version_called_otherwise_goes_before_a_migration() -> None:
    """It would refuse what is allowed by now, and on SQLite no table that it names could be rebuilt."""
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("CREATE TRIGGER an_older_guard BEFORE INSERT ON policies_level BEGIN SELECT RAISE(ABORT, 'never'); END")
        else:
            cursor.execute("CREATE FUNCTION an_older_guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$")
            cursor.execute("CREATE TRIGGER an_older_guard BEFORE INSERT ON policies_level FOR EACH ROW EXECUTE FUNCTION an_older_guard()")
        assert database_guards.missing() == ["an_older_guard"]
        database_guards.drop("policies", "default")
        database_guards.install("policies", "default")
        table, column = ("sqlite_master", "name") if connection.vendor == "sqlite" else ("pg_trigger", "tgname")
        cursor.execute(f"SELECT count(*) FROM {table} WHERE {column} = 'an_older_guard'")  # noqa: S608  both are constants
        assert cursor.fetchone() == (0,)
    assert database_guards.missing() == []


@pytest.mark.parametrize(("vendor", "case"), CASES)
def test_a_guard_that_was_replaced_under_its_own_name_is_told(vendor: str, case: str) -> None:
    if connection.vendor != vendor:
        pytest.skip(f"this is how it is done on {vendor}")
    execute(dropped(NO_UPDATE, "audit_ledgerevent"), *REPLACED[vendor][case])
    assert database_guards.missing() == [NO_UPDATE]


@pytest.mark.parametrize(
    ("condition", "told"), [("OLD.state <> 'open'", []), ("NOT (OLD.state = 'open')", []), ("OLD.state = 'open'", [SETTLED])]
)
def test_conditions_are_compared_by_what_they_mean(condition: str, told: list[str]) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite keeps a trigger as it was written, so another spelling is another trigger")
    made = f"CREATE TRIGGER {SETTLED} BEFORE UPDATE ON incidents_handoff FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION {SETTLED}()"
    always = f"ALTER TABLE incidents_handoff ENABLE ALWAYS TRIGGER {SETTLED}"
    execute(dropped(SETTLED, "incidents_handoff"), made, always)
    assert database_guards.missing() == told


def test_what_swallows_events_before_any_guard_sees_them_is_told() -> None:
    swallow = {
        "sqlite": ["CREATE TRIGGER swallow BEFORE INSERT ON audit_ledgerevent BEGIN SELECT RAISE(IGNORE); END"],
        "postgresql": ["CREATE RULE swallow AS ON INSERT TO audit_ledgerevent DO INSTEAD NOTHING"],
    }
    execute(*swallow[connection.vendor])
    assert database_guards.missing() == ["swallow"]
    database_guards.drop("audit", "default")
    database_guards.install("audit", "default")
    assert database_guards.missing() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("label", ["portal", "audit", "policies", "incidents", "reports"])
def test_putting_an_apps_guards_in_anew_leaves_the_witnesses_on_its_tables(label: str) -> None:
    database_guards.install_after_migrate(apps.get_app_config(label), "default")
    assert installing.missing() == []
    assert database_guards.missing() == []
