"""What `manage.py up` and `serve` listen on, and the demo's password; checked there, where a wrong value can be told in words."""

from .env import number, text

LISTEN_HOST = text("HOST", "127.0.0.1")
LISTEN_PORT = text("PORT", "8000")
PHONE_PORT = text("PHONE_PORT", "8099")
DEMO_PASSWORD = text("DEMO_PASSWORD")
# Web processes, and how many requests each answers at once. A second process is for more than one core of pages.
WEB_WORKERS = int(number("WEB_WORKERS", 1))
WEB_THREADS = int(number("WEB_THREADS", 8))
