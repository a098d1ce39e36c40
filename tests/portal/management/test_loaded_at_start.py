"""What every process would carry from its start, though hardly anybody asks for it, stays out."""

import os
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[3]
ASK = """
import sys, django
django.setup()
from portal.management import parts
parts.load()
parts.installation("127.0.0.1:9")
print(*sorted(name for name in sys.modules if sys.modules[name] is not None))
"""
# Each with who would bring it: the pack's files and pictures, the tests of others' packages, descriptions of the API, the shell.
NEEDLESS = (
    "numpy", "matplotlib", "reportlab", "PIL", "openpyxl", "xlsxwriter",
    "django.test", "rest_framework.test", "unittest", "pytest",
    "yaml", "requests", "markdown", "pygments", "rich", "click",
)  # fmt: skip


def test_what_hardly_anybody_asks_for_is_not_loaded_at_the_start(tmp_path: Path) -> None:
    env = {**os.environ, "PORTAL_VAR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "portal.settings.development", "PYTHONWARNINGS": "ignore"}
    env["DATABASE_URL"] = f"sqlite:///{tmp_path}/db.sqlite3"
    loaded = subprocess.run([sys.executable, "-c", ASK], cwd=PROJECT, env=env, check=True, capture_output=True, text=True).stdout.split()
    assert "portal.urls" in loaded, "the whole portal was loaded"
    assert [name for name in NEEDLESS if name in loaded] == []
