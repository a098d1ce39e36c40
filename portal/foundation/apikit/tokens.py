"""Who sends a request, by token."""

from functools import cache
from typing import Any

from django.db import connection
from rest_framework.authentication import TokenAuthentication
from rest_framework.authtoken.models import Token
from rest_framework.exceptions import AuthenticationFailed

from portal.foundation.people.models import User

ANY = "any"


class Tokens(TokenAuthentication):
    """As the framework's own; its question, asked before every answer, is put together once."""

    def authenticate_credentials(self, key: str) -> tuple[Any, Any]:
        for user in User.objects.raw(_words(connection.vendor), [key]):
            if not user.is_active:
                raise AuthenticationFailed("User inactive or deleted.")
            return user, Token(key=key, user=user)
        raise AuthenticationFailed("Invalid token.")


@cache
def _words(vendor: str) -> str:
    statement, _ = User.objects.filter(auth_token__key=ANY).order_by().query.sql_with_params()
    return str(statement)
