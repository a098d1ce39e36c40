"""`simulate` says what the page says, and its exit status is what a pipeline needs."""

import json
from datetime import datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from policies.models import PolicyVersion
from tests.factories import policies as make
from tests.factories.portal import contact, person

pytestmark = pytest.mark.django_db
AT = "2026-03-29T01:30+01:00"


@pytest.fixture
def version(now: datetime) -> PolicyVersion:
    ana, tom = (person(f"{name} Person", username=name.lower()) for name in ("Ana", "Tom"))
    for someone in (ana, tom):
        contact(someone)
    made = make.in_force(make.service("Card payments", key="card-payments"), [ana, tom], now=now)
    made.policy.name = "Payments"
    made.policy.save()
    return made


def run(*arguments: str) -> tuple[int, str]:
    """Exit status and what was said, as a shell sees them."""
    out = StringIO()
    try:
        call_command("simulate", *arguments, stdout=out)
    except CommandError as error:
        return error.returncode, str(error)
    return 0, out.getvalue()


def test_it_tells_line_by_line_on_the_clocks_of_a_zone(version: PolicyVersion) -> None:
    script = ("--event", "+7min acknowledge tom", "--event", "+40min mark data_breach")
    status, said = run(
        *("--policy", "Payments", "--service", "card-payments", "--severity", "SEV1", "--at", AT, "--zone", "Europe/Berlin", *script)
    )
    lines = said.splitlines()
    assert status == 0
    assert lines[0] == "Payments v1 for Card payments: opened 2026-03-29 01:30:00 CET, SEV1 critical, P1 critical, starts at level 1."
    assert "+5 min        2026-03-29 01:35:00 CET  Tom Person is alerted, backup 1 of level 1." in said
    assert "+7 min        -- Tom Person acknowledges." in lines
    assert "+40 min       2026-03-29 03:10:00 CEST  Legal and compliance track: Nobody reached" in said
    assert lines[-1] == "Legal and compliance track: exhausted. The policy has no levels for this."


def test_everything_is_one_document_on_request(version: PolicyVersion) -> None:
    status, said = run("--service", "Card payments", "--at", AT, "--event", "+1min acknowledge ana", "--json")
    told = json.loads(said)
    assert status == 0
    assert (told["version"], told["scenario"]["script"]) == (None, ["+1min acknowledge ana"])


@pytest.mark.parametrize(
    ("arguments", "status", "problem"),
    [
        (("--service", "Nothing"), 2, "no service 'Nothing'"),
        (("--service", "a\x00b"), 2, "no service"),
        (("--service", "card-payments", "--policy", "Nothing"), 2, "no policy 'Nothing'"),
        (("--service", "card-payments", "--policy", "Payments", "--version", "7"), 2, "no version 7"),
        (("--service", "card-payments", "--policy", "Payments", "--at", "2020-01-01T00:00Z"), 2, "no version in force"),
        (("--service", "card-payments", "--version", "1"), 1, "Say of which policy"),
        (("--service", "card-payments", "--at", "2026-03-29T01:30"), 1, "no time with a zone"),
        (("--service", "card-payments", "--at", "soon"), 1, "no time with a zone"),
        (("--service", "card-payments", "--zone", "Mars"), 1, "Mars"),
        (("--service", "card-payments", "--event", "dance"), 1, "says nothing that can happen"),
        (("--service", "card-payments", "--at", AT, "--event", "+1min acknowledge nobody"), 1, "Nobody is called"),
    ],
)
def test_what_cannot_be_simulated_is_said_with_its_status(
    version: PolicyVersion, arguments: tuple[str, ...], status: int, problem: str
) -> None:
    found, said = run(*arguments)
    assert (found, problem in said) == (status, True), said
