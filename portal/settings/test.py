"""Fast and closed: no address outside this machine, cheap password hashes, jobs by hand."""

from .base import *  # noqa: F403

SECRET_KEY = "for-tests-only-" + "x" * 50
DEBUG = False
ALLOWED_HOSTS = ["*"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
OUTBOUND_ALLOWED_HOSTS = ["127.0.0.1:*"]
WHITENOISE_USE_FINDERS = True
