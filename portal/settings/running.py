"""What `manage.py up` listens on, and the demo's password; checked there, where a wrong value can be told in words."""

from .env import text

LISTEN_HOST = text("HOST", "127.0.0.1")
LISTEN_PORT = text("PORT", "8000")
PHONE_PORT = text("PHONE_PORT", "8099")
DEMO_PASSWORD = text("DEMO_PASSWORD")
