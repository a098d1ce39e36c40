"""What an installation must not start with: `manage.py` refuses, in words, and says what to set."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning

from portal.foundation.statements import vendor

LONGEST_SESSION_SECONDS = 12 * 60 * 60
LONGEST_IDLE_SECONDS = 30 * 60
LONGEST_STEP_UP_SECONDS = 15 * 60
SHORTEST_KEY = 50
SHORTEST_TOKEN = 20
WEAK_HASHERS = ("MD5", "SHA1", "Unsalted")


def check_front_door(app_configs: Any = None, **kwargs: Any) -> Sequence[CheckMessage]:
    """Nothing is asked of a developer's own installation."""
    return [*_unsafe(settings)] if settings.PRODUCTION else []


def _unsafe(chosen: Any) -> Iterator[CheckMessage]:
    for number, (bad, words, hint) in enumerate(_rules(chosen), start=1):
        if bad:
            yield Error(words, hint=hint, id=f"front_door.E{number:03}")
    if chosen.OIDC_PROVIDERS and not all(one["issuer"].startswith("https://") for one in chosen.OIDC_PROVIDERS):
        yield Error("An OIDC_ISSUER is not an https address.", hint="Sign-in elsewhere needs TLS.", id="front_door.E100")
    if vendor() == "sqlite":
        words = "The database is SQLite: one writer at a time, on one machine."
        yield Warning(words, hint="Set DATABASE_URL to PostgreSQL for more than a trial.", id="front_door.W002")
    if chosen.EMAIL_HOST and not (chosen.EMAIL_USE_TLS or getattr(chosen, "EMAIL_USE_SSL", False)):
        yield Warning("Mail leaves without TLS, links to set a password among it.", hint="Set EMAIL_USE_TLS.", id="front_door.W003")
    if not chosen.EMAIL_HOST:
        words = "No mail server is set, so links to set a password reach only people with a verified contact point."
        yield Warning(words, hint="Set EMAIL_HOST.", id="front_door.W001")


def _rules(chosen: Any) -> Iterator[tuple[bool, str, str]]:
    """Each: whether it is unsafe, what is, and what to do."""
    yield chosen.DEBUG, "DEBUG is on: errors show code and settings to everybody.", "Take DEBUG out of the settings."
    hosts = chosen.ALLOWED_HOSTS
    yield not hosts or "*" in hosts, "ALLOWED_HOSTS names no hosts, or all.", "Set it to the name that people open."
    yield _weak_key(chosen), "SECRET_KEY is short, or the one of an example.", f"Give at least {SHORTEST_KEY} random characters."
    secure = chosen.SESSION_COOKIE_SECURE and chosen.CSRF_COOKIE_SECURE and chosen.SESSION_COOKIE_HTTPONLY
    yield not secure, "Cookies may travel without TLS, or be read by scripts.", "Use portal.settings.production as it is."
    names = (chosen.SESSION_COOKIE_NAME, chosen.CSRF_COOKIE_NAME)
    yield not all(name.startswith("__Host-") for name in names), "Cookies are not bound to this host.", "Their names start with __Host-."
    yield bool(chosen.SESSION_COOKIE_DOMAIN or chosen.CSRF_COOKIE_DOMAIN), "Cookies go to other hosts too.", "Unset their domains."
    yield chosen.SESSION_COOKIE_AGE > LONGEST_SESSION_SECONDS, "Sessions last longer than 12 hours.", "Lower SESSION_COOKIE_AGE."
    yield (
        not 0 < chosen.SESSION_IDLE_SECONDS <= LONGEST_IDLE_SECONDS,
        "Sessions idle for more than 30 minutes.",
        "Lower SESSION_IDLE_SECONDS.",
    )
    ours = chosen.SESSION_ENGINE == "portal.foundation.front_door.sessions"
    yield not ours, "Sessions are kept where they cannot be ended.", "Leave SESSION_ENGINE as it is."
    yield not chosen.MFA_REQUIRED_FOR, "A password alone opens the portal.", "Set REQUIRE_MFA to 'all', or to the roles that need it."
    step_up = 0 < chosen.STEP_UP_SECONDS <= LONGEST_STEP_UP_SECONDS
    yield not step_up, "Approving and exporting do not ask again.", "Set STEP_UP_SECONDS between 1 and 900."
    yield not (chosen.SECURE_SSL_REDIRECT and chosen.SECURE_HSTS_SECONDS), "Pages open without TLS.", "Keep SECURE_SSL_REDIRECT and HSTS."
    weak = any(mark in chosen.PASSWORD_HASHERS[0] for mark in WEAK_HASHERS)
    yield weak, "Passwords are hashed cheaply.", "Leave PASSWORD_HASHERS as it is."
    scripts = chosen.CONTENT_SECURITY_POLICY["DIRECTIVES"].get("script-src", ())
    yield "'unsafe-inline'" in scripts or not scripts, "Scripts inside pages may run.", "Take 'unsafe-inline' out of script-src."
    yield from _more(chosen)


def _more(chosen: Any) -> Iterator[tuple[bool, str, str]]:
    yield chosen.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN, "Passkeys are taken without TLS.", "Unset MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN."

    yield bool(chosen.DEMO_PASSWORD), "DEMO_PASSWORD is set: the demo's people share a known password.", "Unset it."
    yield (
        not chosen.EMAIL_BACKEND.endswith("smtp.EmailBackend"),
        "Mail is written somewhere instead of sent.",
        "Leave EMAIL_BACKEND as it is.",
    )
    yield (
        _in_clear(chosen.PORTAL_URL),
        "PORTAL_URL is not https: links in messages lead there.",
        "Set it to the https address that people open.",
    )
    origins = chosen.CSRF_TRUSTED_ORIGINS
    wide = any("*" in origin or _in_clear(origin) for origin in origins)
    yield wide, "CSRF_TRUSTED_ORIGINS names a wildcard or an address without TLS.", "Name your own https address only."
    called = (chosen.TELEPHONE_API_URL, chosen.SLACK_API_URL, chosen.DIRECTORY_URL)
    words = "TELEPHONE_API_URL, SLACK_API_URL or DIRECTORY_URL is not https: its key would travel in clear."
    yield any(url and _in_clear(url) for url in called), words, "Use https addresses."
    token = chosen.METRICS_TOKEN
    yield bool(token) and len(token) < SHORTEST_TOKEN, "METRICS_TOKEN is short.", f"Give at least {SHORTEST_TOKEN} random characters."
    yield (
        not chosen.SECURE_CONTENT_TYPE_NOSNIFF or chosen.X_FRAME_OPTIONS != "DENY",
        "Browsers may guess types or frame pages.",
        "Leave it as it is.",
    )


def _in_clear(url: str) -> bool:
    return not url.lower().startswith("https://")


def _weak_key(chosen: Any) -> bool:
    key = str(chosen.SECRET_KEY)
    return len(key) < SHORTEST_KEY or len(set(key)) < 10 or key.startswith(("django-insecure", "for-tests-only"))
