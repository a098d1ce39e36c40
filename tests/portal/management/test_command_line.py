"""The command line: what is wrong with the database is one line that says what to do."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

PROJECT = Path(__file__).resolve().parents[3]


# What `manage.py` does for each of its arguments; starting a process takes longer than any of these commands.
EACH = """
import sys
import manage
for command in sys.argv[1:]:
    sys.argv = ["manage.py", *command.split()]
    try:
        manage.main()
    except SystemExit as ended:
        print(ended.code, file=sys.stderr)
"""


def manage(command: str, database_url: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return _python(["manage.py", *command.split()], database_url, folder)


def one_after_the_other(commands: list[str], database_url: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return _python(["-c", EACH, *commands], database_url, folder)


def _python(arguments: list[str], database_url: str, folder: Path) -> subprocess.CompletedProcess[str]:
    env = {"DATABASE_URL": database_url, "PATH": "", "DJANGO_SETTINGS_MODULE": "portal.settings.development", "PORTAL_VAR": str(folder)}
    return subprocess.run([sys.executable, *arguments], cwd=PROJECT, env=env, capture_output=True, text=True)


def test_a_database_that_cannot_be_reached_is_one_line(tmp_path: Path) -> None:
    run = manage("migrate", "postgres://ana:secret@127.0.0.1:1/portal", tmp_path)
    assert run.returncode == 1
    assert "Traceback" not in run.stderr
    assert "postgres://127.0.0.1:1/portal cannot be used" in run.stderr
    assert "secret" not in run.stderr


def test_a_file_that_is_no_database_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear reader, " * 100)
    run = manage("migrate", f"sqlite:///{tmp_path / 'letter.txt'}", tmp_path)
    assert (run.returncode, len(run.stderr.splitlines())) == (1, 1)
    assert "letter.txt cannot be used: file is not a database" in run.stderr


@pytest.mark.database_of_its_own
def test_a_database_without_its_tables_is_one_line_that_says_what_to_run(tmp_path: Path) -> None:
    commands = ["create_token responder", "build_pack 2016Q1 --out pack", "engine --once", "demo"]
    with empty_database(tmp_path) as url:
        told = one_after_the_other(commands, url, tmp_path).stderr.splitlines()
    assert [line.partition(" is not prepared for")[2] for line in told] == [
        " this version of the portal. Run: python manage.py migrate" for _ in commands
    ]


def test_a_folder_for_state_that_cannot_be_used_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "odd" / "secret_key").mkdir(parents=True)
    for folder in (tmp_path / "file", tmp_path / "odd"):
        run = manage("check", "", folder)
        assert (run.returncode, len(run.stderr.splitlines())) == (1, 1)
        assert run.stderr.startswith(f"Configuration: {folder}")
        assert "Set PORTAL_VAR to a folder" in run.stderr


@contextmanager
def empty_database(folder: Path) -> Iterator[str]:
    """The URL of a database with nothing in it, of the kind that the tests run on."""
    own = settings.DATABASES["default"]
    if connection.vendor == "sqlite":
        yield f"sqlite:///{folder / 'empty.sqlite3'}"
        return
    import psycopg

    server, name = f"postgres://{own['USER']}@{own['HOST']}:{own['PORT']}", f"empty_{os.getpid()}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as link:
        link.execute(f"CREATE DATABASE {name}")
        try:
            yield f"{server}/{name}"
        finally:
            link.execute(f"DROP DATABASE {name}")
