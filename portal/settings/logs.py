"""Readable lines on the terminal. Message bodies and addresses are never logged."""

from .env import text

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "portal.foundation.redaction.LineFormatter", "fmt": "%(asctime)s %(levelname)-7s %(name)s: %(message)s"}},
    "handlers": {"terminal": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["terminal"], "level": text("LOG_LEVEL", "INFO").upper()},
    "loggers": {
        "django.server": {"handlers": ["terminal"], "level": "INFO", "propagate": False},
        "django-q": {"handlers": ["terminal"], "level": "WARNING", "propagate": False},
        "httpx": {"level": "WARNING"},
        "apprise": {"level": "CRITICAL"},
        "fido2": {"level": "WARNING"},
    },
}
