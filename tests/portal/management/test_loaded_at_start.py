"""What every process would carry from its start, though hardly anybody asks for it, stays out; what each would work out for itself is there."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[3]
APART = """
import sys, django
django.setup()
from django.utils.module_loading import import_string
from portal.foundation.jobs import jobs
from portal.management.commands import engine, sealer, sender, worker
for _, job in jobs:
    import_string(job.function)
"""
LOAD = """
import sys, django
django.setup()
from portal.management import parts
parts.load()
parts.installation("127.0.0.1:9")
"""
NAMES = """
print(*sorted(name for name in sys.modules if sys.modules[name] is not None))
"""
ADDRESSES = """
from django.urls import reverse
from django.urls.resolvers import URLResolver
worked_out = []
URLResolver._populate = lambda self: worked_out.append(self)
reverse("account_login"), reverse("admin:incidents_incident_change", args=[1])
print(len(worked_out))
"""
WEB = """
from gunicorn.arbiter import Arbiter
site = parts.web("127.0.0.1:9")
print(isinstance(site, Arbiter), site.app.callable.__class__.__name__)
"""
# Each with who would bring it: the pack's files and pictures, the tests of others' packages, descriptions of the API, the shell.
NEEDLESS = (
    "numpy", "matplotlib", "reportlab", "PIL", "openpyxl", "xlsxwriter",
    "django.test", "rest_framework.test", "unittest", "pytest",
    "yaml", "requests", "markdown", "pygments", "rich", "click",
)  # fmt: skip


@pytest.fixture
def answer(tmp_path: Path) -> Callable[..., list[str]]:
    """What a process says that has loaded what it shares with the others, word by word."""
    env = {**os.environ, "PORTAL_VAR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "portal.settings.development", "PYTHONWARNINGS": "ignore"}
    env["DATABASE_URL"] = f"sqlite:///{tmp_path}/db.sqlite3"

    def asked(question: str, after: str = LOAD) -> list[str]:
        command = [sys.executable, "-c", after + question]
        return subprocess.run(command, cwd=PROJECT, env=env, check=True, capture_output=True, text=True).stdout.split()

    return asked


def test_what_hardly_anybody_asks_for_is_not_loaded_at_the_start(answer: Callable[..., list[str]]) -> None:
    loaded = answer(NAMES)
    assert "portal.urls" in loaded, "the whole portal was loaded"
    assert [name for name in NEEDLESS if name in loaded] == []


def test_who_runs_by_itself_and_shows_no_pages_loads_none(answer: Callable[..., list[str]]) -> None:
    loaded = answer(NAMES, after=APART)
    assert "portal.tasks" in loaded, "what runs jobs was loaded"
    ours = [name.split(".") for name in loaded if name.split(".")[0] in ("audit", "incidents", "policies", "portal", "reports")]
    assert [".".join(name) for name in ours if {"admin", "api", "site", "urls", "wsgi"} & set(name[1:])] == []
    assert [name for name in ("rest_framework.serializers", "drf_spectacular.plumbing", "unfold.admin") if name in loaded] == []


def test_no_process_works_out_the_addresses_of_the_portal_or_its_admin_for_itself(answer: Callable[..., list[str]]) -> None:
    assert answer(ADDRESSES) == ["0"]


def test_the_web_server_has_its_settings_and_the_portal_before_it_is_forked(answer: Callable[..., list[str]]) -> None:
    assert answer(WEB) == ["True", "WSGIHandler"]
