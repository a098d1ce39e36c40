"""The example of docs/policies-as-data.md can be imported as it stands."""

import re
from pathlib import Path
from typing import Any

import pytest

from policies.interchange.services import import_policy
from tests.factories import policies as make
from tests.factories.portal import contact, person

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "policies-as-data.md"


@pytest.mark.django_db
def test_the_example_becomes_a_draft_that_can_be_submitted(now: Any) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
    make.policy(make.service("Card payments", key="card-payments"), name="Card payments")
    for name in ("tom", "ana"):
        contact(person(name, username=name))
    make.schedule(person("Sofia"), name="Payments on call")
    outcome = import_policy(example.encode(), actor=person("Mia", roles=("manager",)), now=now, reason="As documented")
    assert not any(finding.blocking for finding in outcome.findings)
    assert any("Failed transactions is at least 7.5 %" in sentence for sentence in outcome.differences)
