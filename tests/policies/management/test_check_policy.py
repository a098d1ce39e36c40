"""`check_policy` says what the pages say, and its exit status is what a pipeline needs."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from policies.models import Level, PolicyVersion
from tests.factories import policies as make
from tests.factories.portal import person
from tests.shared import shared

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> tuple[int, str]:
    """Exit status and what was said, as a shell sees them."""
    out = StringIO()
    try:
        call_command("check_policy", *arguments, stdout=out)
    except SystemExit as end:
        return int(str(end.code)), out.getvalue()
    except CommandError as error:
        return error.returncode, str(error)
    return 0, out.getvalue()


@shared
def version() -> Any:
    version = make.in_force(make.service("Payments"))
    version.policy.name = "Payments escalation"
    version.policy.save()
    return version


def test_a_policy_without_errors_ends_well_and_still_tells_its_warnings(version: Any) -> None:
    status, said = run("Payments escalation")
    assert status == 0
    assert "Payments escalation v1 (approved): 0 errors, 4 warnings and 3 notes." in said
    assert "WARNING level.one_person  Level 1: Level 1 (Line 1) rests on one person. Add a backup" in said


def test_errors_in_the_open_draft_are_an_exit_status_of_one(version: Any) -> None:
    Level.objects.filter(version=make.draft(version.policy)).delete()
    status, said = run("Payments escalation")
    assert status == 1
    assert "ERROR   level.none" in said
    assert run("Payments escalation", "--version", "1")[0] == 0


def test_json_has_every_finding_with_its_parts(version: Any) -> None:
    make.level(make.draft(version.policy), 2)
    status, said = run("Payments escalation", "--version", "2", "--json")
    told = json.loads(said)
    assert (status, told["policy"], told["version"], told["state"], told["errors"]) == (1, "Payments escalation", 2, "draft", 1)
    assert told["findings"][0] == {
        "id": "level.no_people",
        "severity": "error",
        "place": "Level 2",
        "text": "Level 2 (Line 2) alerts nobody.",
        "remedy": "Add a person or an on-call schedule, or remove the level.",
        "inherited_from": None,
    }
    assert (told["scope"], told["speaks_for"]) == ("service", "Payments")


def test_json_says_which_broader_policy_a_finding_speaks_of(version: Any) -> None:
    make.level(broader := make.draft(make.policy(scope="global", name="Everywhere")), 1, person(), track="compliance")
    make.approve(broader)
    findings = json.loads(run("Payments escalation", "--json")[1])["findings"]
    inherited = {finding["inherited_from"] for finding in findings if finding["place"] == "Compliance levels"}
    assert inherited == {"Everywhere v1"}


def test_a_name_cannot_forge_a_line_or_move_the_cursor(version: Any) -> None:
    make.level(make.draft(version.policy), 2, name="\x1b[2JFine\nERROR   owner.left  Owner: gone")
    said = run("Payments escalation", "--version", "2")[1]
    assert "\x1b" not in said
    assert "\nERROR   owner.left" not in said
    assert json.loads(run("Payments escalation", "--version", "2", "--json")[1])["errors"] == 1


@pytest.mark.parametrize("number", ["3", "0", "-1", "99999999999999999999"])
def test_a_version_that_is_not_there_is_an_exit_status_of_two(version: Any, number: str) -> None:
    assert run("Payments escalation", f"--version={number}") == (2, f"Payments escalation has no version {number} to check.")


def test_a_policy_that_is_not_there_or_has_no_version_is_an_exit_status_of_two() -> None:
    assert run("\x1b[2J\0")[0] == 2
    assert "\x1b" not in run("\x1b[2J\0")[1]
    assert run("Nothing' OR 1=1 --") == (2, "There is no policy 'Nothing' OR 1=1 --'.")
    empty = make.policy(name="Empty", owner=person("Olga"))
    assert not PolicyVersion.objects.filter(policy=empty).exists()
    assert run("Empty") == (2, "Empty has no version to check.")
