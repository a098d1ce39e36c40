"""What the API's description says of tokens. Loaded with the addresses of the API."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension

from .scopes import SCOPES


class TokensDescribed(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """'Authorization: Bearer …'."""

    target_class = "portal.foundation.front_door.tokens.authentication.Tokens"
    name = "apiToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        listed = "\n".join(f"- `{scope.key}`: {scope.words}" for scope in SCOPES)
        words = f"An API token of the form `iegp_…`, from the page *Sign-in and sessions*. Each has scopes:\n\n{listed}"
        return {"type": "http", "scheme": "bearer", "bearerFormat": "iegp_…", "description": words}
