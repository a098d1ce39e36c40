"""The embedded defaults: what `make run` and a developer's shell use."""

from .base import *  # noqa: F403
from .env import development_secret_key, flag, var_dir, words

SECRET_KEY = development_secret_key()
DEBUG = flag("DEBUG", default=False)
ALLOWED_HOSTS = words("ALLOWED_HOSTS", "*")
# Without TLS browsers offer passkeys at http://localhost only.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
STATIC_ROOT = var_dir() / "static"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
