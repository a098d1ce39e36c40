"""The house as agreed: contracts hold, every package says what it is for, nothing is migrated in secret."""

import ast
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

PROJECT = Path(__file__).resolve().parents[2]
APPS = ("portal", "audit", "policies", "incidents", "reports")
PACKAGES = sorted(path for app in APPS for path in (PROJECT / app).rglob("__init__.py") if "migrations" not in path.parts)
HOMELESS = {"utils", "helpers", "common", "misc", "manager", "managers"}


def test_imports_point_one_way() -> None:
    # In a process of its own: the linter switches off every logger it finds.
    run = subprocess.run([Path(sys.executable).with_name("lint-imports"), "--no-cache"], cwd=PROJECT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize("path", PACKAGES, ids=lambda path: str(path.parent.relative_to(PROJECT)))
def test_every_package_has_its_nameplate(path: Path) -> None:
    nameplate = ast.get_docstring(ast.parse(path.read_text())) or ""
    missing = [line for line in ("Writes:", "Reads:", "Never:") if f"\n{line}" not in nameplate]
    assert not missing, f"{path.relative_to(PROJECT)} lacks {missing}"


def test_no_module_has_a_name_without_a_home() -> None:
    assert [path for app in APPS for path in (PROJECT / app).rglob("*.py") if path.stem in HOMELESS] == []


@pytest.mark.django_db
def test_no_model_changed_without_its_migration() -> None:
    call_command("makemigrations", check=True, dry_run=True, stdout=StringIO())


# What opens a socket to the outside, and the few modules that may: the checked client and its parts, and what goes to the operator's own
# hosts: mail, syslog, and the socket that the web server listens on.
CALLS = {
    "socket",
    "ssl",
    "httpx",
    "httpcore",
    "requests",
    "urllib3",
    "urllib.request",
    "http.client",
    "smtplib",
    "aiohttp",
    "asyncio",
    "ftplib",
}
MAY_CALL = {
    "portal/foundation/outbound_http.py",
    "portal/foundation/kept_connections.py",
    "portal/foundation/channels/apprise.py",
    "portal/foundation/channels/mail.py",
    "portal/management/listening.py",
    "audit/anchors/syslog.py",
    "audit/anchors/spool.py",
    "audit/anchors/reaching.py",
}


def test_nothing_calls_the_outside_past_the_checked_client() -> None:
    found = set()
    for path in (path for app in APPS for path in (PROJECT / app).rglob("*.py")):
        # What is handed to auditors runs without us; it has a test of its own.
        if "verifier" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            names += [name.name for name in node.names] if isinstance(node, ast.Import) else []
            if any(name == call or name.startswith(f"{call}.") for name in names for call in CALLS):
                found.add(str(path.relative_to(PROJECT)))
    assert found == MAY_CALL
