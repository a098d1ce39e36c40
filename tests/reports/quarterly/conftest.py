"""Whom and what the tests of quarterly reviews begin with, where they need nothing else."""

from typing import Any

import pytest

from policies.models import BusinessUnit
from reports.models import QuarterlyReview
from tests.factories import quarterly as make


@pytest.fixture
def cora(db: None) -> Any:
    return make.compliance()


@pytest.fixture
def mona(db: None) -> Any:
    return make.manager()


@pytest.fixture
def payments(db: None) -> BusinessUnit:
    return make.unit("Payments")


@pytest.fixture
def review(payments: BusinessUnit, cora: Any) -> QuarterlyReview:
    make.incidents(payments, 3)
    return make.opened(payments, by=cora)
