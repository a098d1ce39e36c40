"""How the API learns who sends a request by its token, and whether the token opens the door that was knocked at."""

from typing import Any

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied, Throttled
from rest_framework.permissions import BasePermission

from portal.foundation import clock
from portal.foundation.request_context import TOKEN_SCHEMES, came_by_token

from .scopes import TO_NONE, needed_at, opens
from .used import Used, note_use, refused, used_by

# The same for one that never was, one that is over, and one whose owner is gone.
REFUSED = "This token opens nothing. It may be mistyped, expired or revoked."


class Tokens(BaseAuthentication):
    """'Authorization: Bearer …', or 'Token …' as this API called it at first."""

    def authenticate(self, request: Any) -> tuple[Any, Used] | None:
        """Its owner and the token; None when none was sent. Raises AuthenticationFailed and Throttled."""
        scheme, _, text = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() not in TOKEN_SCHEMES:
            return None
        now, text = clock.now(), text.strip()
        token = used_by(text, now)
        if token is None or token.refused:
            until = refused(text, token, request.META.get("REMOTE_ADDR", ""), now)
            if until is not None:
                raise Throttled(wait=(until - now).total_seconds(), detail="Too many tokens that open nothing came from this address.")
            raise AuthenticationFailed(REFUSED)
        came_by_token(token.key_id)
        note_use(token, now)
        return token.owner, token

    def authenticate_header(self, request: Any) -> str:
        return 'Bearer realm="portal"'


class InScope(BasePermission):
    """Whoever comes with a token comes through the doors of its scopes; stands in front of every view."""

    def has_permission(self, request: Any, view: Any) -> bool:
        """Raises PermissionDenied, in words."""
        token, door = request.auth, request.resolver_match.view_name
        if not isinstance(token, Used) or opens(token.scopes, door, request.method):
            return True
        needed = needed_at(door, request.method)
        if needed:
            raise PermissionDenied(f"This token is not for this: it would need the scope {' or '.join(needed)}.", code="scope_missing")
        why = TO_NONE.get((door, request.method))
        raise PermissionDenied(f"No token opens this{f': {why}' if why else ''}. Sign in with a browser instead.", code="person_needed")
