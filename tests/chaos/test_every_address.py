"""Every address with every method, as somebody who may do nearly everything: nothing is changed untold, and nothing breaks."""

import pytest
from django.test import Client
from django.urls import get_resolver

from audit.models import RawChange
from portal.models import User
from tests.audit.test_completeness import addresses, filled, pages, root
from tests.policies.admin.forms import undrawn
from tests.untold import untold

pytestmark = pytest.mark.django_db(transaction=True)
METHODS = ("get", "head", "options", "post", "put", "patch", "delete")
__all__ = ["root"]


def test_no_method_of_any_address_changes_anything_untold(root: User, client: Client) -> None:
    tried = 0
    for address in [*map(filled, addresses(get_resolver())), *pages()]:
        if address.endswith("/logout/"):
            continue
        for method in METHODS:
            with undrawn():
                answer = getattr(client, method)(address)
            # 503: what is not set up or does not run here.
            assert answer.status_code not in {500, 502, 504}, (method, address, answer.status_code)
            tried += 1
            if RawChange.objects.exists():
                assert untold() == [], (method, address)
    assert tried > 1_000
