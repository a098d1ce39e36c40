"""Histories in the admin: what keeps none has no page of one."""

import pytest

from tests.factories.portal import person
from tests.policies.admin.forms import as_

pytestmark = pytest.mark.django_db


def test_what_never_changes_has_no_history() -> None:
    assert as_(person("Root", is_superuser=True)).get("/admin/policies/acceptance/1/history/").status_code == 404
