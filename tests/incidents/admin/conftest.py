"""What the tests of this folder start from."""

from datetime import timedelta
from typing import Any

import pytest

from incidents.escalation.engine import run_cycle
from incidents.models import Incident
from portal.foundation import clock
from tests.factories import incidents as make
from tests.shared import shared


@shared
def incident() -> Incident:
    """Opened by the clock the pages read, alerted by the engine."""
    now = clock.now()
    service = make.service()
    make.policy_in_force(service, now - timedelta(seconds=5), (("SEV2", "transaction_failure_percent", "5", 1),))
    opened = make.incident(now, service=service, readings=[make.reading("7.2", now)])
    run_cycle(now=now)
    return Incident.objects.get(pk=opened.pk)


@pytest.fixture
def counted(django_capture: Any = None) -> Any:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    return lambda: CaptureQueriesContext(connection)
