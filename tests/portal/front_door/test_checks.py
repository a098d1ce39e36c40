"""What an installation must not start with."""

from typing import Any

import pytest

from portal.foundation.front_door.checks import check_front_door

CHECKS = "portal.foundation.front_door.checks"
GOOD = {
    "PRODUCTION": True,
    "DEBUG": False,
    "ALLOWED_HOSTS": ["portal.example"],
    "SECRET_KEY": "k4Zq-8xT0vN2mLr7Yw1Jb6Ds9Ec3Fh5Gp-UaIoSxVnMqWtRzBy",
    "SESSION_COOKIE_SECURE": True,
    "CSRF_COOKIE_SECURE": True,
    "SESSION_COOKIE_NAME": "__Host-session",
    "CSRF_COOKIE_NAME": "__Host-csrf",
    "MFA_REQUIRED_FOR": ["all"],
    "STEP_UP_SECONDS": 600,
    "SECURE_SSL_REDIRECT": True,
    "SECURE_HSTS_SECONDS": 31_536_000,
    "PASSWORD_HASHERS": ["django.contrib.auth.hashers.PBKDF2PasswordHasher"],
    "MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN": False,
    "EMAIL_HOST": "mail.example",
    "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
    "PORTAL_URL": "https://portal.example",
}
BAD: list[tuple[str, Any, str]] = [
    ("DEBUG", True, "DEBUG is on"),
    ("ALLOWED_HOSTS", ["*"], "ALLOWED_HOSTS"),
    ("ALLOWED_HOSTS", [], "ALLOWED_HOSTS"),
    ("SECRET_KEY", "short", "SECRET_KEY"),
    ("SECRET_KEY", "django-insecure-" + "abcdefghijk" * 5, "SECRET_KEY"),
    ("SECRET_KEY", "x" * 80, "SECRET_KEY"),
    ("SESSION_COOKIE_SECURE", False, "Cookies"),
    ("CSRF_COOKIE_SECURE", False, "Cookies"),
    ("SESSION_COOKIE_HTTPONLY", False, "Cookies"),
    ("SESSION_COOKIE_NAME", "sessionid", "bound to this host"),
    ("SESSION_COOKIE_DOMAIN", ".example", "other hosts"),
    ("SESSION_COOKIE_AGE", 14 * 24 * 3600, "12 hours"),
    ("SESSION_IDLE_SECONDS", 7200, "30 minutes"),
    ("SESSION_IDLE_SECONDS", 0, "30 minutes"),
    ("SESSION_ENGINE", "django.contrib.sessions.backends.signed_cookies", "cannot be ended"),
    ("MFA_REQUIRED_FOR", [], "password alone"),
    ("STEP_UP_SECONDS", 0, "ask again"),
    ("SECURE_SSL_REDIRECT", False, "without TLS"),
    ("PASSWORD_HASHERS", ["django.contrib.auth.hashers.MD5PasswordHasher"], "cheaply"),
    ("CONTENT_SECURITY_POLICY", {"DIRECTIVES": {"script-src": ["'self'", "'unsafe-inline'"]}}, "Scripts"),
    ("MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN", True, "Passkeys"),
    ("DEMO_PASSWORD", "demo-demo-demo", "demo"),
    ("EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend", "Mail is written"),
    ("PORTAL_URL", "http://portal.example", "PORTAL_URL"),
    ("CSRF_TRUSTED_ORIGINS", ["https://*.example"], "wildcard"),
    ("CSRF_TRUSTED_ORIGINS", ["http://portal.example"], "without TLS"),
    ("SLACK_API_URL", "http://slack.example", "in clear"),
    ("DIRECTORY_URL", "http://cmdb.example", "in clear"),
    ("METRICS_TOKEN", "secret", "METRICS_TOKEN"),
    ("X_FRAME_OPTIONS", "SAMEORIGIN", "frame pages"),
    ("SECURE_CONTENT_TYPE_NOSNIFF", False, "guess types"),
    ("OIDC_PROVIDERS", [{"issuer": "http://id.example"}], "OIDC_ISSUER"),
]


@pytest.fixture
def safe(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(f"{CHECKS}.vendor", lambda: "postgresql")
    for name, value in GOOD.items():
        setattr(settings, name, value)
    return settings


def test_a_safe_one_is_not_complained_about(safe: Any) -> None:
    assert check_front_door() == []


@pytest.mark.parametrize(("name", "value", "words"), BAD)
def test_an_unsafe_one_is_refused_in_words(safe: Any, name: str, value: Any, words: str) -> None:
    setattr(safe, name, value)
    (said,) = check_front_door()
    assert said.is_serious()
    assert words in said.msg
    assert said.hint


@pytest.mark.parametrize(("name", "value"), [("EMAIL_HOST", ""), ("EMAIL_USE_TLS", False)])
def test_what_is_only_unwise_starts_with_a_warning(safe: Any, name: str, value: Any) -> None:
    setattr(safe, name, value)
    (said,) = check_front_door()
    assert not said.is_serious()


def test_a_trials_database_starts_with_a_warning(safe: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{CHECKS}.vendor", lambda: "sqlite")
    (said,) = check_front_door()
    assert (said.is_serious(), "SQLite" in said.msg) == (False, True)


def test_a_developers_own_is_left_alone(settings: Any) -> None:
    settings.DEBUG = True
    assert check_front_door() == []
