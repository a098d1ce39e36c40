"""Behind TLS, with nothing guessed: what is not set stops the start with a sentence."""

from .base import *  # noqa: F403
from .env import required, text, var_dir, words
from .front_door import required_second_factor

SECRET_KEY = required("SECRET_KEY", "Give a random string of at least 50 characters, the same for all processes.")
required("DATABASE_URL", "Production does not fall back to a local file.")
# Keys of before, so that sessions and encrypted secrets stay readable while the key changes.
SECRET_KEY_FALLBACKS = words("SECRET_KEY_FALLBACKS")
DEBUG = False
PRODUCTION = True
MFA_REQUIRED_FOR = required_second_factor("all")
ALLOWED_HOSTS = words("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = words("CSRF_TRUSTED_ORIGINS")
STATIC_ROOT = text("STATIC_ROOT") or var_dir() / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

SECURE_SSL_REDIRECT = True
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-session"
CSRF_COOKIE_NAME = "__Host-csrf"
