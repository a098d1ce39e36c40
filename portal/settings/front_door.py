"""Signing in: what is asked for, how long it lasts, and the providers of OpenID Connect."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured

from .env import flag, number, text, words

# Of one's session: how long it lasts unused, and how long at most (SESSION_COOKIE_AGE). It is kept where it can be ended.
SESSION_ENGINE = "portal.foundation.front_door.sessions"
SESSION_IDLE_SECONDS = int(number("SESSION_IDLE_MINUTES", 30) * 60)
# A proof of who one is that is older than this is asked for again before approving, exporting and the like; 0 never asks.
STEP_UP_SECONDS = int(number("STEP_UP_MINUTES", 10) * 60)
# A link to set a password.
PASSWORD_RESET_TIMEOUT = 60 * 60

ACCOUNT_ADAPTER = "portal.foundation.front_door.adapters.Accounts"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
# Wrong tries are counted in the database, where all processes see them and an administrator can lift them.
ACCOUNT_RATE_LIMITS = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = STEP_UP_SECONDS or 1
MFA_ADAPTER = "portal.foundation.front_door.adapters.SecondFactors"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = False


def required_second_factor(default: str) -> list[str]:
    """REQUIRE_MFA: 'all', 'no', or the keys of the roles that need one, such as approver,administrator."""
    chosen = words("REQUIRE_MFA", default)
    return [] if [one.lower() for one in chosen] in ([], ["no"], ["false"], ["0"]) else chosen


def _providers() -> list[dict[str, Any]]:
    """The first one is set by OIDC_ISSUER and so on, further ones by OIDC_2_ISSUER, OIDC_3_ISSUER …"""
    found = []
    prefix, number_of = "OIDC_", 1
    while issuer := text(f"{prefix}ISSUER"):
        found.append(_provider(prefix, number_of, issuer))
        number_of += 1
        prefix = f"OIDC_{number_of}_"
    return found


def _provider(prefix: str, number_of: int, issuer: str) -> dict[str, Any]:
    missing = [name for name in ("CLIENT_ID", "CLIENT_SECRET") if not text(prefix + name)]
    if missing:
        raise ImproperlyConfigured(f"{prefix}ISSUER is set, and {' and '.join(prefix + name for name in missing)} is not.")
    pairs = [pair.partition("=") for pair in words(f"{prefix}ROLES")]
    if any(not (group and role) for group, _, role in pairs):
        raise ImproperlyConfigured(f"{prefix}ROLES says which group is which role, such as sre=responder,grc=compliance.")
    return {
        "key": str(number_of),
        "name": text(f"{prefix}NAME", "your organisation"),
        "issuer": issuer,
        "client_id": text(f"{prefix}CLIENT_ID"),
        "client_secret": text(f"{prefix}CLIENT_SECRET"),
        "scopes": text(f"{prefix}SCOPES", "openid profile"),
        "creates": flag(f"{prefix}CREATES"),
        "groups_claim": text(f"{prefix}GROUPS_CLAIM", "groups"),
        "roles": {group.strip(): role.strip() for group, _, role in pairs},
        "second_factor": tuple(words(f"{prefix}SECOND_FACTOR")),
    }


OIDC_PROVIDERS = _providers()
MFA_REQUIRED_FOR = required_second_factor("no")
# Only `production` is held to what an installation must not start with.
PRODUCTION = False
