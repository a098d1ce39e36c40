"""`manage.py create_token`: shown once, traced without the token."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from rest_framework.authtoken.models import Token

from audit.models import LedgerEvent
from tests.factories.portal import person

pytestmark = pytest.mark.django_db


def create(*arguments: str) -> str:
    out = StringIO()
    call_command("create_token", *arguments, stdout=out)
    return out.getvalue().strip()


def test_it_prints_a_token_that_opens_the_api(client: object) -> None:
    tom = person("Tom", roles=("responder",))
    token = create(tom.username)
    assert Token.objects.get(user=tom).key == token
    event = LedgerEvent.objects.get(type="token.created")
    assert event.object_pk == str(tom.pk)
    assert token not in event.payload


def test_a_second_one_needs_to_be_asked_for() -> None:
    tom = person("Tom")
    first = create(tom.username)
    with pytest.raises(CommandError, match="--replace"):
        create(tom.username)
    assert create(tom.username, "--replace") != first
    assert Token.objects.filter(user=tom).count() == 1


def test_unknown_and_inactive_accounts_are_named() -> None:
    with pytest.raises(CommandError, match="no account 'nobody'"):
        create("nobody")
    with pytest.raises(CommandError, match="cannot sign in"):
        create(person("Gone", is_active=False).username)
    assert not LedgerEvent.objects.filter(type="token.created").exists()
