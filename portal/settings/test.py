"""Fast and closed: no address outside this machine, cheap password hashes, jobs by hand."""

import os
import tempfile
from pathlib import Path

from .base import *  # noqa: F403
from .base import DATABASES

SECRET_KEY = "for-tests-only-" + "x" * 50
DEBUG = False
ALLOWED_HOSTS = ["*"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
OUTBOUND_ALLOWED_HOSTS = ["127.0.0.1:*"]
# A client that a test signs in by force has proved nothing; the tests of the front door switch these on.
STEP_UP_SECONDS = 0
MFA_REQUIRED_FOR = []
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
WHITENOISE_USE_FINDERS = True
# Static files are looked for when they are asked for; otherwise every test client would begin by listing them all.
WHITENOISE_AUTOREFRESH = True
# No engine runs beside a test, so every page would say so; the tests of the banner switch it on.
ALARM_BANNER = False
# Tests that seal have a folder each; one that seals by mistake does not touch the developer's.
LEDGER_KEYS = str(Path(tempfile.gettempdir()) / f"portal-ledger-{os.getpid()}")
# A test that wants anchors or receipts names them.
LEDGER_ANCHORS = []
LEDGER_RECEIPTS = ""

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, as in real life: SQLite's memory databases lock whole tables, so threads could not be tried against each other.
    DATABASES["default"]["TEST"] = {"NAME": str(Path(tempfile.gettempdir()) / f"portal-tests-{os.getpid()}.sqlite3")}
