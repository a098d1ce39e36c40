"""The embedded defaults: what `make run` and a developer's shell use."""

from .base import *  # noqa: F403
from .env import development_secret_key, flag, text, var_dir, words

SECRET_KEY = development_secret_key()
DEBUG = flag("DEBUG", default=False)
ALLOWED_HOSTS = words("ALLOWED_HOSTS", "*")
STATIC_ROOT = var_dir() / "static"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

# What `manage.py up` listens on, and the demo's password; checked there, where a wrong value can be told in words.
LISTEN_HOST = text("HOST", "127.0.0.1")
LISTEN_PORT = text("PORT", "8000")
PHONE_PORT = text("PHONE_PORT", "8099")
DEMO_PASSWORD = text("DEMO_PASSWORD")
