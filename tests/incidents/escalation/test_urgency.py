"""An alert of SEV1 or SEV2 goes the way that people chose for what cannot wait, and others do not."""

import pytest

from incidents.models import Incident
from portal.models import OutboxMessage

from .conftest import Scene

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("severity", "urgent"), [("SEV1", True), ("SEV2", True), ("SEV3", False), ("", False)])
def test_the_severity_says_whether_it_can_wait(scene: Scene, severity: str, urgent: bool) -> None:
    opened = scene.open()
    Incident.objects.filter(pk=opened.pk).update(severity=severity)
    scene.engine()
    assert OutboxMessage.objects.get(kind="escalation.page").urgent is urgent
