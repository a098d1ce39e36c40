"""`manage.py create_token`: shown once, traced without the token."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from audit.models import LedgerEvent
from portal.foundation.front_door.tokens import written
from portal.models import ApiToken
from tests.factories.portal import person

pytestmark = pytest.mark.django_db


def create(*arguments: str) -> str:
    out = StringIO()
    call_command("create_token", *arguments, stdout=out)
    return out.getvalue().strip()


def test_it_prints_a_token_that_opens_the_api() -> None:
    tom = person("Tom", roles=("responder",))
    text = create(tom.username, "--days", "30")
    token = ApiToken.objects.get(owner=tom)
    assert (token.key_id, token.scopes) == (written.name_of(text), "incidents.read incidents.report incidents.work")
    event = LedgerEvent.objects.get(type="token.created")
    assert event.object_pk == str(tom.pk)
    assert text not in event.payload


def test_one_of_the_same_name_is_exchanged_when_asked_for() -> None:
    tom = person("Tom", roles=("responder",))
    create(tom.username)
    create(tom.username, "--name", "other", "--scopes", "incidents.read, policies.read")
    last = create(tom.username, "--replace")
    assert set(ApiToken.objects.filter(revoked_at=None).values_list("name", flat=True)) == {"Made on the server", "other"}
    assert ApiToken.objects.filter(revoked_at=None, key_id=written.name_of(last)).exists()


def test_unknown_and_inactive_accounts_are_named() -> None:
    with pytest.raises(CommandError, match="no account 'nobody'"):
        create("nobody")
    with pytest.raises(CommandError, match="cannot sign in"):
        create(person("Gone", is_active=False).username)
    with pytest.raises(CommandError, match="no scope 'all'"):
        create(person("Tom", roles=("responder",)).username, "--scopes", "all")
    assert not LedgerEvent.objects.filter(type="token.created").exists()
