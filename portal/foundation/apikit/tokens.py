"""Who sends a request, by token."""

from typing import Any

from django.db.models import QuerySet
from rest_framework.authentication import TokenAuthentication
from rest_framework.authtoken.models import Token
from rest_framework.exceptions import AuthenticationFailed

from portal.foundation.many_rows import made
from portal.foundation.people.models import User
from portal.foundation.ready_questions import VALUE, first


class Tokens(TokenAuthentication):
    """As the framework's own; its question, asked before every answer, is put together once."""

    def authenticate(self, request: Any) -> tuple[Any, Any] | None:
        scheme, _, key = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        # Anything but 'Token' and a word is the framework's to refuse.
        return (
            self.authenticate_credentials(key)
            if scheme == self.keyword and key.isascii() and key.isalnum()
            else super().authenticate(request)
        )

    def authenticate_credentials(self, key: str) -> tuple[Any, Any]:
        user = first(_holder, key)
        if user is None:
            raise AuthenticationFailed("Invalid token.")
        if not user.is_active:
            raise AuthenticationFailed("User inactive or deleted.")
        return user, made(Token, key=key, user=user)


def _holder() -> QuerySet[User]:
    return User.objects.filter(auth_token__key=VALUE)
