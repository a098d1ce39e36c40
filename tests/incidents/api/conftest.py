"""What the tests of this folder start from."""

import pytest
from rest_framework.test import APIClient

from portal.models import User
from tests.factories.portal import person

from .clients import client_of


@pytest.fixture
def tom() -> User:
    return person("Tom Berg", roles=("responder",))


@pytest.fixture
def api(tom: User) -> APIClient:
    return client_of(tom)
