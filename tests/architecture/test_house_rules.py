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
