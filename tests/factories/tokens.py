"""API tokens for tests."""

from datetime import UTC, datetime
from typing import Any

from portal.foundation.front_door.tokens import written
from portal.foundation.front_door.tokens.scopes import SCOPES
from portal.models import ApiToken


def token_of(owner: Any, *scopes: str, **fields: Any) -> str:
    """The text of a token of `owner` with these scopes, or all. Whoever uses it writes nothing, unless `last_used_at` says so."""
    text, key = written.new()
    values: dict[str, Any] = {
        "name": "for a test",
        "made_at": datetime(2000, 1, 1, tzinfo=UTC),
        "expires_at": datetime(2100, 1, 1, tzinfo=UTC),
        "last_used_at": datetime(2100, 1, 1, tzinfo=UTC),
        "scopes": " ".join(scopes or [scope.key for scope in SCOPES]),
    }
    ApiToken.objects.create(owner=owner, key_id=key, digest=written.digest_of(text), **(values | fields))
    return text
