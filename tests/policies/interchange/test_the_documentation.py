"""The example of docs/policies-as-data.md can be imported as it stands."""

import re
from pathlib import Path
from typing import Any

import pytest

from policies.interchange.services import import_policy
from policies.models import Region, Role, Runbook, Team
from tests.factories import policies as make
from tests.factories.portal import contact, person

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "policies-as-data.md"


@pytest.mark.django_db
def test_the_example_becomes_a_draft_that_can_be_submitted(now: Any) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
    make.policy(make.service("Card payments", key="card-payments"), name="Card payments escalation")
    tom, ana = (person(name, username=name) for name in ("tom", "ana"))
    contact(tom)
    contact(ana)
    Role.objects.create(name="Head of payments", holder=ana, deputy=tom)
    Role.objects.create(name="Spokesperson", holder=ana)
    make.schedule(ana, tom, name="Ledger on call", team=Team.objects.create(name="Ledger"))
    Region.objects.create(name="Iberia")
    Runbook.objects.create(title="Restart payments", steps="Stop, start")
    make.schedule(person("Sofia"), name="Payments on call")
    outcome = import_policy(example.encode(), actor=person("Mia", roles=("manager",)), now=now, reason="As documented")
    assert [finding.text for finding in outcome.findings if finding.blocking] == []
    assert any("Failed transactions is at least 7.5 %" in sentence for sentence in outcome.differences)
