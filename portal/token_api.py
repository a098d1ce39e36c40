"""The door of one's own API tokens: which there are, and taking one back. Making one needs a browser, where a person proves who they are."""

from typing import Any

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.foundation import clock
from portal.foundation.apikit.described import LISTED, PROBLEMS
from portal.foundation.errors import NotFound
from portal.foundation.front_door.tokens.services import open_tokens, revoke_own
from portal.foundation.front_door.tokens.used import Used
from portal.models import ApiToken


class TokenOutput(serializers.Serializer):
    """A token that is good now. `last_used_at` is to five minutes."""

    key = serializers.CharField(help_text="How it is called; the token itself is shown nowhere.")
    name = serializers.CharField()
    scopes = serializers.ListField(child=serializers.CharField())
    made_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True)


class TokensView(APIView):
    """One's own tokens."""

    @extend_schema(operation_id="tokens_list", responses={200: TokenOutput(many=True), **LISTED})
    def get(self, request: Request) -> Response:
        """Your good tokens, the newest first; whoever comes with a token sees that one."""
        found = open_tokens(request.user, clock.now())
        if isinstance(request.auth, Used):
            found = found.filter(pk=request.auth.pk)
        return Response([_told(token) for token in found])


class RevokeView(APIView):
    """Taking one back."""

    @extend_schema(operation_id="tokens_revoke", request=None, responses={204: None, **PROBLEMS})
    def post(self, request: Request, key: str) -> Response:
        """Ends it at once. Whoever comes with a token can end that one."""
        if isinstance(request.auth, Used) and request.auth.key_id != key:
            raise NotFound("There is no such token.")
        revoke_own(request.user, key, actor=request.user, now=clock.now(), reason="By the API.")
        return Response(status=204)


def _told(token: ApiToken) -> dict[str, Any]:
    return {
        "key": token.key_id,
        "name": token.name,
        "scopes": token.scopes.split(),
        **{name: getattr(token, name) for name in ("made_at", "expires_at", "last_used_at")},
    }


urlpatterns = [
    path("tokens/", TokensView.as_view(), name="token-list"),
    path("tokens/<slug:key>/revoke/", RevokeView.as_view(), name="token-revoke"),
]
