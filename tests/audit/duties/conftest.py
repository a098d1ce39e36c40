"""People who hold what must not meet."""

from typing import Any

import pytest

from audit.duties.checking import check_duties
from audit.duties.models import DutyFinding
from portal.models import User
from tests.factories.portal import person


@pytest.fixture
def ana(db: None) -> User:
    """Of compliance."""
    return person("Ana Ruiz", roles=("compliance",))


@pytest.fixture
def both(db: None) -> User:
    """Holds two duties that must not meet: gives roles, and approves."""
    return person("Tom Berg", roles=("administrator", "approver"))


@pytest.fixture
def finding(both: User, now: Any) -> DutyFinding:
    check_duties(now=now)
    return DutyFinding.objects.get(person=both, pair__right_b="policies.approve_policyversion")
